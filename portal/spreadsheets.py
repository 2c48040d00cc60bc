"""What goes into a spreadsheet or CSV file that somebody opens: never a formula that a client typed."""

from __future__ import annotations

from typing import Final

_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """``text`` so that no spreadsheet takes it for a formula: an apostrophe before what would start one."""
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS) or text.startswith(_STARTS) else text
