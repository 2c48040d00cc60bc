"""Every list of an engagement as a file: one address, one view, the rights of the list's page."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from engagements.lists import list_named
from engagements.selectors import engagement_for
from engagements.services.exports import record_list
from portal.web.files import table_answer
from portal.web.lists import asked, in_scope
from portal.web.requests import PersonRequest


@login_required
@require_safe
def export_list(request: PersonRequest, tenant: str, engagement_id: UUID, name: str) -> HttpResponseBase:
    """The list with the filter of its page: ``?form=csv`` (or xlsx, jsonl) and the page’s own parameters."""
    engagement = engagement_for(request.user, engagement_id)
    taken, form, filters = list_named(name), *asked(request)
    rows = taken.select(request.user, engagement, filters)
    record_list(by=request.user, engagement=engagement, name=name, form=form)
    found = in_scope(rows, [engagement.tenant_id])
    return table_answer(form, f"{engagement.code}-{name}", taken.columns, found)
