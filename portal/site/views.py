"""Pages that span clients: home, portfolio, inbox, and the check of a printed hash."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import cast
from uuid import UUID

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engagements.selectors.taken import WAITING_EVERYWHERE, rows_of_everywhere, waiting_everywhere
from engagements.views.overview import stage_line
from portal.context import viewer_inbox_count
from portal.errors import Forbidden, Invalid, NotFound, TooMany
from portal.models import Tenant, User
from portal.services.clients import may_add_client
from portal.services.exports import record_list_of_clients
from portal.site import services
from portal.site.exports import COLUMNS, as_csv, as_xlsx, rows
from portal.site.forms import NewClientForm, PortfolioFilter
from portal.site.selectors import hashes
from portal.site.selectors import inbox as inbox_selectors
from portal.site.selectors.for_you import for_you, watchers
from portal.site.selectors.portfolio import Line, all_lines, board
from portal.tables import CONTENT_TYPES
from portal.web.files import attached, table_answer

REFUSED = 422
PER_PAGE = 30
MOST_LINES = 5_000
INBOX_COLUMNS = ("at", "what", "where", "who", "read_at")
ASKED = ("stage", "court", "lead", "sector", "risk", "verdict", "sort")
HASH = re.compile(r"[0-9a-f]{64}")
CHECKS_PER_MINUTE = 30


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The consultancy starts from its portfolio, everybody else from what waits for them."""
    viewer = _viewer(request)
    if viewer.side == "consultancy":
        return redirect("portfolio")
    now = timezone.now()
    waiting = for_you(viewer, now=now)
    tenants = {row.engagement.tenant for row in waiting.rows}
    only = tenants.pop() if len(tenants) == 1 else None
    request.tenant = only  # type: ignore[attr-defined]  # the shell names the one client of this viewer
    context = {
        "home": waiting,
        "lines": [(row.engagement, stage_line(row, row.engagement.tenant.slug)) for row in waiting.rows],
        "engagement": waiting.rows[0].engagement if len(waiting.rows) == 1 else None,
        "watchers": watchers(only) if only is not None else None,
        "first_name": viewer.name.split()[0] if viewer.name else "",
        "now": now,
    }
    return render(request, "portal/client_home.html", context)


@login_required
@require_safe
def portfolio(request: HttpRequest) -> HttpResponse:
    """Every engagement the viewer may see, in the order of need."""
    viewer = _viewer(request)
    if viewer.side != "consultancy":
        return redirect("home")
    now = timezone.now()
    asked = {name: request.GET.get(name, "") for name in ASKED}
    seen = board(viewer, {**_known(asked), "page": request.GET.get("page", "")}, now=now)
    form = PortfolioFilter(
        asked, stages=list(seen.stages), leads=list(seen.leads), sectors=list(seen.sectors)
    )
    context = {
        "board": seen,
        "form": form,
        "filtered": any(value for name, value in form.chosen().items() if name != "sort"),
        "may_add": may_add_client(viewer),
        "query": request.GET.urlencode(),
        "now": now,
    }
    return render(request, "portal/portfolio.html", context)


@login_required
@require_safe
def portfolio_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The portfolio of the current filter as CSV, XLSX or JSON Lines."""
    viewer = _viewer(request)
    if viewer.side != "consultancy":
        raise NotFound
    now, clients = timezone.now(), set[Tenant]()
    lines = _noting(
        clients, all_lines(viewer, _known({name: request.GET.get(name, "") for name in ASKED}), now=now)
    )
    name = f"portfolio-{now:%Y-%m-%d}"
    if kind == "jsonl":
        answer = table_answer(kind, name, COLUMNS, list(rows(lines, now=now)))
    else:
        body = as_csv(lines, now=now) if kind == "csv" else as_xlsx(lines, now=now)
        answer = attached(HttpResponse(body, content_type=CONTENT_TYPES[kind]), f"{name}.{kind}")
    record_list_of_clients(by=viewer, tenants=clients, name="portfolio", form=kind)
    return answer


def _noting(clients: set[Tenant], lines: Iterable[Line]) -> Iterator[Line]:
    """The lines as they come, and into ``clients`` whose they are."""
    for line in lines:
        clients.add(line.row.engagement.tenant)
        yield line


@login_required
@require_safe
def waiting_file(request: HttpRequest) -> HttpResponseBase:
    """What waits for whom, over every client in which the viewer has a place."""
    viewer, now, form = _viewer(request), timezone.now(), request.GET.get("form", "csv")
    found = waiting_everywhere(viewer, now=now)
    answer = table_answer(form, "waiting", WAITING_EVERYWHERE, list(rows_of_everywhere(found, now=now)))
    clients = (one.engagement.tenant for one in found)
    record_list_of_clients(by=viewer, tenants=clients, name="waiting", form=form)
    return answer


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_client(request: HttpRequest) -> HttpResponse:
    """Take on a client, with its first engagement and its sponsor."""
    viewer = _viewer(request)
    permission = may_add_client(viewer)
    if not permission:
        raise Forbidden(permission.reason)
    form = NewClientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            engagement = services.begin_with_client(by=viewer, **form.cleaned_data)
        except Invalid as refused:
            _show(refused, form)
        else:
            messages.success(request, f"{engagement.tenant.name} is there, with {engagement.title}.")
            return redirect("engagements:overview", engagement.tenant.slug, engagement.pk)
    return render(request, "portal/new_client.html", {"form": form}, status=REFUSED if form.errors else 200)


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What happened that the viewer is told of."""
    viewer = _viewer(request)
    page = Paginator(inbox_selectors.notifications_of(viewer), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": inbox_selectors.in_words(viewer, page.object_list),
        "unread": viewer_inbox_count(viewer),
        "now": timezone.now(),
    }
    return render(request, "portal/inbox.html", context)


@login_required
@require_safe
def inbox_file(request: HttpRequest) -> HttpResponseBase:
    """The viewer's own inbox as a file, the newest lines of it."""
    viewer, form = _viewer(request), request.GET.get("form", "csv")
    found = inbox_selectors.in_words(viewer, inbox_selectors.notifications_of(viewer)[:MOST_LINES])
    told = (
        (line.notification.created_at, line.title, line.where, line.who, line.notification.read_at)
        for line in found
    )
    answer = table_answer(form, "inbox", INBOX_COLUMNS, list(told))
    clients = (line.notification.tenant for line in found)
    record_list_of_clients(by=viewer, tenants=clients, name="inbox", form=form)
    return answer


@login_required
@require_POST
def read_one(request: HttpRequest, notification_id: UUID) -> HttpResponse:
    """Mark one line as read."""
    services.mark_read(by=_viewer(request), notification_id=notification_id)
    return redirect("inbox")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark the whole inbox as read."""
    services.mark_all_read(by=_viewer(request))
    return redirect("inbox")


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Anybody who holds a printed gate pack can ask whether its hash is known here."""
    asked = "".join(request.GET.get("hash", "").lower().split())
    well_formed = bool(HASH.fullmatch(asked))
    if well_formed:
        _limit(request)
    context = {
        "asked": asked[:80],
        "well_formed": well_formed,
        "sealed": hashes.sealed_under(asked) if well_formed else None,
        "report": hashes.report_under(asked) if well_formed else None,
    }
    return render(request, "portal/verify.html", context)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The one page for what is not there and for what is not the viewer's."""
    return render(request, "404.html", status=404)


def _known(asked: dict[str, str]) -> dict[str, str]:
    """What no list offers counts as not chosen; stages and leads that match nothing show nothing."""
    fields = PortfolioFilter.base_fields
    fixed = {name: dict(fields[name].choices) for name in ("court", "risk", "verdict", "sort")}  # type: ignore[attr-defined]  # ChoiceField
    return {name: value if value in fixed.get(name, {value}) else "" for name, value in asked.items()}


def _limit(request: HttpRequest) -> None:
    """Raises TooMany when one address asks more than ``CHECKS_PER_MINUTE`` times a minute."""
    caller = get_adapter().get_client_ip(request)
    key = f"verify:{caller}:{int(timezone.now().timestamp() // 60)}"
    cache.add(key, 0, timeout=120)
    if cache.incr(key) > CHECKS_PER_MINUTE:
        raise TooMany("You have asked many times in a minute. Wait a minute, then ask again.")


def _show(refused: Invalid, form: forms.Form) -> None:
    for fault in refused.errors:
        name = fault.pointer.lstrip("/").replace("email", "sponsor_email")
        form.add_error(name if name in form.fields else None, fault.detail)
    if not refused.errors:
        form.add_error(None, refused.detail)


def _viewer(request: HttpRequest) -> User:
    return cast(User, request.user)
