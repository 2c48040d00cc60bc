"""What every page knows: who looks, from which side, in which shell. Nothing is read until it is used."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from portal import access
from portal.models import Notification, User
from portal.scope import tenant_scope

THEMES = frozenset({"light", "dark"})
SHELLS = {"consultancy": "portal/staff.html", "client": "portal/client.html"}
_COUNTED = "_gatehouse_unread"
_ACCOUNT_LINKS = (("account_email", "Your account"),)
_FOOT_LINKS = (("verify", "Check a printed hash"),)


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
        "foot_links": links(_FOOT_LINKS),
    }


def viewer_inbox_count(viewer: User) -> int:
    """How many notifications this person has not read, over all clients; counted once per user object."""
    counted: int | None = getattr(viewer, _COUNTED, None)
    if counted is None:
        with tenant_scope(access.of(viewer).places()):
            counted = Notification.objects.filter(user=viewer, read_at__isnull=True).count()
        setattr(viewer, _COUNTED, counted)
    return counted


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
