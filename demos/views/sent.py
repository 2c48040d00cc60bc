"""Files that are sent with a page's form."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from demos.models import TargetVersion
from demos.selectors import targets
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Invalid
from portal.web.requests import PersonRequest


def sent_report(
    request: PersonRequest, engagement_id: UUID, *, no_system: str, no_file: str
) -> tuple[TargetVersion, Any]:
    """The system that a report is about, and its file. Raises NotFound, Forbidden; Invalid: none sent."""
    access.require(request.user, "start_run", engagement_for(request.user, engagement_id))
    versions = targets.newest_target_versions(request.user, engagement_id)
    chosen = {row.public_id: row for row in versions}.get(request.POST.get("target_version", ""))
    if chosen is None:
        raise Invalid(no_system)
    return chosen, sent_file(request, no_file)


def sent_file(request: PersonRequest, otherwise: str) -> Any:
    """The file of the form. Raises Invalid, which says ``otherwise``, when there is none."""
    file = request.FILES.get("file")
    if file is None or not file.file:
        raise Invalid(otherwise)
    return file
