"""Fault tests, as a viewer may see them: what was counted, what was attested, and what is still open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from demos import fault_behaviours
from demos.engine.faults.plan import Fault
from demos.engine.statistics import RateEstimate, rate
from demos.fault_behaviours import FaultCounts, Line
from demos.fault_vocabulary import Attested, Seen
from demos.models import FaultAttestation, FaultReport
from portal import access
from portal.errors import NotFound
from portal.models import User


@dataclass(frozen=True, slots=True)
class Counted:
    """Of the requests that met a fault (``spoilt``), how many got their answer in the end."""

    recovered: int
    spoilt: int

    @property
    def share(self) -> RateEstimate:
        """With the Wilson interval."""
        return rate(self.recovered, self.spoilt)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a fault test comes to. ``missed`` None: something in ``open_words`` has to happen first."""

    counted: Counted
    lines: Sequence[Line]
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


def counts_of(report: FaultReport) -> list[FaultCounts]:
    """The counts by fault."""
    return [FaultCounts(**(told | {"fault": Fault(told["fault"])})) for told in report.by_fault]


def attestations_of(report: FaultReport) -> list[FaultAttestation]:
    """What people said, the newest first."""
    return list(report.attestations.select_related("said_by").order_by("-created_at", "-pk"))


def standing_of(report: FaultReport) -> Standing:
    """What was wanted, what was seen of it, and how many were missed."""
    counts = counts_of(report)
    faults = [one.fault for one in counts]
    attested = {Fault(row.fault): Attested(row.said) for row in reversed(attestations_of(report))}
    lines = fault_behaviours.behaviours(
        counts, retries_after_limit=report.retries_after_limit, too_early=report.too_early, attested=attested
    )
    return Standing(
        counted=counted(report), lines=lines, missed=fault_behaviours.missed(lines, faults),
        open_words=_open(lines, faults),
    )  # fmt: skip


def counted(report: FaultReport) -> Counted:
    """Over all faults."""
    counts = counts_of(report)
    return Counted(sum(one.recovered for one in counts), sum(one.requests for one in counts))


def address_of(report: FaultReport) -> str:
    """The whole address of a fault test's page."""
    place = f"{report.tenant.slug}/engagements/{report.engagement.public_id}/faults/{report.public_id}/"
    return f"{settings.BASE_URL}/{place}"


def _open(lines: Sequence[Line], faults: Sequence[Fault]) -> str:
    parts = [f"the caller met no service that is {name}" for name in fault_behaviours.not_tried(faults)]
    unseen = [line.name.lower() for line in lines if line.seen == Seen.NOT_SEEN]
    if unseen:
        parts.append(f"nobody has said what people got under {', '.join(unseen)}")
    return "; ".join(parts)
