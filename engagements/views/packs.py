"""A frozen round to take away: as JSON, as a proof to check, and against the round before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from engagements import selectors
from engagements.models import GateRound
from engagements.report.document import render_report, round_before
from engagements.report.proof import render_proof
from engagements.rules.differences import differences
from engagements.selectors.engagements import decision_of
from portal.errors import NotFound
from portal.web.requests import PersonRequest

GROUPS = (
    ("criterion", "What was agreed, and its verdicts"), ("figure", "Figures"),
    ("level", "Readiness"), ("risk", "Risks"), ("cost", "Value and cost"),
)  # fmt: skip


@login_required
@require_safe
def report(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """The round as JSON."""
    row, _ = frozen_round(request, engagement_id, round_id)
    body = render_report(row, decision_of(request.user, round_id))
    return _file(row, body, "application/json", "json")


@login_required
@require_safe
def proof(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """The round as a zip with its own checker."""
    row, _ = frozen_round(request, engagement_id, round_id)
    return _file(row, render_proof(row, decision_of(request.user, round_id)), "application/zip", "zip")


@login_required
@require_safe
def changes(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """What changed since the last round, from the two snapshots alone."""
    row, content = frozen_round(request, engagement_id, round_id)
    before = round_before(row)
    found = differences(before.snapshot.content(), content) if before and before.snapshot else []
    context = {
        "engagement": row.engagement,
        "round": row,
        "before": before,
        "groups": [
            {"name": name, "rows": rows}
            for key, name in GROUPS
            if (rows := [change for change in found if change.group == key])
        ],
        "content": content,
    }
    return render(request, "engagements/changes.html", context)


def frozen_round(
    request: PersonRequest, engagement_id: UUID, round_id: UUID
) -> tuple[GateRound, dict[str, Any]]:
    """A round of the address with its snapshot's content. Raises NotFound, also where nothing is frozen."""
    row = selectors.round_for(request.user, round_id)
    if row.engagement_id != engagement_id or row.snapshot is None:
        raise NotFound
    return row, row.snapshot.content()


def _file(row: GateRound, body: bytes, media_type: str, ending: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=media_type)
    name = f"{row.engagement.code}-gate-{row.gate.number}-round-{row.number}.{ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
