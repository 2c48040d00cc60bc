"""What an engagement's template brings to the assessment: its framework and the first risks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from assessments.catalogue import default_framework
from assessments.catalogue import risks as catalogue
from assessments.models import Assessment, FrameworkVersion, Risk
from assessments.rules.framework import read_framework
from assessments.services.risks import RiskTerms, open_risk
from assessments.vocabulary import RiskStatus, VersionStatus
from engagements.catalogue import RiskDraft, Template
from engagements.models import Engagement
from portal.errors import FieldError
from portal.models import User


def faults(tenant_id: UUID, template: Template) -> list[FieldError]:
    """A framework that is not published for this client, and risks that the catalogue does not have."""
    found = []
    if template.framework and not _is_known(tenant_id, template.framework):
        words = (
            f"{template.framework} is not published for this client. Bring and publish that framework first."
        )
        found.append(FieldError("/framework", "unknown", words))
    found += [
        FieldError(f"/risks/{place}/catalogue", "unknown", f"The catalogue has no risk {row.catalogue}.")
        for place, row in enumerate(template.risks)
        if row.catalogue and row.catalogue not in catalogue()
    ]
    return found


def lay_out(engagement: Engagement, template: Template, by: User) -> None:
    """Put the template's risks on the register, as a person would. Call in a transaction."""
    for row in template.risks:
        open_risk(by=by, engagement_id=engagement.pk, terms=_terms(row), catalogue_key=row.catalogue)


def take(engagement: Engagement) -> dict[str, Any]:
    """The framework and the risks that are not closed."""
    begun = Assessment.objects.filter(engagement=engagement).select_related("framework_version__framework")
    assessment = begun.first()
    named = _name(assessment.framework_version) if assessment else engagement.framework
    key, _, version = named.partition(" ")
    rows = Risk.objects.filter(engagement=engagement).exclude(status=RiskStatus.CLOSED).order_by("created_at")
    made: dict[str, Any] = {"framework": {"key": key, "version": version}} if named else {}
    return made | ({"risks": risks} if (risks := [_taken(row) for row in rows]) else {})


def version_of(engagement: Engagement) -> FrameworkVersion | None:
    """The published version that the engagement's template named; None: the one that ships."""
    key, _, number = engagement.framework.partition(" ")
    return (
        FrameworkVersion.objects.filter(
            tenant_id=engagement.tenant_id, framework__key=key, number=number, status=VersionStatus.PUBLISHED
        )
        .select_related("framework")
        .first()
    )


def _is_known(tenant_id: UUID, named: str) -> bool:
    shipped = read_framework(default_framework())
    if named == f"{shipped.key} {shipped.version}":
        return True
    key, _, number = named.partition(" ")
    rows = FrameworkVersion.objects.filter(tenant_id=tenant_id, framework__key=key, number=number)
    return rows.filter(status=VersionStatus.PUBLISHED).exists()


def _terms(row: RiskDraft) -> RiskTerms:
    known = catalogue().get(row.catalogue)
    title = row.title or (known.text if known else "")
    likelihood = row.likelihood or (known.likelihood if known else 0)
    impact = row.impact or (known.impact if known else 0)
    return RiskTerms(title=title, likelihood=likelihood, impact=impact, plan=row.plan)


def _taken(row: Risk) -> dict[str, Any]:
    optional = {"catalogue": row.catalogue, "plan": row.plan}
    return {
        **{name: value for name, value in optional.items() if value},
        "title": row.title, "likelihood": row.likelihood, "impact": row.impact,
    }  # fmt: skip


def _name(version: FrameworkVersion) -> str:
    return f"{version.framework.key} {version.number}"
