"""Every pair of colours that meets on a page is readable, in the light and in the dark scheme."""

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).parents[2] / "portal" / "static" / "portal" / "css"
TOKEN = re.compile(r"--([a-z0-9-]+):\s*(?:light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)|(#[0-9a-f]{6}));")
TEXT, MARK = 4.5, 3.0
VERDICTS = ["met", "not-met", "inconclusive", "not-evaluated", "waived", "not-applicable"]


def _tokens() -> dict[str, tuple[str, str]]:
    source = (STYLES / "tokens.css").read_text()
    return {name: (light or both, dark or both) for name, light, dark, both in TOKEN.findall(source)}


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


SURFACES = ["paper", "sheet", "sunk"]
TEXT_PAIRS = [
    *((text, surface) for text in ("text", "text-2", "ink") for surface in SURFACES),
    ("ink", "ink-tint"),
    ("text", "raised"),
    ("text-on-solid", "ink-solid"),
    ("text-on-solid", "ink-solid-hover"),
    *((verdict, f"{verdict}-tint") for verdict in VERDICTS),
    *((verdict, "sheet") for verdict in VERDICTS),
    *(("l-low-text", f"l{step}") for step in (0, 1, 2)),
    *(("l-high-text", f"l{step}") for step in (3, 4)),
]
MARK_PAIRS = [
    *(("edge", surface) for surface in SURFACES),
    *(("focus", surface) for surface in SURFACES),
    *((f"d{number}", "sheet") for number in range(1, 7)),
    ("axis", "sheet"),
]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "asked"),
    [*((a, b, TEXT) for a, b in TEXT_PAIRS), *((a, b, MARK) for a, b in MARK_PAIRS)],
)
def test_a_pair_of_colours_is_readable(front, back, asked, scheme):
    tokens = _tokens()
    ratio = contrast(tokens[front][scheme], tokens[back][scheme])
    assert ratio >= asked, f"{front} on {back}: {ratio:.2f}, {asked} is asked"


def test_colours_are_written_in_the_tokens_only():
    for name in ("base.css", "layout.css"):
        screen = (STYLES / name).read_text()
        assert not re.findall(r"#[0-9a-f]{3,8}\b", screen), name


def test_scripts_stay_small_and_safe():
    lines = [line for file in (STYLES.parent / "js").glob("*.js") for line in file.read_text().splitlines()]
    assert len(lines) < 300
    assert not any("eval(" in line or "innerHTML" in line for line in lines)
