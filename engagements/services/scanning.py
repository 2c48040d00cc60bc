"""The malware hook: a program of the installation reads a file; its exit code says whether it is clean."""

from __future__ import annotations

import logging
import shlex
import subprocess
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from engagements.events import EVIDENCE_SCANNED
from engagements.models import EvidenceFile, EvidenceVersion
from engagements.vocabulary import ScanState
from portal import audit
from portal.scope import tenant_scope

SCAN_TASK = "engagements.scan_evidence"
LONGEST_S = 120

logger = logging.getLogger(__name__)


def queue_scan(version: EvidenceVersion) -> None:
    """Have a file scanned after the transaction commits."""
    args = [str(version.tenant_id), str(version.pk)]

    def send() -> None:
        try:
            current_app.send_task(SCAN_TASK, args=args, retry=False)
        except OperationalError:
            logger.warning("the broker did not take the scan; the file stays unread", exc_info=True)

    transaction.on_commit(send)


def scan(*, tenant_id: UUID, version_id: UUID) -> None:
    """Scan one file that waits. Safe to run twice; a scanner that fails leaves the file waiting."""
    with tenant_scope([tenant_id]):
        version = EvidenceVersion.objects.filter(pk=version_id, scan_state=ScanState.WAITING).first()
        if version is None or version.file_id is None:
            return
        body = bytes(EvidenceFile.objects.get(pk=version.file_id).body)
    clean = _is_clean(body)
    with tenant_scope([tenant_id]):
        row = EvidenceVersion.objects.select_for_update().select_related("item").get(pk=version_id)
        if row.scan_state != ScanState.WAITING:
            return
        row.scan_state = ScanState.CLEAN if clean else ScanState.FOUND
        row.save(update_fields=["scan_state"])
        audit.record(
            actor=None, event=EVIDENCE_SCANNED, subject=row, engagement_id=row.item.engagement_id,
            facts={"number": row.number, "state": row.scan_state},
        )  # fmt: skip


def _is_clean(body: bytes) -> bool:
    """Exit 0 is clean, 1 is a find, anything else is a scanner that did not work and raises."""
    done = subprocess.run(
        shlex.split(settings.EVIDENCE_SCANNER),
        input=body,
        capture_output=True,
        timeout=LONGEST_S,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"the scanner ended with {done.returncode}")
    return done.returncode == 0
