"""Pages about people and keys: who has access, invitations, API tokens, one's own account."""

from typing import cast
from uuid import UUID

from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal import access, ids
from portal.errors import GatehouseError, Invalid
from portal.forms import InviteForm, JoinForm, TokenForm
from portal.models import Tenant, User
from portal.roles import Role
from portal.selectors import members as people
from portal.services import invitations, tokens
from portal.services.signing import signing_proof


@login_required
def own_account(request: HttpRequest) -> HttpResponse:
    """One's name, address and ways to sign in."""
    return render(request, "account/own_account.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, tenant: str) -> HttpResponse:
    """Who can see this client's data, who is invited, and the form that invites."""
    viewer, client = _viewer(request), _client(request)
    places = people.places(viewer, client, now=timezone.now())
    may_invite = access.of(viewer).can("invite_member", client)
    engagements = people.engagement_choices(viewer, client)
    form = InviteForm(request.POST or None, engagements=engagements, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid() and _invite(form, viewer, client):
        messages.success(
            request, f"{form.cleaned_data['email']} is invited. The link is good for seven days."
        )
        return redirect("members", tenant=client.slug)
    context = {
        "places": places,
        "pending": people.open_invitations(client.pk, now=timezone.now()) if may_invite else [],
        "may_invite": may_invite,
        "may_view_as": access.of(viewer).can("view_as_client", client),
        "may_manage_tokens": access.of(viewer).can("manage_tokens", client),
        "form": form,
    }
    return render(request, "portal/members.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def withdraw_invitation(request: HttpRequest, tenant: str, invitation_id: UUID) -> HttpResponse:
    """Make the link of an open invitation useless."""
    invitations.withdraw(by=_viewer(request), invitation_id=invitation_id)
    messages.success(request, "The invitation is withdrawn; its link no longer works.")
    return redirect("members", tenant=tenant)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def api_tokens(request: HttpRequest, tenant: str) -> HttpResponse:
    """The tokens of a client; making one shows its text on the page that answers, and never again."""
    viewer, client = _viewer(request), _client(request)
    form, made = TokenForm(request.POST or None), None
    listed = people.tokens_of(viewer, client)
    proof = signing_proof(request)
    if request.method == "POST" and form.is_valid():
        try:
            made = tokens.create_token(
                by=viewer,
                proof=proof,
                tenant_id=client.pk,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires=form.expires(),
                service=form.cleaned_data["kind"] == "service",
            )
            form = TokenForm()
        except Invalid as error:
            _show(error, form)
    context = {"tokens": listed, "form": form, "made": made, "now": timezone.now()}
    return render(request, "portal/members_tokens.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke_token(request: HttpRequest, tenant: str, token_id: UUID) -> HttpResponse:
    """Take a token back."""
    tokens.revoke_token(by=_viewer(request), token_id=token_id)
    messages.success(request, "The token is revoked; its next request is refused.")
    return redirect("api_tokens", tenant=tenant)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def accept_invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """The page behind an invitation's link: make an account or join with the one that exists."""
    invitation = invitations.find(token)
    invitations.refuse_closed(invitation)
    known = User.objects.filter(email=invitation.email).exists()
    signed_in = request.user if isinstance(request.user, User) else None
    form = JoinForm(request.POST or None, initial={"name": invitation.name})
    if request.method == "POST" and (known or form.is_valid()):
        newcomer = (
            None if known else invitations.Newcomer(form.cleaned_data["name"], form.cleaned_data["password"])
        )
        try:
            person, joined = invitations.accept(token=token, by=signed_in, newcomer=newcomer)
        except Invalid as error:
            _show(error, form)
        else:
            landing = _landing(joined.tenant, joined.engagement_id)
            if signed_in is not None:
                return redirect(landing)
            return cast(HttpResponseBase, perform_login(request, person, redirect_url=landing))
    context = {
        "invitation": invitation,
        "role": Role(invitation.role).label,
        "known": known,
        "signed_in": signed_in,
        "is_theirs": signed_in is not None and signed_in.email == invitation.email,
        "form": form,
    }
    return render(request, "portal/members_accept.html", context, status=422 if form.errors else 200)


def _invite(form: InviteForm, viewer: User, client: Tenant) -> bool:
    chosen = form.cleaned_data["engagement"]
    try:
        invitations.invite(
            by=viewer,
            tenant_id=client.pk,
            email=form.cleaned_data["email"],
            name=form.cleaned_data["name"],
            role=Role(form.cleaned_data["role"]),
            engagement_id=ids.decode("eng", chosen) if chosen else None,
        )
    except GatehouseError as error:
        _show(error, form)
        return False
    return True


def _show(error: GatehouseError, form: forms.Form) -> None:
    """Put a service's refusal where the reader looks: at the field it names, else on top."""
    for fault in error.errors:
        name = fault.pointer.lstrip("/")
        form.add_error(name if name in form.fields else None, fault.detail)
    if not error.errors:
        form.add_error(None, error.detail)


def _landing(tenant: Tenant, engagement_id: UUID | None) -> str:
    return f"/{tenant.slug}/engagements/{ids.encode('eng', engagement_id)}/" if engagement_id else "/"


def _viewer(request: HttpRequest) -> User:
    return cast(User, request.user)


def _client(request: HttpRequest) -> Tenant:
    return cast(Tenant, request.tenant)  # type: ignore[attr-defined]  # set by the middleware
