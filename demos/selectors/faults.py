"""Fault tests, as a viewer may see them: what was counted, what was attested, and what is still open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from demos import fault_behaviours
from demos.engine.faults.plan import Fault
from demos.fault_behaviours import Line
from demos.fault_vocabulary import Attested, Seen
from demos.models import FaultAttestation, FaultReport
from portal import access
from portal.errors import NotFound
from portal.models import User


@dataclass(frozen=True, slots=True)
class Standing:
    """What a fault test comes to. ``missed`` None: something in ``open_words`` has to happen first."""

    lines: Sequence[Line]
    attestations: Sequence[FaultAttestation]
    missed: int | None
    open_words: str

    @property
    def head(self) -> str:
        """The result in one sentence."""
        if self.missed is None:
            kept = sum(line.seen == Seen.KEPT for line in self.lines)
            return f"{kept} of {len(self.lines)} wanted behaviours were kept so far"
        if not self.missed:
            return f"All {len(self.lines)} wanted behaviours were kept"
        return f"{self.missed} of {len(self.lines)} wanted behaviours missed"


def visible_fault_reports(viewer: User, engagement_id: UUID) -> QuerySet[FaultReport]:
    """Fault tests of an engagement, newest first."""
    rows = access.visible(viewer, FaultReport.objects.filter(engagement_id=engagement_id))
    return rows.select_related("target_version__target", "imported_by").order_by("-number")


def fault_report_for(viewer: User, report_id: UUID) -> FaultReport:
    """Raises NotFound if there is none that the viewer may see."""
    rows = access.visible(viewer, FaultReport.objects.filter(pk=report_id))
    found = rows.select_related(
        "engagement", "tenant", "target_version__target", "imported_by", "authorisation__signed_by"
    ).first()
    if found is None:
        raise NotFound
    return found


def visible_attestations(viewer: User, engagement_id: UUID) -> QuerySet[FaultAttestation]:
    """What people said, the newest test and word first. One query."""
    reports = access.visible(viewer, FaultReport.objects.filter(engagement_id=engagement_id))
    rows = FaultAttestation.objects.filter(report__in=reports).select_related("report", "said_by")
    return rows.order_by("-report__number", "-created_at", "-pk")


def standing_of(report: FaultReport) -> Standing:
    """What was wanted, what was seen of it, and how many were missed. One query."""
    counts = report.counts
    faults = [one.fault for one in counts]
    attestations = list(report.attestations.select_related("said_by").order_by("-created_at", "-pk"))
    lines = fault_behaviours.behaviours(
        counts, retries_after_limit=report.retries_after_limit, too_early=report.too_early,
        attested={Fault(row.fault): Attested(row.said) for row in reversed(attestations)},
    )  # fmt: skip
    return Standing(
        lines=lines, attestations=attestations, missed=fault_behaviours.missed(lines, faults),
        open_words=_open(lines, faults),
    )  # fmt: skip


def _open(lines: Sequence[Line], faults: Sequence[Fault]) -> str:
    parts = [f"the caller met no service that is {name}" for name in fault_behaviours.not_tried(faults)]
    unseen = [line.fault.words.lower() for line in lines if line.seen == Seen.NOT_SEEN]
    if unseen:
        parts.append(f"nobody has said what people got under {', '.join(unseen)}")
    return "; ".join(parts)
