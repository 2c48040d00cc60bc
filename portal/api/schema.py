"""What the OpenAPI document says beyond serializers: problems, scopes, parameters."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from portal.api.problems import MEDIA_TYPE
from portal.api.scopes import NOBODY

PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A refusal as RFC 9457 writes it.",
    "required": ["type", "title", "status", "detail", "code", "trace_id"],
    "properties": {
        "type": {"type": "string", "description": "Stable address of the kind of problem"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence for the reader, with a way out"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer into the body"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

ALWAYS = {
    "400": "A parameter is not known, or the body cannot be read",
    "401": "No valid token and no session",
    "403": "The token lacks the scope, or the caller may not do this",
    "404": "Not there, or not for this caller",
    "422": "A parameter or field was not accepted; `errors` points at each",
    "429": "Too many requests; Retry-After says how long to wait",
}
ON_WRITE = {
    "409": "Allowed, but not at this moment",
    "415": "The body has a format that is not taken",
}

ON_CHANGE = {
    "412": "It was changed since you read it; the ETag that counts is in the detail",
    "428": "If-Match is missing",
}

IDEMPOTENCY_KEY: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "maxLength": 128},
    "description": "Text of your own. The same request with the same key gets the first answer, for a day.",
}
IF_MATCH: dict[str, Any] = {
    "in": "header",
    "name": "If-Match",
    "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
    "description": "The ETag of what you have read.",
}


class GatehouseSchema(AutoSchema):
    """Adds the scope, the headers and the problem answers to each operation."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        scope = self.view.required_scope() if hasattr(self.view, "required_scope") else NOBODY
        if scope != NOBODY:
            operation["x-required-scope"] = scope
        described = dict(ALWAYS) if self.method == "GET" else ALWAYS | ON_WRITE
        if self.method in ("PUT", "PATCH", "DELETE"):
            described |= ON_CHANGE
            operation.setdefault("parameters", []).append(IF_MATCH)
        if self.method == "POST":
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
        for status, description in described.items():
            answer = {"description": description, "content": {MEDIA_TYPE: {"schema": PROBLEM_REF}}}
            operation["responses"].setdefault(status, answer)
        return operation


def add_problem(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Post-processing hook: the shape that all problem answers refer to."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    return result
