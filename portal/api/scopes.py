"""The permission class that asks for the scope of an operation. The scopes are in portal.tokens."""

from typing import Any, cast

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from portal.api.problems import ForbiddenScope
from portal.models import ApiToken

NOBODY = "-"
"""Scope of an operation that no token holds: a token is told so by the operation itself."""


class HasScope(BasePermission):
    """A token needs the scope that the operation names. An operation that names none is refused."""

    def has_permission(self, request: Request, view: Any) -> bool:
        scope = view.required_scope()
        token = cast("ApiToken | None", request.auth)
        if scope == NOBODY or token is None:
            return True
        if scope not in token.scopes:
            raise ForbiddenScope(f"This needs the scope {scope}. The token has {_listed(token.scopes)}.")
        return True


def _listed(scopes: list[str]) -> str:
    return ", ".join(sorted(scopes)) or "none"
