"""Fault tests: reports brought in, read behaviour by behaviour, attested, and handed in as evidence."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from demos.engine.faults.plan import Fault
from demos.fault_vocabulary import Attested
from demos.importing.faults import MOST_BYTES, parse_fault_report
from demos.models import FaultReport
from demos.selectors import faults as reading
from demos.selectors import targets, trials
from demos.services import fault_reports as services
from demos.trial_forms import AttestForm
from demos.views.sent import sent_report
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Invalid, NotFound
from portal.web.requests import PersonRequest


@login_required
@require_safe
def fault_reports(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Every fault test, how one is made, and a report to bring in."""
    engagement = engagement_for(request.user, engagement_id)
    context = {
        "engagement": engagement,
        "reports": reading.visible_fault_reports(request.user, engagement_id)[:100],
        "versions": list(targets.newest_target_versions(request.user, engagement_id)),
        "may_start": access.of(request.user).can("start_run", engagement),
    }
    return render(request, "demos/fault_reports.html", context)


@login_required
@require_POST
def import_fault_report(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Bring a report in for the system that was chosen."""
    version, file = sent_report(
        request, engagement_id, no_system="Choose the system that stood behind the proxy.",
        no_file="Choose the report first: what the fault proxy printed, as a file.",
    )  # fmt: skip
    report = services.import_faults(
        by=request.user, engagement_id=engagement_id, target_version_id=version.pk,
        told=parse_fault_report(file.read(MOST_BYTES + 1)),
    )  # fmt: skip
    return redirect("demos:fault_report", tenant, engagement_id, report.pk)


@login_required
@require_safe
def show_fault_report(
    request: PersonRequest, tenant: str, engagement_id: UUID, report_id: UUID
) -> HttpResponse:
    """What the caller did under each fault, and what of the wanted behaviours was kept."""
    report = _report(request, engagement_id, report_id)
    context = {
        "engagement": report.engagement,
        "report": report,
        "standing": reading.standing_of(report),
        "form": AttestForm(report.counts),
        "measured": trials.measured_by(report).filter(slice=""),
        "may_attest": access.of(request.user).can("hand_in_evidence", report.engagement),
    }
    return render(request, "demos/fault_report.html", context)


@login_required
@require_POST
def attest_fault(request: PersonRequest, tenant: str, engagement_id: UUID, report_id: UUID) -> HttpResponse:
    """Say what people got whose requests were given up."""
    report = _report(request, engagement_id, report_id)
    form = AttestForm(report.counts, request.POST)
    if not form.is_valid():
        raise Invalid("Choose a fault and what people got, and write where you looked.")
    services.attest(
        by=request.user, report_id=report.pk, fault=Fault(form.cleaned_data["fault"]),
        said=Attested(form.cleaned_data["said"]), note=form.cleaned_data["note"],
    )  # fmt: skip
    messages.success(request, "Kept with your name, and written into the ledger.")
    return redirect("demos:fault_report", tenant, engagement_id, report.pk)


@login_required
@require_POST
def hand_in_fault_report(
    request: PersonRequest, tenant: str, engagement_id: UUID, report_id: UUID
) -> HttpResponse:
    """Hand the count of missed behaviours in as evidence for the gate."""
    report = _report(request, engagement_id, report_id)
    version = services.hand_in_faults(by=request.user, report_id=report.pk)
    messages.success(request, "Handed in. It counts for the gate once the other side accepts it.")
    return redirect("engagements:evidence_item", tenant, engagement_id, version.item_id)


def _report(request: PersonRequest, engagement_id: UUID, report_id: UUID) -> FaultReport:
    report = reading.fault_report_for(request.user, report_id)
    if report.engagement_id != engagement_id:
        raise NotFound
    return report
