"""Freezing what a decision rests on: canonical JSON with its hash. Brief and PDF are made from it alone."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from engagements.evidence import Failures, sections_of
from engagements.models import CriteriaSet, Gate, Snapshot, Stage, SuccessMetric
from engagements.rules import metrics as metric_rules
from engagements.rules.brief import brief
from engagements.rules.canonical import canonical, sha256
from engagements.rules.sentences import day
from engagements.selectors.verdicts import GateStanding, Standing
from portal.models import User

FORMAT = "gatehouse.snapshot/1"


def freeze(
    gate: Gate,
    standing: GateStanding,
    *,
    round_number: int,
    by: User,
    now: datetime,
    due: date,
    next_step: str,
    failures: Failures | None,
) -> Snapshot:
    """Store everything that the decider will see. Raises ValueError without a sealed set."""
    criteria_set = standing.criteria_set
    if criteria_set is None or criteria_set.sealed_at is None:
        raise ValueError("only sealed criteria are submitted")
    engagement = gate.engagement
    facts: dict[str, Any] = {
        "format": FORMAT,
        "frozen_at": now,
        "client": {"id": engagement.tenant.public_id, "name": engagement.tenant.name},
        "engagement": {
            "id": engagement.public_id,
            "code": engagement.code,
            "title": engagement.title,
            "problem": engagement.problem_statement,
            "currency": engagement.currency,
            "lead": engagement.lead.name,
            "sponsor": engagement.sponsor.name if engagement.sponsor else None,
        },
        "stage": {"kind": gate.stage.kind, "name": gate.stage.name, "next": _next_stage(gate)},
        "skipped_stages": engagement.skipped_stages,
        "gate": {"id": gate.public_id, "number": gate.number, "question": gate.question},
        "round": {
            "number": round_number,
            "due": due,
            "submitted_by": by.name,
            "submitted_by_id": by.public_id,
        },
        "success_metric": _metric(gate),
        "criteria_set": _criteria_set(criteria_set),
        "results": [_result(row) for row in standing.rows],
        "readiness": asdict(standing.readiness),
        "failures": asdict(failures) if failures else None,
        "sections": sections_of(engagement.pk, gate.number),
        "next_step": next_step,
    }
    facts["brief"] = brief(facts)
    body = canonical(facts)
    return Snapshot.objects.create(
        tenant_id=gate.tenant_id,
        engagement=engagement,
        body=body,
        sha256=sha256(body),
        size=len(body.encode()),
    )


def _next_stage(gate: Gate) -> str | None:
    following = Stage.objects.filter(engagement_id=gate.engagement_id, order__gt=gate.stage.order)
    return following.order_by("order").values_list("name", flat=True).first()


def _metric(gate: Gate) -> dict[str, Any] | None:
    row = SuccessMetric.objects.filter(engagement_id=gate.engagement_id).first()
    if row is None:
        return None
    terms = row.terms()
    return {
        "sentence": metric_rules.sentence(terms),
        "baseline": metric_rules.baseline_sentence(terms.baseline),
        "sealed_at": row.sealed_at,
    }


def _criteria_set(row: CriteriaSet) -> dict[str, Any]:
    consultancy, client = row.sealed_by_consultancy, row.sealed_by_client
    return {
        "id": row.public_id,
        "number": row.number,
        "reason": row.reason,
        "sha256": row.content_sha256,
        "sealed_at": row.sealed_at,
        "sealed_on": day(row.sealed_at) if row.sealed_at else "",
        "sealed_by_consultancy": consultancy.name if consultancy else "",
        "sealed_by_client": client.name if client else "",
    }


def _result(row: Standing) -> dict[str, Any]:
    ruling, source = row.ruling, row.measurement
    return {
        **row.criterion.content(),
        "asked": row.asked,
        "measured": row.measured,
        "bounds": row.bounds,
        "order": row.criterion.order,
        "verdict": ruling.verdict,
        "reason": ruling.reason,
        "why": ruling.why,
        "next_action": ruling.next_action,
        "more_cases": ruling.more_cases,
        "value": ruling.observed,
        "bound_low": ruling.bound_low,
        "bound_high": ruling.bound_high,
        "n": ruling.n,
        "measurement": None
        if source is None
        else {
            "id": source.public_id,
            "key": source.key,
            "slice": source.slice,
            "method": source.method,
            "confidence": source.confidence,
            "seed": source.seed,
            "low": source.low,
            "high": source.high,
            "source_kind": source.source_kind,
            "source_id": source.source_id,
            "config_sha256": source.config_sha256,
            "started_at": source.started_at,
            "measured_at": source.measured_at,
            "valid": source.valid,
            "stated_by": source.recorded_by.name if source.recorded_by else None,
        },
    }
