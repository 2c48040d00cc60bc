"""The views of readiness as tabs: the same on each of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse

_TABS = (
    ("readiness", "Levels"),
    ("readiness_plan", "Plan"),
    ("consistency", "Consistency"),
    ("readiness_sections", "Who answers"),
    ("crosswalk", "Crosswalk"),
    ("readiness_framework", "Framework"),
)


def readiness_tabs(tenant: str, engagement_id: UUID, here: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "href": reverse(f"assessments:{name}", args=[tenant, engagement_id]),
            "current": name == here,
            "count": None,
        }
        for name, label in _TABS
    ]
