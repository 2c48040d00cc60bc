"""Which evidence a viewer may read, and what a snapshot says of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from engagements.evidence import Section
from engagements.models import EvidenceItem, EvidenceVersion
from engagements.vocabulary import EvidenceStatus
from portal import access
from portal.errors import NotFound
from portal.models import User
from portal.vocabulary import Visibility

_NEWEST_FIRST = EvidenceVersion.objects.select_related("handed_in_by", "judged_by").order_by("-number")


def visible_evidence(viewer: User, engagement_id: UUID) -> QuerySet[EvidenceItem]:
    """Items of an engagement that ``viewer`` may read, each with its versions, newest first. Two queries."""
    rows = access.visible(viewer, EvidenceItem.objects.filter(engagement_id=engagement_id))
    internal = access.visible(
        viewer, EvidenceItem.objects.filter(engagement_id=engagement_id), "see_internal"
    )
    mine = rows.filter(Q(visibility=Visibility.CLIENT) | Q(pk__in=internal.values("pk")))
    return mine.prefetch_related(Prefetch("versions", _NEWEST_FIRST)).order_by("title", "pk")


def evidence_for(viewer: User, engagement_id: UUID, item_id: UUID) -> EvidenceItem:
    """One item with its versions. Raises NotFound."""
    found = visible_evidence(viewer, engagement_id).filter(pk=item_id).first()
    if found is None:
        raise NotFound
    return found


def is_visible(viewer: User, engagement_id: UUID, item_id: UUID) -> bool:
    """Whether the viewer sees this item of the engagement."""
    return visible_evidence(viewer, engagement_id).filter(pk=item_id).exists()


def is_internal(item_id: UUID) -> bool:
    """Whether the item is kept inside the consultancy."""
    return EvidenceItem.objects.filter(pk=item_id, visibility=Visibility.INTERNAL).exists()


def accepted_of(engagement_id: UUID, *, shown_to_client: bool = False) -> list[EvidenceVersion]:
    """The newest accepted version of each item: what counts. One query; without the bytes of files."""
    rows = EvidenceVersion.objects.filter(
        item__engagement_id=engagement_id, status=EvidenceStatus.ACCEPTED
    ).select_related("item", "judged_by", "handed_in_by")
    if shown_to_client:
        rows = rows.filter(item__visibility=Visibility.CLIENT)
    return list(rows.order_by("item_id", "-number").distinct("item_id"))


def snapshot_section(engagement_id: UUID, gate_number: int) -> Section | None:
    """Accepted evidence as it is frozen: titles, dates, hashes; and who judged it, by id."""
    rows = sorted(accepted_of(engagement_id, shown_to_client=True), key=lambda row: row.item.title)
    if not rows:
        return None
    return {"items": [_frozen(row) for row in rows], "judges": judges_of(rows)}


def judges_of(rows: Iterable[EvidenceVersion]) -> list[str]:
    """Who accepted these versions, as ids in text: none of them signs a gate that rests on them."""
    return sorted({str(row.judged_by_id) for row in rows if row.judged_by_id is not None})


def _frozen(row: EvidenceVersion) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "title": row.item.title,
        "kind": row.item.kind,
        "number": row.number,
        "strength": row.strength,
        "about": list(row.about),
        "proves": row.item.proves,
        "value": row.value,
        "unit": row.unit,
        "sha256": row.sha256,
        "file_name": row.file_name,
        "effective_from": row.effective_from,
        "effective_to": row.effective_to,
        "received_at": row.received_at,
        "handed_in_by": row.handed_in_by.name,
        "accepted_by": row.judged_by.name if row.judged_by else "",
        "accepted_at": row.judged_at,
    }
