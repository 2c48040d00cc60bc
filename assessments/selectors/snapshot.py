"""What readiness and risks bring to other apps: sections of a snapshot, and what evidence can speak to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from assessments.models import Risk
from assessments.selectors.readiness_words import why
from assessments.selectors.standing import ElementStanding, assessment_of, standing_of
from engagements.evidence import Section
from engagements.selectors.evidence import judges_of


def readiness_section(engagement_id: UUID, gate_number: int) -> Section | None:
    """The vector, what limits it, and everybody who verified an answer or accepted evidence for one."""
    assessment = assessment_of(engagement_id)
    if assessment is None:
        return None
    standing = standing_of(assessment, today=timezone.now().date())
    framework = standing.framework
    has_targets = gate_number in framework.targets
    return {
        "framework": f"{framework.title} {framework.version}",
        "framework_sha256": assessment.framework_version.content_sha256,
        "level": standing.level,
        "vector": standing.vector(),
        "targets": dict(framework.targets[gate_number]) if has_targets else {},
        "below_target": list(standing.below(gate_number)) if has_targets else [],
        "elements": [
            _element(row, framework.target(gate_number, row.element.key)) for row in standing.elements
        ],
        "judges": judges(standing.elements),
    }


def risks_section(engagement_id: UUID, gate_number: int) -> Section | None:
    """Every risk with its score, highest first; what the client accepted, until when and why."""
    rows = Risk.objects.filter(engagement_id=engagement_id).select_related("owner", "accepted_by")
    found = sorted(rows, key=lambda row: (-row.score, row.catalogue, row.title))
    return {"risks": [_risk(row) for row in found]} if found else None


def subjects(engagement_id: UUID) -> list[tuple[str, str]]:
    """The questions that evidence can speak to."""
    assessment = assessment_of(engagement_id)
    if assessment is None:
        return []
    content = assessment.framework_version.content()
    return [(question.key, f"{question.key} {question.text}") for question in content.questions()]


def judges(elements: tuple[ElementStanding, ...]) -> list[str]:
    """Ids of those who verified an answer, agreed that one does not apply, or accepted its evidence."""
    questions = [question for element in elements for question in element.questions]
    people = {
        str(person)
        for row in questions
        if row.answer is not None
        for person in (row.answer.verified_by_id, row.answer.na_agreed_by_id)
        if person is not None
    }
    return sorted(people | set(judges_of(shown.version for row in questions for shown in row.evidence)))


def _element(row: ElementStanding, target: int) -> dict[str, Any]:
    return {
        "key": row.element.key,
        "name": row.element.name,
        "level": row.level,
        "target": target,
        "applies": row.applies,
        "limiting": [
            {"key": one.question.key, "text": one.question.text, "level": one.level, "why": why(one)}
            for one in row.limiting
        ],
        "questions": [
            {
                "key": one.question.key,
                "claimed": one.terms.claimed,
                "verified": one.terms.verified,
                "challenged": one.terms.challenged,
                "measured": one.terms.measured,
                "allowed": one.cap.level,
                "level": one.level,
                "applies": one.applies,
                "evidence": [shown.version.sha256 for shown in one.evidence if shown.in_force],
            }
            for one in row.questions
        ],
    }


def _risk(row: Risk) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "catalogue": row.catalogue,
        "title": row.title,
        "score": row.score,
        "gross_score": row.gross_score,
        "status": row.status,
        "response": row.response,
        "owner": row.owner.name if row.owner else None,
        "due": row.due,
        "accepted_by": row.accepted_by.name if row.accepted_by else None,
        "accepted_until": row.accepted_until,
        "acceptance_reason": row.acceptance_reason,
        "elements": list(row.elements),
    }
