"""What people say to each other about a thing of the engagement."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from engagements.models.engagement import Engagement
from portal.models import TenantForeignKey, TenantOwned
from portal.vocabulary import Visibility


class Comment(TenantOwned):
    """Written by services.comments. ``subject``: the public id of what it is about.

    ``masked``: the other side reads the side that wrote it, not the name; the client's rule at that moment.

    ``thread`` None: it begins a thread. A reply is never seen by more people than what it answers.
    """

    id_prefix: ClassVar[str] = "cmt"

    engagement = TenantForeignKey(Engagement, related_name="comments")
    subject = models.CharField(max_length=40)
    thread = TenantForeignKey("self", models.PROTECT, null=True, related_name="replies")
    body = models.TextField(max_length=4000)
    visibility = models.CharField(max_length=8, choices=Visibility.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    author_side = models.CharField(max_length=12)
    masked = models.BooleanField(default=False, editable=False)
    edited_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["engagement", "subject"], name="comment_on_subject")]
        constraints = [
            models.CheckConstraint(
                name="comment_of_a_client_is_never_internal",
                condition=Q(author_side="consultancy") | Q(visibility=Visibility.CLIENT),
            ),
            models.CheckConstraint(
                name="comment_resolved_is_a_thread",
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False, thread__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class Following(TenantOwned):
    """Who is told of each comment on a thing. ``stopped_at``: no longer, and not by commenting either."""

    id_prefix: ClassVar[str] = "fol"

    engagement = TenantForeignKey(Engagement, related_name="+")
    subject = models.CharField(max_length=40)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "subject", "person"], name="following_once")
        ]
