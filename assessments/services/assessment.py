"""Start an assessment, choose the gate that comes next, move to a newer framework version."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessments.models import Answer, AnswerStep, Assessment, QuestionVersion
from assessments.rules.framework import Question
from assessments.services.frameworks import default_version, published
from assessments.services.levels import pay_in
from assessments.services.starting import version_of
from assessments.vocabulary import (
    ASSESSMENT_STARTED,
    ASSESSMENT_TARGET_SET,
    ASSESSMENT_UPGRADED,
    AnswerMove,
)
from engagements.models import Engagement
from engagements.rules.canonical import canonical, sha256
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, WrongMoment
from portal.models import User

CARRIED = (
    "engagement_id", "status", "note", "provisional", "claimed_level", "claimed_by_id", "claimed_side",
    "claimed_at", "verified_level", "verified_by_id", "verified_side", "verified_at", "challenged_level",
    "challenged_by_id", "challenged_side", "challenge_reason", "measured_level", "measured_short",
    "measured_on", "measured_words", "measurements", "na_reason", "na_proposed_by_id", "na_proposed_side",
    "na_agreed_by_id", "na_agreed_side",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What moving to another version does: answers that are taken over, questions to be answered again."""

    carried: tuple[Question, ...]
    to_answer: tuple[Question, ...]
    left_behind: tuple[str, ...]


@transaction.atomic
def start_assessment(
    *, by: User, engagement_id: UUID, framework_version_id: UUID | None = None, target_gate: int = 1
) -> Assessment:
    """Begin with a published framework version; None takes the one that the engagement's template names.

    Raises NotFound, Forbidden, WrongMoment if it was begun, Invalid.
    """
    engagement = Engagement.objects.select_for_update().filter(pk=engagement_id).first()
    if engagement is None:
        raise NotFound
    access.require(by, "manage_readiness", engagement)
    if Assessment.objects.filter(engagement=engagement).exists():
        raise WrongMoment("The readiness assessment of this engagement was begun already.")
    tenant_id = engagement.tenant_id
    if framework_version_id:
        version = published(tenant_id, framework_version_id)
    else:
        version = version_of(engagement) or default_version(tenant_id)
    if target_gate not in version.content().targets:
        raise _no_targets(target_gate)
    assessment = Assessment.objects.create(
        tenant_id=tenant_id, engagement=engagement, framework_version=version, target_gate=target_gate
    )
    audit.record(
        actor=by, event=ASSESSMENT_STARTED, subject=assessment, engagement_id=engagement.pk,
        facts={"framework": version.number, "sha256": version.content_sha256, "gate": target_gate},
    )  # fmt: skip
    pay_in(assessment, by=by)
    return assessment


@transaction.atomic
def choose_target(*, by: User, engagement_id: UUID, gate: int) -> Assessment:
    """Measure readiness against another gate from now on. Raises NotFound, Forbidden, Invalid."""
    assessment = _locked(by, engagement_id)
    if gate not in assessment.framework_version.content().targets:
        raise _no_targets(gate)
    assessment.target_gate = gate
    assessment.save(update_fields=["target_gate"])
    audit.record(
        actor=by, event=ASSESSMENT_TARGET_SET, subject=assessment, engagement_id=engagement_id,
        facts={"gate": gate},
    )  # fmt: skip
    pay_in(assessment, by=by)
    return assessment


def preview_upgrade(*, by: User, engagement_id: UUID, framework_version_id: UUID) -> Upgrade:
    """What ``upgrade`` would do; changes nothing. Raises as ``upgrade``."""
    assessment = (
        Assessment.objects.select_related("framework_version").filter(engagement_id=engagement_id).first()
    )
    if assessment is None:
        raise NotFound
    access.require(by, "manage_readiness", assessment)
    return _plan(assessment, framework_version_id)[0]


@transaction.atomic
def upgrade(*, by: User, engagement_id: UUID, framework_version_id: UUID) -> Upgrade:
    """Ask with another version from now on. Answers to questions whose words are the same are taken over;
    all earlier answers stay bound to the version that they were given to.

    Raises NotFound, Forbidden, Invalid for a draft, WrongMoment for the version that is in use.
    """
    assessment = _locked(by, engagement_id)
    plan, pairs = _plan(assessment, framework_version_id)
    version = published(assessment.tenant_id, framework_version_id)
    for old, asked in pairs:
        if Answer.objects.filter(assessment=assessment, question=asked).exists():
            continue
        kept = {name: getattr(old, name) for name in CARRIED}
        new = Answer.objects.create(
            tenant_id=assessment.tenant_id, assessment=assessment, question=asked, version=1, **kept
        )
        AnswerStep.objects.create(
            tenant_id=assessment.tenant_id, answer=new, move=AnswerMove.CARRY, level=old.claimed_level, by=by,
            at=timezone.now(), note=f"From version {assessment.framework_version.number}.",
        )  # fmt: skip
    assessment.framework_version = version
    assessment.save(update_fields=["framework_version"])
    audit.record(
        actor=by, event=ASSESSMENT_UPGRADED, subject=assessment, engagement_id=engagement_id,
        facts={
            "framework": version.number, "sha256": version.content_sha256, "carried": len(plan.carried),
            "to_answer": len(plan.to_answer),
        },
    )  # fmt: skip
    pay_in(assessment, by=by)
    return plan


def _plan(
    assessment: Assessment, framework_version_id: UUID
) -> tuple[Upgrade, list[tuple[Answer, QuestionVersion]]]:
    version = published(assessment.tenant_id, framework_version_id)
    if version.pk == assessment.framework_version_id:
        raise WrongMoment("This version is in use already.")
    old_words = {
        question.key: _words(question) for question in assessment.framework_version.content().questions()
    }
    answers = {
        row.question.key: row
        for row in assessment.answers.filter(
            question__framework_version_id=assessment.framework_version_id
        ).select_related("question")
    }
    rows = {row.key: row for row in version.questions.all()}
    carried, to_answer, pairs, used = [], [], [], set()
    for question in version.content().questions():
        source = question.answered_by
        old = answers.get(source)
        if old is not None and old_words.get(source) == _words(question) and _still_fits(old, question):
            carried.append(question)
            pairs.append((old, rows[question.key]))
            used.add(source)
        else:
            to_answer.append(question)
    left = tuple(sorted(set(answers) - used))
    return Upgrade(tuple(carried), tuple(to_answer), left), pairs


def _words(question: Question) -> str:
    """An answer keeps its meaning where the question and its levels read the same."""
    return sha256(canonical([question.text, question.anchors]))


def _still_fits(answer: Answer, question: Question) -> bool:
    return question.may_be_not_applicable or not answer.na_reason


def _locked(by: User, engagement_id: UUID) -> Assessment:
    assessment = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("engagement", "framework_version")
        .filter(engagement_id=engagement_id)
        .first()
    )
    if assessment is None:
        raise NotFound
    access.require(by, "manage_readiness", assessment)
    return assessment


def _no_targets(gate: int) -> Invalid:
    words = f"The framework names no targets for gate {gate}."
    return Invalid(words, errors=[FieldError("/gate", "unknown", words)])
