"""Reports of another tool's probes, brought in as counts: evidence from outside, which feeds no gate."""

from __future__ import annotations

import hashlib
import io
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from demos.importing.garak import MOST_BYTES, read_garak
from demos.models import ProbeReport
from demos.selectors import targets
from demos.vocabulary import PROBES_IMPORTED
from engagements.services.engagements import locked_engagement
from portal import access, audit
from portal.errors import FieldError, Invalid
from portal.models import User


class Readable(Protocol):
    """A file that was uploaded."""

    def read(self, size: int, /) -> bytes: ...


@transaction.atomic
def import_garak(*, by: User, engagement_id: UUID, target_version_id: UUID, file: Readable) -> ProbeReport:
    """Store what a report says of ``target_version_id``, whole or not at all. The file is not kept.

    Raises NotFound; Forbidden; Invalid: too long, without any result, or brought in before.
    """
    engagement = locked_engagement(by, engagement_id)
    access.require(by, "start_run", engagement)
    version = targets.target_version_in(by, engagement, target_version_id)
    content = bytes(file.read(MOST_BYTES + 1))
    found = read_garak(io.BytesIO(content))
    digest = hashlib.sha256(content).hexdigest()
    before = ProbeReport.objects.filter(engagement=engagement, content_sha256=digest).first()
    if before is not None:
        detail = f"This file was brought in before: it is probe report {before.number}."
        raise Invalid(detail, errors=[FieldError("/file", "duplicate", detail)])
    last = ProbeReport.objects.filter(engagement=engagement).aggregate(last=Max("number"))["last"] or 0
    report = ProbeReport.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, number=last + 1, target_version=version,
        tool_version=found.version, started_at=found.started_at, ended=found.ended, content_sha256=digest,
        lines=found.lines, kinds=dict(found.kinds), results=[pair.as_json() for pair in found.pairs],
        left_out=found.left_out, left_out_count=found.left_out_count, imported_by=by,
    )  # fmt: skip
    audit.record(
        actor=by, event=PROBES_IMPORTED, subject=report, path=probe_report_path(report),
        facts={
            "number": report.number, "target": version.public_id, "pairs": len(found.pairs),
            "hits": sum(pair.hits for pair in found.pairs), "left_out": found.left_out_count,
            "sha256": digest,
        },
    )  # fmt: skip
    return report


def probe_report_path(report: ProbeReport) -> str:
    """Where a report of probes is read in the browser."""
    return (
        f"/{report.tenant.slug}/engagements/{report.engagement.public_id}/privacy/reports/{report.public_id}/"
    )
