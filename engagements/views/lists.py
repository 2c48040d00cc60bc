"""Every list of an engagement as a file: one address, one view, the rights of the list's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from engagements.lists import Rows, list_named
from engagements.selectors import engagement_for
from engagements.services.exports import record_list
from portal import tables
from portal.errors import NotFound
from portal.scope import tenant_scope
from portal.web.files import table_answer
from portal.web.requests import PersonRequest


@login_required
@require_safe
def export_list(request: PersonRequest, tenant: str, engagement_id: UUID, name: str) -> HttpResponseBase:
    """The list with the filter of its page: ``?form=csv`` (or xlsx, jsonl) and the page’s own parameters."""
    engagement = engagement_for(request.user, engagement_id)
    taken, form = list_named(name), request.GET.get("form", "csv")
    if form not in tables.CONTENT_TYPES:
        raise NotFound
    filters = {key: str(value) for key, value in request.GET.items() if key != "form"}
    rows = taken.select(request.user, engagement, filters)
    record_list(by=request.user, engagement=engagement, name=name, form=form)
    found = _in_scope(rows, engagement.tenant_id)
    return table_answer(form, f"{engagement.code}-{name}", taken.columns, found)


def _in_scope(rows: Rows, tenant_id: UUID) -> Iterator[Sequence[Any]]:
    """The rows, read inside the tenant's walls while the answer is being sent."""
    with tenant_scope([tenant_id]):
        yield from rows
