"""The gate pack as a document for machines: ``report.json``, which follows ``report.schema.json``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from engagements.models import Decision, GateRound
from engagements.rules.canonical import canonical
from engagements.rules.differences import differences

FORMAT: Final = "gatehouse.report/1"
SCHEMA: Final = Path(__file__).with_name("report.schema.json")


@cache
def report_schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    parsed: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return parsed


def render_report(row: GateRound, decision: Decision | None) -> bytes:
    """Canonical JSON of a round: the same round gives the same bytes. ValueError without a snapshot."""
    if row.snapshot is None:
        raise ValueError("a round that was never submitted has no report")
    content = row.snapshot.content()
    before = round_before(row)
    whole = {
        "format": FORMAT,
        "snapshot_sha256": row.snapshot.sha256,
        "snapshot_size": row.snapshot.size,
        "ledger": {"submitted": row.submit_seq, "decided": decision.ledger_seq if decision else None},
        "snapshot": content,
        "decision": decision_facts(decision) if decision else None,
        "changes": None if before is None else changes_between(before, row),
    }
    return canonical(whole).encode()


def round_before(row: GateRound) -> GateRound | None:
    """The submitted round before this one; None for the first."""
    earlier = GateRound.objects.filter(gate_id=row.gate_id, number__lt=row.number, snapshot__isnull=False)
    return earlier.select_related("snapshot").order_by("-number").first()


def changes_between(before: GateRound, row: GateRound) -> list[dict[str, Any]]:
    """What changed from one frozen round to the next, as plain values."""
    if before.snapshot is None or row.snapshot is None:
        return []
    names = ("group", "key", "text", "before", "after", "better")
    found = differences(before.snapshot.content(), row.snapshot.content())
    return [{name: getattr(change, name) for name in names} for change in found]


def decision_facts(decision: Decision) -> dict[str, Any]:
    """The decision as it was signed."""
    return {
        "id": decision.public_id,
        "outcome": decision.outcome,
        "statement": decision.statement,
        "reason": decision.reason,
        "hold_until": decision.hold_until,
        "stop_reason": decision.stop_reason,
        "lessons": decision.lessons,
        "signed_name": decision.signed_name,
        "decided_by_id": str(decision.decided_by_id),
        "decided_at": decision.decided_at,
        "auth_method": decision.auth_method,
        "auth_age_s": decision.auth_age_s,
        "second_factor": decision.second_factor,
        "snapshot_sha256": decision.snapshot_sha256,
        "ledger_seq": decision.ledger_seq,
        "conditions": [
            {"criterion": row.criterion_key, "text": row.text, "owner": row.owner.name, "due": row.due}
            for row in decision.conditions.select_related("owner").order_by("due", "criterion_key")
        ],
    }
