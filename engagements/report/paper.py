"""A frozen report as tagged PDF/A-2a. Nothing but its stored content is read: the same bytes each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import typst
from django.conf import settings

from engagements.models import Engagement, Letterhead, Report, ReportPreset
from engagements.report.blocks import Content
from engagements.report.typesetting import typeset
from engagements.rules.canonical import canonical
from engagements.rules.letterhead import without_sections
from engagements.rules.sentences import day
from engagements.vocabulary import ReportKind
from portal.models import Tenant

FORMAT = "gatehouse.paper/1"


@dataclass(frozen=True, slots=True)
class Style:
    """How one report is printed. None: as the house prints, and whole."""

    letterhead: Letterhead | None = None
    preset: ReportPreset | None = None


PLAIN: Final = Style()


def freeze(content: Content, *, kind: ReportKind, engagement: Engagement, style: Style = PLAIN) -> str:
    """The canonical text of a report: what is stored, hashed and printed."""
    return canonical(
        {
            **_style(content, style),
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
            "blocks": without_sections(content.blocks, style.preset.left_out if style.preset else ()),
            "basis": [list(row) for row in content.basis],
        }
    )


def _style(content: Content, style: Style) -> dict[str, Any]:
    """What the style adds to the text; nothing where there is none."""
    told: dict[str, Any] = {}
    if style.letterhead:
        names = ("number", "accent", "cover_text", "logo_sha256")
        told["letterhead"] = {name: getattr(style.letterhead, name) for name in names}
    if style.preset:
        headings = [block for block in content.blocks if block["type"] == "heading"]
        gone = [block["text"] for block in headings if block["key"] in style.preset.left_out]
        told["preset"] = {"name": style.preset.name, "left_out": gone}
    return told


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
        "letterhead": _letterhead(report, content),
        "preset": content.get("preset"),
        "sha256": report.sha256,
        "size": f"{report.size:,}",
        "date": [frozen.year, frozen.month, frozen.day],
    }
    return typeset("report.typ", pack, at=frozen)


def render_sample_pdf(tenant: Tenant, letterhead: Letterhead | None) -> bytes:
    """One page that shows a letterhead; it reports nothing."""
    moment = letterhead.created_at if letterhead else tenant.created_at
    blocks = [
        {"type": "heading", "text": "A heading of a section", "key": "sample"},
        {
            "type": "words",
            "text": "Text is black on white, whatever the colour of the headings.",
            "quiet": False,
        },
    ]
    pack: dict[str, Any] = {
        "kind": "sample", "consultancy": settings.CONSULTANCY_NAME,
        "headline": "This is how a headline reads.",
        "lead": "A sample of the letterhead. It reports nothing.", "blocks": blocks, "basis": [],
        "title": "Letterhead", "over": tenant.name, "place": f"{tenant.name}, sample", "sha256": "sample",
        "size": "0", "date": [moment.year, moment.month, moment.day], "sample": True,
        "letterhead": _drawn(letterhead, tenant.name) if letterhead else None,
    }  # fmt: skip
    return typeset("report.typ", pack, at=moment)


def _letterhead(report: Report, content: dict[str, Any]) -> dict[str, Any] | None:
    return _drawn(report.letterhead, content["client"]) if report.letterhead else None


def _drawn(letterhead: Letterhead, client: str) -> dict[str, Any]:
    """What the template draws; the logo as numbers, which is how bytes go into it."""
    return {
        "accent": letterhead.accent,
        "cover_text": letterhead.cover_text,
        "logo": list(bytes(letterhead.logo)),
        "client": client,
    }


def logo_is_readable(logo: bytes) -> bool:
    """Whether the typesetter can print this PNG file."""
    try:
        typeset("logo.typ", {"logo": list(logo)}, at=datetime(2026, 1, 1, tzinfo=UTC))
    except typst.TypstError:
        return False
    return True
