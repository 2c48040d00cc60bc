"""The permission class that asks for the scope of an operation. The scopes are in portal.tokens."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from portal.api.problems import ForbiddenScope

NOBODY = "-"
"""Scope of an operation that no token holds: a token is told so by the operation itself."""


class HasScope(BasePermission):
    """A token needs the scope that the operation names. An operation that names none is refused."""

    def has_permission(self, request: Request, view: Any) -> bool:
        scope = view.required_scope()
        if scope == NOBODY or request.auth is None:
            return True
        if scope not in request.auth.scopes:
            raise ForbiddenScope(
                f"This needs the scope {scope}. The token has {_listed(request.auth.scopes)}."
            )
        return True


def _listed(scopes: list[str]) -> str:
    return ", ".join(sorted(scopes)) or "none"
