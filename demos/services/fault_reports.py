"""Reports of the fault proxy: brought in under the permission that covered them, attested, handed in."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from demos.allowances import Wish
from demos.engine.faults.plan import Fault
from demos.fault_vocabulary import FAULT_ATTESTED, FAULTS_IMPORTED, Attested
from demos.importing.faults import FaultReportRead, read_fault_report
from demos.importing.table import refused
from demos.models import FaultAttestation, FaultReport, Target, TargetVersion
from demos.selectors import faults as reading
from demos.selectors import targets
from demos.services.authorisations import covered_then
from demos.services.targets import spec_of
from demos.services.trial_figures import record_rate
from demos.vocabulary import AllowedTest
from engagements.models import EvidenceVersion
from engagements.services import evidence
from engagements.services.engagements import locked_engagement
from engagements.services.evidence import Given
from engagements.vocabulary import EvidenceKind, EvidenceStrength, Unit
from portal import access, audit
from portal.errors import WrongMoment
from portal.models import User

PROVES: Final = "fault_behaviours_missed"
"""The key of the criterion that counts missed behaviours."""
LONGEST_NOTE: Final = 2_000


@transaction.atomic
def import_faults(
    *, by: User, engagement_id: UUID, target_version_id: UUID, told: Mapping[str, Any]
) -> FaultReport:
    """Store what a report says about ``target_version_id``, whole or not at all, and measure it.

    Raises NotFound; Forbidden: no permission of the client covered it then; Invalid: no report, about another
    system, in the future, or brought in before.
    """
    engagement = locked_engagement(by, engagement_id)
    access.require(by, "start_run", engagement)
    version = targets.target_version_in(by, engagement, target_version_id)
    found = read_fault_report(told)
    _check(found, version)
    Target.objects.select_for_update(of=("self",)).get(pk=version.target_id)  # the permission is used up once
    signed = covered_then(
        version.target, Wish(AllowedTest.FAULT, found.upstream, found.peak_per_second, found.tries),
        began=found.started_at, ended=found.finished_at,
    )  # fmt: skip
    report = _store(found, version, engagement=engagement, authorisation=signed, imported_by=by)
    _measure(report, found)
    audit.record(
        actor=by, event=FAULTS_IMPORTED, subject=report, path=fault_report_path(report),
        facts={
            "number": report.number, "target": version.public_id, "requests": found.requests,
            "recovered": report.recovered, "sha256": report.content_sha256,
        },
    )  # fmt: skip
    return report


@transaction.atomic
def attest(*, by: User, report_id: UUID, fault: Fault, said: Attested, note: str) -> FaultAttestation:
    """Say what the people got whose requests were given up. The newest word on a fault counts.

    Raises NotFound, Forbidden, Invalid: no note, or nothing was given up under this fault.
    """
    report = reading.fault_report_for(by, report_id)
    access.require(by, "hand_in_evidence", report.engagement)
    if not any(one.fault == fault and one.given_up for one in report.counts):
        detail = "Nothing was given up under this fault, so there is nothing to say about it."
        raise refused(detail, code="invalid", pointer="/fault")
    words = note.strip()
    if not words or len(words) > LONGEST_NOTE:
        detail = f"Write where you looked and what you saw, in up to {LONGEST_NOTE:,} letters."
        raise refused(detail, code="invalid", pointer="/note")
    stored = FaultAttestation.objects.create(
        tenant_id=report.tenant_id, report=report, fault=fault, said=said, note=words, said_by=by
    )
    audit.record(
        actor=by, event=FAULT_ATTESTED, subject=report, path=fault_report_path(report),
        facts={"number": report.number, "fault": fault.value, "said": said.value},
    )  # fmt: skip
    return stored


@transaction.atomic
def hand_in_faults(*, by: User, report_id: UUID) -> EvidenceVersion:
    """Hand the number of missed behaviours in as evidence; it counts once the other side accepts it.

    Raises NotFound, Forbidden, WrongMoment: something was not tried or not looked at yet.
    """
    report = reading.fault_report_for(by, report_id)
    told = reading.standing_of(report)
    if told.missed is None:
        raise WrongMoment(f"It cannot be counted yet: {told.open_words}.")
    return evidence.hand_in(
        by=by, engagement_id=report.engagement_id, title=f"{report} on {report.target_version}",
        kind=EvidenceKind.LINK, proves=PROVES,
        given=Given(
            effective_from=timezone.localdate(report.finished_at), strength=EvidenceStrength.MEASURED_ONCE,
            value=Decimal(told.missed), unit=Unit.COUNT, url=settings.BASE_URL + fault_report_path(report),
            note=f"{told.head}. SHA-256 of the report: {report.content_sha256}.",
        ),
    )  # fmt: skip


def fault_report_path(report: FaultReport) -> str:
    """Where a fault test is read in the browser."""
    return f"/{report.tenant.slug}/engagements/{report.engagement.public_id}/faults/{report.public_id}/"


def _check(found: FaultReportRead, version: TargetVersion) -> None:
    if found.finished_at > timezone.now():
        raise refused("The report ends in the future. Check the clock of the machine.", code="future")
    host = spec_of(version).place
    if found.upstream != host:
        detail = f"The report is about {found.upstream}, and {version} is at {host}. Choose the other one."
        raise refused(detail, code="other_system")
    before = FaultReport.objects.filter(
        engagement_id=version.target.engagement_id, content_sha256=found.content_sha256
    ).first()
    if before is not None:
        raise refused(f"It was brought in before: this is fault test {before.number}.", code="duplicate")


def _store(found: FaultReportRead, version: TargetVersion, **owned: Any) -> FaultReport:
    last = FaultReport.objects.filter(engagement=owned["engagement"]).aggregate(last=Max("number"))["last"]
    return FaultReport.objects.create(
        tenant_id=version.tenant_id, number=(last or 0) + 1, target_version=version,
        content_sha256=found.content_sha256, upstream=found.upstream,
        plan=found.plan_json(), started_at=found.started_at, finished_at=found.finished_at,
        requests=found.requests, tries=found.tries, peak_per_second=found.peak_per_second,
        untouched=found.untouched, by_fault=found.faults_json(), too_early=found.too_early,
        retries_after_limit=found.retries_after_limit, too_often=found.too_often, **owned,
    )  # fmt: skip


def _measure(report: FaultReport, found: FaultReportRead) -> None:
    """What gates can read: the share that recovered, over all and by fault, and retries against the rules."""
    record_rate(report, "fault_recovery_rate", report.recovered, report.spoilt)
    for one in found.by_fault:
        record_rate(report, "fault_recovery_rate", one.recovered, one.requests, slice=one.fault.value)
    record_rate(report, "fault_unbounded_rate", found.too_often, report.spoilt)
    if found.retries_after_limit:
        record_rate(report, "fault_early_retry_rate", found.too_early, found.retries_after_limit)
