"""One request: who, which tenant, one transaction; and domain errors as pages."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.db import DataError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from portal import access
from portal.errors import (
    UNSTORABLE,
    GatehouseError,
    NotFound,
    ReauthenticationRequired,
    SecondFactorRequired,
    WrongMoment,
)
from portal.models import Tenant
from portal.scope import tenant_scope
from portal.web import view_as

SAFE = ("GET", "HEAD", "OPTIONS")
logger = logging.getLogger(__name__)
LOOKING = WrongMoment("You look at this as the client does, so nothing changes. Leave that view first.")
GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestId:
    """Give each request an id, and return it as ``X-Request-Id``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]  # read by logs and problems
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]  # set here
        return response


class TenantScope:
    """Open the scope of the request.

    A path with a tenant opens that tenant, and is 404 for who has no place there; any other page opens
    all tenants of the viewer, who may have none. The API opens its own, after it knows the token.
    An answer of 400 or above takes back what the request had written.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        match = _match(request)
        request.access = access.of(request.user)  # type: ignore[attr-defined]  # read by views and templates
        request.tenant = None  # type: ignore[attr-defined]  # set here
        if match is None or request.path_info.startswith("/api/"):
            return self.get_response(request)
        places = request.access.places()  # type: ignore[attr-defined]  # set here
        if "tenant" in match.kwargs and request.user.is_authenticated:
            tenant = Tenant.objects.filter(slug=match.kwargs["tenant"], pk__in=places).first()
            if tenant is None:
                return render(request, "404.html", status=404)
            request.tenant = tenant  # type: ignore[attr-defined]  # set here
            places = frozenset({tenant.pk})
            if view_as.put_on(request, tenant):
                request.viewing_as_client = True  # type: ignore[attr-defined]  # read by the shell
                request.access = access.of(request.user)  # type: ignore[attr-defined]  # narrowed now
                if request.method not in SAFE and match.url_name != "end_view_as_client":
                    return render(request, "error.html", {"error": LOOKING}, status=LOOKING.status)
        if getattr(match.func, "outside_scope", False):
            return self.get_response(request)
        with tenant_scope(places):
            response = self.get_response(request)
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                transaction.set_rollback(True)
            return response


class DomainErrors:
    """Turn what a service raised into a page that says what happened and what to do.

    It stands inside TenantScope; the error has left the service's own transaction by then.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if request.path_info.startswith("/api/"):
            return None
        if isinstance(error, DataError):
            logger.warning("a value could not be stored", exc_info=error)
            error = UNSTORABLE
        if not isinstance(error, GatehouseError):
            return None
        if isinstance(error, NotFound):
            raise Http404 from error
        if isinstance(error, ReauthenticationRequired):
            came_from = request.META.get("HTTP_REFERER", "")
            back = came_from if request.method == "POST" else request.get_full_path()
            path = "/" + back.split("/", 3)[3] if back.startswith("http") and back.count("/") >= 3 else back
            page = get_adapter().get_reauthentication_methods(request.user)[0]["url"]
            return HttpResponseRedirect(f"{page}?{urlencode({'next': path or '/'})}")
        if isinstance(error, SecondFactorRequired):
            messages.warning(request, error.detail)
            return HttpResponseRedirect(reverse("mfa_index"))
        return render(request, "error.html", {"error": error}, status=error.status)


def _match(request: HttpRequest) -> ResolverMatch | None:
    try:
        return resolve(request.path_info)
    except Resolver404:
        return None
