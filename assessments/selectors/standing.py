"""Where readiness stands today: every question with what counts and why, every element, the weakest link."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q

from assessments.models import Answer, Assessment, QuestionVersion, SectionAssignment
from assessments.rules import readiness as rules
from assessments.rules.framework import Element, Framework, Question
from assessments.rules.readiness import Answered, AnswerTerms, Cap, Piece
from engagements.models import EvidenceVersion
from engagements.selectors.evidence import accepted_of
from engagements.vocabulary import EvidenceStatus
from portal.models import User

_PEOPLE = ("claimed_by", "verified_by", "challenged_by", "na_proposed_by", "na_agreed_by")


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of accepted evidence under the age limit of one question."""

    version: EvidenceVersion
    piece: Piece
    in_force: bool


@dataclass(frozen=True, slots=True)
class QuestionStanding:
    """One question: what was said, what evidence allows, what counts. ``level`` None: not answered."""

    question: Question
    answer: Answer | None
    terms: AnswerTerms
    cap: Cap
    level: int | None
    target: int
    limits: bool
    evidence: tuple[Shown, ...]
    waiting: tuple[EvidenceVersion, ...]

    @property
    def applies(self) -> bool:
        return not self.terms.not_applicable

    @property
    def said(self) -> int | None:
        """The level that somebody or a measurement says."""
        return self.terms.measured if self.terms.claimed is None else self.terms.claimed

    @property
    def is_short(self) -> bool:
        return self.question.core and self.applies and (self.level is None or self.level < self.target)


@dataclass(frozen=True, slots=True)
class ElementStanding:
    """One element: its level (None: not assessed), its target at the next gate, its questions."""

    element: Element
    level: int | None
    target: int
    applies: bool
    questions: tuple[QuestionStanding, ...]
    section: SectionAssignment | None

    @property
    def is_short(self) -> bool:
        return self.applies and (self.level is None or self.level < self.target)

    @property
    def limiting(self) -> tuple[QuestionStanding, ...]:
        return tuple(row for row in self.questions if row.limits)


@dataclass(frozen=True, slots=True)
class ReadinessStanding:
    """All of it. ``level`` is the weakest link, None while an element is not assessed."""

    assessment: Assessment
    framework: Framework
    elements: tuple[ElementStanding, ...]
    level: int | None

    def vector(self) -> dict[str, int | None]:
        """Level by element, of those that apply."""
        return {row.element.key: row.level for row in self.elements if row.applies}

    def below(self, gate: int) -> tuple[str, ...]:
        """Elements under the targets of a gate, lowest first."""
        targets = {row.element.key: self.framework.target(gate, row.element.key) for row in self.elements}
        return rules.below_target(self.vector(), targets)

    def at_target(self, gate: int) -> int:
        return len(self.vector()) - len(self.below(gate))

    @property
    def weakest(self) -> tuple[ElementStanding, ...]:
        """The elements that hold it down: those not assessed, or else the lowest."""
        there = [row for row in self.elements if row.applies]
        unknown = tuple(row for row in there if row.level is None)
        return unknown or tuple(row for row in there if row.level == self.level)

    @property
    def questions(self) -> Iterable[QuestionStanding]:
        return (question for element in self.elements for question in element.questions)

    @property
    def answered(self) -> int:
        return sum(1 for row in self.questions if row.said is not None or not row.applies)


def assessment_of(engagement_id: UUID) -> Assessment | None:
    """The assessment of an engagement with its framework; None before somebody started it."""
    rows = Assessment.objects.select_related("framework_version__framework", "engagement__tenant")
    return rows.filter(engagement_id=engagement_id).first()


def is_asked(viewer: User, engagement_id: UUID, question_id: UUID) -> bool:
    """Whether the assessment of the engagement asks this question."""
    asks = Q(framework_version__questions=question_id)
    return Assessment.objects.filter(asks, engagement_id=engagement_id).exists()


def asked_as(assessment: Assessment, key: str) -> QuestionVersion:
    """The question of this key as the assessment's framework version asks it."""
    return QuestionVersion.objects.get(framework_version_id=assessment.framework_version_id, key=key)


def standing_of(assessment: Assessment, *, today: date) -> ReadinessStanding:
    """Five queries, whatever is answered: questions and answers, evidence in two, sections."""
    framework = assessment.framework_version.content()
    answers = {row.question.key: row for row in _answers(assessment)}
    accepted = accepted_of(assessment.engagement_id)
    waiting = _waiting(assessment.engagement_id)
    sections = {row.element: row for row in assessment.sections.select_related("person", "assigned_by")}
    elements = tuple(
        _element(
            element,
            [
                _question(question, answers.get(question.key), accepted, waiting, today)
                for question in element.questions
            ],
            framework.target(assessment.target_gate, element.key),
            sections.get(element.key),
        )
        for element in framework.elements()
    )
    level = rules.lowest(row.level for row in elements if row.applies)
    return ReadinessStanding(assessment, framework, elements, level)


def cap_for(answer: Answer | None, asked: QuestionVersion, engagement_id: UUID, *, today: date) -> Cap:
    """What evidence allows one question today."""
    pieces = [row.piece for row in _shown(asked.key, asked.max_age_days, accepted_of(engagement_id), today)]
    return rules.cap_of([*pieces, *_measured_piece(answer, asked.max_age_days)], today=today)


def _answers(assessment: Assessment) -> Iterable[Answer]:
    return assessment.answers.filter(
        question__framework_version_id=assessment.framework_version_id
    ).select_related("question", *_PEOPLE)


def _waiting(engagement_id: UUID) -> list[EvidenceVersion]:
    return list(
        EvidenceVersion.objects.filter(
            item__engagement_id=engagement_id, status=EvidenceStatus.RECEIVED
        ).select_related("item", "handed_in_by")
    )


def _shown(
    key: str, max_age_days: int, accepted: Iterable[EvidenceVersion], today: date
) -> tuple[Shown, ...]:
    found = []
    for row in accepted:
        if key not in row.about:
            continue
        ends = rules.ends_on(row.effective_from, row.effective_to, max_age_days)
        piece = Piece(row.strength, row.effective_from, ends, row.period_days, row.item.title)
        found.append(Shown(row, piece, row.effective_from <= today < ends))
    return tuple(sorted(found, key=lambda one: (not one.in_force, one.piece.label)))


def _measured_piece(answer: Answer | None, max_age_days: int) -> list[Piece]:
    """A measurement that shows the level is evidence of its own: once, with its date."""
    if answer is None or answer.measured_on is None or answer.measured_short:
        return []
    ends = rules.ends_on(answer.measured_on, None, max_age_days)
    return [Piece("measured_once", answer.measured_on, ends, None, answer.measured_words)]


def _terms(answer: Answer | None, max_age_days: int, today: date) -> AnswerTerms:
    """What was said; a measurement past the question's age says nothing any more."""
    if answer is None:
        return AnswerTerms()
    terms = answer.terms()
    on = answer.measured_on
    if on is None or rules.ends_on(on, None, max_age_days) > today:
        return terms
    return AnswerTerms(
        claimed=terms.claimed, verified=terms.verified, challenged=terms.challenged,
        not_applicable=terms.not_applicable,
    )  # fmt: skip


def _question(
    question: Question,
    answer: Answer | None,
    accepted: Iterable[EvidenceVersion],
    waiting: Iterable[EvidenceVersion],
    today: date,
) -> dict[str, Any]:
    shown = _shown(question.key, question.max_age_days, accepted, today)
    pieces = [row.piece for row in shown] + _measured_piece(answer, question.max_age_days)
    cap = rules.cap_of(pieces, today=today)
    terms = _terms(answer, question.max_age_days, today)
    return {
        "question": question,
        "answer": answer,
        "terms": terms,
        "cap": cap,
        "level": rules.counted(terms, cap),
        "evidence": shown,
        "waiting": tuple(row for row in waiting if question.key in row.about),
    }


def _element(
    element: Element, found: list[dict[str, Any]], target: int, section: SectionAssignment | None
) -> ElementStanding:
    answered = [
        Answered(one["question"].key, one["question"].core, one["level"], not one["terms"].not_applicable)
        for one in found
    ]
    level, limiting = rules.element_level(answered), rules.limiting(answered)
    rows = tuple(
        QuestionStanding(**one, target=target, limits=one["question"].key in limiting) for one in found
    )
    return ElementStanding(element, level, target, rules.applies(answered), rows, section)


def history_of(answer: Answer | None) -> list[Any]:
    """Everything that happened to an answer, newest first."""
    if answer is None:
        return []
    return list(answer.steps.select_related("by").order_by("-at", "-pk"))


def earlier_answers(assessment: Assessment, question: Question) -> list[Answer]:
    """Answers to this question in other versions of the framework, kept as they were given."""
    rows = assessment.answers.filter(question__key__in={question.key, question.answered_by})
    rows = rows.exclude(question__framework_version_id=assessment.framework_version_id)
    versions = Prefetch("question", QuestionVersion.objects.select_related("framework_version"))
    return list(rows.prefetch_related(versions).select_related("claimed_by", "verified_by"))


def by_reference(framework: Framework) -> Mapping[str, Mapping[str, list[Question]]]:
    """The crosswalk: body of reference, its clause, the questions that touch it. Identifiers only."""
    found: dict[str, dict[str, list[Question]]] = defaultdict(lambda: defaultdict(list))
    for element in framework.elements():
        for question in element.questions:
            for reference in dict.fromkeys((*element.references, *question.references)):
                body, _, clause = reference.partition(" ")
                found[body][clause].append(question)
    return {body: dict(sorted(clauses.items())) for body, clauses in sorted(found.items())}
