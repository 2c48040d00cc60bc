"""Measurements answer questions by themselves; people can challenge what they say."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from uuid import UUID

from celery import current_app
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from assessments.models import Answer, AnswerStep, Assessment, QuestionVersion
from assessments.rules.answers import next_status
from assessments.rules.framework import Question
from assessments.rules.measured import Figure, Shows, shows
from assessments.services.levels import pay_in
from assessments.services.signals import look_for_risks
from assessments.vocabulary import ANSWER_MEASURED, AnswerMove, AnswerStatus
from engagements.models import Engagement, Gate, Measurement
from engagements.rules.sentences import day
from engagements.selectors.verdicts import Standing, standing_of
from engagements.vocabulary import EngagementStatus, Unit, Verdict
from portal import audit
from portal.figures import in_unit
from portal.models import Tenant
from portal.scope import tenant_scope
from portal.vocabulary import TenantStatus

REFRESH_TASK = "assessments.refresh"
_UNITS = {Unit.RATE: "rate", Unit.MS: "ms"}

logger = logging.getLogger(__name__)


def queue_refresh(engagement_id: UUID) -> None:
    """After the commit, look once at what the new figures of an engagement answer, however many they are."""
    key = f"refresh:{engagement_id}"
    if any(getattr(entry[1], "kick_key", None) == key for entry in connection.run_on_commit):
        return
    engagement = Engagement.objects.only("tenant_id").get(pk=engagement_id)
    args = [str(engagement.tenant_id), str(engagement_id)]

    def send() -> None:
        try:
            current_app.send_task(REFRESH_TASK, args=args, queue="default", retry=False)
        except OperationalError:
            logger.warning("the broker did not take the refresh; the hourly tick will", exc_info=True)

    send.kick_key = key  # type: ignore[attr-defined]  # marks the callback so that it is added once
    transaction.on_commit(send)


@transaction.atomic
def refresh(*, engagement_id: UUID) -> None:
    """Take over what was measured, record levels that changed, open risks. Safe to run twice."""
    assessment = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("engagement__tenant", "framework_version")
        .filter(engagement_id=engagement_id)
        .first()
    )
    standings = _standings(engagement_id)
    if assessment is not None:
        _take_measurements(assessment, standings)
        pay_in(assessment, by=None)
    look_for_risks(Engagement.objects.get(pk=engagement_id), standings)


def _take_measurements(assessment: Assessment, standings: Mapping[str, Standing]) -> None:
    bound = [question for question in assessment.framework_version.content().questions() if question.bindings]
    figures = _figures(assessment.engagement, {row.key for question in bound for row in question.bindings})
    asked = {row.key: row for row in assessment.framework_version.questions.all()}
    answers = {row.question_id: row for row in assessment.answers.select_for_update()}

    def verdict_on(key: str) -> Verdict | None:
        found = standings.get(key)
        return None if found is None else found.ruling.verdict

    for question in bound:
        found = shows(question.bindings, figures, verdict_on)
        row = asked[question.key]
        if found is not None:
            _store(assessment, row, question, answers.get(row.pk), found)


def _store(
    assessment: Assessment, asked: QuestionVersion, question: Question, answer: Answer | None, found: Shows
) -> None:
    """Write what was measured beside what people said. Nothing happens when it is the same measurement."""
    if answer is None:
        answer = Answer(
            tenant_id=assessment.tenant_id, assessment=assessment, engagement_id=assessment.engagement_id,
            question=asked, status="", version=0,
        )  # fmt: skip
    if set(answer.measurements) == set(found.ids) and answer.measured_level == found.level:
        return
    answer.status = next_status(AnswerStatus(answer.status) if answer.status else None, AnswerMove.MEASURE)
    answer.measured_level, answer.measured_short, answer.measured_on = found.level, found.short, found.on
    answer.measured_words, answer.measurements = found.words, list(found.ids)
    answer.version += 1
    answer.save()
    AnswerStep.objects.create(
        tenant_id=answer.tenant_id, answer=answer, move=AnswerMove.MEASURE, level=found.level, by=None,
        note=found.words, at=timezone.now(),
    )  # fmt: skip
    audit.record(
        actor=None, event=ANSWER_MEASURED, subject=answer, engagement_id=assessment.engagement_id,
        facts={"question": question.key, "level": found.level},
    )  # fmt: skip


def _figures(engagement: Engagement, keys: set[str]) -> dict[str, Figure]:
    """The newest valid figure of each key, whole or worst."""
    rows = (
        Measurement.objects.filter(
            engagement=engagement, key__in=keys, slice="", valid=True, value__isnull=False
        )
        .order_by("key", "-measured_at")
        .distinct("key")
    )
    worst = (
        Measurement.objects.filter(
            engagement=engagement, key__in=[key for key in keys if key.startswith("worst_")], valid=True,
            value__isnull=False,
        )
        .order_by("key", "-measured_at")
        .distinct("key")
    )  # fmt: skip
    return {row.key: _figure(row, engagement.currency) for row in [*rows, *worst]}


def _figure(row: Measurement, currency: str) -> Figure:
    if row.value is None:
        raise ValueError("only a figure with a value answers a question")
    unit = currency if row.unit == Unit.MONEY else _UNITS.get(Unit(row.unit), "number")
    n = f" of {row.n:,}" if row.n and row.unit == Unit.RATE else ""
    written = in_unit(row.value, unit) if unit in ("rate", "ms") else f"{row.value.normalize():f}"
    words = f"{row.key.replace('_', ' ')} {written}{n}, {day(row.measured_at)}"
    return Figure(row.pk, row.value, row.bound_low, row.bound_high, row.measured_at.date(), words)


def _standings(engagement_id: UUID) -> dict[str, Standing]:
    """The sealed criterion that reads each measurement, of the latest gate that has one."""
    found: dict[str, Standing] = {}
    gates = Gate.objects.select_related("engagement").filter(engagement_id=engagement_id).order_by("number")
    for gate in gates:
        standing = standing_of(gate, now=timezone.now())
        if standing.criteria_set is not None and standing.criteria_set.sealed_at is not None:
            for (
                row
            ) in standing.rows:  # two criteria can read one key; the one with a number of its own says more
                if row.criterion.target is not None or row.criterion.source_key not in found:
                    found[row.criterion.source_key] = row
    return found


def refresh_every() -> None:
    """Refresh all engagements that go on, client by client, each in a transaction of its own."""
    for tenant_id in Tenant.objects.filter(status=TenantStatus.ACTIVE).values_list("pk", flat=True):
        with tenant_scope([tenant_id]):
            running = Engagement.objects.filter(
                status__in=[EngagementStatus.ACTIVE, EngagementStatus.ON_HOLD]
            )
            there = list(running.values_list("pk", flat=True))
        for engagement_id in there:
            with tenant_scope([tenant_id]):
                refresh(engagement_id=engagement_id)
