"""What one of the client's people finds first: to sign, to answer, to read. Demos add theirs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from demos.models import Case, CaseReview, DatasetVersion, Run
from demos.vocabulary import RunStatus
from engagements.models import Engagement
from engagements.selectors.home import ClientHome, Task, client_home
from portal import access
from portal.models import Membership, Tenant, User
from portal.site.selectors.asked import asked_of
from portal.vocabulary import Affiliation

RECENT = timedelta(days=30)
FEW = 6
"""Of each group this many are shown; the page says how many more there are."""


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who of the consultancy can see a client's data now; ``until`` None means until taken away."""

    count: int
    until: datetime | None


def for_you(viewer: User, *, now: datetime) -> ClientHome:
    """Everything that waits for ``viewer``. Constant number of queries."""
    home = client_home(viewer, now=now)
    engagements = [row.engagement for row in home.rows]
    return replace(
        home,
        answer=(*home.answer, *_cases_to_accept(viewer, engagements), *asked_of(viewer, engagements)),
        read=(*home.read, *_finished_runs(engagements, now=now)),
    )


def watchers(tenant: Tenant) -> Watchers:
    """People of the consultancy with a place at this client. One query."""
    now = timezone.now()
    rows = Membership.objects.filter(
        tenant=tenant, user__affiliation=Affiliation.CONSULTANCY, user__is_active=True, starts__lte=now
    ).exclude(ends__lte=now)
    ends = dict(rows.values_list("user_id", "ends"))
    known = [end for end in ends.values() if end is not None]
    return Watchers(len(ends), max(known) if known and len(known) == len(ends) else None)


def _cases_to_accept(viewer: User, engagements: list[Engagement]) -> list[Task]:
    """Versions with cases that nobody of the client has looked at, for those who accept cases."""
    reader = access.of(viewer)
    mine = {row.pk: row for row in engagements if reader.can("accept_cases", row)}
    unseen = (
        Case.objects.filter(dataset_version__dataset__engagement_id__in=mine)
        .exclude(Exists(CaseReview.objects.filter(case=OuterRef("pk"))))
        .values_list("dataset_version_id")
        .annotate(n=Count("pk"))
        .order_by()
    )
    waiting = dict(unseen)
    versions = DatasetVersion.objects.filter(pk__in=waiting).select_related("dataset", "imported_by")
    return [
        Task(
            title=f"{waiting[version.pk]} cases to accept: {version.dataset.name}",
            text=f"{version.imported_by.name} brought them. Only accepted cases are asked.",
            href=_cases_href(version, mine[version.dataset.engagement_id]),
            action="Look at the cases",
            since=version.created_at,
        )
        for version in versions.order_by("-created_at")
    ]


def _finished_runs(engagements: list[Engagement], *, now: datetime) -> list[Task]:
    """Runs that ended lately, newest first, worst news in the line."""
    by_key = {row.pk: row for row in engagements}
    rows = Run.objects.filter(
        engagement_id__in=by_key, status=RunStatus.FINISHED, finished_at__gte=now - RECENT
    ).order_by("-finished_at")
    return [
        Task(
            title=f"Evaluation, run {run.number}",
            text=_in_words(run),
            href=reverse(
                "demos:run", args=[by_key[run.engagement_id].tenant.slug, run.engagement_id, run.pk]
            ),
            action="Read",
            since=run.finished_at,
        )
        for run in rows[:FEW]
    ]


def _in_words(run: Run) -> str:
    wrong = run.total - run.passed
    if not wrong:
        return f"All {run.total} cases were answered correctly."
    return f"{run.passed} of {run.total} cases were answered correctly. The {wrong} others come first."


def _cases_href(version: DatasetVersion, engagement: Engagement) -> str:
    return reverse("demos:cases", args=[engagement.tenant.slug, engagement.pk, version.pk])
