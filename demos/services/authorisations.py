"""The client's permission for tests: signed, looked for before a test and while it is on, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Sum
from django.utils import timezone

from demos import allowances
from demos.allowances import Allowance, Wish
from demos.models import (
    AuthorisationRevocation,
    FaultReport,
    LoadTest,
    PrivacyTest,
    Target,
    TestAuthorisation,
)
from demos.selectors import targets as reading
from demos.vocabulary import TESTS_AUTHORISED, TESTS_REVOKED, AllowedTest
from portal import access, audit
from portal.errors import FieldError, Forbidden, Invalid, NotFound, ReauthenticationRequired, WrongMoment
from portal.models import User
from portal.services.signing import MAX_AGE_S, SigningProof


@transaction.atomic
def sign_authorisation(
    *, by: User, target_id: UUID, allowance: Allowance, signed_name: str, proof: SigningProof
) -> TestAuthorisation:
    """Allow tests on a target. Only people of the client, who have just shown who they are.

    Raises NotFound, Forbidden, Invalid, ReauthenticationRequired.
    """
    target = reading.target_for(by, target_id)
    access.require(by, "authorise_tests", target.engagement)
    if proof.age_s > MAX_AGE_S:
        raise ReauthenticationRequired("Confirm that it is you: the last time is over five minutes ago.")
    allowances.check(allowance, now=timezone.now())
    name = " ".join(signed_name.split())
    if name.casefold() != by.name.casefold():
        detail = f"Write your name as it stands here: {by.name}."
        raise Invalid(detail, errors=[FieldError(pointer="/signed_name", code="invalid", detail=detail)])
    signed = TestAuthorisation.objects.create(
        tenant_id=target.tenant_id, engagement=target.engagement, target=target, hosts=list(allowance.hosts),
        kinds=[kind.value for kind in allowance.kinds], starts=allowance.starts, ends=allowance.ends,
        max_per_second=allowance.max_per_second, max_requests=allowance.max_requests, signed_by=by,
        signed_name=name, method=proof.method, age_s=proof.age_s, second_factor=proof.second_factor,
        statement=words(target, allowance, signer=by.name),
    )  # fmt: skip
    audit.record(
        actor=by, event=TESTS_AUTHORISED, subject=signed, path=authorisations_path(target),
        facts={
            "target": target.public_id, "kinds": ", ".join(signed.kinds),
            "starts": allowance.starts.isoformat(), "ends": allowance.ends.isoformat(),
            "max_per_second": allowance.max_per_second, "max_requests": allowance.max_requests,
        },
    )  # fmt: skip
    return signed


@transaction.atomic
def revoke_authorisation(*, by: User, authorisation_id: UUID, reason: str = "") -> AuthorisationRevocation:
    """Take a permission back: a test under it stops within two seconds. WrongMoment: it is already."""
    rows = access.visible(by, TestAuthorisation.objects.filter(pk=authorisation_id))
    signed = rows.select_related("target__tenant", "target__engagement", "engagement").first()
    if signed is None:
        raise NotFound
    access.require(by, "authorise_tests", signed.engagement)
    Target.objects.select_for_update(of=("self",)).get(pk=signed.target_id)
    if signed.revocations.exists():
        raise WrongMoment("This permission is taken back already.")
    revoked = AuthorisationRevocation.objects.create(
        tenant_id=signed.tenant_id, authorisation=signed, reason=reason.strip()[:2000], revoked_by=by
    )
    audit.record(
        actor=by, event=TESTS_REVOKED, subject=signed, path=authorisations_path(signed.target),
        facts={"target": signed.target.public_id},
    )  # fmt: skip
    return revoked


def covering(target: Target, wish: Wish) -> TestAuthorisation:
    """The newest permission that covers a test now. Raises Forbidden with the reason when none does."""
    return _newest(target, lambda signed: refusal(signed, wish))


def refusal(signed: TestAuthorisation, wish: Wish) -> str:
    """Why a permission does not cover a test now; empty when it does."""
    return allowances.refusal(
        allowance_of(signed), wish, now=timezone.now(), used=requests_used(signed),
        revoked=signed.revocations.exists(),
    )  # fmt: skip


def covered_then(target: Target, wish: Wish, *, began: datetime, ended: datetime) -> TestAuthorisation:
    """The newest permission that covered a test that is over. Raises Forbidden, with why none did."""

    def why_not(signed: TestAuthorisation) -> str:
        return allowances.refusal_then(
            allowance_of(signed), wish, began=began, ended=ended, used=requests_used(signed),
            signed_at=signed.created_at,
            revoked_at=signed.revocations.aggregate(first=Min("created_at"))["first"],
        )  # fmt: skip

    return _newest(target, why_not)


def _newest(target: Target, why_not: Callable[[TestAuthorisation], str]) -> TestAuthorisation:
    """The newest permission against which nothing speaks. Raises Forbidden, with what speaks against each."""
    found = []
    for signed in TestAuthorisation.objects.filter(target=target).order_by("-created_at")[:20]:
        why = why_not(signed)
        if not why:
            return signed
        found.append(why)
    raise Forbidden(allowances.best_refusal(found))


def still_holds(authorisation_id: UUID) -> str:
    """Why a test under way has to stop: taken back, over, or the client's switch; empty when it may go on."""
    signed = TestAuthorisation.objects.select_related("target").get(pk=authorisation_id)
    if signed.target.halted_at is not None:
        return "The client stopped everything on this system."
    if signed.revocations.exists():
        return "The client took the permission back."
    return "The permission’s time is over." if timezone.now() >= signed.ends else ""


def requests_used(signed: TestAuthorisation) -> int:
    """Requests of all tests under a permission so far; those of tests under way count in full."""
    total = FaultReport.objects.filter(authorisation=signed).aggregate(n=Sum("tries"))["n"] or 0
    for model in (LoadTest, PrivacyTest):
        rows = model.objects.filter(authorisation=signed)
        over = rows.exclude(finished_at=None).aggregate(n=Sum("requests"))["n"] or 0
        total += over + (rows.filter(finished_at=None).aggregate(n=Sum("most_requests"))["n"] or 0)
    return total


def allowance_of(signed: TestAuthorisation) -> Allowance:
    """The value of a stored permission."""
    return Allowance(
        hosts=tuple(signed.hosts), kinds=tuple(AllowedTest(kind) for kind in signed.kinds),
        starts=signed.starts, ends=signed.ends, max_per_second=signed.max_per_second,
        max_requests=signed.max_requests,
    )  # fmt: skip


def words(target: Target, allowance: Allowance, *, signer: str) -> str:
    """The statement of a permission."""
    kinds = [kind.label.lower() for kind in allowance.kinds]
    return allowances.statement(
        allowance, signer=signer, client=target.tenant.name, target=target.name, kinds=kinds
    )


def authorisations_path(target: Target) -> str:
    """Where the permissions of an engagement are read in the browser."""
    return f"/{target.tenant.slug}/engagements/{target.engagement.public_id}/permissions/"
