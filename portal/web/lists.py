"""The lists of a client as files: one address, one view, the rights of the list's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from portal import tables
from portal.errors import NotFound
from portal.lists import Rows, client_lists
from portal.scope import tenant_scope
from portal.services.exports import record_client_list
from portal.web.files import table_answer
from portal.web.requests import PersonRequest


@login_required
@require_safe
def export_client_list(request: PersonRequest, tenant: str, name: str) -> HttpResponseBase:
    """The list as ``?form=csv`` (or xlsx, jsonl)."""
    taken, form, filters = client_lists.named(name), *asked(request)
    rows = taken.select(request.user, request.tenant, filters)
    record_client_list(by=request.user, tenant=request.tenant, name=name, form=form)
    return table_answer(form, f"{tenant}-{name}", taken.columns, in_scope(rows, [request.tenant.pk]))


def asked(request: PersonRequest) -> tuple[str, dict[str, str]]:
    """The form that is asked for, CSV where none is, and the page's own parameters. Raises NotFound."""
    form = request.GET.get("form", "csv")
    if form not in tables.CONTENT_TYPES:
        raise NotFound
    return form, {key: str(value) for key, value in request.GET.items() if key != "form"}


def in_scope(rows: Rows, tenant_ids: Sequence[UUID]) -> Iterator[Sequence[Any]]:
    """The rows, read inside the walls of these clients while the answer is being sent."""
    with tenant_scope(tenant_ids):
        yield from rows
