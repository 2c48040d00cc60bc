"""The gate pack as tagged PDF/A-2a. Its clock is the snapshot's: the same round gives the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from engagements.models import Decision, GateRound
from engagements.report.typesetting import typeset
from engagements.rules.decisions import reason_label
from engagements.rules.sentences import day
from engagements.selectors.conditions import waivers_during
from engagements.vocabulary import Outcome, StopReason
from portal.roles import Role


def render_pack(row: GateRound, decision: Decision | None) -> bytes:
    """The PDF of a submitted round, with its decision once there is one.

    Only the snapshot, the decision and its conditions are read. Raises ValueError without a snapshot.
    """
    if row.snapshot is None:
        raise ValueError("a round that was never submitted has no pack")
    content = row.snapshot.content()
    frozen = datetime.fromisoformat(content["frozen_at"])
    pack = {
        "title": f"{content['engagement']['title']}: gate {content['gate']['number']}, "
        f"round {content['round']['number']}",
        "consultancy": settings.CONSULTANCY_NAME,
        "place": f"{content['client']['name']}, ledger entry {_seq(row, decision)}",
        "snapshot": content,
        "sha256": row.snapshot.sha256,
        "size": row.snapshot.size,
        "frozen": f"{day(frozen)}, {frozen:%H:%M} UTC",
        "date": [frozen.year, frozen.month, frozen.day],
        "submit_seq": str(row.submit_seq),
        "decision": _decision(decision) if decision else None,
        "conditions": _conditions(decision) if decision else [],
        "signatures": _signatures(decision) if decision else [],
        "waivers": _waivers(row) if decision else [],
    }
    return typeset("gate_pack.typ", pack, at=frozen)


def _decision(decision: Decision) -> dict[str, Any]:
    at = decision.decided_at.astimezone(UTC)
    more = []
    if decision.on_behalf_of is not None:
        more.append(f"Signed on behalf of {decision.on_behalf_of.name}, who delegated it.")
    if decision.reason:
        more.append(f"{reason_label(Outcome(decision.outcome))}: {decision.reason}")
    if decision.hold_until:
        more.append(f"Held until {day(decision.hold_until)}.")
    if decision.stop_reason:
        more.append(f"{StopReason(decision.stop_reason).label}. Learned: {decision.lessons}")
    return {
        "outcome": Outcome(decision.outcome).label.lower(),
        "statement": decision.statement,
        "signed_name": decision.signed_name,
        "at": f"{day(at)}, {at:%H:%M} UTC",
        "method": decision.auth_method,
        "seq": str(decision.ledger_seq),
        "more": more,
    }


def _conditions(decision: Decision) -> list[str]:
    rows = decision.conditions.select_related("owner").order_by("due", "criterion_key")
    return [f"{row.text} ({row.criterion_key}; {row.owner.name}, until {day(row.due)})" for row in rows]


def _signatures(decision: Decision) -> list[str]:
    """Who signed under the round, where more than one did."""
    rows = list(decision.round.approvals.select_related("signed_by", "principal").order_by("signed_at"))
    if len(rows) < 2:
        return []
    return [
        f"{row.signed_by.name}, {Role(row.role).label.lower()}"
        + (f" on behalf of {row.principal.name}" if row.delegation_id else "")
        + f": {Outcome(row.outcome).label.lower()}, {day(row.signed_at)}, shown by {row.auth_method}, "
        f"ledger entry {row.ledger_seq}"
        for row in rows
    ]


def _waivers(row: GateRound) -> list[str]:
    """What was waived when it was decided: nothing granted later is on the paper."""
    return [
        f"{one.criterion.key}: {one.reason} Instead: {one.compensating} ({one.granted_by.name}, until "
        f"{day(one.expires)})"
        for one in waivers_during(row)
    ]


def _seq(row: GateRound, decision: Decision | None) -> int | None:
    return decision.ledger_seq if decision else row.submit_seq
