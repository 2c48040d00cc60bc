"""The seven revealing questions in twenty minutes: provisional answers of at most 1, and what to ask next."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction

from assessments.models import Answer, Assessment
from assessments.rules.framework import Framework, Question, Revealing
from assessments.services.answers import claim_provisionally
from assessments.services.levels import pay_in
from assessments.services.risks import open_by_signal
from assessments.vocabulary import INTERVIEW_HELD
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound
from portal.models import User


class Heard(StrEnum):
    """What came back to a revealing question."""

    NOBODY = "nobody"
    SAID = "said"


LEVELS: Final = {Heard.NOBODY: 0, Heard.SAID: 1}


@transaction.atomic
def hold_interview(
    *, by: User, engagement_id: UUID, heard: Mapping[str, tuple[Heard, str]]
) -> list[Question]:
    """Take down the answers to revealing questions: key to what was heard and in which words.

    Core questions without an answer get a provisional one: 0 when nobody could say, 1 when somebody did. A
    question that nobody could answer opens its risks. Returns the questions to ask next, in order.
    Raises NotFound, Forbidden, Invalid.
    """
    assessment = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("engagement__tenant", "framework_version")
        .filter(engagement_id=engagement_id)
        .first()
    )
    if assessment is None:
        raise NotFound
    access.require(by, "answer_readiness", assessment)
    framework = assessment.framework_version.content()
    known = {row.key: row for row in framework.revealing}
    unknown = sorted(set(heard) - set(known))
    if unknown or not heard:
        words = f"There is no question {unknown[0]}." if unknown else "Answer at least one of the seven."
        raise Invalid(words, errors=[FieldError("/heard", "unknown", words)])
    answered = _fill(assessment, framework, heard, by=by)
    for key, (what, words) in heard.items():
        if what == Heard.NOBODY:
            _open_risks(assessment, known[key], words, by=by)
    to_ask = ask_next(framework, heard)
    audit.record(
        actor=by, event=INTERVIEW_HELD, subject=assessment, engagement_id=engagement_id,
        facts={"answered": answered, "to_ask": len(to_ask)},
    )  # fmt: skip
    pay_in(assessment, by=by)
    return to_ask


def ask_next(framework: Framework, heard: Mapping[str, tuple[Heard, str]]) -> list[Question]:
    """Core questions behind what was heard: first where nobody could say, then by their place."""
    unsaid = {key for key, (what, _) in heard.items() if what == Heard.NOBODY}
    asked = [
        question
        for question in framework.questions()
        if question.core and set(question.revealing) & set(heard)
    ]
    return sorted(asked, key=lambda question: (not set(question.revealing) & unsaid, question.key))


def _fill(
    assessment: Assessment, framework: Framework, heard: Mapping[str, tuple[Heard, str]], *, by: User
) -> int:
    """Provisional answers where there is none; the lowest of what was heard counts. Returns how many."""
    rows = {row.key: row for row in assessment.framework_version.questions.all()}
    there = set(
        Answer.objects.filter(
            assessment=assessment, question__framework_version_id=assessment.framework_version_id
        ).values_list("question__key", flat=True)
    )
    count = 0
    for question in framework.questions():
        tags = [tag for tag in question.revealing if tag in heard]
        if not question.core or question.key in there or not tags:
            continue
        lowest = min(tags, key=lambda tag: LEVELS[heard[tag][0]])
        what, words = heard[lowest]
        claim_provisionally(assessment, rows[question.key], level=LEVELS[what], note=words, by=by)
        count += 1
    return count


def _open_risks(assessment: Assessment, question: Revealing, words: str, *, by: User) -> None:
    for key in question.risks:
        said = f"Nobody could say: {question.text} {words}".strip()
        open_by_signal(assessment.engagement, key, signal=question.key, words=said, by=by)
