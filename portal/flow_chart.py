"""A process drawn step by step, from the top down; a bottleneck is filled, and says so.

A list and not a drawing: a step's name is written by the client, may be long, and wraps on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal import figures


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One box. Minutes are None where nobody measured."""

    name: str
    actor: str
    touch_minutes: float | None
    wait_minutes: float | None
    marked: bool = False


def flow(says: str, steps: Sequence[FlowStep]) -> SafeString:
    """Boxes joined by lines; the waiting before a step stands beside the line into it. ``says`` is spoken."""
    boxes = format_html_join("", "{}", ((_step(place, s),) for place, s in enumerate(steps, start=1)))
    return format_html('<ol class="flow" aria-label="{}">{}</ol>', says, boxes)


def _step(place: int, step: FlowStep) -> SafeString:
    waits = "waiting not measured" if step.wait_minutes is None else f"waits {_minutes(step.wait_minutes)}"
    work = "work not measured" if step.touch_minutes is None else f"{_minutes(step.touch_minutes)} of work"
    who = ", ".join(word for word in (step.actor, "bottleneck" if step.marked else "") if word)
    return format_html(
        '<li><span class="flow-wait">{}</span><span class="flow-box{}">{}. {}</span>'
        '<span class="flow-work">{}<br><span class="dim">{}</span></span></li>',
        waits, " on" if step.marked else "", place, step.name, work, who,
    )  # fmt: skip


def _minutes(value: float) -> str:
    """Under an hour in minutes, as in the table below it: ``1.5 min``."""
    return f"{value:.1f}{figures.NBSP}min" if value < 60 else figures.duration_ms(value * 60_000)
