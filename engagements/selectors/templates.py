"""The templates that an engagement with a client can start from."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import yaml
from django.db.models import QuerySet

from engagements.catalogue import FORMAT, STANDARD, Template, default_template, read_template
from engagements.models import Criterion, Engagement, EngagementTemplate, Gate, SuccessMetric
from engagements.selectors.verdicts import set_that_counts
from engagements.starting import starters
from engagements.vocabulary import ApprovalPolicy
from portal import access
from portal.errors import NotFound
from portal.models import User


@dataclass(frozen=True, slots=True)
class Offered:
    """One template to choose. ``stored`` None: it ships with the product."""

    template: Template
    stored: EngagementTemplate | None

    @property
    def label(self) -> str:
        return f"{self.template.title}, version {self.template.version}"


def offered(tenant_id: UUID) -> list[Offered]:
    """The one that ships, then those that were brought for this client, newest version first."""
    rows = EngagementTemplate.objects.filter(tenant_id=tenant_id).order_by("title", "-created_at", "-id")
    return [Offered(default_template(), None), *(Offered(read_template(row.body), row) for row in rows)]


def templates_for(viewer: User) -> QuerySet[EngagementTemplate]:
    """What was brought for the clients whose templates the viewer keeps, newest first."""
    rows = EngagementTemplate.objects.filter(tenant_id__in=access.of(viewer).tenants("manage_templates"))
    return rows.select_related("tenant").order_by("-created_at", "-pk")


def chosen(tenant_id: UUID, key: str, version: str) -> Template:
    """The template under this key and version; version "" is the newest that was brought. Raises NotFound."""
    standard = default_template()
    if key == standard.key and version in ("", standard.version):
        return standard
    rows = EngagementTemplate.objects.filter(tenant_id=tenant_id, key=key).order_by("-created_at")
    row = (rows.filter(version=version) if version else rows).first()
    if row is None:
        raise NotFound
    return read_template(row.body)


def template_of(engagement: Engagement) -> Template:
    """The template that an engagement began with, or the one that ships where that version is gone."""
    try:
        return chosen(engagement.tenant_id, engagement.template_key, engagement.template_version)
    except NotFound:
        return default_template()


def text_of(tenant_id: UUID, template_id: UUID | None) -> tuple[str, str]:
    """``(file name, text)`` of a template as it was read; None is the one that ships. Raises NotFound."""
    if template_id is None:
        standard = default_template()
        return f"{standard.key}-{standard.version}.yaml", STANDARD.read_text(encoding="utf-8")
    row = EngagementTemplate.objects.filter(tenant_id=tenant_id, pk=template_id).first()
    if row is None:
        raise NotFound
    return f"{row.key}-{row.version}.yaml", row.body


def as_template(engagement: Engagement) -> str:
    """An engagement as it is now, as the text of a template to start others: all but baselines and dates."""
    gates = Gate.objects.filter(engagement=engagement).select_related("stage").order_by("number")
    stages = []
    for gate in gates.prefetch_related("criteria_sets__criteria"):
        counting = set_that_counts(sorted(gate.criteria_sets.all(), key=lambda row: row.number))
        stages.append(
            {
                "kind": gate.stage.kind,
                "name": gate.stage.name,
                "gate": gate.number,
                "question": gate.question,
                "approvers": list(gate.approver_roles),
                "policy": "all" if gate.approval == ApprovalPolicy.QUORUM else gate.approval,
                "criteria": [_criterion(row) for row in counting.criteria.all()] if counting else [],
            }
        )
    whole = {
        "schema": FORMAT,
        "key": engagement.code.lower(),
        "version": "1.0",
        "title": engagement.title,
        "stages": stages,
        **_skipped(engagement),
        **_pilot(engagement),
    }
    for starter in starters:
        whole |= starter.take(engagement)
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=100)


def _skipped(engagement: Engagement) -> dict[str, Any]:
    rows = [
        {"kind": row["kind"], "reason": row["reason"]} for row in engagement.skipped_stages if row["reason"]
    ]
    return {"skipped": rows} if rows else {}


def _pilot(engagement: Engagement) -> dict[str, Any]:
    row = SuccessMetric.objects.filter(engagement=engagement).first()
    if row is None:
        return {}
    metric = {
        "name": row.name, "unit": row.unit, "aggregation": row.aggregation, "direction": row.direction,
        "target_kind": row.target_kind, "target": _number(row.target),
    }  # fmt: skip
    rails = [
        {"name": one.name, "above": one.above, "limit": _number(one.limit), "unit": one.unit}
        for one in row.terms().guardrails
    ]
    return {"pilot": {"metric": metric, "guardrails": rails}}


def _criterion(row: Criterion) -> dict[str, Any]:
    optional = {
        "target": _number(None if row.target_source_key else row.target),
        "margin": _number(row.margin),
        "source": row.source,
        "source_slice": row.source_slice,
        "target_source_key": row.target_source_key,
        "min_n": row.min_n or None,
        "max_age_days": row.max_age_days,
        "waivable": None if row.waivable else False,
        "rationale": row.rationale,
    }
    return {
        "key": row.key,
        "text": row.text,
        "kind": row.kind,
        "must": row.must,
        "comparator": row.comparator,
        "unit": row.unit,
        "source_key": row.source_key,
        **{name: value for name, value in optional.items() if value is not None and value != ""},
    }


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
