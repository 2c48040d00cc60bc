"""The lists of the lifecycle as rows: criteria, conditions, evidence, comments, the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from engagements.lists import Select
from engagements.models import Comment, Delegation, Engagement, EvidenceItem, Measurement, Waiver
from engagements.rules.waiting import days_waiting
from engagements.selectors.comments import open_threads, visible_comments
from engagements.selectors.conditions import conditions_of
from engagements.selectors.engagements import gates_of, visible_engagements
from engagements.selectors.evidence import visible_evidence
from engagements.selectors.evidence_requests import request_lines, visible_requests
from engagements.selectors.reports import reports_of
from engagements.selectors.verdicts import standing_of
from engagements.selectors.waiting import waiting_for
from engagements.subjects import word_for
from engagements.vocabulary import ConditionStatus
from engagements.waiting import Waiting
from portal import access
from portal.bylines import byline, noted
from portal.events import CATALOGUE
from portal.fact_words import fact_words
from portal.lists import Rows
from portal.models import LedgerEntry, Tenant, User

CHUNK = 500
CRITERIA = (
    "gate", "key", "criterion", "must", "asked", "measured", "bounds", "verdict", "why", "next_step", "n",
    "set", "set_status",
)  # fmt: skip
CONDITIONS = ("gate", "criterion", "condition", "owner", "due", "status", "closing_note", "closed_at")
EVIDENCE = (
    "title", "kind", "visible_to", "version", "status", "strength", "about", "effective_from", "effective_to",
    "handed_in_by", "received_at", "judged_by", "judged_at", "judgement", "sha256",
)  # fmt: skip
COMMENTS = (
    "about", "thread", "author", "side", "visible_to", "written_at", "edited_at", "resolved_at", "comment",
)  # fmt: skip
LEDGER = ("entry", "at", "event", "what", "who", "facts", "subject", "sha256", "previous_sha256")

REQUESTS = (
    "title", "reason", "asked_by", "asked_at", "asked_of", "due", "status", "waits_for", "since", "days_late",
    "questions", "answered_with",
)  # fmt: skip
REPORTS = (
    "title", "kind", "about", "ordered_by", "ordered_at", "state", "failure", "sha256", "pdf_sha256",
)  # fmt: skip
WAIVERS = (
    "gate", "criterion", "text", "reason", "instead", "granted_by", "granted_on", "until", "holds",
)  # fmt: skip
DELEGATIONS = ("signs", "for", "gate", "from", "until", "revoked_at", "holds")
MEASUREMENTS = (
    "key", "slice", "value", "unit", "n", "low", "high", "bound_low", "bound_high", "confidence", "method",
    "seed", "source", "config_sha256", "started_at", "measured_at", "valid",
)  # fmt: skip
WAITING = ("waits_for", "what", "detail", "person", "since", "days", "due", "late")
WAITING_OF_CLIENT = ("engagement", *WAITING)
WAITING_EVERYWHERE = ("client", *WAITING_OF_CLIENT)


def criteria_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every criterion with its verdict as of now; ``gate`` keeps one gate by its number."""
    now, wanted = timezone.now(), filters.get("gate", "")
    for gate in gates_of(viewer, engagement.pk):
        if wanted and str(gate.number) != wanted:
            continue
        standing = standing_of(gate, now=now)
        sealed = standing.criteria_set
        for row in standing.rows:
            yield (
                gate.number, row.criterion.key, row.criterion.text, row.criterion.must, row.asked,
                row.measured, row.bounds, str(row.ruling.verdict.label), row.ruling.why,
                row.ruling.next_action, row.measurement.n if row.measurement else None,
                sealed.number if sealed else None, sealed.status if sealed else None,
            )  # fmt: skip


def condition_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every condition, what is due first."""
    today = timezone.now().date()
    for row in conditions_of(viewer, engagement.pk):
        yield (
            row.decision.round.gate.number, row.criterion_key, row.text, row.owner.name,
            row.due.isoformat(), str(ConditionStatus(row.status_on(today)).label), row.closing_note,
            row.closed_at,
        )  # fmt: skip


def evidence_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every item that the viewer may read, with its newest version."""
    for item in visible_evidence(viewer, engagement.pk):
        yield _evidence(item)


def _evidence(item: EvidenceItem) -> tuple[Any, ...]:
    told = (item.title, item.get_kind_display(), item.get_visibility_display())
    newest = next(iter(item.versions.all()), None)
    if newest is None:
        return (*told, *[None] * (len(EVIDENCE) - len(told)))
    return (
        *told, newest.number, newest.get_status_display(), newest.get_strength_display(),
        ", ".join(newest.about), newest.effective_from.isoformat(),
        newest.effective_to.isoformat() if newest.effective_to else None, newest.handed_in_by.name,
        newest.received_at, newest.judged_by.name if newest.judged_by else None, newest.judged_at,
        newest.judgement, newest.sha256,
    )  # fmt: skip


def comment_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """What the viewer may read: threads that are open, as on the page, or all with ``view=all``."""
    if filters.get("view") == "all":
        found: Iterator[Comment] = visible_comments(viewer, engagement).iterator(chunk_size=CHUNK)
    else:
        threads = open_threads(viewer, engagement)
        found = (row for thread in threads for row in (thread.first, *thread.replies))
    for row in found:
        who = byline(viewer, row.author, masked=row.masked, client=engagement.tenant)
        yield (
            f"{word_for(row.subject)} {row.subject}", str(row.thread_id or row.pk), who,
            row.author_side, row.get_visibility_display(), row.created_at, row.edited_at, row.resolved_at,
            row.body,
        )  # fmt: skip


def ledger_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """All entries of the engagement, newest first. Raises Forbidden for who does not see the ledger."""
    access.require(viewer, "see_ledger", engagement)
    rows = LedgerEntry.objects.filter(engagement_id=engagement.pk).select_related("actor")
    return (_entry(row, viewer, engagement) for row in rows.order_by("-seq").iterator(chunk_size=CHUNK))


def _entry(row: LedgerEntry, viewer: User, engagement: Engagement) -> tuple[Any, ...]:
    title = CATALOGUE[row.event].title if row.event in CATALOGUE else row.event
    who = byline(viewer, row.actor, masked=noted(row.facts), client=engagement.tenant)
    return (
        row.seq, row.at, row.event, title, who or "the system",
        ", ".join(fact_words(row.facts)), row.subject, row.sha256, row.prev_sha256,
    )  # fmt: skip


def request_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every request for evidence with how far it has come, open ones first."""
    today = timezone.now().date()
    for line in request_lines(visible_requests(viewer, engagement.pk), today=today):
        row = line.row
        yield (
            row.title, row.reason, row.asked_by.name, row.created_at, row.person.name if row.person else None,
            row.due, line.state.status.label, line.state.side.label if line.state.side else None,
            line.state.since, line.days_late, ", ".join(row.about), row.item.title if row.item else None,
        )  # fmt: skip


def report_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every report that the viewer may read, newest first."""
    for row in reports_of(viewer, engagement):
        file, fault = next(iter(row.made), None), next(iter(row.failed), None)  # type: ignore[attr-defined]  # the selector put them there
        state = "printed" if file else "failed" if fault else "printing"
        yield (
            row.title, row.get_kind_display(), row.subject, row.ordered_by.name, row.created_at, state,
            fault.reason if fault and not file else None, row.sha256, file.sha256 if file else None,
        )  # fmt: skip


def measurement_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every figure that came in, newest first; ``key`` and ``slice`` keep those of one. Rates are fractions.

    ``value`` empty: it could not be measured. What is not ``valid`` feeds no criterion.
    """
    asked = {name: filters[name] for name in ("key", "slice") if name in filters}
    rows = Measurement.objects.filter(engagement=engagement, **asked).order_by("-measured_at", "-pk")
    fields = (
        "key", "slice", "value", "unit", "n", "low", "high", "bound_low", "bound_high", "confidence",
        "method", "seed", "source_kind", "config_sha256", "started_at", "measured_at", "valid",
    )  # fmt: skip
    return rows.values_list(*fields).iterator(chunk_size=CHUNK)


def waiting_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """What waits for whom, what is late first."""
    now = timezone.now()
    return (_waiting(one, now) for one in waiting_for(viewer, [engagement], now=now))


def waiting_of_client(viewer: User, tenant: Tenant, filters: Mapping[str, str]) -> Rows:
    """What waits for whom in every engagement with a client that the viewer sees, what is late first."""
    now, engagements = timezone.now(), list(visible_engagements(viewer).filter(tenant=tenant))
    found = waiting_for(viewer, engagements, now=now)
    return ((one.engagement.title, *_waiting(one, now)) for one in found)


def waiting_everywhere(viewer: User, *, now: datetime) -> list[Waiting]:
    """What waits for whom in every engagement with every client that the viewer sees, what is late first."""
    engagements = list(visible_engagements(viewer).select_related("tenant"))
    return list(waiting_for(viewer, engagements, now=now))


def rows_of_everywhere(found: Iterable[Waiting], *, now: datetime) -> Rows:
    """``WAITING_EVERYWHERE`` of these."""
    return ((one.engagement.tenant.name, one.engagement.title, *_waiting(one, now)) for one in found)


def _waiting(one: Waiting, now: datetime) -> tuple[Any, ...]:
    return (
        one.side.label, one.what, one.detail or None, one.person.name if one.person else None, one.since,
        days_waiting(one.since, now=now), one.due, one.due is not None and one.due < now.date(),
    )  # fmt: skip


def waiver_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every waiver, what ends first, first."""
    today = timezone.now().date()
    rows = access.visible(viewer, Waiver.objects.filter(engagement=engagement))
    for row in rows.select_related("criterion__criteria_set__gate", "granted_by").order_by("expires", "pk"):
        yield (
            row.criterion.criteria_set.gate.number, row.criterion.key, row.criterion.text, row.reason,
            row.compensating, row.granted_by.name, row.granted_on, row.expires, row.expires >= today,
        )  # fmt: skip


def delegation_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every delegation, newest first; ``gate`` empty: each gate."""
    today = timezone.now().date()
    rows = access.visible(viewer, Delegation.objects.filter(engagement=engagement))
    for row in rows.select_related("giver", "receiver", "gate"):
        yield (
            row.receiver.name, row.giver.name, row.gate.number if row.gate else None, row.starts_on,
            row.until, row.revoked_at, row.term().holds(today),
        )  # fmt: skip


LISTS: Final[tuple[tuple[str, tuple[str, ...], Select], ...]] = (
    ("criteria", CRITERIA, criteria_rows),
    ("conditions", CONDITIONS, condition_rows),
    ("evidence", EVIDENCE, evidence_rows),
    ("comments", COMMENTS, comment_rows),
    ("ledger", LEDGER, ledger_rows),
    ("evidence-requests", REQUESTS, request_rows),
    ("reports", REPORTS, report_rows),
    ("measurements", MEASUREMENTS, measurement_rows),
    ("waiting", WAITING, waiting_rows),
    ("waivers", WAIVERS, waiver_rows),
    ("delegations", DELEGATIONS, delegation_rows),
)
