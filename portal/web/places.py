"""Pages that take places away, invite several people, and say which hosts may be called."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from portal import access, ids
from portal.errors import Forbidden, GatehouseError
from portal.forms import HostsForm, PeopleForm, SectorForm
from portal.models import Tenant, User
from portal.selectors import members as people
from portal.services import clients, invitations, memberships
from portal.services.outbound import set_allowed_hosts


@login_required
@require_POST
def end_place(request: HttpRequest, tenant: str, membership_id: UUID) -> HttpResponse:
    """Take a person's role with this client away."""
    memberships.end_place(by=_viewer(request), tenant_id=_client(request).pk, membership_id=membership_id)
    messages.success(request, "The place is taken away. It holds from the next page on.")
    return redirect("members", tenant=tenant)


@login_required
@require_POST
def end_guest(request: HttpRequest, tenant: str, engagement_id: UUID, user_id: UUID) -> HttpResponse:
    """Take a guest's place in one engagement away."""
    memberships.end_guest(
        by=_viewer(request), tenant_id=_client(request).pk, user_id=user_id, engagement_id=engagement_id
    )
    messages.success(request, "The guest's place is taken away. It holds from the next page on.")
    return redirect("members", tenant=tenant)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite_several(request: HttpRequest, tenant: str) -> HttpResponse:
    """A list of people: all of them are invited, or none."""
    viewer, client = _viewer(request), _client(request)
    access.require(viewer, "invite_member", client)
    form = PeopleForm(
        request.POST or None, request.FILES or None, engagements=people.engagement_choices(viewer, client)
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["engagement"]
        try:
            made = invitations.invite_all(
                by=viewer, tenant_id=client.pk, people=form.cleaned_data["wanted"],
                engagement_id=ids.decode("eng", chosen) if chosen else None,
            )  # fmt: skip
        except GatehouseError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{len(made)} people are invited. Each link is good for seven days.")
            return redirect("members", tenant=tenant)
    return render(request, "portal/members_several.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hosts(request: HttpRequest, tenant: str) -> HttpResponse:
    """The hosts that this client's evaluations may call."""
    viewer, client = _viewer(request), _client(request)
    may_set = access.of(viewer).can("manage_hosts", client)
    form = HostsForm(request.POST or None, initial={"hosts": "\n".join(client.allowed_hosts)})
    if request.method == "POST":
        if not may_set:
            raise Forbidden(may_set.reason)
        if form.is_valid():
            try:
                set_allowed_hosts(
                    by=viewer, tenant_id=client.pk, hosts=form.cleaned_data["hosts"].splitlines()
                )
            except GatehouseError as error:
                for fault in error.errors or [error]:
                    form.add_error("hosts", fault.detail)
            else:
                messages.success(request, "The list is stored. Runs that begin from now on follow it.")
                return redirect("hosts", tenant=tenant)
    context = {"form": form, "may_set": may_set, "hosts": client.allowed_hosts}
    return render(request, "portal/hosts.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def about_client(request: HttpRequest, tenant: str) -> HttpResponse:
    """What a client does, by which the portfolio is looked through."""
    viewer, client = _viewer(request), _client(request)
    access.require(viewer, "create_engagement", client)
    form = SectorForm(request.POST or None, initial={"sector": client.sector})
    if request.method == "POST" and form.is_valid():
        clients.set_sector(by=viewer, tenant_id=client.pk, sector=form.cleaned_data["sector"])
        messages.success(request, "The sector is stored.")
        return redirect("about_client", tenant=tenant)
    return render(request, "portal/about_client.html", {"form": form}, status=422 if form.errors else 200)


def _viewer(request: HttpRequest) -> User:
    return cast(User, request.user)


def _client(request: HttpRequest) -> Tenant:
    return cast(Tenant, request.tenant)  # type: ignore[attr-defined]  # set by the middleware
