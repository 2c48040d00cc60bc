"""Verdicts, beads and meters: small drawings that stand beside words.

SVG with presentation attributes and classes only; colours come from the classes, so that dark, print and
forced colours need nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    "met": mark_safe(
        '<circle cx="8" cy="8" r="7.5" fill="currentColor"/><path class="cut" d="M4.6 8.3l2.3 2.3 4.5-4.8"'
        ' fill="none" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>'
    ),
    "not-met": mark_safe(
        '<rect x="1" y="1" width="14" height="14" rx="2.5" fill="currentColor"/><path class="cut"'
        ' d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6" fill="none" stroke-width="1.8" stroke-linecap="round"/>'
    ),
    "inconclusive": mark_safe(
        '<path d="M8 .8L15.2 8 8 15.2.8 8z" class="half" stroke="currentColor" stroke-width="1.5"'
        ' stroke-linejoin="round"/><path d="M8 .8v14.4L.8 8z" fill="currentColor"/>'
    ),
    "not-evaluated": mark_safe(
        '<circle cx="8" cy="8" r="6.7" fill="none" stroke="currentColor" stroke-width="1.8"'
        ' stroke-dasharray="2.6 2.66"/>'
    ),
    "waived": mark_safe(
        '<path d="M2 12.5C2 5 14 5 14 12.5" fill="none" stroke="currentColor" stroke-width="1.8"'
        ' stroke-linecap="round"/><path d="M11.3 10.3l2.7 2.4 1.5-3.2" fill="none" stroke="currentColor"'
        ' stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/>'
        '<circle cx="8" cy="12.3" r="1.9" fill="currentColor"/>'
    ),
    "not-applicable": mark_safe(
        '<path d="M3.5 8h9" stroke="currentColor" stroke-width="2.2" stroke-linecap="round"/>'
    ),
}
MARKS: dict[str, SafeString] = {
    key: format_html('<svg class="mark v-{}" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', key, body)
    for key, body in _MARK_BODIES.items()
}


def verdict_key(verdict: object) -> str:
    """``MET``, ``not_met``, a TextChoices member … as the class name of its verdict. KeyError if unknown."""
    key = str(getattr(verdict, "value", verdict)).strip().lower().replace("_", "-").replace(" ", "-")
    if key not in VERDICT_WORDS:
        raise KeyError(f"No such verdict: {verdict!r}")
    return key


def beads(verdicts: Sequence[object]) -> SafeString:
    """One mark per criterion, in the order of the verdict table, with a spoken list of counts."""
    keys = [verdict_key(verdict) for verdict in verdicts]
    ordered = [key for key in VERDICT_WORDS for _ in range(keys.count(key))]
    return format_html(
        '<span class="beads" role="img" aria-label="{}">{}</span>',
        beads_in_words(keys),
        format_html_join("", "{}", ((MARKS[key],) for key in ordered)),
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
        '<svg class="meter{}" role="img" aria-label="{}" preserveAspectRatio="none">{}'
        '<rect width="{}" height="100%"/></svg>',
        " is-thick" if thick else "",
        label or f"{figures.plain(value)} of {figures.plain(total)}",
        under_way,
        share(value),
    )
