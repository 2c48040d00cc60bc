"""What pain points and the value case pay into the engagement as measurements."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from assessments.models import CostComponent, PainPoint, ValueCase
from assessments.rules.costs import guess_share, total_cost
from assessments.rules.suitability import Screening
from assessments.rules.value import LONGEST_PAYBACK, WHOLE, Terms, Totals, net_per_case
from assessments.selectors.value_terms import measured_for
from assessments.vocabulary import EvidenceGrade
from engagements.models import Engagement
from engagements.services.measurements import record_measurement
from engagements.vocabulary import SourceKind, Unit
from portal.audit import canonical

CONFIDENCE = Decimal("0.95")
METHOD = "sum of cost components"


def record_costs(*, engagement: Engagement, source: PainPoint) -> None:
    """Record ``pain_point_annual_cost`` (money a year) and ``d_grade_share`` (0 to 1) over all pain points.

    The cost is a sum of estimates and has no statistical bound. The share is arithmetic over grades,
    so both its bounds are the value itself. None where no cost is claimed.
    """
    rows = CostComponent.objects.filter(pain_point__engagement_id=engagement.pk).order_by("pk")
    components = list(rows)
    parts = [(EvidenceGrade(row.grade), row.likely) for row in components]
    fingerprint = hashlib.sha256(
        canonical([[str(row.pain_point_id), row.kind, row.inputs, row.grade] for row in components]).encode()
    ).hexdigest()
    share = guess_share(parts)
    exact_share = None if share is None else round(share, 6)
    for key, value, unit, bound in (
        ("pain_point_annual_cost", total_cost(parts), Unit.MONEY, None),
        ("d_grade_share", exact_share, Unit.RATE, exact_share),
    ):
        _record(
            engagement_id=engagement.pk, source_id=source.pk, key=key, value=value, unit=unit, bound=bound,
            n=len(parts), method=METHOD, fingerprint=fingerprint,
        )  # fmt: skip


def record_value(*, case: ValueCase, found: Totals, terms: Terms, fingerprint: str) -> None:
    """Record what the case comes to. A case that never pays back is recorded as the longest payback.

    The bound of ``net_value_per_case`` uses the one-sided lower bound of the measured pass rate. The others
    are arithmetic over stated numbers: their bounds are the values themselves.
    """
    n = len(terms.benefits)
    never = found.payback_months is None
    payback = Decimal(LONGEST_PAYBACK) if found.payback_months is None else found.payback_months
    rate = None if found.break_even is None else min(max(found.break_even, Decimal(0)), WHOLE)
    for key, value, unit, bound, method in (
        ("expected_annual_saving", found.saving, Unit.MONEY, None, "formula"),
        ("net_present_value", found.npv, Unit.MONEY, None, "formula"),
        ("payback_months", payback, Unit.MONTHS, payback, "never pays back" if never else "formula"),
        ("break_even_pass_rate", rate, Unit.RATE, rate, "formula"),
        ("forecast_cost_per_case", terms.model_cost, Unit.MONEY, terms.model_cost, "formula"),
        ("net_value_per_case", found.net_per_case, Unit.MONEY, _net_bound(case, terms), "formula"),
        (
            "expected_value_over_demo_cost",
            found.value_over_demo,
            Unit.RATIO,
            found.value_over_demo,
            "formula",
        ),
    ):
        _record(
            engagement_id=case.engagement_id, source_id=case.pk, key=key, value=_kept(value), unit=unit,
            bound=_kept(bound), n=n, method=method, fingerprint=fingerprint,
        )  # fmt: skip


def record_screening(*, point: PainPoint, found: Screening) -> None:
    """Record ``suitability_says_ai`` of the chosen pain point: 1 when the screen says AI, else 0."""
    says = Decimal(int(found.says_ai))
    fingerprint = hashlib.sha256(canonical([str(point.pk), point.suitability]).encode()).hexdigest()
    _record(
        engagement_id=point.engagement_id, source_id=point.pk, key="suitability_says_ai", value=says,
        unit=Unit.STATEMENT, bound=None, n=1, method="seven checks", fingerprint=fingerprint,
    )  # fmt: skip


def _net_bound(case: ValueCase, terms: Terms) -> Decimal | None:
    low = measured_for(case.engagement_id).pass_low
    handled = terms.cases_per_year * terms.coverage
    if terms.pass_rate is None or terms.model_cost is None or low is None or not handled:
        return None
    saved = sum(
        (b.cost.likely * b.reduction.likely * b.adoption * terms.coverage for b in terms.benefits), Decimal(0)
    )
    return net_per_case(passed=low, saved=saved / handled, extra=terms.wrong_case_cost, cost=terms.model_cost)


def _kept(value: Decimal | None) -> Decimal | None:
    return None if value is None else round(value, 6)


def _record(
    *, engagement_id: UUID, source_id: UUID, key: str, value: Decimal | None, unit: str,
    bound: Decimal | None, n: int, method: str, fingerprint: str,
) -> None:  # fmt: skip
    now = timezone.now()
    record_measurement(
        by=None,  # a sum that the system takes; who changed what it rests on stands in that event
        engagement_id=engagement_id,
        key=key,
        value=value,
        unit=unit,
        n=n,
        low=None,
        high=None,
        bound_low=bound,
        bound_high=bound,
        confidence=CONFIDENCE,
        method=method,
        seed=None,
        slice="",
        source_kind=SourceKind.VALUE_CASE,
        source_id=source_id,
        config_sha256=fingerprint,
        started_at=now,
        measured_at=now,
        valid=value is not None,
    )
