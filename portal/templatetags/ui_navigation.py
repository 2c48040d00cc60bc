"""The way round: which links a viewer has on this page. Links to pages that do not exist are left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django import template
from django.template.context import Context
from django.urls import NoReverseMatch, reverse

from portal.context import viewer_inbox_count

register = template.Library()


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the navigation; ``current`` is "page", "true" (a page below it) or ""."""

    label: str
    icon: str
    href: str
    current: str = ""
    count: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Links under one heading; the heading of an engagement is a link itself."""

    items: tuple[Link, ...]
    heading: str = ""
    sub: str = ""
    href: str = ""


_TOP = (
    ("portfolio", "Portfolio", "layout-grid"),
    ("inbox", "Inbox", "inbox"),
    ("calibration", "Forecast record", "scale"),
    ("search", "Search", "search"),
)
_ENGAGEMENT = (
    ("engagements:overview", "Overview", "house"),
    ("engagements:success_metric", "Success metric", "target"),
    ("assessments:pain_points", "Pain points", "circle-dollar-sign"),
    ("assessments:value_case", "Value case", "scale"),
    ("demos:targets", "Systems under test", "bot"),
    ("demos:datasets", "Cases", "list-checks"),
    ("demos:runs", "Evaluations", "chart-column"),
    ("assessments:readiness", "Readiness", "layers"),
    ("assessments:risks", "Risks", "triangle-alert"),
    ("engagements:pilot", "Pilot", "activity"),
    ("engagements:gates", "Gates", "flag"),
    ("engagements:engagement_waiting", "What waits", "hourglass"),
    ("engagements:evidence", "Evidence", "file-text"),
    ("engagements:reports", "Reports", "printer"),
    ("engagements:comments", "Comments", "message-square"),
    ("engagements:ledger", "Ledger", "history"),
)
_BELOW = {
    "assessments:pain_points": ("process-map/",),
    "demos:runs": (
        "targets/", "cases/", "graders/", "runs/", "attempts/", "comparisons/", "reviews/", "planner/",
        "prices/", "permissions/", "load/", "privacy/", "faults/", "schedules/", "texts/", "costs/",
    ),
    "engagements:gates": ("rounds/", "conditions/", "approvers/"),
}  # fmt: skip
"""Parts of an engagement's address that belong to a link although they do not lie under it."""
_SET_UP = (
    ("members", "People and access", "user"),
    ("api_tokens", "API tokens", "key-round"),
    ("hosts", "Hosts that are called", "network"),
)

_KEPT_BY_LEADS = (
    ("about_client", "About this client", "house"),
    ("engagements:templates", "Engagement templates", "layers"),
    ("engagements:letterhead", "Letterhead", "file-text"),
)


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[Group]:
    """The groups of links for the viewer of this page; nobody signed in has none."""
    viewer, request = context.get("viewer"), context.get("request")
    if viewer is None or request is None:
        return []
    tenant = getattr(request, "tenant", None)
    engagement = context.get("engagement")
    if tenant is None or not hasattr(engagement, "public_id"):
        engagement = None
    if context.get("side") != "consultancy":
        return _mark_current(_for_client(viewer, tenant, engagement), request.path)
    mine = getattr(request, "access", None)  # a page of a fault has none
    keeps = bool(tenant is not None and mine and mine.can("manage_templates", tenant))
    return _mark_current(_for_staff(viewer, tenant, engagement, keeps_templates=keeps), request.path)


def _for_staff(viewer: Any, tenant: Any, engagement: Any, *, keeps_templates: bool) -> list[Group]:
    groups = [Group(_links(_TOP, inbox=viewer_inbox_count(viewer)))]
    if engagement is not None:
        place = {"tenant": tenant.slug, "engagement_id": engagement.pk}
        items = _links(_ENGAGEMENT, **place)
        groups.append(Group(items, engagement.title, tenant.name, items[0].href if items else ""))
    components = _links((("gallery", "Components", "layout-grid"),))
    set_up = _links(_SET_UP, tenant=tenant.slug) if tenant is not None else ()
    if keeps_templates:
        set_up += _links(_KEPT_BY_LEADS, tenant=tenant.slug)
    groups.append(Group((*set_up, *components), "Set up"))
    return [group for group in groups if group.items]


def _for_client(viewer: Any, tenant: Any, engagement: Any) -> list[Group]:
    items = list(_links((("home", "For you", "inbox"),)))
    if engagement is not None:
        place = {"tenant": tenant.slug, "engagement_id": engagement.pk}
        items += [replace(link, label=engagement.title) for link in _links(_ENGAGEMENT[:1], **place)]
        items += _links(
            (
                ("engagements:pilot", "Pilot", "activity"),
                ("engagements:gates", "Gates", "flag"),
                ("demos:runs", "Evaluations", "chart-column"),
                ("assessments:readiness", "Readiness", "layers"),
                ("engagements:evidence", "Evidence", "file-text"),
                ("engagements:reports", "Reports", "printer"),
            ),
            **place,
        )
    if tenant is not None:
        items += _links(
            (("engagements:waiting", "What waits", "hourglass"), ("members", "Data access", "user")),
            tenant=tenant.slug,
        )
    return [Group(tuple(items))]


def _links(entries: Iterable[tuple[str, str, str]], *, inbox: int = 0, **place: Any) -> tuple[Link, ...]:
    found = ((name, label, icon, _address(name, place)) for name, label, icon in entries)
    return tuple(
        Link(label, icon, href, count=inbox if name == "inbox" else 0, name=name)
        for name, label, icon, href in found
        if href
    )


def _address(name: str, place: dict[str, Any]) -> str:
    try:
        return reverse(name, kwargs=place or None)
    except NoReverseMatch:
        return ""


def _mark_current(groups: list[Group], path: str) -> list[Group]:
    """The link with the longest address that the page lies under is the current one."""
    links = [link for group in groups for link in group.items]
    overview = next((link.href for link in links if link.name == "engagements:overview"), "")

    def reach(link: Link) -> int:
        also = [f"{overview}{part}" for part in _BELOW.get(link.name, ()) if overview]
        roots = [
            root for root in (link.href, *also) if path.startswith(root) and (root != "/" or path == "/")
        ]
        return max(map(len, roots), default=0)

    here = max(links, key=reach, default=None)
    if here is None or not reach(here):
        return groups

    def marked(link: Link) -> Link:
        return replace(link, current="page" if link.href == path else "true") if link == here else link

    return [replace(group, items=tuple(marked(link) for link in group.items)) for group in groups]
