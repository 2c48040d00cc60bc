"""Who calls: a bearer token, or a person's browser session with its CSRF token.

A token acts as its owner, in its one tenant, with what its owner holds at this moment; what binds
the client is taken away: nobody decides, seals or makes tokens with a token.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from portal import access, tokens
from portal.access import Access
from portal.models import ApiToken, User
from portal.roles import CLIENT_ONLY_ACTIONS

KEYWORD = "Bearer"
FOR_PEOPLE_ONLY = CLIENT_ONLY_ACTIONS | {"seal_for_consultancy", "manage_tokens"}
USED_STEP = timedelta(minutes=1)
"""`last_used` is written at most once in this time, so that a busy token is no write a request."""


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer gth_…`. Sets the owner as user, narrowed to the token, and the token as auth."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != KEYWORD.lower().encode():
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("Write the header as: Authorization: Bearer <token>.")
        token = self._token(parts[1].decode("latin-1"))
        access.narrow(token.owner, partial(_narrowed, token=token))
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return f'{KEYWORD} realm="gatehouse"'

    def _token(self, text: str) -> ApiToken:
        """The live token with this text. Raises AuthenticationFailed, alike for unknown, revoked, expired."""
        refused = AuthenticationFailed("The token is not known, is revoked or has expired.")
        if not tokens.is_well_formed(text):
            raise refused
        found = (
            ApiToken.objects.select_related("owner", "tenant")
            .filter(token_sha256=tokens.digest(text))
            .first()
        )
        now = timezone.now()
        if found is None or found.revoked_at is not None or found.expires <= now or not found.owner.is_active:
            raise refused
        if found.last_used is None or now - found.last_used > USED_STEP:
            ApiToken.objects.filter(pk=found.pk).update(last_used=now)
        return found


class BrowserSession(SessionAuthentication):
    """The signed-in person of the pages; unsafe methods need the CSRF token. No `WWW-Authenticate`."""


def _narrowed(held: Access, token: ApiToken) -> Access:
    """What the owner holds now, in the token's tenant only, without what is for people."""
    tenant_id = token.tenant_id
    return replace(
        held,
        by_tenant={
            key: actions - FOR_PEOPLE_ONLY for key, actions in held.by_tenant.items() if key == tenant_id
        },
        by_engagement={
            key: actions - FOR_PEOPLE_ONLY
            for key, actions in held.by_engagement.items()
            if held.guest_tenants.get(key) == tenant_id
        },
        guest_tenants={key: place for key, place in held.guest_tenants.items() if place == tenant_id},
    )


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself, untyped
    """The bearer scheme, for the schema."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "gth_pat_ or gth_svc_ token",
            "description": "Made by a person on the page API tokens, shown once, valid for at most a year.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself, untyped
    """The session scheme, for the schema."""

    target_class = BrowserSession
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
