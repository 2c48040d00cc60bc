"""Permissions, load and privacy tests, as a viewer may see them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from demos.models import (
    AuthorisationRevocation,
    FaultReport,
    LoadTest,
    LoadWindow,
    PrivacyFinding,
    PrivacyTest,
    ProbeReport,
    TestAuthorisation,
)
from demos.vocabulary import LeakKind
from engagements.models import Measurement
from portal import access
from portal.errors import NotFound
from portal.models import User


def visible_authorisations(viewer: User, engagement_id: UUID) -> QuerySet[TestAuthorisation]:
    """Permissions of an engagement, newest first, each with ``is_revoked``."""
    rows = access.visible(viewer, TestAuthorisation.objects.filter(engagement_id=engagement_id))
    gone = AuthorisationRevocation.objects.filter(authorisation=OuterRef("pk"))
    return (
        rows.annotate(is_revoked=Exists(gone)).select_related("target", "signed_by").order_by("-created_at")
    )


def authorisation_for(viewer: User, authorisation_id: UUID) -> TestAuthorisation:
    """One permission with ``is_revoked``. Raises NotFound if there is none that the viewer may see."""
    rows = access.visible(viewer, TestAuthorisation.objects.filter(pk=authorisation_id))
    gone = AuthorisationRevocation.objects.filter(authorisation=OuterRef("pk"))
    found = rows.annotate(is_revoked=Exists(gone)).select_related("target", "signed_by").first()
    if found is None:
        raise NotFound
    return found


def visible_load_tests(viewer: User, engagement_id: UUID) -> QuerySet[LoadTest]:
    """Load tests of an engagement, newest first."""
    rows = access.visible(viewer, LoadTest.objects.filter(engagement_id=engagement_id))
    return rows.select_related("target_version__target", "started_by").order_by("-number")


def load_test_for(viewer: User, test_id: UUID) -> LoadTest:
    """Raises NotFound if there is none that the viewer may see."""
    rows = access.visible(viewer, LoadTest.objects.filter(pk=test_id))
    found = rows.select_related(
        "engagement", "tenant", "target_version__target", "dataset_version__dataset", "started_by",
        "authorisation__signed_by",
    ).first()  # fmt: skip
    if found is None:
        raise NotFound
    return found


def load_progress(test: LoadTest) -> dict[str, int]:
    """Counts of the seconds that are stored."""
    names = ("offered", "started", "done", "errors", "dropped")
    found = LoadWindow.objects.filter(test=test).aggregate(**{name: Sum(name) for name in names})
    return {name: found[name] or 0 for name in names}


def last_windows(test: LoadTest, most: int = 10) -> QuerySet[LoadWindow]:
    """The newest seconds, newest first."""
    return LoadWindow.objects.filter(test=test).order_by("-second", "step")[:most]


def visible_privacy_tests(viewer: User, engagement_id: UUID) -> QuerySet[PrivacyTest]:
    """Privacy tests of an engagement, newest first."""
    rows = access.visible(viewer, PrivacyTest.objects.filter(engagement_id=engagement_id))
    return rows.select_related("target_version__target", "started_by").order_by("-number")


def privacy_test_for(viewer: User, test_id: UUID) -> PrivacyTest:
    """Raises NotFound if there is none that the viewer may see."""
    rows = access.visible(viewer, PrivacyTest.objects.filter(pk=test_id))
    found = rows.select_related(
        "engagement", "tenant", "target_version__target", "started_by", "authorisation__signed_by"
    ).first()
    if found is None:
        raise NotFound
    return found


def findings_of(test: PrivacyTest) -> QuerySet[PrivacyFinding]:
    """What a privacy test found, by kind and probe."""
    return PrivacyFinding.objects.filter(test=test).order_by("kind", "probe", "detail")


def leaks_by_kind(test: PrivacyTest) -> list[dict[str, Any]]:
    """Each kind of leak: in how many probes it was seen and how often, the most frequent first."""
    found: dict[str, dict[str, Any]] = {
        row["kind"]: dict(row)
        for row in findings_of(test)
        .order_by()
        .values("kind")
        .annotate(probes=Count("probe", distinct=True), times=Sum("count"))
    }
    rows = [
        {
            "kind": kind.value,
            "label": kind.label,
            "probes": found.get(kind, {}).get("probes", 0),
            "times": found.get(kind, {}).get("times", 0),
        }
        for kind in LeakKind
    ]
    return sorted(rows, key=lambda row: -row["times"])


def measured_by(test: LoadTest | PrivacyTest | FaultReport) -> QuerySet[Measurement]:
    """What a test paid into the gates when it ended, by key and slice. Nothing before that."""
    return Measurement.objects.filter(engagement_id=test.engagement_id, source_id=test.pk).order_by(
        "key", "slice"
    )


def visible_probe_reports(viewer: User, engagement_id: UUID) -> QuerySet[ProbeReport]:
    """Reports of probes that were brought in, newest first."""
    rows = access.visible(viewer, ProbeReport.objects.filter(engagement_id=engagement_id))
    return rows.select_related("target_version__target", "imported_by").order_by("-number")


def probe_report_for(viewer: User, report_id: UUID) -> ProbeReport:
    """Raises NotFound if there is none that the viewer may see."""
    rows = access.visible(viewer, ProbeReport.objects.filter(pk=report_id))
    found = rows.select_related("engagement", "tenant", "target_version__target", "imported_by").first()
    if found is None:
        raise NotFound
    return found
