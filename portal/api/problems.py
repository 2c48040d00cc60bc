"""Every refusal of the API as `application/problem+json` (RFC 9457).

One shape for our own errors, for those of the framework and for addresses that do not exist:
type, title, status, detail, instance, code, trace_id and, for rejected input, errors[].
"""

import logging
import math
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from portal.errors import UNSTORABLE, GatehouseError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "/problems/"

TITLES: Mapping[str, str] = {
    "validation": "The request was not accepted as it is",
    "unknown-parameter": "The address has a parameter that is not known here",
    "not-found": "There is nothing here that you can see",
    "forbidden": "You may not do this",
    "forbidden-scope": "The token lacks the scope for this",
    "not-authenticated": "Say who you are",
    "method-not-allowed": "This address does not take that method",
    "not-acceptable": "The answer cannot be given in that format",
    "unsupported-media-type": "The body has a format that is not taken here",
    "rate-limited": "Too many requests",
    "too-large": "More bytes than are taken here",
    "reauthentication-required": "Confirm that it is you",
    "second-factor-required": "A second factor is needed",
    "version-conflict": "The row was changed since you read it",
    "precondition-required": "Say which version you have read",
    "idempotency-conflict": "This key stood on another request",
    "idempotency-in-progress": "The same request is under way",
    "round-not-open": "The round is not open",
    "criteria-not-sealed": "The criteria are not sealed",
    "criteria-sealed": "The criteria are sealed",
    "decider-not-allowed": "Deciding is for people in a browser",
    "segregation-of-duties": "The same person cannot do both",
    "snapshot-frozen": "The snapshot is frozen",
    "run-limit-reached": "A limit of runs is reached",
    "host-not-allowed": "This host may not be called",
    "dataset-immutable": "A published dataset version cannot change",
    "wrong-moment": "This cannot be done now",
    "error": "The request failed",
}

_FRAMEWORK_CODES: tuple[tuple[type[exceptions.APIException], str], ...] = (
    (exceptions.NotAuthenticated, "not-authenticated"),
    (exceptions.AuthenticationFailed, "not-authenticated"),
    (exceptions.MethodNotAllowed, "method-not-allowed"),
    (exceptions.NotAcceptable, "not-acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported-media-type"),
    (exceptions.Throttled, "rate-limited"),
    (exceptions.NotFound, "not-found"),
    (exceptions.ParseError, "validation"),
)


class UnknownParameter(exceptions.APIException):
    """A query parameter that the operation does not declare."""

    status_code = 400
    default_code = "unknown-parameter"


class ForbiddenScope(exceptions.PermissionDenied):
    """The token is good, but it was not given the scope of this operation."""

    default_code = "forbidden-scope"


def trace_id(request: HttpRequest | Request | None) -> str:
    """The request's id if the middleware gave it one, else a new one; 32 hex digits or the header's value."""
    known = getattr(request, "request_id", None) or getattr(
        getattr(request, "_request", None), "request_id", None
    )
    return str(known) if known else uuid.uuid4().hex


def problem(
    *,
    code: str,
    status: int,
    detail: str,
    instance: str = "",
    trace: str = "",
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """The body of one problem. `errors` is present only for rejected input."""
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + code,
        "title": TITLES.get(code, code.replace("-", " ").capitalize()),
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "trace_id": trace,
    }
    if errors:
        body["errors"] = errors
    return body


def problem_response(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn a raised error into a problem. Returns None for what is nobody's rule: that becomes a 500."""
    request: Request | None = context.get("request")
    known = _describe(exc)
    if known is None:
        return None
    code, status, detail, errors = known
    instance = request.path if request is not None else ""
    body = problem(
        code=code, status=status, detail=detail, instance=instance, trace=trace_id(request), errors=errors
    )
    return Response(body, status=status, headers=_headers(exc), content_type=MEDIA_TYPE)


@csrf_exempt
def not_found(request: HttpRequest, *args: object, **kwargs: object) -> JsonResponse:
    """The answer for an address under /api/ that is no route."""
    body = problem(
        code="not-found",
        status=404,
        detail="No route of this API has this address.",
        instance=request.path,
        trace=trace_id(request),
    )
    return JsonResponse(body, status=404, content_type=MEDIA_TYPE)


def _describe(exc: Exception) -> tuple[str, int, str, list[dict[str, str]] | None] | None:
    if isinstance(exc, DataError):
        logger.warning("a value could not be stored", exc_info=exc)
        exc = UNSTORABLE
    if isinstance(exc, GatehouseError):
        return exc.problem, exc.status, str(exc.detail), [_field_error(item) for item in exc.errors]
    if isinstance(exc, Http404):
        return "not-found", 404, "There is nothing here that you can see.", None
    if isinstance(exc, RequestDataTooBig):
        return "too-large", 413, "A JSON body has at most 4 MiB here.", None
    if isinstance(exc, PermissionDenied):
        return "forbidden", 403, str(exc) or "You may not do this.", None
    if isinstance(exc, exceptions.ValidationError):
        return "validation", 422, "Some fields were not accepted.", list(flatten(exc.detail))
    if isinstance(exc, exceptions.APIException):
        return _framework_code(exc), exc.status_code, str(exc.detail), None
    return None


def _field_error(item: object) -> dict[str, str]:
    """A FieldError of portal.errors, as an object or a mapping, in the order of the contract."""
    if isinstance(item, Mapping):
        return {key: str(item.get(key, "")) for key in ("pointer", "code", "detail")}
    return {key: str(getattr(item, key, "")) for key in ("pointer", "code", "detail")}


def _framework_code(exc: exceptions.APIException) -> str:
    for kind, code in _FRAMEWORK_CODES:
        if isinstance(exc, kind):
            return code
    if isinstance(exc, exceptions.PermissionDenied):
        return "forbidden-scope" if isinstance(exc, ForbiddenScope) else "forbidden"
    return exc.default_code if exc.default_code in TITLES else "error"


def _headers(exc: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    challenge = getattr(exc, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = str(challenge)
    wait = getattr(exc, "wait", None) or getattr(exc, "retry_after_s", None)
    if wait:
        headers["Retry-After"] = str(math.ceil(float(wait)))
    return headers


def flatten(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """Rejected fields as {pointer, code, detail}, pointers by RFC 6901; "" points at the whole body."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            step = "" if key == "non_field_errors" else "/" + _escape(str(key))
            yield from flatten(value, pointer + step)
    elif isinstance(detail, list):
        nested = any(isinstance(value, Mapping | list) for value in detail)
        for index, value in enumerate(detail):
            yield from flatten(value, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": pointer, "code": str(getattr(detail, "code", "invalid")), "detail": str(detail)}


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
