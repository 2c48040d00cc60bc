"""What every page knows: who looks, from which side, in which shell. Nothing is read until it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

THEMES = frozenset({"light", "dark"})
SHELLS = {"consultancy": "portal/staff.html", "client": "portal/client.html"}
INBOX_COUNTER: Callable[[Any], int] | None = None
"""Set by ``portal.site`` when the application starts: the count of what waits for a viewer."""
_ACCOUNT_LINKS = (("account_email", "Your account"),)


def page(request: HttpRequest) -> dict[str, Any]:
    """``viewer`` (None when signed out), ``side``, ``base_template``, ``organisation``, ``theme``."""
    user = getattr(request, "user", None)
    viewer = user if user is not None and user.is_authenticated else None
    side = getattr(viewer, "side", "")
    theme = request.COOKIES.get("theme", "")
    return {
        "viewer": viewer,
        "side": side,
        "base_template": SHELLS.get(side, "portal/bare.html"),
        "organisation": settings.CONSULTANCY_NAME,
        "theme": theme if theme in THEMES else "",
        "account_links": links(_ACCOUNT_LINKS),
        "sign_out_url": address("account_logout"),
    }


def viewer_inbox_count(viewer: Any) -> int:
    """How many things wait for this person, read once per request; 0 where no inbox is installed."""
    counted = getattr(viewer, "_waiting", None)
    if counted is None:
        counted = INBOX_COUNTER(viewer) if INBOX_COUNTER is not None else 0
        viewer._waiting = counted
    return int(counted)


def address(name: str, *args: object) -> str:
    """The address of a named page, or "" where this installation has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def links(named: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    """Links to those of the named pages that exist."""
    found = ({"label": label, "href": address(name)} for name, label in named)
    return [link for link in found if link["href"]]
