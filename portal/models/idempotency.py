"""What a machine has asked for with a key of its own, so that asking again does nothing twice."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from portal.models.owned import TenantOwned
from portal.models.token import ApiToken


class IdempotencyRecord(TenantOwned):
    """One key of one token, with the request it stood on and the answer it got.

    ``status`` None: the request is under way until ``locked_until``. Only accepted answers are kept.
    """

    id_prefix: ClassVar[str] = "idk"

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    request_sha256 = models.CharField(max_length=64)
    locked_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    expires = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="idempotency_key_once_per_token"),
            models.CheckConstraint(
                name="idempotency_status_is_an_accepted_one",
                condition=Q(status__isnull=True) | Q(status__gte=200, status__lt=300),
            ),
        ]
        indexes = [models.Index(fields=["expires"], name="idempotency_expires")]
