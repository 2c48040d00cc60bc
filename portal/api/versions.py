"""`ETag` and `If-Match`: nobody changes over the API what they have not read."""

from __future__ import annotations

import re
from typing import Final, Protocol

from rest_framework.request import Request
from rest_framework.response import Response

from portal.errors import PreconditionRequired, VersionConflict

_TAG: Final = re.compile(r'^"(\d{1,9})"$')


class Versioned(Protocol):
    """A row that counts its changes."""

    version: int


def etag(row: Versioned) -> str:
    """The strong entity tag of a row."""
    return f'"{row.version}"'


def tagged(request: Request, row: Versioned, answer: Response) -> Response:
    """``answer`` with the row's tag; 304 without a body when the caller has this version already."""
    tag = etag(row)
    if request.method == "GET" and tag in _listed(request.headers.get("If-None-Match", "")):
        return Response(status=304, headers={"ETag": tag})
    answer.headers["ETag"] = tag
    return answer


def expected_version(request: Request, row: Versioned) -> int:
    """The version that the caller has read, from `If-Match`.

    Raises PreconditionRequired without the header, VersionConflict when it names another version. The
    service looks again under its lock.
    """
    text = request.headers.get("If-Match", "").strip()
    if not text:
        raise PreconditionRequired(
            "Send If-Match with the ETag of what you have read, so that nothing is lost."
        )
    found = _TAG.match(text)
    if found is None or int(found[1]) != row.version:
        raise VersionConflict(f"It has changed: its ETag is {etag(row)} now. Read it again.")
    return row.version


def _listed(header: str) -> list[str]:
    return [part.strip() for part in header.split(",")]
