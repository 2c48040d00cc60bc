"""Drawings as SVG text: presentation attributes and classes only, no style, no script.

Every function takes plain numbers and returns safe markup with a spoken label. Colours come from the
classes (static/portal/css/components.css), so that dark, print and forced colours need nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portal import figures
from portal.figures import Number

VERDICT_WORDS = {
    "met": "Met",
    "not-met": "Not met",
    "inconclusive": "Inconclusive",
    "not-evaluated": "Not evaluated",
    "waived": "Waived",
    "not-applicable": "Not applicable",
}
_MARK_BODIES = {
    "met": '<circle cx="8" cy="8" r="7.5" fill="currentColor"/><path class="cut" d="M4.6 8.3l2.3 2.3 4.5-4.8"'
    ' fill="none" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>',
    "not-met": '<rect x="1" y="1" width="14" height="14" rx="2.5" fill="currentColor"/><path class="cut"'
    ' d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6" fill="none" stroke-width="1.8" stroke-linecap="round"/>',
    "inconclusive": '<path d="M8 .8L15.2 8 8 15.2.8 8z" class="half" stroke="currentColor" stroke-width="1.5"'
    ' stroke-linejoin="round"/><path d="M8 .8v14.4L.8 8z" fill="currentColor"/>',
    "not-evaluated": '<circle cx="8" cy="8" r="6.7" fill="none" stroke="currentColor" stroke-width="1.8"'
    ' stroke-dasharray="2.6 2.66"/>',
    "waived": '<path d="M2 12.5C2 5 14 5 14 12.5" fill="none" stroke="currentColor" stroke-width="1.8"'
    ' stroke-linecap="round"/><path d="M11.3 10.3l2.7 2.4 1.5-3.2" fill="none" stroke="currentColor"'
    ' stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/>'
    '<circle cx="8" cy="12.3" r="1.9" fill="currentColor"/>',
    "not-applicable": '<path d="M3.5 8h9" stroke="currentColor" stroke-width="2.2" stroke-linecap="round"/>',
}
MARKS = {
    key: mark_safe(f'<svg class="mark v-{key}" viewBox="0 0 16 16" aria-hidden="true">{body}</svg>')
    for key, body in _MARK_BODIES.items()
}


def verdict_key(verdict: object) -> str:
    """``MET``, ``not_met``, a TextChoices member … as the class name of its verdict. KeyError if unknown."""
    key = str(getattr(verdict, "value", verdict)).strip().lower().replace("_", "-").replace(" ", "-")
    if key not in VERDICT_WORDS:
        raise KeyError(f"No such verdict: {verdict!r}")
    return key


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


def scale_for(reading: Reading) -> tuple[Decimal, Decimal]:
    """The ends of the scale when a page gives none: round numbers with everything inside."""
    parts = [reading.value, reading.low, reading.high, reading.target]
    known = [figures.exact(part) for part in parts if part is not None]
    if not known:
        return Decimal(0), Decimal(1)
    if reading.unit in {"ratio", "rate", "fraction"} and reading.higher_is_better:
        floor = (min(known) * 10).__floor__() - 1
        return max(Decimal(floor) / 10, Decimal(0)), Decimal(1)
    top = max(known) * Decimal("1.25")
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
    """An interval in front of a flag: bar = interval, dot = value, flag = target, tint = the side that passes."""
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


def _scale_labels(reading: Reading, frame: _Frame, at: Place, ends: tuple[Number, Number]) -> SafeString:
    """The ends of the scale and the target; an end that the target's label would run into is left out."""
    room = 44 if not reading.target else 40
    target = None if reading.target is None else at(reading.target)
    texts: list[tuple[float, str, str]] = []
    if target is None or target - frame.left > room:
        texts.append((frame.left, "start", _label(ends[0], reading.unit)))
    if target is None or frame.right - target > room:
        texts.append((frame.right, "end", _label(ends[1], reading.unit)))
    if target is not None and reading.target is not None:
        anchor = "start" if target - frame.left < 20 else "end" if frame.right - target < 20 else "middle"
        texts.append((target, anchor, _label(reading.target, reading.unit)))
    rows = ((x, frame.text_y, anchor, text) for x, anchor, text in texts)
    return format_html_join("", '<text x="{}" y="{}" text-anchor="{}">{}</text>', rows)


def beads(verdicts: Sequence[object]) -> SafeString:
    """One mark per criterion, in the order of the verdict table, with a spoken list of counts."""
    keys = [verdict_key(verdict) for verdict in verdicts]
    ordered = [key for key in VERDICT_WORDS for _ in range(keys.count(key))]
    return format_html(
        '<span class="beads" role="img" aria-label="{}">{}</span>',
        beads_in_words(keys),
        mark_safe("".join(MARKS[key] for key in ordered)),
    )


def beads_in_words(keys: Sequence[str]) -> str:
    """``8 met, 1 not met``; "no criteria" when there are none."""
    counts = ((keys.count(key), word.lower()) for key, word in VERDICT_WORDS.items())
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "no criteria"


def meter(
    value: Number, total: Number, *, soft: Number | None = None, label: str = "", thick: bool = False
) -> SafeString:
    """How much of a known total is done; ``soft`` is the part that is under way, counted from the start."""

    def share(part: Number) -> str:
        whole = figures.exact(total)
        return f"{min(figures.exact(part) / whole * 100, Decimal(100)):.1f}%" if whole else "0.0%"

    under_way = (
        mark_safe("")
        if soft is None
        else format_html('<rect class="soft" width="{}" height="100%"/>', share(soft))
    )
    return format_html(
        '<svg class="meter{}" role="img" aria-label="{}" preserveAspectRatio="none">{}<rect width="{}" height="100%"/></svg>',
        " is-thick" if thick else "",
        label or f"{figures.plain(value)} of {figures.plain(total)}",
        under_way,
        share(value),
    )
