"""Charts as SVG text: a title and a description for those who do not see, classes instead of colours.

No style and no script, so one style sheet serves light, dark, print and forced colours. A page shows the
same data as a table or list under the chart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portal import figures

Draw = list[SafeString]


@dataclass(frozen=True, slots=True)
class Caption:
    """What a chart is and says. ``key`` is unique on the page and starts the ids."""

    key: str
    title: str
    says: str


def _svg(caption: Caption, size: tuple[int, int], body: Draw) -> SafeString:
    return format_html(
        '<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{key}-t {key}-d">'
        '<title id="{key}-t">{title}</title><desc id="{key}-d">{says}</desc>{body}</svg>',
        w=size[0], h=size[1], key=caption.key, title=caption.title, says=caption.says,
        body=format_html_join("", "{}", ((part,) for part in body)),
    )  # fmt: skip


def _text(x: float, y: float, words: object, css: str = "", anchor: str = "start") -> SafeString:
    return format_html(
        '<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>', css, _r(x), _r(y), anchor, words
    )


def _path(css: str, d: str) -> SafeString:
    return format_html('<path class="{}" d="{}"/>', css, d)


def _r(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def ticks(top: float, wanted: int = 4) -> list[float]:
    """Round steps from 0 to at least ``top``: 0, 20, 40, 60."""
    if top <= 0:
        return [0, 1]
    raw = top / wanted
    size = 10.0 ** floor(log10(raw))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= raw * 0.999)
    return [round(step * i, 9) for i in range(ceil(top / step - 1e-9) + 1)]


def _steps_between(low: float, high: float) -> list[float]:
    """Round steps that hold ``low`` and ``high`` between the first and the last."""
    step = ticks(high - low)[1]
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(step * i, 9) for i in range(first, last + 1)]


def _number(value: float) -> str:
    return figures.plain(value, 3)


@dataclass(frozen=True, slots=True)
class Mark:
    """An upright line in a histogram: a percentile, or the target (broken line)."""

    at: float
    label: str
    is_target: bool = False


def histogram(
    caption: Caption, edges: Sequence[float], counts: Sequence[int], *, unit: str, marks: Sequence[Mark] = ()
) -> SafeString:
    """How often each span of values came; bars past the target are hatched. ``edges`` is one longer."""
    width, height, left, right, base, top = 560, 300, 34, 550, 266, 34
    steps = ticks(max(counts, default=0))
    span = (edges[-1] - edges[0]) or 1
    target = next((mark.at for mark in marks if mark.is_target), None)

    def across(value: float) -> float:
        return left + (value - edges[0]) / span * (right - left)

    def up(count: float) -> float:
        return base - count / steps[-1] * (base - top)

    hatch = f"{caption.key}-hatch"
    body: Draw = [_hatch(hatch)]
    for step in steps[1:]:
        body += [
            _path("grid", f"M{left} {_r(up(step))}H{right}"),
            _text(28, up(step) + 4, _number(step), "tick", "end"),
        ]
    for start, end, count in zip(edges, edges[1:], counts, strict=False):
        late = target is not None and start >= target
        x, wide = across(start) + 1.5, across(end) - across(start) - 3
        body.append(_bar((x, up(count), max(wide, 1), base - up(count)), f"url(#{hatch})" if late else ""))
    body.append(_path("axis", f"M{left} {base}H{right}"))
    shown = max(1, ceil((len(edges) - 1) / 6))
    body += [
        _text(across(edge), base + 17, f"{_number(edge)} {unit}", "tick", "middle") for edge in edges[::shown]
    ]
    body += [part for mark in marks for part in _upright(mark, across(mark.at), base)]
    return _svg(caption, (width, height), body)


def _hatch(key: str) -> SafeString:
    return format_html(
        '<defs><pattern id="{}" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)">'
        '<rect class="hatch-bg" width="6" height="6"/><path class="hatch-ln" d="M0 0V6"/></pattern></defs>',
        key,
    )


def _bar(box: tuple[float, float, float, float], fill: str = "", css: str = "bar") -> SafeString:
    x, y, width, height = (_r(part) for part in box)
    hatched = format_html(' fill="{}"', fill) if fill else mark_safe("")
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="2"{}/>',
        "hatched" if fill else css, x, y, width, height, hatched,
    )  # fmt: skip


def _upright(mark: Mark, x: float, base: float) -> Draw:
    if mark.is_target:
        return [_path("target", f"M{_r(x)} 18V{_r(base)}"), _text(x + 6, 28, mark.label, "targett")]
    return [_path("mark-line", f"M{_r(x)} 18V{_r(base)}"), _text(x - 6, 28, mark.label, "markt", "end")]


def bars(
    caption: Caption, rows: Sequence[tuple[str, float | None, str]], *, top: float | None = None
) -> SafeString:
    """Lying bars in the order given: label, amount (None is drawn as its word), the amount in words."""
    width, label_room, value_room, row = 560, 190, 100, 34
    known = [amount for _, amount, _ in rows if amount is not None]
    whole = top or max(known, default=0) or 1
    body: Draw = []
    for index, (label, amount, words) in enumerate(rows):
        y = index * row
        body.append(_text(label_room - 10, y + 21, label, "", "end"))
        if amount is None:
            body.append(_text(label_room + 8, y + 21, words, "tick"))
            continue
        long = max(amount / whole * (width - label_room - value_room), 1)
        body += [_bar((label_room, y + 6, long, 22)), _text(label_room + long + 8, y + 21, words, "strong")]
    body.append(_path("axis", f"M{label_room} 0V{row * max(len(rows), 1)}"))
    return _svg(caption, (width, row * max(len(rows), 1)), body)


@dataclass(frozen=True, slots=True)
class Point:
    """A measured point on the way: label under it, value with its interval (fractions or any one unit)."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None


def over_time(
    caption: Caption, points: Sequence[Point], *, write: Callable[[float], str], target: float | None = None
) -> SafeString:
    """Values with whiskers from left to right, never joined by a line: between two runs nothing is known."""
    width, height, left, right, base, top = 560, 280, 56, 550, 240, 20
    known = [x for p in points for x in (p.value, p.low, p.high) if x is not None]
    known += [] if target is None else [target]
    low, high = min(known, default=0.0), max(known, default=1.0)
    pad = (high - low) * 0.12 or 0.05
    top_end = min(high + pad, 1.0) if high <= 1 else high + pad  # a share ends at all
    steps = _steps_between(max(low - pad, 0.0) if low >= 0 else low - pad, top_end)
    low, high = steps[0], steps[-1]
    gap = (right - left) / max(len(points), 1)

    def up(value: float) -> float:
        return base - (value - low) / (high - low) * (base - top)

    body: Draw = []
    for value in steps:
        y = up(value)
        body += [
            _path("grid", f"M{left} {_r(up(value))}H{right}"),
            _text(left - 6, up(value) + 4, write(value), "tick", "end"),
        ]
    for index, point in enumerate(points):
        body += _whisker(point, left + gap * (index + 0.5), up, base)
    if target is not None:
        y = up(target)
        body += [
            _path("target", f"M{left} {_r(y)}H{right}"),
            _text(right, y - 6, f"target {write(target)}", "targett", "end"),
        ]
    return _svg(caption, (width, height), body)


def _whisker(point: Point, x: float, up: Callable[[float], float], base: float) -> Draw:
    body: Draw = [_text(x, base + 18, point.label, "tick", "middle")]
    if point.value is None:
        return [*body, _text(x, base - 8, figures.NOT_MEASURED, "tick", "middle")]
    if point.low is not None and point.high is not None:
        high, low = _r(up(point.high)), _r(up(point.low))
        at, start, end = _r(x), _r(x - 6), _r(x + 6)
        body.append(_path("whisk", f"M{at} {high}V{low}M{start} {high}H{end}M{start} {low}H{end}"))
    dot = format_html('<circle class="fill" cx="{}" cy="{}" r="5"/>', _r(x), _r(up(point.value)))
    return [*body, dot]


def difference(
    caption: Caption, ends: tuple[float, float, float], *, words: tuple[str, str] = ("worse", "better")
) -> SafeString:
    """A difference in points (low, value, high) in front of zero; right of zero is the good side."""
    low, value, high = ends
    steps = _steps_between(min(low, -0.5) - 0.5, max(high, 0.5) + 0.5)
    width, height, left, right, middle = 560, 96, 20, 540, 39

    def across(points: float) -> float:
        return left + (points - steps[0]) / (steps[-1] - steps[0]) * (right - left)

    zero, start, end = across(0), across(low), across(high)
    body: Draw = [
        format_html(
            '<rect class="hot" x="{}" y="18" width="{}" height="42" rx="3"/>', _r(zero), _r(right - zero)
        ),
        _text(zero - 8, 14, words[0], "tick", "end"),
        _text(zero + 8, 14, words[1], "tick"),
        _path("axis", f"M{left} {middle}H{right}"),
        _path("axis", f"M{_r(zero)} 18V60"),
        _bar((start, middle - 4, max(end - start, 1), 8), css="fill"),
        format_html('<circle class="bub" cx="{}" cy="{}" r="6"/>', _r(across(value)), middle),
    ]
    for step in steps:
        sign = "+" if step > 0 else "−" if step < 0 else ""
        unit = " points" if step == steps[-1] else ""
        anchor = "end" if step == steps[-1] else "middle"
        body.append(_text(across(step), 82, f"{sign}{_number(abs(step))}{unit}", "tick", anchor))
    return _svg(caption, (width, height), body)


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing on the quadrant: its key is written in the bubble; x, y from 0 to 1; ``on`` = chosen."""

    key: str
    x: float
    y: float
    size: float
    on: bool = False


def quadrant(
    caption: Caption,
    bubbles: Sequence[Bubble],
    *,
    across: str,
    upward: str,
    corners: tuple[str, str, str, str],
) -> SafeString:
    """Two scales 0 to 1, upper right tinted. Corners: upper left, upper right, lower left, lower right."""
    width, height, left, right, base, top = 560, 400, 40, 546, 356, 14
    mid_x, mid_y = (left + right) / 2, (top + base) / 2
    body: Draw = [
        format_html(
            '<rect class="hot" x="{}" y="{}" width="{}" height="{}"/>',
            _r(mid_x), top, _r(right - mid_x), _r(mid_y - top),
        ),
        _path("grid", f"M{_r(mid_x)} {top}V{base}M{left} {_r(mid_y)}H{right}"),
        _path("axis", f"M{left} {top}V{base}H{right}"),
    ]  # fmt: skip
    rows, columns = (top + 20, base - 10), ((left + 10, "start"), (right - 10, "end"))
    places = [(x, y, side) for y in rows for x, side in columns]
    body += [
        _text(x, y, words, "quad spare", side) for (x, y, side), words in zip(places, corners, strict=True)
    ]
    for bubble in sorted(bubbles, key=lambda b: -b.size):
        x, y = left + bubble.x * (right - left), base - bubble.y * (base - top)
        state = " on" if bubble.on else ""
        body.append(
            format_html(
                '<circle class="bub{}" cx="{}" cy="{}" r="{}"/>', state, _r(x), _r(y), _r(bubble.size)
            )
        )
        body.append(_text(x, y + 5, bubble.key, f"bubt{state}", "middle"))
    body.append(_text(mid_x, height - 14, f"{across} →", "tick", "middle"))
    body.append(
        format_html(
            '<text class="tick" transform="translate(16 {}) rotate(-90)" text-anchor="middle">{} →</text>',
            _r(mid_y),
            upward,
        )
    )
    return _svg(caption, (width, height), body)
