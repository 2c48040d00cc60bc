"""Cursor paging: `{items, next, previous}` plus a `Link` header; stable while rows are added."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
PARAMETERS = frozenset({"cursor", "limit"})


class CreatedCursor(CursorPagination):
    """Newest first by primary key: UUIDv7 keys sort by their time of birth and are unique."""

    page_size = DEFAULT_LIMIT
    max_page_size = MAX_LIMIT
    page_size_query_param = "limit"
    ordering: str | tuple[str, ...] = "-pk"

    def get_paginated_response(self, data: Any) -> Response:
        following, preceding = self.get_next_link(), self.get_previous_link()
        links = [f'<{url}>; rel="{rel}"' for url, rel in ((following, "next"), (preceding, "prev")) if url]
        headers = {"Link": ", ".join(links)} if links else {}
        return Response({"items": data, "next": following, "previous": preceding}, headers=headers)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["items", "next", "previous"],
            "properties": {"items": schema, "next": link, "previous": link},
        }


class OldestFirst(CreatedCursor):
    """The order in which rows came to be: for stages, rounds and cases."""

    ordering = "pk"
