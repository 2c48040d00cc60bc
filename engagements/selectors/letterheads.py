"""The letterhead in force with a client, and the presets of its reports."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from engagements.models import Letterhead, ReportPreset
from engagements.reports import every_kind
from engagements.rules.letterhead import Section
from engagements.vocabulary import ReportKind
from portal.errors import NotFound


def letterhead_of(tenant_id: UUID) -> Letterhead | None:
    """The newest version; None where papers look as the house prints them."""
    return Letterhead.objects.filter(tenant_id=tenant_id).order_by("-number").first()


def presets_of(tenant_id: UUID, kind: str | None = None) -> QuerySet[ReportPreset]:
    """The presets of a client, of one kind of report or of all, by kind and name."""
    rows = ReportPreset.objects.filter(tenant_id=tenant_id)
    return rows.filter(kind=kind) if kind else rows


def preset_for(tenant_id: UUID, preset_id: UUID, *, kind: str | None = None) -> ReportPreset:
    """One preset. Raises NotFound, also for one of another kind of report."""
    found = presets_of(tenant_id, kind).filter(pk=preset_id).first()
    if found is None:
        raise NotFound("There is no such preset for this kind of report.")
    return found


def sections_that_may_go() -> dict[ReportKind, Sequence[Section]]:
    """By kind of report, the sections that a preset may leave out."""
    return {kind: [one for one in found.sections if not one.kept] for kind, found in every_kind().items()}
