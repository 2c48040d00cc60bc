"""Seeing a client's pages as the client does: with a member's eyes, in its shell, changing nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from portal import access, audit
from portal.access import Access
from portal.models import Tenant, User
from portal.roles import Role
from portal.vocabulary import VIEWED_AS_CLIENT, Affiliation

SESSION_KEY: Final = "view_as_client"
SEEN: Final = frozenset({"see_engagement", "see_members"})
"""What a member of the client may do, less everything that changes something."""


@login_required
@require_POST
def begin(request: HttpRequest, tenant: str) -> HttpResponse:
    """From now on, below this client's address, only what the client sees."""
    viewer, client = cast(User, request.user), _client(request)
    access.require(viewer, "view_as_client", client)
    audit.record(actor=viewer, event=VIEWED_AS_CLIENT, subject=client)
    request.session[SESSION_KEY] = str(client.pk)
    return redirect(_where(request, client))


@login_required
@require_POST
def end(request: HttpRequest, tenant: str) -> HttpResponse:
    """Back to one's own eyes."""
    request.session.pop(SESSION_KEY, None)
    return redirect("portfolio")


def put_on(request: HttpRequest, tenant: Tenant) -> bool:
    """Narrow this request to what the client sees, if its person asked for that. True when it is so."""
    if request.session.get(SESSION_KEY) != str(tenant.pk):
        return False
    viewer = cast(User, request.user)
    if not access.of(viewer).can("view_as_client", tenant):
        return False
    access.narrow(viewer, lambda held: as_member(held, tenant.pk))
    viewer.affiliation = Affiliation.CLIENT  # of this request's object only: the shell and the side follow it
    return True


def as_member(held: Access, tenant_id: UUID) -> Access:
    """What is left of an access: reading in one client, as its members read."""
    return replace(
        held, by_tenant={tenant_id: SEEN}, by_engagement={}, guest_tenants={},
        role_names={tenant_id: frozenset({Role.CLIENT_MEMBER.value})},
    )  # fmt: skip


def _where(request: HttpRequest, client: Tenant) -> str:
    """The page that one came from, if it is below this client; else who can see the client's data."""
    wanted = request.POST.get("next", "")
    is_ours = wanted.startswith(f"/{client.slug}/")
    if is_ours and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("members", args=[client.slug])


def _client(request: HttpRequest) -> Tenant:
    return cast(Tenant, request.tenant)  # type: ignore[attr-defined]  # set by the middleware
