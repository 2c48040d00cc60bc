"""What does not go together, each with the page that mends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assessments.models import Risk
from assessments.selectors.standing import QuestionStanding, ReadinessStanding
from assessments.vocabulary import OPEN_RISKS, AnswerStatus, RiskStatus, SectionStatus
from engagements.models import Condition, CriteriaSet, Criterion, Measurement
from engagements.rules.sentences import day
from engagements.vocabulary import ConditionStatus, CriteriaStatus, CriterionKind

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two things that cannot both hold; ``page`` is the name of the address that mends it."""

    words: str
    mend: str
    page: str
    place: dict[str, Any] = field(default_factory=dict)
    query: str = ""


def contradictions_of(standing: ReadinessStanding, *, today: date) -> list[Contradiction]:
    """Everything that is found now; five queries."""
    engagement_id = standing.assessment.engagement_id
    risks = list(Risk.objects.filter(engagement_id=engagement_id))
    return [
        *(found for row in standing.questions for found in _of_question(row)),
        *_of_sections(standing, today),
        *_of_risks(standing, risks, today),
        *_of_gates(engagement_id, today),
    ]


def _of_question(row: QuestionStanding) -> Iterator[Contradiction]:
    key, answer = row.question.key, row.answer
    here: dict[str, Any] = {"question": key}
    if answer is None or row.said is None:
        return
    if answer.status == AnswerStatus.NA_PROPOSED:
        yield Contradiction(
            f"{key} is said not to apply, and the other side has not agreed.", "Agree or not",
            "assessments:readiness_question", here,
        )  # fmt: skip
        return
    if not row.applies:
        return
    expired = next((one for one in row.evidence if not one.in_force), None)
    if row.said > row.cap.level and expired is not None and expired.piece.ends is not None:
        ended = f"“{expired.piece.label}” stopped counting on {day(expired.piece.ends)}"
        words = f"{key} says level {row.said}, and {ended}."
        yield Contradiction(
            words, "Hand in a newer version", "engagements:new_evidence_version",
            {"item_id": expired.version.item_id},
        )  # fmt: skip
    elif row.said > row.cap.level and not row.waiting:
        shown = (
            "nothing was accepted that shows it"
            if row.cap.piece is None
            else f"evidence allows {row.cap.level}"
        )
        yield Contradiction(
            f"{key} says level {row.said}, and {shown}.", "Hand in evidence", "engagements:new_evidence",
            query=f"about={key}",
        )  # fmt: skip
    if (
        row.terms.fell_short
        and row.terms.claimed is not None
        and (row.terms.measured or 0) < row.terms.claimed
    ):
        words = f"{key} says level {row.terms.claimed}, and it was measured short: {answer.measured_words}."
        yield Contradiction(words, "Change the answer", "assessments:readiness_question", here)
    if row.terms.challenged is not None:
        words = f"{key} says level {row.said}, and it is challenged: {answer.challenge_reason}"
        yield Contradiction(words, "Settle it", "assessments:readiness_question", here)


def _of_sections(standing: ReadinessStanding, today: date) -> Iterator[Contradiction]:
    for element in standing.elements:
        section = element.section
        if section is None or section.status in (SectionStatus.DONE, SectionStatus.SUBMITTED):
            continue
        if section.due < today:
            words = f"{element.element.key} was due from {section.person} on {day(section.due)}."
            yield Contradiction(words, "Ask again", "assessments:readiness_sections")


def _of_risks(standing: ReadinessStanding, risks: list[Risk], today: date) -> Iterator[Contradiction]:
    levels = standing.vector()
    for risk in risks:
        place = {"risk_id": risk.pk}
        if (
            risk.status == RiskStatus.ACCEPTED
            and risk.accepted_until is not None
            and risk.accepted_until <= today
        ):
            words = f"{risk} was accepted until {day(risk.accepted_until)}, and that day has come."
            yield Contradiction(words, "Decide anew", "assessments:risk", place)
        if risk.status not in OPEN_RISKS or not risk.signal:
            continue
        high = [key for key in risk.elements if (levels.get(key) or 0) >= SHOWN]
        if high:
            words = f"{high[0]} counts level {levels[high[0]]}, and {risk} is open: {risk.signal_words}."
            yield Contradiction(words, "Look at the risk", "assessments:risk", place)


def _of_gates(engagement_id: Any, today: date) -> Iterator[Contradiction]:
    rows = Condition.objects.filter(
        engagement_id=engagement_id, status__in=[ConditionStatus.OPEN, ConditionStatus.LAPSED]
    ).select_related("decision__round__gate")
    for row in rows:
        gate = row.decision.round.gate
        if row.due < today or row.status == ConditionStatus.LAPSED:
            words = (
                f"Gate {gate.number} was approved with a condition that was due on {day(row.due)}: {row.text}"
            )
            yield Contradiction(words, "Close the condition", "engagements:gate", {"gate_id": gate.pk})
    sets = CriteriaSet.objects.filter(gate__engagement_id=engagement_id, status=CriteriaStatus.SEALED)
    measured = set(
        Measurement.objects.filter(engagement_id=engagement_id).values_list("key", flat=True).distinct()
    )
    criteria = Criterion.objects.filter(
        criteria_set__in=sets, kind=CriterionKind.METRIC, must=True
    ).select_related("criteria_set")
    for criterion in criteria:
        if criterion.source_key not in measured:
            words = f"{criterion.key} must be met and nothing has measured it yet: {criterion.text}"
            yield Contradiction(
                words, "Open the gate", "engagements:gate", {"gate_id": criterion.criteria_set.gate_id}
            )
