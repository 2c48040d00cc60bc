"""The lists of a client as rows: who can see it, who is invited, its tokens, the hosts that are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.utils import timezone

from portal import access
from portal.lists import Rows
from portal.models import ApiToken, Tenant, User
from portal.selectors import members
from portal.vocabulary import Affiliation

MEMBERS = ("name", "email", "side", "role", "sees", "from", "until")
INVITATIONS = ("email", "role", "invited_by", "invited_at", "link_good_until")
TOKENS = (
    "name", "ends_in", "acts_as", "kind", "scopes", "made_at", "last_used", "expires", "revoked_at", "state",
)  # fmt: skip
HOSTS = ("host",)


def member_rows(viewer: User, tenant: Tenant, filters: Mapping[str, str]) -> Rows:
    """Everybody who can see something of the client now. Raises NotFound or Forbidden."""
    return [
        (
            place.person.name,
            None if place.person.affiliation == Affiliation.SERVICE else place.person.email,
            place.person.get_affiliation_display(), place.role_label, place.guest_of or "All engagements",
            place.starts, place.ends,
        )
        for place in members.places(viewer, tenant, now=timezone.now())
    ]  # fmt: skip


def invitation_rows(viewer: User, tenant: Tenant, filters: Mapping[str, str]) -> Rows:
    """Invitations that can still be accepted; never their links. Raises NotFound or Forbidden."""
    access.require(viewer, "invite_member", tenant)
    return [
        (row.email, row.get_role_display(), row.invited_by.name, row.created_at, row.expires)
        for row in members.open_invitations(tenant.pk, now=timezone.now())
    ]


def token_rows(viewer: User, tenant: Tenant, filters: Mapping[str, str]) -> Rows:
    """All tokens, newest first, without their text and its hash. Raises NotFound or Forbidden."""
    return [
        (
            row.name, row.last4, row.owner.name, row.get_kind_display(), ", ".join(row.scopes),
            row.created_at, row.last_used, row.expires, row.revoked_at, _state(row),
        )
        for row in members.tokens_of(viewer, tenant)
    ]  # fmt: skip


def host_rows(viewer: User, tenant: Tenant, filters: Mapping[str, str]) -> Rows:
    """The hosts that evaluations may call; no row: every public one."""
    return [(host,) for host in tenant.allowed_hosts]


def _state(token: ApiToken) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires <= timezone.now() else "good"


LISTS: Final[tuple[tuple[str, tuple[str, ...], Callable[[User, Tenant, Mapping[str, str]], Rows]], ...]] = (
    ("members", MEMBERS, member_rows),
    ("invitations", INVITATIONS, invitation_rows),
    ("tokens", TOKENS, token_rows),
    ("hosts", HOSTS, host_rows),
)
