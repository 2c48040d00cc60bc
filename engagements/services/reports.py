"""Order a report, and print it: what it says is frozen at the order, the worker only sets it."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import typst
from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from kombu.exceptions import OperationalError

from engagements.models import Report, ReportFault, ReportFile
from engagements.report.paper import Style, freeze, render_report_pdf
from engagements.reports import source_of
from engagements.rules.canonical import sha256
from engagements.selectors import engagement_for
from engagements.selectors.letterheads import letterhead_of, preset_for
from engagements.selectors.reports import report_for
from engagements.vocabulary import (
    REPORT_FAILED,
    REPORT_MADE,
    REPORT_ORDERED,
    REPORT_ORDERED_AGAIN,
    ReportKind,
)
from portal import access, audit
from portal.errors import WrongMoment
from portal.models import User
from portal.scope import tenant_scope

REPORT_TASK: Final = "engagements.make_report"
QUEUE: Final = "report"
LATE: Final = timedelta(seconds=60)
"""After this long without a paper, the tick asks a worker again."""
GIVE_UP: Final = timedelta(minutes=30)
"""After this long it has failed: a worker dies on it, or there is none."""
LONGEST_REASON: Final = 300

logger = logging.getLogger(__name__)


@transaction.atomic
def order_report(
    *, by: User, engagement_id: UUID, kind: str, subject: str = "", preset_id: UUID | None = None
) -> Report:
    """Freeze what a report says and have it printed. The same content is the same report.

    ``preset_id`` None: whole. Raises NotFound for what ``by`` may not read and for a preset of another kind,
    WrongMoment while there is nothing to report.
    """
    engagement = engagement_for(by, engagement_id)
    access.require(by, "see_engagement", engagement)
    source = source_of(kind)
    content = source.write(by, engagement, subject)
    style = Style(
        letterhead_of(engagement.tenant_id),
        preset_for(engagement.tenant_id, preset_id, kind=kind) if preset_id else None,
    )
    body = freeze(content, kind=ReportKind(kind), engagement=engagement, style=style)
    report, is_new = Report.objects.get_or_create(
        engagement=engagement,
        sha256=sha256(body),
        defaults={
            "tenant_id": engagement.tenant_id, "kind": kind, "subject": content.subject, "body": body,
            "title": content.title, "size": len(body.encode()), "ordered_by": by,
            "letterhead": style.letterhead,
        },
    )  # fmt: skip
    if is_new:
        facts = {"kind": kind, "about": content.subject, "sha256": report.sha256}
        audit.record(actor=by, event=REPORT_ORDERED, subject=report, facts=facts)
    if is_new or not ReportFile.objects.filter(report=report).exists():
        _settle(report, by=by)
        queue_report(report.tenant_id, report.pk)
    return report


@transaction.atomic
def print_again(*, by: User, report_id: UUID) -> Report:
    """Have a report printed that could not be. Raises NotFound, and WrongMoment for one that did not fail."""
    report = report_for(by, report_id)
    Report.objects.select_for_update().get(pk=report_id)
    if ReportFile.objects.filter(report=report).exists():
        raise WrongMoment("This report is printed.")
    if not _settle(report, by=by):
        raise WrongMoment("This report is being printed. Ask again in a few seconds.")
    queue_report(report.tenant_id, report.pk)
    return report


def _settle(report: Report, *, by: User) -> bool:
    """Take up a report that failed. False when no fault is open."""
    open_faults = ReportFault.objects.filter(report=report, again_at__isnull=True)
    if not open_faults.update(again_at=timezone.now(), again_by=by):
        return False
    facts = {"kind": report.kind, "sha256": report.sha256}
    audit.record(actor=by, event=REPORT_ORDERED_AGAIN, subject=report, facts=facts)
    return True


def queue_report(tenant_id: UUID, report_id: UUID) -> None:
    """Have a worker print it after the transaction commits; the tick asks again where no broker listened."""

    def send() -> None:
        try:
            args = [str(tenant_id), str(report_id)]
            current_app.send_task(REPORT_TASK, args=args, queue=QUEUE, retry=False)
        except OperationalError:
            logger.warning("the broker did not take a report; the tick asks again", exc_info=True)

    transaction.on_commit(send)


def make_report(*, tenant_id: UUID, report_id: UUID, last_try: bool = True) -> None:
    """Print one report. Safe to run twice: the second run finds the paper and leaves it.

    What keeps it from being printed is kept as its fault. Raises OSError unless this is the ``last_try``.
    """
    with tenant_scope([tenant_id]):
        report = Report.objects.select_related("letterhead").filter(pk=report_id).first()
        if report is None or ReportFile.objects.filter(report=report).exists():
            return
    try:
        body = render_report_pdf(report)
    except Exception as fault:  # the boundary of the printing: logged, and told to whoever ordered it
        if isinstance(fault, OSError) and not last_try:
            raise
        logger.exception("report %s could not be printed", report_id)
        with tenant_scope([tenant_id]):
            _fail(report_id, _in_words(fault))
        return
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


def _fail(report_id: UUID, reason: str) -> None:
    """Keep why it failed and tell who ordered it; once, while it is open and there is no paper."""
    report = Report.objects.select_for_update(of=("self",)).select_related("ordered_by").get(pk=report_id)
    known = ReportFault.objects.filter(report=report, again_at__isnull=True).exists()
    if known or ReportFile.objects.filter(report=report).exists():
        return
    ReportFault.objects.create(tenant_id=report.tenant_id, report=report, reason=reason[:LONGEST_REASON])
    audit.record(
        actor=None, event=REPORT_FAILED, subject=report, path=report_path(report),
        facts={"kind": report.kind, "sha256": report.sha256, "ordered_by": report.ordered_by.public_id},
    )  # fmt: skip


def report_path(report: Report) -> str:
    """The address of its page, as it goes into mail."""
    engagement = report.engagement
    place = f"/{engagement.tenant.slug}/engagements/{engagement.public_id}"
    return f"{place}/reports/{report.public_id}/"


def _in_words(fault: Exception) -> str:
    """A sentence for whoever ordered it; the whole story is in the log of the worker."""
    if isinstance(fault, SoftTimeLimitExceeded):
        return "Printing it took longer than two and a half minutes."
    if isinstance(fault, typst.TypstError):
        first = str(fault).strip().splitlines()[0] if str(fault).strip() else "no reason given"
        return f"The typesetter refused it: {first}"
    if isinstance(fault, OSError):
        return "The worker could not read or write what it prints with, also at the last of several tries."
    return f"Something in it could not be set ({type(fault).__name__})."


def queue_late_reports() -> None:
    """Ask again for what no worker has printed, of the tenant in scope; after half an hour it has failed."""
    now = timezone.now()
    late = Report.objects.filter(files=None, created_at__lt=now - LATE)
    late = late.exclude(faults__again_at__isnull=True, faults__isnull=False)
    for tenant_id, report_id, ordered, again in late.annotate(again=Max("faults__again_at")).values_list(
        "tenant_id", "pk", "created_at", "again"
    ):
        asked: datetime = again or ordered
        if asked < now - GIVE_UP:
            _fail(report_id, "No worker has printed it within half an hour.")
        elif asked < now - LATE:
            queue_report(tenant_id, report_id)
