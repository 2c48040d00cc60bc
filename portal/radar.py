"""The radar: levels around a circle, as SVG text. Never a page's main answer, and always with its table."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.charts import Caption

Spoke = tuple[str, int | None, int]
"""Label, level (None: not assessed), target."""

_SIZE, _MIDDLE, _RADIUS = 420, 210, 165


def radar(caption: Caption, spokes: Sequence[Spoke], *, highest: int = 4) -> SafeString:
    """A spoke each, a ring for each level, a broken line for the targets. What is not assessed stays open."""
    count = len(spokes)

    def at(index: int, level: float) -> tuple[str, str]:
        turn = 2 * pi * index / count - pi / 2
        reach = _RADIUS * level / highest
        return f"{_MIDDLE + reach * cos(turn):.1f}", f"{_MIDDLE + reach * sin(turn):.1f}"

    def ring(level: int) -> str:
        return "M" + "L".join(",".join(at(index, level)) for index in range(count)) + "Z"

    grid = format_html_join(
        "", '<path class="grid" d="{}"/>', [(ring(level),) for level in range(1, highest + 1)]
    )
    axes = format_html_join(
        "", '<path class="grid" d="M{} {}L{} {}"/>',
        [(_MIDDLE, _MIDDLE, *at(index, highest)) for index in range(count)],
    )  # fmt: skip
    wanted = "M" + "L".join(",".join(at(index, spoke[2])) for index, spoke in enumerate(spokes)) + "Z"
    known = [(index, level) for index, (_, level, _) in enumerate(spokes) if level is not None]
    dots = format_html_join(
        "", '<circle class="fill" cx="{}" cy="{}" r="5"/>', [at(index, level) for index, level in known]
    )
    labels = format_html_join(
        "", '<text class="tick" x="{}" y="{}" text-anchor="middle" dominant-baseline="middle">{}</text>',
        [(*at(index, highest * 1.12), label) for index, (label, _, _) in enumerate(spokes)],
    )  # fmt: skip
    return format_html(
        '<svg class="chart" viewBox="0 0 {size} {size}" role="img" aria-labelledby="{key}-t {key}-d">'
        '<title id="{key}-t">{title}</title><desc id="{key}-d">{says}</desc>{grid}{axes}'
        '<path class="target" d="{wanted}" fill="none"/>{lines}{dots}{labels}</svg>',
        size=_SIZE, key=caption.key, title=caption.title, says=caption.says, grid=grid, axes=axes,
        wanted=wanted, lines=_lines([(at(index, level), index) for index, level in known], count),
        dots=dots, labels=labels,
    )  # fmt: skip


def _lines(points: list[tuple[tuple[str, str], int]], count: int) -> SafeString:
    """Neighbours that are both known are joined; a gap stays a gap."""
    by_index = {index: point for point, index in points}
    pairs = [
        (*by_index[index], *by_index[(index + 1) % count])
        for index in by_index
        if (index + 1) % count in by_index
    ]
    return format_html_join("", '<path class="spoke-line" d="M{} {}L{} {}"/>', pairs)
