"""What a letterhead may be, and what a paper without some of its sections says."""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

HOUSE_ACCENT: Final = "#1f4e79"
LEAST_CONTRAST: Final = 4.5
"""WCAG 2.2, success criterion 1.4.3: what text needs against its ground."""
LARGEST_LOGO: Final = 100 * 1024
MOST_PIXELS: Final = 2000
LONGEST_COVER: Final = 400
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}\Z")
_PNG: Final = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a kind of report. A ``kept`` one is in every paper: without it the rest would mislead."""

    key: str
    title: str
    kept: bool = False


def accent_fault(accent: str) -> str | None:
    """Why a colour cannot head a paper, or None. It is written as ``#rrggbb`` in small letters."""
    if not _COLOUR.match(accent):
        return "Write the colour as #rrggbb, such as #1f4e79."
    found = contrast_with_white(accent)
    if found < LEAST_CONTRAST:
        return f"On white its contrast is {found:.1f}, and reading needs 4.5. Take a darker colour."
    return None


def contrast_with_white(colour: str) -> float:
    """Contrast ratio of ``#rrggbb`` against white, 1 to 21, by WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def logo_fault(logo: bytes) -> str | None:
    """Why a file cannot be the logo by its size and first bytes, or None. The typesetter sees the rest."""
    if len(logo) > LARGEST_LOGO:
        return f"The logo has {len(logo) // 1024 + 1} KiB; at most 100 are taken. Save it smaller."
    if not logo.startswith(_PNG) or logo[12:16] != b"IHDR" or len(logo) < 33:
        return "This is no PNG file. Save the logo as PNG."
    wide, high = struct.unpack(">II", logo[16:24])
    if not (0 < wide <= MOST_PIXELS and 0 < high <= MOST_PIXELS):
        return f"The logo is {wide:,} by {high:,} pixels; at most 2,000 by 2,000 are taken. Save it smaller."
    return None


def without_sections(
    blocks: Sequence[Mapping[str, Any]], left_out: Collection[str]
) -> list[Mapping[str, Any]]:
    """The blocks without the sections named by key; a section reaches from its heading to the next."""
    kept, skips = [], False
    for block in blocks:
        if block["type"] == "heading":
            skips = block["key"] in left_out
        if not skips:
            kept.append(block)
    return kept
