"""A judge that says which of two answers is better, asked in both orders."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from demos.models.comparison import Comparison
from demos.models.judge import JudgeVersion
from demos.models.run import Attempt
from demos.vocabulary import JudgingStatus, PairOrder, PairWord
from portal.models import TenantForeignKey, TenantOwned


class PairJudging(TenantOwned):
    """One pass of a judge over the answers of two compared runs; each case is asked in both orders.

    ``total`` counts questions to the judge, two for each of ``cases``. ``result`` is null until all have a
    word. The lease is as in Judging.
    """

    id_prefix: ClassVar[str] = "pjg"

    comparison = TenantForeignKey(Comparison, models.PROTECT, related_name="pair_judgings")
    judge = TenantForeignKey(JudgeVersion, models.PROTECT, related_name="pair_judgings")
    config_sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=JudgingStatus.choices, default=JudgingStatus.WAITING)
    fault = models.TextField(blank=True)
    cases = models.PositiveIntegerField()
    total = models.PositiveIntegerField()
    result = models.JSONField(null=True)
    cost = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    uncosted = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True)
    lease_owner = models.UUIDField(null=True)
    lease_expires = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comparison", "judge"], name="judge_compares_two_runs_once")
        ]

    @property
    def currency(self) -> str:
        """In which its cost counts for the month: that of the later run."""
        return str(self.comparison.now.currency)


class PairOpinion(TenantOwned):
    """What a judge said of one pair in one order. No text of it is kept; ``error``: why there is no word."""

    id_prefix: ClassVar[str] = "pjo"

    judging = TenantForeignKey(PairJudging, models.PROTECT, related_name="opinions")
    before = TenantForeignKey(Attempt, models.PROTECT, related_name="+")
    now = TenantForeignKey(Attempt, models.PROTECT, related_name="+")
    order = models.CharField(max_length=12, choices=PairOrder.choices)
    word = models.CharField(max_length=8, choices=PairWord.choices, blank=True)
    error = models.CharField(max_length=120, blank=True)
    cost = models.DecimalField(max_digits=18, decimal_places=8, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["judging", "now", "order"], name="judge_says_one_word_on_a_pair_in_an_order"
            ),
            models.CheckConstraint(
                condition=models.Q(word="") ^ models.Q(error=""), name="pair_has_a_word_or_an_error"
            ),
        ]
