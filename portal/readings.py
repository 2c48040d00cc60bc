"""The range bar: an interval in front of a flag, drawn as SVG with a spoken label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portal import figures
from portal.figures import Number
from portal.marks import VERDICT_WORDS


@dataclass(frozen=True, slots=True)
class Reading:
    """What a range bar shows. Rates are fractions; None parts are left out of the drawing."""

    value: Number | None
    low: Number | None = None
    high: Number | None = None
    target: Number | None = None
    higher_is_better: bool = True
    unit: str = "ratio"
    verdict: str = "not-applicable"
    words: str = "interval"
    """"interval" for the two-sided one, "bounds" for the two one-sided ones of a gate."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Measures of one size of the drawing, in its own units."""

    width: int
    height: int
    left: float
    right: float
    middle: float
    zone_top: float
    zone_height: float
    dot: float
    text_y: float


_SMALL = _Frame(184, 36, 4, 180, 15, 8, 14, 4, 33)
_LARGE = _Frame(400, 54, 1, 399, 24, 15, 18, 5, 51)
LETTER = 6.0  # width of one letter of a label, in drawing units: 10.5 px at 0.57 em


def scale_for(reading: Reading) -> tuple[Decimal, Decimal]:
    """The ends of the scale when a page gives none: round numbers with everything inside."""
    parts = [reading.value, reading.low, reading.high, reading.target]
    known = [figures.exact(part) for part in parts if part is not None]
    if not known:
        return Decimal(0), Decimal(1)
    if reading.unit in {"ratio", "rate", "fraction"} and reading.higher_is_better:
        floor = (min(known) * 10).__floor__() - 1
        return max(Decimal(floor) / 10, Decimal(0)), Decimal(1)
    top = max(known) * Decimal("1.4")
    step = Decimal(1).scaleb(top.adjusted()) / 2 if top else Decimal(1)
    return Decimal(0), (top / step).__ceil__() * step


def _label(value: Number, unit: str) -> str:
    """A short label on the axis: without trailing zeros, durations in seconds."""
    if unit in {"ratio", "rate", "fraction"}:
        return f"{figures.plain(figures.exact(value) * 100, 2)}{figures.NBSP}%"
    if unit == "ms":
        return f"{figures.plain(figures.exact(value) / 1000, 2)}{figures.NBSP}s"
    return figures.in_unit(value, unit)


def reading_in_words(reading: Reading) -> str:
    """The spoken form: ``met: 92.0 %, interval 87.4 to 95.0 %, target at least 85 %``."""
    parts = [VERDICT_WORDS[reading.verdict].lower() + ": " if reading.verdict != "not-applicable" else ""]
    parts.append(
        figures.NOT_MEASURED if reading.value is None else figures.in_unit(reading.value, reading.unit)
    )
    if reading.low is not None and reading.high is not None:
        parts.append(f", {reading.words} {figures.interval(reading.low, reading.high, unit=reading.unit)}")
    elif reading.low is not None:
        parts.append(f", at least {figures.in_unit(reading.low, reading.unit)}")
    elif reading.high is not None:
        parts.append(f", at most {figures.in_unit(reading.high, reading.unit)}")
    if reading.target is not None:
        side = "at least" if reading.higher_is_better else "at most"
        parts.append(f", target {side} {_label(reading.target, reading.unit)}")
    return "".join(parts)


def range_bar(
    reading: Reading, *, scale: tuple[Number, Number] | None = None, large: bool = False, label: str = ""
) -> SafeString:
    """Bar = interval, dot = value, flag = target with its pennant, tint = the side that passes."""
    frame = _LARGE if large else _SMALL
    start, end = (figures.exact(x) for x in (scale or scale_for(reading)))
    span = (end - start) or Decimal(1)

    def at(value: Number) -> float:
        share = min(max((figures.exact(value) - start) / span, Decimal(0)), Decimal(1))
        return round(frame.left + float(share) * (frame.right - frame.left), 1)

    return format_html(
        '<svg class="range v-{}{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}</svg>',
        reading.verdict,
        " is-large" if large else "",
        frame.width,
        frame.height,
        label or reading_in_words(reading),
        _zone(reading, frame, at),
        _interval(reading, frame, at),
        _flag(reading, frame, at),
        _scale_labels(reading, frame, at, (start, end)),
    )


Place = Callable[[Number], float]


def _zone(reading: Reading, frame: _Frame, at: Place) -> SafeString:
    zone = mark_safe("")
    if reading.target is not None:
        x = at(reading.target)
        left, width = (x, frame.right - x) if reading.higher_is_better else (frame.left, x - frame.left)
        zone = format_html(
            '<rect class="zone" x="{}" y="{}" width="{}" height="{}" rx="2"/>',
            round(left, 1), frame.zone_top, round(width, 1), frame.zone_height,
        )  # fmt: skip
    return format_html('{}<path class="track" d="M{} {}H{}"/>', zone, frame.left, frame.middle, frame.right)


def _interval(reading: Reading, frame: _Frame, at: Place) -> SafeString:
    bar = dot = mark_safe("")
    if reading.low is not None or reading.high is not None:
        left = frame.left if reading.low is None else at(reading.low)
        right = frame.right if reading.high is None else at(reading.high)
        bar = format_html(
            '<rect class="iv" x="{}" y="{}" width="{}" height="6" rx="3"/>',
            left, frame.middle - 3, max(round(right - left, 1), 1),
        )  # fmt: skip
    if reading.value is not None:
        dot = format_html(
            '<circle class="dot" cx="{}" cy="{}" r="{}"/>', at(reading.value), frame.middle, frame.dot
        )
    return format_html("{}{}", bar, dot)


def _flag(reading: Reading, frame: _Frame, at: Place) -> SafeString:
    if reading.target is None:
        return mark_safe("")
    x, top, side = at(reading.target), frame.zone_top - 3, 6 if reading.higher_is_better else -6
    return format_html(
        '<path class="flag" d="M{} {}V{}"/><path class="pennant" d="M{} {}l{} 3.5l{} 3.5z"/>',
        x, top, frame.zone_top + frame.zone_height, x, top - 1, side, -side,
    )  # fmt: skip


def _room(end: str, flag: str) -> float:
    """Drawing units that the label of an end and half of that of the target need, with a gap between."""
    return max(40, LETTER * (len(end) + len(flag) / 2) + 6)


def _scale_labels(reading: Reading, frame: _Frame, at: Place, ends: tuple[Number, Number]) -> SafeString:
    """The ends of the scale and the target; an end that the target's label would run into is left out."""
    target = None if reading.target is None else at(reading.target)
    flag = "" if reading.target is None else _label(reading.target, reading.unit)
    first, last = (_label(end, reading.unit) for end in ends)
    texts: list[tuple[float, str, str]] = []
    if target is None or target - frame.left > _room(first, flag):
        texts.append((frame.left, "start", first))
    if target is None or frame.right - target > _room(last, flag):
        texts.append((frame.right, "end", last))
    if target is not None and reading.target is not None:
        anchor = "start" if target - frame.left < 20 else "end" if frame.right - target < 20 else "middle"
        texts.append((target, anchor, flag))
    rows = ((x, frame.text_y, anchor, text) for x, anchor, text in texts)
    return format_html_join("", '<text x="{}" y="{}" text-anchor="{}">{}</text>', rows)
