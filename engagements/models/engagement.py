"""One piece of work for one client, its stages in order, and the gate at the end of each."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from engagements.rules.approvals import Policy, in_words
from engagements.vocabulary import CURRENT_STAGES, ApprovalPolicy, EngagementStatus, StageKind, StageStatus
from portal.models import GuestGrant, Tenant, TenantForeignKey, TenantOwned
from portal.roles import ACTIONS, Role


class Engagement(TenantOwned):
    """Written by services.engagements; ``status`` moves through services.stages only.

    ``skipped_stages``: usual stages that its template left out, each with kind, name and reason ("": none
    was given). ``framework``: key and version of the readiness framework that its template named, such as
    ``gatehouse 1.0.0``; "" is the one that ships.
    """

    id_prefix: ClassVar[str] = "eng"

    code = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    problem_statement = models.TextField(max_length=2000, blank=True)
    sponsor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3, default="USD")
    status = models.CharField(max_length=12, choices=EngagementStatus.choices, default=EngagementStatus.DRAFT)
    template_key = models.SlugField(max_length=40, default="standard")
    template_version = models.CharField(max_length=20)
    framework = models.CharField(max_length=80, blank=True, default="")
    skipped_stages = models.JSONField(default=list, editable=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        permissions = list(ACTIONS.items())
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="engagement_code_once"),
            models.CheckConstraint(
                name="engagement_status_is_known", condition=Q(status__in=EngagementStatus.values)
            ),
        ]

    def __str__(self) -> str:
        return self.title


class EngagementUserPermission(GuestGrant):
    """What a guest may do in one engagement. Read before a scope is declared, so it names the tenant."""

    content_object = models.ForeignKey(Engagement, models.CASCADE)  # guardian finds it by the way back
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="+", editable=False)

    class Meta(GuestGrant.Meta):
        abstract = False

    def save(self, *args: object, **kwargs: object) -> None:
        self.tenant_id = self.content_object.tenant_id
        super().save(*args, **kwargs)


class Stage(TenantOwned):
    """One part of the way. ``status`` is written by services.stages only."""

    id_prefix: ClassVar[str] = "stg"

    engagement = TenantForeignKey(Engagement, related_name="stages")
    kind = models.CharField(max_length=16, choices=StageKind.choices)
    name = models.CharField(max_length=60)
    order = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=24, choices=StageStatus.choices, default=StageStatus.NOT_STARTED)
    planned_end = models.DateField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "order"], name="stage_order_once"),
            models.UniqueConstraint(
                fields=["engagement"],
                condition=Q(status__in=CURRENT_STAGES),
                name="stage_at_most_one_current",
            ),
            models.CheckConstraint(name="stage_status_is_known", condition=Q(status__in=StageStatus.values)),
        ]

    def __str__(self) -> str:
        return self.name


def sponsor_alone() -> list[str]:
    """Who signs where nothing else was agreed."""
    return [Role.CLIENT_SPONSOR.value]


class Gate(TenantOwned):
    """The decision at the end of a stage. ``approver_roles``, in their order, are asked to sign."""

    id_prefix: ClassVar[str] = "gat"

    engagement = TenantForeignKey(Engagement, related_name="gates")
    stage = TenantForeignKey(Stage, related_name="gates")
    number = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=160)
    approval = models.CharField(max_length=8, choices=ApprovalPolicy.choices, default=ApprovalPolicy.ANY)
    approver_roles = models.JSONField(default=sponsor_alone)
    quorum = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                name="gate_quorum_counts_two_or_more",
                condition=Q(approval=ApprovalPolicy.QUORUM, quorum__gte=2, quorum__isnull=False)
                | ~Q(approval=ApprovalPolicy.QUORUM) & Q(quorum__isnull=True),
            ),
            models.UniqueConstraint(fields=["engagement", "number"], name="gate_number_once"),
            models.UniqueConstraint(fields=["stage"], name="gate_one_per_stage"),
        ]

    def __str__(self) -> str:
        return f"Gate {self.number}"

    def policy(self) -> Policy:
        """Whose signatures a decision needs, as the rules read it."""
        return Policy(ApprovalPolicy(self.approval), tuple(self.approver_roles), self.quorum)

    @property
    def approver_role(self) -> str:
        """The first who is asked."""
        return str(self.approver_roles[0])

    @property
    def decided_by(self) -> str:
        """``the sponsor and the security officer``."""
        return in_words(self.policy())
