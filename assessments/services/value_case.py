"""Write the value case, and freeze it when a gate is handed in: the only writer of ValueCase and Benefit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessments.models import Benefit, CostComponent, ValueCase
from assessments.rules.value import CostLine, over_claimed
from assessments.services.pain_points import CLOSED
from assessments.services.value_totals import as_text, compute
from assessments.vocabulary import VALUE_CASE_FROZEN, VALUE_CASE_SAVED, CostKind, EvidenceGrade
from engagements.models import Engagement
from engagements.vocabulary import EngagementStatus
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, VersionConflict, WrongMoment
from portal.models import User


@dataclass(frozen=True, slots=True)
class CostFacts:
    """One line of the cost side with how well it is known."""

    low: Decimal
    likely: Decimal
    high: Decimal
    grade: EvidenceGrade
    source: str = ""


@dataclass(frozen=True, slots=True)
class BenefitFacts:
    """The part of one cost component that goes away; shares 0 to 1."""

    pain_point_id: UUID
    kind: CostKind
    low: Decimal
    likely: Decimal
    high: Decimal
    adoption: Decimal
    cashable: bool
    owner: str = ""


@dataclass(frozen=True, slots=True)
class ValueCaseFacts:
    """The frame of a value case. Money in the engagement's currency, shares 0 to 1."""

    horizon_months: int
    discount_rate: Decimal
    ramp_months: int
    cases_per_year: Decimal
    coverage: Decimal
    wrong_case_cost: Decimal
    demo_cost: Decimal | None = None
    model_cost: Decimal | None = None


@transaction.atomic
def save_value_case(
    *,
    by: User,
    engagement_id: UUID,
    version: int,
    facts: ValueCaseFacts,
    costs: Mapping[CostLine, CostFacts],
    benefits: Sequence[BenefitFacts],
) -> ValueCase:
    """Write the draft; without one, start the next number. ``version`` is the draft's as read, 0 for none.

    Raises NotFound, Forbidden, WrongMoment on a closed engagement, VersionConflict, Invalid with every fault.
    Side effects in order: rows, measurements of the engagement, ledger entry and outbox event.
    """
    engagement = Engagement.objects.select_for_update().filter(pk=engagement_id).first()
    if engagement is None:
        raise NotFound
    access.require(by, "edit_value_case", engagement)
    if engagement.status in CLOSED:
        word = EngagementStatus(engagement.status).label.lower()
        raise WrongMoment(f"This engagement is {word}; its value case stays as it is.")
    rows = ValueCase.objects.select_for_update().filter(engagement_id=engagement_id)
    draft = rows.filter(frozen_at__isnull=True).first()
    if (draft.version if draft else 0) != version:
        raise VersionConflict("Not saved: somebody else changed this value case meanwhile.")
    _check(engagement_id, facts, costs, benefits)
    case = draft or _next(engagement, rows.count() + 1)
    case.version = version + 1
    for name, value in asdict(facts).items():
        setattr(case, name, value)
    case.costs = {line.value: as_text(asdict(cost)) for line, cost in costs.items()}
    case.save()
    case.benefits.all().delete()
    _store(case, benefits)
    compute(case)
    audit.record(actor=by, event=VALUE_CASE_SAVED, subject=case, facts=_ledger_facts(case))
    return case


@transaction.atomic
def freeze_value_case(*, engagement_id: UUID, gate_number: int) -> ValueCase | None:
    """Freeze the draft for a gate that is being handed in; without a draft, the newest version stands.

    Returns None when nobody has written a value case. One ledger entry when something was frozen.
    """
    rows = ValueCase.objects.select_for_update().filter(engagement_id=engagement_id)
    case = rows.order_by("-number").first()
    if case is None or case.is_frozen:
        return case
    compute(case)
    case.frozen_at, case.gate_number = timezone.now(), gate_number
    case.save(update_fields=["frozen_at", "gate_number"])
    facts = {"number": case.number, "gate": gate_number}
    audit.record(actor=None, event=VALUE_CASE_FROZEN, subject=case, facts=facts)
    return case


def _next(engagement: Engagement, number: int) -> ValueCase:
    seed = int.from_bytes(hashlib.sha256(f"{engagement.pk}/{number}".encode()).digest()[:6])
    return ValueCase(tenant_id=engagement.tenant_id, engagement=engagement, number=number, seed=seed)


def _store(case: ValueCase, benefits: Sequence[BenefitFacts]) -> None:
    Benefit.objects.bulk_create(
        Benefit(
            tenant_id=case.tenant_id, value_case=case, pain_point_id=row.pain_point_id, kind=row.kind,
            reduction_low=row.low, reduction=row.likely, reduction_high=row.high, adoption=row.adoption,
            cashable=row.cashable, owner=row.owner.strip(),
        )
        for row in benefits
    )  # fmt: skip


def _check(
    engagement_id: UUID,
    facts: ValueCaseFacts,
    costs: Mapping[CostLine, CostFacts],
    benefits: Sequence[BenefitFacts],
) -> None:
    """Raise Invalid with every fault at once."""
    faults = [*_frame_faults(facts), *_cost_faults(costs), *_benefit_faults(engagement_id, benefits)]
    if faults:
        raise Invalid("Not saved. Put right what is named below.", errors=faults)


def _frame_faults(facts: ValueCaseFacts) -> list[FieldError]:
    faults = []
    if not 1 <= facts.horizon_months <= 120:
        faults.append(FieldError("/horizon_months", "range", "Look ahead 1 to 120 months, such as 36."))
    if not 0 <= facts.ramp_months <= facts.horizon_months:
        faults.append(FieldError("/ramp_months", "range", "The ramp cannot be longer than the horizon."))
    if facts.cases_per_year <= 0:
        faults.append(FieldError("/cases_per_year", "range", "Write a number of cases above zero."))
    faults += [
        FieldError(f"/{name}", "range", "A share lies between nothing and the whole: 100 %.")
        for name in ("discount_rate", "coverage")
        if not 0 <= getattr(facts, name) <= 1
    ]
    faults += [
        FieldError(f"/{name}", "range", "Write an amount that is not negative.")
        for name in ("wrong_case_cost", "demo_cost", "model_cost")
        if (getattr(facts, name) or 0) < 0
    ]
    return faults


def _cost_faults(costs: Mapping[CostLine, CostFacts]) -> list[FieldError]:
    faults = []
    if CostLine.BUILD not in costs:
        faults.append(
            FieldError("/costs/build/likely", "missing", "Say what building it costs, 0 if nothing.")
        )
    for line, cost in costs.items():
        if not 0 <= cost.low <= cost.likely <= cost.high:
            sentence = "Low, likely and high have to stand in this order, none below zero."
            faults.append(FieldError(f"/costs/{line}/low", "range", sentence))
        if not cost.source.strip() and cost.grade != EvidenceGrade.D:
            sentence = "Say where the number comes from, or choose “single guess”."
            faults.append(FieldError(f"/costs/{line}/source", "missing", sentence))
    return faults


def _benefit_faults(engagement_id: UUID, benefits: Sequence[BenefitFacts]) -> list[FieldError]:
    claimed = CostComponent.objects.filter(pain_point__engagement_id=engagement_id)
    known = {(point, kind): name for point, kind, name in claimed.values_list(
        "pain_point_id", "kind", "pain_point__title")}  # fmt: skip
    faults = []
    if not benefits:
        faults.append(
            FieldError("/benefits", "missing", "Say of at least one cost how much of it goes away.")
        )
    for place, row in enumerate(benefits):
        pointer = f"/benefits/{place}"
        if (row.pain_point_id, row.kind) not in known:
            sentence = "There is no such cost among the pain points of this engagement."
            faults.append(FieldError(f"{pointer}/kind", "unknown", sentence))
        if not 0 <= row.low <= row.likely <= row.high <= 1:
            sentence = "Low, likely and high have to stand in this order, from 0 to 100 %."
            faults.append(FieldError(f"{pointer}/low", "range", sentence))
        if not 0 <= row.adoption <= 1:
            faults.append(FieldError(f"{pointer}/adoption", "range", "Adoption is a share, 0 to 100 %."))
    for point, kind in over_claimed(((row.pain_point_id, row.kind), row.high) for row in benefits):
        name = known.get((point, kind), "this pain point")
        sentence = (
            f"More than 100 % of {CostKind(kind).label.lower()} of “{name}” is said to go away. "
            "Each cost can be saved once: lower the reductions."
        )
        faults.append(FieldError("/benefits", "twice", sentence))
    return faults


def _ledger_facts(case: ValueCase) -> dict[str, Any]:
    found = case.totals
    return {
        "number": case.number,
        "version": case.version,
        "npv": round(Decimal(found["npv"]), 2),
        "payback_months": None
        if found["payback_months"] is None
        else round(Decimal(found["payback_months"]), 2),
    }
