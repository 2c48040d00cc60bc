"""Whether a printed hash belongs to a snapshot kept here. It tells nothing that names a client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engagements.models import Decision, GateRound, Report, ReportFile, Snapshot
from engagements.vocabulary import Outcome
from portal.models import Tenant
from portal.scope import tenant_scope


@dataclass(frozen=True, slots=True)
class Sealed:
    """What may be told of a snapshot. ``outcome`` "" and ``decided_at`` None: nobody has decided yet."""

    gate: int
    round: int
    submitted_at: datetime | None
    ledger_seq: int | None
    outcome: str
    decided_at: datetime | None


def sealed_under(sha256: str) -> Sealed | None:
    """The snapshot with this hash, in any client; None when there is none. Opens a scope over all clients."""
    with tenant_scope(Tenant.objects.values_list("pk", flat=True)):
        snapshot = Snapshot.objects.filter(sha256=sha256).first()
        if snapshot is None:
            return None
        found = GateRound.objects.select_related("gate").filter(snapshot=snapshot).first()
        if found is None:
            return None
        decision = Decision.objects.filter(round=found).first()
    return Sealed(
        gate=found.gate.number,
        round=found.number,
        submitted_at=found.submitted_at,
        ledger_seq=decision.ledger_seq if decision else found.submit_seq,
        outcome=str(Outcome(decision.outcome).label) if decision else "",
        decided_at=decision.decided_at if decision else None,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What may be told of a report: its kind, when it was ordered, the file's hash ("" before it is made)."""

    kind: str
    ordered_at: datetime
    pdf_sha256: str


def report_under(sha256: str) -> Known | None:
    """The report whose content has this hash, in any client; None when there is none."""
    with tenant_scope(Tenant.objects.values_list("pk", flat=True)):
        found = Report.objects.filter(sha256=sha256).defer("body").first()
        if found is None:
            return None
        file = ReportFile.objects.filter(report=found).values_list("sha256", flat=True).first()
    return Known(str(found.get_kind_display()), found.created_at, file or "")
