"""Starting an engagement, changing its facts, taking it up again after a hold."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.catalogue import StageDraft, Template, default_template
from engagements.models import CriteriaSet, Criterion, Engagement, Gate, Stage
from engagements.services import stages
from engagements.services.criteria import criterion_from
from engagements.services.metrics import save_success_metric
from engagements.starting import starters
from engagements.vocabulary import (
    ENGAGEMENT_CHANGED,
    ENGAGEMENT_CREATED,
    ENGAGEMENT_RESUMED,
    EngagementMove,
    StageMove,
)
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, VersionConflict
from portal.models import Tenant, User

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}")
"""It stands in the names of files that are handed out."""


def locked_engagement(by: User, engagement_id: UUID) -> Engagement:
    """Held until the transaction ends. Raises NotFound for one that ``by`` does not see."""
    found = access.visible(by, Engagement.objects.select_for_update()).filter(pk=engagement_id).first()
    if found is None:
        raise NotFound
    return found


@transaction.atomic
def create_engagement(
    *,
    by: User,
    tenant: Tenant,
    title: str,
    problem_statement: str = "",
    code: str = "",
    sponsor: User | None = None,
    currency: str = "",
    template: Template | None = None,
) -> Engagement:
    """Start an engagement: stages, the gate of each, and the suggested criteria as drafts.

    What else its template has is copied too: framework, risks, success metric. The first stage is in
    progress at once. ``by`` becomes the lead. ``code`` "" takes the next free one, such
    as ``HM-01``; ``currency`` "" takes the client's; ``template`` None the one that ships. Raises NotFound,
    Forbidden, Invalid.
    """
    access.require(by, "create_engagement", tenant)
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    _check_new(tenant, title=title, code=code, sponsor=sponsor)
    template = template or default_template()
    engagement = Engagement.objects.create(
        tenant=tenant,
        code=code.strip() or _next_code(tenant),
        title=title.strip(),
        problem_statement=problem_statement.strip(),
        sponsor=sponsor,
        lead=by,
        currency=currency or tenant.currency,
        template_key=template.key,
        template_version=template.version,
        framework=template.framework,
        skipped_stages=[one.content() for one in template.skipped],
    )
    first = _lay_out(engagement, template)
    stages.move_engagement(engagement, EngagementMove.START)
    stages.move_stage(first, StageMove.START, now=timezone.now())
    audit.record(
        actor=by,
        event=ENGAGEMENT_CREATED,
        subject=engagement,
        engagement_id=engagement.pk,
        facts=_facts(engagement, template),
    )
    if template.metric is not None:
        save_success_metric(by=by, engagement_id=engagement.pk, metric=template.metric)
    for starter in starters:
        starter.lay_out(engagement, template, by)
    return engagement


@transaction.atomic
def change_engagement(
    *,
    by: User,
    engagement_id: UUID,
    version: int,
    title: str,
    problem_statement: str,
    sponsor: User | None,
) -> Engagement:
    """Change the facts. Raises NotFound, Forbidden, Invalid, VersionConflict."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement_id)
    access.require(by, "edit_engagement", engagement)
    if engagement.version != version:
        raise VersionConflict("Not saved: somebody changed this engagement meanwhile.")
    _check_people(sponsor, engagement)
    if not title.strip():
        raise Invalid(
            "The engagement needs a title.", errors=[FieldError("/title", "missing", "Write a title.")]
        )
    engagement.title, engagement.problem_statement = title.strip(), problem_statement.strip()
    engagement.sponsor, engagement.version = sponsor, version + 1
    engagement.save(update_fields=["title", "problem_statement", "sponsor", "version"])
    audit.record(
        actor=by, event=ENGAGEMENT_CHANGED, subject=engagement, engagement_id=engagement.pk,
        facts={"version": engagement.version},
    )  # fmt: skip
    return engagement


@transaction.atomic
def resume_engagement(*, by: User, engagement_id: UUID) -> Engagement:
    """Go on after a hold. Raises NotFound, Forbidden, WrongMoment."""
    engagement = Engagement.objects.select_for_update().get(pk=engagement_id)
    access.require(by, "edit_engagement", engagement)
    stages.move_engagement(engagement, EngagementMove.RESUME)
    audit.record(actor=by, event=ENGAGEMENT_RESUMED, subject=engagement, engagement_id=engagement.pk)
    return engagement


def _facts(engagement: Engagement, template: Template) -> dict[str, audit.Fact]:
    skipped = ", ".join(one.kind.label for one in template.skipped)
    return {
        "stages": len(template.stages),
        "currency": engagement.currency,
        **({"skipped": skipped} if skipped else {}),
    }


def _lay_out(engagement: Engagement, template: Template) -> Stage:
    first: Stage | None = None
    for order, draft in enumerate(template.stages):
        stage = Stage.objects.create(
            tenant_id=engagement.tenant_id,
            engagement=engagement,
            kind=draft.kind,
            name=draft.name,
            order=order,
        )
        _draft_gate(engagement, stage, draft)
        first = first or stage
    if first is None:
        raise ValueError("the template has no stage")
    return first


def _draft_gate(engagement: Engagement, stage: Stage, draft: StageDraft) -> None:
    gate = Gate.objects.create(
        tenant_id=engagement.tenant_id,
        engagement=engagement,
        stage=stage,
        number=draft.gate,
        question=draft.question,
        approver_roles=list(draft.approvers),
        approval=draft.policy,
    )
    criteria_set = CriteriaSet.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, gate=gate, number=1
    )
    Criterion.objects.bulk_create(
        criterion_from(row, criteria_set, order=order, owner=engagement.lead)
        for order, row in enumerate(draft.criteria)
    )


def _check_new(tenant: Tenant, *, title: str, code: str, sponsor: User | None) -> None:
    errors = []
    if not title.strip():
        errors.append(FieldError("/title", "missing", "Write a title, such as Claims triage."))
    if code.strip() and Engagement.objects.filter(tenant=tenant, code=code.strip()).exists():
        errors.append(
            FieldError("/code", "taken", f"{code.strip()} is taken. Leave it empty for the next free one.")
        )
    if code.strip() and not _CODE.fullmatch(code.strip()):
        words = "A code has at most 20 letters, digits, dots, dashes and lines, such as HM-01."
        errors.append(FieldError("/code", "invalid", words))
    if errors:
        raise Invalid(errors[0].detail, errors=errors)
    _check_people(sponsor, tenant)


def _check_people(sponsor: User | None, place: Tenant | Engagement) -> None:
    """The sponsor is of the client's side, and has a place there."""
    if sponsor is None:
        return
    if sponsor.side != "client" or not access.of(sponsor, fresh=True).can("see_engagement", place):
        raise Invalid(
            "The sponsor is one of the client's own people.",
            errors=[FieldError("/sponsor", "side", "Choose one of the client's own people.")],
        )


def _next_code(tenant: Tenant) -> str:
    words = [word for word in tenant.name.split() if word[0].isalnum()]
    stem = "".join(word[0] for word in words).upper()[:4] if len(words) > 1 else tenant.name[:2].upper()
    taken = set(Engagement.objects.filter(tenant=tenant).values_list("code", flat=True))
    number = 1
    while f"{stem}-{number:02}" in taken:
        number += 1
    return f"{stem}-{number:02}"
