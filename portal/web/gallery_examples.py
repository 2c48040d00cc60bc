"""Values for the component gallery: invented, but they agree with each other."""

from __future__ import annotations

from typing import Any


def examples() -> dict[str, Any]:
    return {}
