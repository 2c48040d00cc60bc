"""The components of the look as tags. ``{% load ui %}`` brings these, the numbers and the fields.

Arguments are named and checked; nothing here asks the database. Markup and classes are those of the
component gallery, which shows each with its states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from portal import marks, readings
from portal.figures import Number
from portal.icons import icon
from portal.marks import MARKS, VERDICT_WORDS, verdict_key
from portal.readings import Reading
from portal.templatetags import ui_forms, ui_navigation, ui_numbers

register = template.Library()
for _part in (ui_numbers, ui_forms, ui_navigation):
    register.tags.update(_part.register.tags)
    register.filters.update(_part.register.filters)

LOGO = mark_safe(
    '<svg class="logo" viewBox="0 0 28 28" aria-hidden="true"><path fill="currentColor"'
    ' d="M2 26V8l4-4 4 4v3h8V8l4-4 4 4v18h-8v-6a4 4 0 0 0-8 0v6z"/></svg>'
)


register.simple_tag(icon, name="icon")


@register.simple_tag
def logo() -> SafeString:
    """The sign of the gatehouse."""
    return LOGO


# Verdicts and readings


@register.simple_tag
def verdict_mark(verdict: object, word: str = "", chip: bool = False) -> SafeString:
    """The mark with its word, or with another ``word`` ("Too few to judge"); ``chip`` sets it on a tint."""
    key = verdict_key(verdict)
    chip_class = " is-chip" if chip else ""
    return format_html(
        '<span class="verdict v-{}{}">{}{}</span>', key, chip_class, MARKS[key], word or VERDICT_WORDS[key]
    )


@register.simple_tag
def mark(verdict: object) -> SafeString:
    """The mark alone, for a place where the word stands beside it anyway (notices)."""
    return MARKS[verdict_key(verdict)]


@register.simple_tag
def bead_row(verdicts: Sequence[object], count: bool = False) -> SafeString:
    """One mark per criterion, counts spoken; ``count=True`` adds "8 of 13 met" (met alone counts)."""
    row = marks.beads(verdicts)
    if not count:
        return row
    met = sum(verdict_key(verdict) == "met" for verdict in verdicts)
    return format_html('{} <b class="num">{} of {} met</b>', row, met, len(verdicts))


@register.simple_tag
def range_bar(
    low: Number | None,
    value: Number | None,
    high: Number | None,
    target: Number | None = None,
    higher_is_better: bool = True,
    **more: Any,
) -> SafeString:
    """Interval, value, target. More: unit="ratio", scale=(low, high), verdict=, large=, label=, words=."""
    options = {"unit": "ratio", "scale": None, "verdict": "not-applicable", "large": False, "label": ""}
    options["words"] = "interval"
    unknown = more.keys() - options.keys()
    if unknown:
        raise TypeError(f"range_bar has no {', '.join(sorted(unknown))}")
    options.update(more)
    reading = Reading(
        value=value,
        low=low,
        high=high,
        target=target,
        higher_is_better=higher_is_better,
        unit=str(options["unit"]),
        verdict=verdict_key(options["verdict"] or "not-applicable"),
        words=str(options["words"]),
    )
    scale = more.get("scale")
    return readings.range_bar(reading, scale=scale, large=bool(options["large"]), label=str(options["label"]))


@register.simple_tag
def level(value: int | None, word: str = "Level") -> SafeString:
    """A level 0 to 4 as one blue from empty to full; None is "not assessed" in words."""
    if value is None:
        return mark_safe('<span class="dim">not assessed</span>')
    return format_html(
        '<span class="level l{}" role="img" aria-label="{} {}">{}</span>', value, word, value, value
    )


@register.inclusion_tag("components/heat.html")
def heat(areas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Levels as a strip. An area: name, cells; a cell: key, name, level (None: not assessed), needs, href."""
    return {
        "areas": [
            {"name": area["name"], "cells": [_heat_cell(cell) for cell in area["cells"]]} for area in areas
        ]
    }


def _heat_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    value, needs = cell["level"], cell["needs"]
    applies = cell.get("applies", True)
    is_short = applies and (value is None or value < needs)
    words = "does not apply" if not applies else "not assessed" if value is None else f"level {value}"
    spoken = f"{cell['key']} {cell['name']}: {words}"
    if applies:
        spoken += f", needs {needs}" + (", below target" if is_short else "")
    return {
        "key": cell["key"], "href": cell["href"], "spoken": spoken, "is_short": is_short,
        "look": "is-open" if value is None else f"l{value}",
        "shown": "–" if not applies else "?" if value is None else value,
    }  # fmt: skip


@register.simple_tag
def grade(letter: str) -> SafeString:
    """An evidence grade A to D."""
    lower = letter.lower()
    return format_html(
        '<span class="grade is-{}" role="img" aria-label="Evidence grade {}">{}</span>', lower, letter, letter
    )


@register.simple_tag
def meter(
    value: Number, total: Number, soft: Number | None = None, label: str = "", thick: bool = False
) -> SafeString:
    """A bar of how much is done; ``soft`` is the part under way, counted from the start."""
    return marks.meter(value, total, soft=soft, label=label, thick=thick)


# People


@register.simple_tag
def face(person: Any, sub: str = "", side: str = "") -> SafeString:
    """A person with a round face (consultancy) or a square one (client). ``person``: a User or a name."""
    if person is None:
        return mark_safe('<span class="dim">nobody yet</span>')
    name = getattr(person, "name", "") or str(person)
    is_client = (side or getattr(person, "side", "consultancy")) == "client"
    parts = name.split()
    initials = (parts[0][:1] + (parts[-1][:1] if len(parts) > 1 else "")).upper() if parts else "?"
    return format_html(
        '<span class="person"><span class="face{}" aria-hidden="true">{}</span><span>{}{}</span></span>',
        " is-client" if is_client else "",
        initials,
        name,
        format_html('<span class="sub">{}</span>', sub) if sub else "",
    )


@register.simple_tag
def waits(person: Any, since: datetime | date | None = None) -> SafeString:
    """Whose turn it is and since when: a badge "Margaret Osei, 3 days"."""
    name = getattr(person, "name", "") or str(person)
    age = ui_numbers.age(since)
    return format_html(
        '<span class="badge is-ink">{}{}{}</span>', icon("clock"), name, f", {age}" if age else ""
    )


# Blocks


@register.inclusion_tag("components/stage_line.html")
def stage_line(stages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The road with its gates. A stage: name, state (passed, now, ahead, skipped), number, when, href,
    and for one that is skipped ``why``."""
    return {"stages": stages}


@register.simple_block_tag
def key_sheet(content: str, heading: str = "", anchor: str = "") -> SafeString:
    """The one answer of the page, at most one: ``{% key_sheet heading="…" %} … {% endkey_sheet %}``."""
    return _sheet("card key", content, heading, anchor)


@register.simple_block_tag
def sheet(content: str, heading: str = "", anchor: str = "", flush: bool = False) -> SafeString:
    """A sheet with what belongs together; ``flush`` for a table that lies edge to edge."""
    return _sheet("card flush" if flush else "card", content, heading, anchor)


def _sheet(css_class: str, content: str, heading: str, anchor: str) -> SafeString:
    if not heading:
        return format_html('<div class="{}">{}</div>', css_class, content)
    key = anchor or slugify(heading) or "sheet"
    return format_html(
        '<section class="{}" aria-labelledby="{}"><h2 id="{}">{}</h2>{}</section>',
        css_class, key, key, heading, content,
    )  # fmt: skip


@register.simple_block_tag
def explain(
    content: str, summary: str = "How this comes about", is_open: bool = False, **facts: Any
) -> SafeString:
    """A figure, opened in place. Facts by name: formula, inputs, source, n, interval, date, or any other."""
    rows = [
        (name.replace("_", " ").capitalize(), value)
        for name, value in facts.items()
        if value not in (None, "")
    ]
    rows = [("n", value) if name == "N" else (name, value) for name, value in rows]
    listed = format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows)
    body = format_html('<dl class="facts">{}</dl>', listed) if rows else ""
    return format_html(
        '<details class="explain"{}><summary>{}</summary><div>{}{}</div></details>',
        mark_safe(" open") if is_open else "", summary, content, body,
    )  # fmt: skip


@register.simple_block_tag
def figures(content: str) -> SafeString:
    """The stat strip: ``{% figures %}{% figure "Spent" "$4.72" "limit $15.00" %}{% endfigures %}``."""
    return format_html('<dl class="figures">{}</dl>', content)


@register.simple_tag
def figure(label: str, value: object, note: str = "") -> SafeString:
    """One figure of the strip: label, value already written by a number tag, and its n or source."""
    below = format_html('<span class="xs">{}</span>', note) if note else ""
    return format_html('<div><dt>{}</dt><dd><span class="mid">{}</span>{}</dd></div>', label, value, below)


@register.inclusion_tag("components/empty_state.html")
def empty_state(
    heading: str, text: str = "", icon: str = "inbox", href: str = "", label: str = "", *, level: int = 3
) -> dict[str, Any]:
    """What is missing and the one next step. ``level`` 2 right below the page heading."""
    return {"heading": heading, "text": text, "icon": icon, "href": href, "label": label, "level": level}


@register.simple_block_tag
def notice(content: str, verdict: str = "") -> SafeString:
    """A notice in ink, or with the colour and mark of a verdict when it states one."""
    if not verdict:
        return format_html('<div class="notice">{}<div>{}</div></div>', icon("info"), content)
    key = verdict_key(verdict)
    return format_html('<div class="notice v-{}">{}<div>{}</div></div>', key, MARKS[key], content)


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int, in_flight: int = 0, head: str = "", note: str = "") -> dict[str, Any]:
    """A run under way: one polite region with the head line, the meter, what is in flight and waiting."""
    return {
        "done": done,
        "total": total,
        "in_flight": in_flight,
        "soft": done + in_flight,
        "waiting": max(total - done - in_flight, 0),
        "head": head or f"{done} of {total} cases asked",
        "note": note,
    }


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: Context, page: Page[Any], label: str = "Pages", param: str = "page") -> dict[str, Any]:
    """Back, "7 to 12 of 16", Next 4. Keeps the other parameters of the address."""
    request = context.get("request")
    query = request.GET.copy() if request is not None else None

    def address(number: int) -> str:
        if query is None:
            return f"?{param}={number}"
        query[param] = str(number)
        return f"?{query.urlencode()}"

    total, size = page.paginator.count, page.paginator.per_page
    return {
        "page": page,
        "label": label,
        "back": address(page.number - 1) if page.has_previous() else "",
        "next": address(page.number + 1) if page.has_next() else "",
        "next_count": min(size, total - page.end_index()),
        "total": total,
    }


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Mapping[str, Any]], label: str = "Views") -> dict[str, Any]:
    """Tabs are links with addresses. Each item: label, href, current (bool), count (or None)."""
    return {"items": items, "label": label}


@register.simple_tag
def crumb(label: str, href: str = "") -> SafeString:
    """One step of the way back: ``{% crumb "Portfolio" url %}{% crumb "Gates" %}``."""
    return (
        format_html('<li><a href="{}">{}</a></li>', href, label)
        if href
        else format_html("<li>{}</li>", label)
    )
