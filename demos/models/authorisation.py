"""The client's written permission to test a target beyond its cases, and its withdrawal. Never changed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from demos.models.target import Target
from portal.models import TenantForeignKey, TenantOwned


class TestAuthorisation(TenantOwned):
    """Who allowed which tests on which hosts, when, how fast, and how many requests in all.

    ``age_s`` is how many seconds before signing the person last showed who it is. A revocation ends it.
    """

    __test__ = False
    id_prefix: ClassVar[str] = "tau"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="authorisations")
    target = TenantForeignKey(Target, models.PROTECT, related_name="authorisations")
    hosts = models.JSONField()
    kinds = models.JSONField()
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    max_per_second = models.PositiveIntegerField()
    max_requests = models.PositiveIntegerField()
    statement = models.TextField()
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_name = models.CharField(max_length=200)
    method = models.CharField(max_length=40)
    age_s = models.PositiveIntegerField()
    second_factor = models.BooleanField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")), name="authorisation_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(max_per_second__gte=1, max_requests__gte=1), name="authorisation_allows_something"
            ),
            models.CheckConstraint(
                condition=Q(age_s__lte=300), name="authorisation_is_signed_within_five_minutes"
            ),
        ]


class AuthorisationRevocation(TenantOwned):
    """The end of a permission before its time."""

    id_prefix: ClassVar[str] = "tar"

    authorisation = TenantForeignKey(TestAuthorisation, models.PROTECT, related_name="revocations")
    reason = models.TextField(blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authorisation"], name="authorisation_is_revoked_once")
        ]
