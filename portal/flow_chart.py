"""A process drawn step by step, from the top down; a bottleneck is filled. Same rules as portal.charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal import figures
from portal.charts import Caption

WIDTH, HIGH, GAP = 560, 44, 34


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One box. Minutes are None where nobody measured."""

    name: str
    actor: str
    touch_minutes: float | None
    wait_minutes: float | None
    marked: bool = False


def flow(caption: Caption, steps: Sequence[FlowStep]) -> SafeString:
    """Boxes joined by lines; the waiting before a step stands beside the line into it."""
    body = format_html_join("", "{}{}", ((_way(row, s), _box(row, s)) for row, s in enumerate(steps)))
    height = GAP + len(steps) * (HIGH + GAP) - GAP + 4
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{key}-t {key}-d">'
        '<title id="{key}-t">{}</title><desc id="{key}-d">{}</desc>{}</svg>',
        WIDTH, height, caption.title, caption.says, body, key=caption.key,
    )  # fmt: skip


def _way(row: int, step: FlowStep) -> SafeString:
    top = row * (HIGH + GAP)
    waits = "waiting not measured" if step.wait_minutes is None else f"waits {_minutes(step.wait_minutes)}"
    return format_html(
        '<path class="axis" d="M40 {}V{}"/><text class="tick" x="52" y="{}">{}</text>',
        top, top + GAP, top + 22, waits,
    )  # fmt: skip


def _box(row: int, step: FlowStep) -> SafeString:
    top = row * (HIGH + GAP) + GAP
    work = "work not measured" if step.touch_minutes is None else f"{_minutes(step.touch_minutes)} of work"
    name = step.name if len(step.name) <= 34 else f"{step.name[:33]}…"
    on = " on" if step.marked else ""
    return format_html(
        '<rect class="bub{}" x="8" y="{}" width="330" height="{}" rx="6"/>'
        '<text class="bubt{}" x="20" y="{}">{}. {}</text><text x="350" y="{}">{}</text>'
        '<text class="tick" x="350" y="{}">{}</text>',
        on, top, HIGH, on, top + 27, row + 1, name, top + 19, work, top + 37,
        f"{step.actor}, bottleneck".removeprefix(", ") if step.marked else step.actor,
    )  # fmt: skip


def _minutes(value: float) -> str:
    return figures.duration_ms(value * 60_000)
