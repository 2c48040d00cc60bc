"""What happened, in order, and what is still to be told."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from portal.models.owned import TenantForeignKey, TenantOwned
from portal.wishes import MailKind


class LedgerEntry(TenantOwned):
    """One past fact. Append-only by trigger; ``sha256`` covers the entry and the hash before it.

    ``seq`` counts from 1 per tenant without holes. ``actor`` None is the system itself.
    """

    id_prefix: ClassVar[str] = "led"

    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_affiliation = models.CharField(max_length=12)
    event = models.CharField(max_length=60)
    subject = models.CharField(max_length=40)
    engagement_id = models.UUIDField(null=True)
    facts = models.JSONField()
    prev_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "seq"], name="ledger_seq_is_unique")]
        indexes = [models.Index(fields=["tenant", "engagement_id", "seq"], name="ledger_by_engagement")]

    def __str__(self) -> str:
        return f"{self.seq} {self.event}"


class LedgerHead(TenantOwned):
    """How far a tenant's ledger reaches. Moves by one entry at a time, by trigger; so a cut tail shows."""

    id_prefix: ClassVar[str] = "ldh"

    seq = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="ledger_head_once_per_tenant")]

    def __str__(self) -> str:
        return str(self.seq)


class OutboxEvent(TenantOwned):
    """One event to deliver after commit. ``dispatched_at`` None means that readers have not had it yet."""

    id_prefix: ClassVar[str] = "evt"

    event = models.CharField(max_length=60)
    entry = TenantForeignKey(LedgerEntry, related_name="+")
    subject = models.CharField(max_length=40)
    engagement_id = models.UUIDField(null=True)
    facts = models.JSONField()
    path = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    dispatched_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "created_at"],
                name="outbox_waiting",
                condition=models.Q(dispatched_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.event


class Notification(TenantOwned):
    """One line in one person's inbox. Unique per event and person, so delivery may run twice.

    ``mail`` and ``mail_after`` are what the person's wishes said when it happened. ``mail_after`` None: at
    once.
    """

    id_prefix: ClassVar[str] = "ntf"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    event = TenantForeignKey(OutboxEvent, related_name="notifications")
    read_at = models.DateTimeField(null=True)
    mail = models.CharField(max_length=6, choices=MailKind.choices, default=MailKind.SINGLE)
    mail_after = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "user"], name="notification_once")]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notification_of_user"),
            models.Index(
                fields=["tenant", "mail_after"],
                name="notification_mail_waits",
                condition=models.Q(mailed_at__isnull=True, mail_after__isnull=False)
                & ~models.Q(mail=MailKind.NONE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} for {self.user_id}"
