"""A grade that somebody holds wrong: disputed by the client, ruled on, and both values kept."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from demos.engine.vocabulary import GradeResult
from demos.models import Dispute, DisputeRuling, ResultVersion
from demos.selectors.runs import attempt_for
from demos.selectors.verdicts import dispute_for
from demos.services.regrading import conclude, locked_run, new_version, regrade_row, store_regrades
from demos.services.results import newest_binding
from demos.vocabulary import (
    DISPUTE_RESOLVED,
    GRADE_DISPUTED,
    DisputeOutcome,
    ResultReason,
    ReviewLabel,
)
from portal import access, audit
from portal.errors import FieldError, Invalid, SegregationOfDuties, WrongMoment
from portal.models import User


@transaction.atomic
def dispute_grade(*, by: User, attempt_id: UUID, says: ReviewLabel, reason: str) -> Dispute:
    """Say that an answer should count as right, or as wrong. Raises Forbidden, Invalid, WrongMoment."""
    attempt = attempt_for(by, attempt_id)
    access.require(by, "dispute_grades", attempt.run.engagement)
    locked_run(by, attempt.run_id)
    if attempt.answer is None:
        raise WrongMoment("There is no answer to this case, so there is no grade to dispute.")
    if says == ReviewLabel.CANNOT_SAY:
        raise _invalid("/says", "Say whether the answer is right or wrong.")
    if not reason.strip():
        raise _invalid("/reason", "Write why: whoever rules on it reads this.")
    if Dispute.objects.filter(attempt=attempt, rulings=None).exists():
        raise WrongMoment("This grade is disputed already, and the dispute is open.")
    dispute = Dispute.objects.create(
        tenant_id=attempt.tenant_id, engagement=attempt.run.engagement, attempt=attempt, says=says,
        reason=reason.strip()[:1000], raised_by=by,
    )  # fmt: skip
    audit.record(
        actor=by,
        event=GRADE_DISPUTED,
        subject=dispute,
        facts={"says": says.value},
        path=attempt_path(dispute),
    )
    return dispute


@transaction.atomic
def rule_on_dispute(*, by: User, dispute_id: UUID, outcome: DisputeOutcome, reason: str) -> DisputeRuling:
    """Uphold a dispute, which makes a further result, or reject it: once, and not by who raised it."""
    dispute = dispute_for(by, dispute_id)
    access.require(by, "resolve_disputes", dispute.engagement)
    if dispute.raised_by_id == by.pk:
        raise SegregationOfDuties("Somebody else rules on what you dispute.")
    if not reason.strip():
        raise _invalid("/reason", "Write why: both sides read this.")
    run = locked_run(by, dispute.attempt.run_id)
    if dispute.rulings.exists():
        raise WrongMoment("This dispute has been ruled on.")
    version = _changed(dispute, by, reason) if outcome == DisputeOutcome.UPHELD else None
    ruling = DisputeRuling.objects.create(
        tenant_id=dispute.tenant_id, dispute=dispute, outcome=outcome, reason=reason.strip()[:1000],
        result_version=version, ruled_by=by,
    )  # fmt: skip
    if version is not None:
        conclude(version, run)
    audit.record(
        actor=by, event=DISPUTE_RESOLVED, subject=dispute, facts={"outcome": outcome.value},
        path=attempt_path(dispute),
    )  # fmt: skip
    return ruling


def attempt_path(dispute: Dispute) -> str:
    """Where the disputed answer is read in the browser."""
    engagement, attempt = dispute.engagement, dispute.attempt
    return f"/{dispute.tenant.slug}/engagements/{engagement.public_id}/attempts/{attempt.public_id}/"


def _changed(dispute: Dispute, by: User, reason: str) -> ResultVersion:
    """The next version, in which only the disputed answer counts otherwise; bound as the one before."""
    run = locked_run(by, dispute.attempt.run_id)
    right = dispute.says == ReviewLabel.RIGHT
    version = new_version(
        run, ResultReason.DISPUTE, by=by, note=reason, graders=[], config_sha256=newest_binding(run)
    )
    verdict = GradeResult(float(right), right, f"By ruling: {reason.strip()[:400]}", grader="ruling")
    store_regrades(version, [regrade_row(version, dispute.attempt, verdict, [verdict])])
    return version


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
