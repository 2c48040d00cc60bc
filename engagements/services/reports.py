"""Order a report, and print it: what it says is frozen at the order, the worker only sets it."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from engagements.models import Report, ReportFile
from engagements.report.paper import freeze, render_report_pdf
from engagements.reports import source_of
from engagements.rules.canonical import sha256
from engagements.selectors import engagement_for
from engagements.vocabulary import REPORT_MADE, REPORT_ORDERED, ReportKind
from portal import access, audit
from portal.models import User
from portal.scope import tenant_scope

REPORT_TASK: Final = "engagements.make_report"
QUEUE: Final = "report"
LATE: Final = timedelta(seconds=60)
"""After this long without a paper, the tick asks a worker again."""

logger = logging.getLogger(__name__)


@transaction.atomic
def order_report(*, by: User, engagement_id: UUID, kind: str, subject: str = "") -> Report:
    """Freeze what a report says and have it printed. The same content is the same report.

    Raises NotFound for what ``by`` may not read, WrongMoment while there is nothing to report.
    """
    engagement = engagement_for(by, engagement_id)
    access.require(by, "see_engagement", engagement)
    source = source_of(kind)
    body = freeze(
        content := source.write(by, engagement, subject), kind=ReportKind(kind), engagement=engagement
    )
    report, is_new = Report.objects.get_or_create(
        engagement=engagement,
        sha256=sha256(body),
        defaults={
            "tenant_id": engagement.tenant_id, "kind": kind, "subject": content.subject, "body": body,
            "title": content.title, "size": len(body.encode()), "ordered_by": by,
        },
    )  # fmt: skip
    if is_new:
        facts = {"kind": kind, "about": content.subject, "sha256": report.sha256}
        audit.record(actor=by, event=REPORT_ORDERED, subject=report, facts=facts)
    if is_new or not ReportFile.objects.filter(report=report).exists():
        queue_report(report.tenant_id, report.pk)
    return report


def queue_report(tenant_id: UUID, report_id: UUID) -> None:
    """Have a worker print it after the transaction commits; the tick asks again where no broker listened."""

    def send() -> None:
        try:
            args = [str(tenant_id), str(report_id)]
            current_app.send_task(REPORT_TASK, args=args, queue=QUEUE, retry=False)
        except OperationalError:
            logger.warning("the broker did not take a report; the tick asks again", exc_info=True)

    transaction.on_commit(send)


def make_report(*, tenant_id: UUID, report_id: UUID) -> None:
    """Print one report. Safe to run twice: the second run finds the paper and leaves it."""
    with tenant_scope([tenant_id]):
        report = Report.objects.filter(pk=report_id).first()
        if report is None or ReportFile.objects.filter(report=report).exists():
            return
    body = render_report_pdf(report)
    with tenant_scope([tenant_id]):
        Report.objects.select_for_update().get(pk=report_id)
        if ReportFile.objects.filter(report_id=report_id).exists():
            return
        digest = hashlib.sha256(body).hexdigest()
        ReportFile.objects.create(
            tenant_id=tenant_id, report=report, body=body, sha256=digest, size=len(body)
        )
        facts = {"kind": report.kind, "sha256": report.sha256, "pdf_sha256": digest}
        audit.record(actor=None, event=REPORT_MADE, subject=report, facts=facts)


def queue_late_reports() -> None:
    """Ask again for what no worker has printed, of the tenant in scope."""
    late = Report.objects.filter(files=None, created_at__lt=timezone.now() - LATE)
    for tenant_id, report_id in late.values_list("tenant_id", "pk"):
        queue_report(tenant_id, report_id)
