"""What was answered, by whom, and who agreed. Levels that count are computed, never stored."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from assessments.models.framework import FrameworkVersion, QuestionVersion
from assessments.rules.readiness import AnswerTerms
from assessments.vocabulary import AnswerMove, AnswerStatus, SectionStatus
from portal.models.owned import TenantForeignKey, TenantOwned


def _level(name: str) -> Q:
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0, f"{name}__lte": 4})


class Assessment(TenantOwned):
    """The readiness assessment of an engagement: which framework version, and which gate comes next."""

    id_prefix: ClassVar[str] = "asm"

    engagement = TenantForeignKey("engagements.Engagement", related_name="+")
    framework_version = TenantForeignKey(FrameworkVersion, related_name="+")
    target_gate = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["engagement"], name="assessment_once")]


class Answer(TenantOwned):
    """The answer to one question version. It is never deleted; a newer framework version asks beside it."""

    id_prefix: ClassVar[str] = "ans"

    assessment = TenantForeignKey(Assessment, related_name="answers")
    engagement = TenantForeignKey("engagements.Engagement", related_name="+")
    question = TenantForeignKey(QuestionVersion, related_name="+")
    status = models.CharField(max_length=16, choices=AnswerStatus.choices)
    note = models.TextField(max_length=4000, blank=True)
    provisional = models.BooleanField(default=False)
    claimed_level = models.PositiveSmallIntegerField(null=True)
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    claimed_side = models.CharField(max_length=12, blank=True)
    claimed_at = models.DateTimeField(null=True)
    verified_level = models.PositiveSmallIntegerField(null=True)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    verified_side = models.CharField(max_length=12, blank=True)
    verified_at = models.DateTimeField(null=True)
    challenged_level = models.PositiveSmallIntegerField(null=True)
    challenged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    challenged_side = models.CharField(max_length=12, blank=True)
    challenge_reason = models.TextField(max_length=2000, blank=True)
    measured_level = models.PositiveSmallIntegerField(null=True)
    measured_short = models.BooleanField(default=False)
    measured_on = models.DateField(null=True)
    measured_words = models.CharField(max_length=400, blank=True)
    measurements = ArrayField(models.UUIDField(), default=list, blank=True)
    na_reason = models.TextField(max_length=2000, blank=True)
    na_proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    na_proposed_side = models.CharField(max_length=12, blank=True)
    na_agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    na_agreed_side = models.CharField(max_length=12, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "question"], name="answer_once"),
            *(
                models.CheckConstraint(name=f"answer_{name}_0_to_4", condition=_level(name))
                for name in ("claimed_level", "verified_level", "challenged_level", "measured_level")
            ),
            models.CheckConstraint(
                name="answer_verified_by_the_other_side",
                condition=Q(verified_side="") | Q(claimed_side="") | ~Q(verified_side=F("claimed_side")),
            ),
            models.CheckConstraint(
                name="answer_claim_is_whole",
                condition=Q(claimed_level__isnull=True, claimed_by__isnull=True, claimed_side="")
                | (Q(claimed_level__isnull=False, claimed_by__isnull=False) & ~Q(claimed_side="")),
            ),
            models.CheckConstraint(
                name="answer_verification_is_whole",
                condition=Q(verified_level__isnull=True, verified_by__isnull=True, verified_side="")
                | (Q(verified_level__isnull=False, verified_by__isnull=False) & ~Q(verified_side="")),
            ),
            models.CheckConstraint(
                name="answer_na_agreed_by_the_other_side",
                condition=Q(na_agreed_side="") | ~Q(na_agreed_side=F("na_proposed_side")),
            ),
            models.CheckConstraint(
                name="answer_not_applicable_is_agreed",
                condition=~Q(status=AnswerStatus.NOT_APPLICABLE)
                | (Q(na_agreed_by__isnull=False) & ~Q(na_reason="") & ~Q(na_agreed_side="")),
            ),
        ]

    def terms(self) -> AnswerTerms:
        """The values that the rules read."""
        return AnswerTerms(
            claimed=self.claimed_level,
            verified=self.verified_level,
            challenged=self.challenged_level,
            measured=self.measured_level,
            fell_short=self.measured_short,
            not_applicable=self.status == AnswerStatus.NOT_APPLICABLE,
        )


class AnswerStep(TenantOwned):
    """One thing that happened to an answer. Append-only: what was said stays said."""

    id_prefix: ClassVar[str] = "ast"

    answer = TenantForeignKey(Answer, related_name="steps")
    move = models.CharField(max_length=12, choices=AnswerMove.choices)
    level = models.PositiveSmallIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    note = models.TextField(max_length=4000, blank=True)
    at = models.DateTimeField()


class SectionAssignment(TenantOwned):
    """Who answers the questions of one element, and until when."""

    id_prefix: ClassVar[str] = "sec"

    assessment = TenantForeignKey(Assessment, related_name="sections")
    engagement = TenantForeignKey("engagements.Engagement", related_name="+")
    element = models.CharField(max_length=4)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    due = models.DateField()
    status = models.CharField(max_length=10, choices=SectionStatus.choices, default=SectionStatus.ASSIGNED)
    note = models.TextField(max_length=1000, blank=True)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assessment", "element"], name="section_once")]
