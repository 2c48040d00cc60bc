"""The lists of a pilot as rows: its figures and its use, period by period, and its incidents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engagements.lists import Select
from engagements.models import Engagement, Observation
from engagements.pilot_words import OverrideReason
from engagements.selectors.pilot import adoption_of, incidents_of
from portal.lists import Rows
from portal.models import User

FIGURES = (
    "metric", "period", "begins", "ends", "group", "segment", "version", "value", "n", "spread", "source",
    "grade", "note", "told_late", "reported_by", "reported_at",
)  # fmt: skip
CHUNK = 500
USE = (
    "period", "begins", "ends", "group_of_people", "version", "could_use_it", "used_it", "taken_over",
    "overridden", "given_up", *(f"overridden_{code}" for code in OverrideReason.values), "source", "grade",
    "note", "told_late", "reported_by", "reported_at",
)  # fmt: skip
INCIDENTS = (
    "number", "reference", "what", "severity", "cause", "began", "seen", "hurt_no_more", "mended", "note",
    "reported_by",
)  # fmt: skip


def figure_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Everything that was reported, newest period first; ``metric`` keeps one. Empty value: taken back."""
    rows = Observation.objects.filter(engagement=engagement).select_related("reported_by")
    if filters.get("metric"):
        rows = rows.filter(key=filters["metric"])
    for row in rows.order_by("key", "-begins", "group", "segment", "-number").iterator(chunk_size=CHUNK):
        yield (
            row.key, row.period, row.begins, row.ends, row.get_group_display(), row.segment, row.number,
            row.value, row.n, row.spread, row.get_source_display(), row.grade, row.note, row.late,
            row.reported_by.name, row.created_at,
        )  # fmt: skip


def use_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """The newest version of each period's counts, newest period first; empty: not counted."""
    for row in adoption_of(engagement.pk):
        reasons = (row.reasons.get(code, 0) if row.reasons else None for code in OverrideReason.values)
        yield (
            row.period, row.begins.isoformat(), row.ends.isoformat(), row.segment, row.number, row.eligible,
            row.active, row.accepted, row.overridden, row.abandoned, *reasons, row.get_source_display(),
            row.grade, row.note, row.late, row.reported_by.name, row.created_at,
        )  # fmt: skip


def incident_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """The log, open ones first, the gravest first."""
    for row in incidents_of(engagement.pk):
        yield (
            row.number, row.reference, row.title, row.severity, row.get_cause_display(), row.started_at,
            row.detected_at, row.mitigated_at, row.resolved_at, row.note, row.reported_by.name,
        )  # fmt: skip


LISTS: Final[tuple[tuple[str, tuple[str, ...], Select], ...]] = (
    ("pilot-figures", FIGURES, figure_rows),
    ("pilot-use", USE, use_rows),
    ("incidents", INCIDENTS, incident_rows),
)
