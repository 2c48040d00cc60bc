"""A frozen report as tagged PDF/A-2a. Nothing but its stored content is read: the same bytes each time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from engagements.models import Engagement, Report
from engagements.report.blocks import Content
from engagements.report.typesetting import typeset
from engagements.rules.canonical import canonical
from engagements.rules.sentences import day
from engagements.vocabulary import ReportKind

FORMAT = "gatehouse.paper/1"


def freeze(content: Content, *, kind: ReportKind, engagement: Engagement) -> str:
    """The canonical text of a report: what is stored, hashed and printed."""
    return canonical(
        {
            "format": FORMAT,
            "kind": kind.value,
            "consultancy": settings.CONSULTANCY_NAME,
            "client": engagement.tenant.name,
            "engagement": {"code": engagement.code, "title": engagement.title},
            "subject": content.subject,
            "title": content.title,
            "headline": content.headline,
            "lead": content.lead,
            "frozen_at": content.frozen_at,
            "blocks": list(content.blocks),
            "basis": [list(row) for row in content.basis],
        }
    )


def render_report_pdf(report: Report) -> bytes:
    """The PDF of a report."""
    content = report.content()
    frozen = datetime.fromisoformat(content["frozen_at"]).astimezone(UTC)
    engagement = content["engagement"]
    pack: dict[str, Any] = {
        **{name: content[name] for name in ("kind", "consultancy", "headline", "lead", "blocks", "basis")},
        "title": f"{engagement['title']}: {content['title']}",
        "over": f"{content['client']} · {engagement['title']} ({engagement['code']}) · {content['title']}",
        "place": f"{content['client']}, as of {day(frozen)}, {frozen:%H:%M} UTC",
        "sha256": report.sha256,
        "size": f"{report.size:,}",
        "date": [frozen.year, frozen.month, frozen.day],
    }
    return typeset("report.typ", pack, at=frozen)
