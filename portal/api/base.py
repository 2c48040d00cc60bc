"""The base of every API view: who asks, with which scope, in which tenants, with which parameters.

The database work of a request happens in one transaction inside the tenants of the caller.
An operation whose service talks to the network sets `opens_scope = False` for its action.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar, cast
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from portal import access
from portal.api import idempotency, paging
from portal.api.addressed import require_addressed_rows
from portal.api.authentication import BearerAuthentication, BrowserSession
from portal.api.limits import TokenRate
from portal.api.problems import UnknownParameter
from portal.api.scopes import NOBODY, HasScope
from portal.models import ApiToken, User
from portal.scope import tenant_scope


class ApiViewSet(GenericViewSet[Any]):
    """Every action names its scope in `scopes`; list actions also name their parameters."""

    authentication_classes = (BearerAuthentication, BrowserSession)
    permission_classes = (IsAuthenticated, HasScope)
    throttle_classes = (TokenRate,)
    pagination_class = paging.CreatedCursor
    metadata_class = None  # the OpenAPI document describes the API; OPTIONS answers 405
    parser_classes: Sequence[type[BaseParser]] = (JSONParser,)

    scopes: ClassVar[Mapping[str, str]] = {}
    query_parameters: ClassVar[Mapping[str, frozenset[str]]] = {}
    paged_actions: ClassVar[frozenset[str]] = frozenset({"list"})
    without_scope: ClassVar[frozenset[str]] = frozenset()
    """Actions whose services open the tenant scope themselves, around their database parts."""

    _open: ExitStack | None = None
    _held: idempotency.Claim | None = None

    @property
    def viewer(self) -> User:
        """Who asks: the signed-in person, or the owner of the token, narrowed to it."""
        return cast(User, self.request.user)

    def required_scope(self) -> str:
        """The scope of this action. Raises ImproperlyConfigured if none is named: nothing is open."""
        if self.action in (None, "metadata"):  # a method that the route does not take: 405 after this
            return NOBODY
        try:
            return self.scopes[self.action]
        except KeyError:
            raise ImproperlyConfigured(f"{type(self).__name__}.{self.action} names no scope.") from None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        require_addressed_rows(request, kwargs, scope=tenants_of(request))
        self._refuse_unknown_parameters(request)
        self._held = idempotency.claim(request)
        if self.action not in self.without_scope:
            self._open = ExitStack()
            self._open.enter_context(tenant_scope(tenants_of(request)))

    def handle_exception(self, exc: Exception) -> Response:
        self._close(exc)
        held, self._held = self._held, None
        if held is not None:
            idempotency.release(held)
        return exc.answer if isinstance(exc, idempotency.Replay) else super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        held, self._held = self._held, None
        if held is not None:
            idempotency.keep(held, answer)
        self._close(None)
        answer.headers["Cache-Control"] = "private, no-store"
        for name, value in getattr(request, "rate_headers", {}).items():
            answer.headers[name] = value
        return answer

    def _close(self, exc: Exception | None) -> None:
        """Leave the scope once: commit without an error, roll back with one."""
        opened, self._open = self._open, None
        if opened is not None:
            opened.__exit__(type(exc) if exc else None, exc, exc.__traceback__ if exc else None)

    def _refuse_unknown_parameters(self, request: Request) -> None:
        known = set(self.query_parameters.get(self.action or "", frozenset()))
        if self.action in self.paged_actions:
            known |= paging.PARAMETERS
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            allowed = ", ".join(sorted(known)) or "none"
            raise UnknownParameter(f"Not known here: {', '.join(unknown)}. Known parameters: {allowed}.")


def tenants_of(request: Request) -> frozenset[UUID]:
    """The tenants this request may touch: the token's one, or all of the person's."""
    token: ApiToken | None = cast("ApiToken | None", request.auth)
    if token is not None:
        return frozenset({token.tenant_id})
    return access.of(request.user).places()
