"""Reports of the fault proxy, and what people saw that it could not."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from demos.engine.faults.plan import Fault
from demos.engine.statistics import RateEstimate, rate
from demos.fault_behaviours import FaultCounts
from demos.fault_vocabulary import Attested
from demos.models.authorisation import TestAuthorisation
from demos.models.target import TargetVersion
from portal.models import TenantForeignKey, TenantOwned


class FaultReport(TenantOwned):
    """One time that a caller worked against a spoilt AI system, in counts. Nothing of it changes.

    ``by_fault`` holds the counts of each fault (see ``FaultCounts``); ``requests`` are different requests,
    ``tries`` all that were sent. The permission covered it when it was made, not when it was brought in.
    """

    id_prefix: ClassVar[str] = "flr"
    valid: ClassVar[bool] = True  # what contradicts itself was not taken

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="fault_reports")
    number = models.PositiveIntegerField()
    authorisation = TenantForeignKey(TestAuthorisation, models.PROTECT, related_name="fault_reports")
    target_version = TenantForeignKey(TargetVersion, models.PROTECT, related_name="fault_reports")
    content_sha256 = models.CharField(max_length=64)
    upstream = models.CharField(max_length=300)
    plan = models.JSONField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    requests = models.PositiveIntegerField()
    tries = models.PositiveIntegerField()
    peak_per_second = models.PositiveIntegerField()
    untouched = models.PositiveIntegerField()
    by_fault = models.JSONField()
    retries_after_limit = models.PositiveIntegerField()
    too_early = models.PositiveIntegerField()
    too_often = models.PositiveIntegerField()
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="fault_report_number_is_unique"),
            models.UniqueConstraint(
                fields=["engagement", "content_sha256"], name="fault_report_is_imported_once"
            ),
            models.CheckConstraint(
                name="fault_report_ends_after_it_begins",
                condition=models.Q(finished_at__gte=models.F("started_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"Fault test {self.number}"

    @property
    def counts(self) -> list[FaultCounts]:
        """By fault, in the order of ``Fault``."""
        return [FaultCounts(**(told | {"fault": Fault(told["fault"])})) for told in self.by_fault]

    @property
    def spoilt(self) -> int:
        """Requests that met a fault."""
        return self.requests - self.untouched

    @property
    def recovered(self) -> int:
        """Those of them that got their answer in the end."""
        return sum(one.recovered for one in self.counts)

    @property
    def share(self) -> RateEstimate:
        """Recovered of spoilt, with the Wilson interval."""
        return rate(self.recovered, self.spoilt)


class FaultAttestation(TenantOwned):
    """What somebody saw of those that the caller gave up under one fault. The newest of a fault counts."""

    id_prefix: ClassVar[str] = "fla"

    report = TenantForeignKey(FaultReport, models.PROTECT, related_name="attestations")
    fault = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Fault])
    said = models.CharField(max_length=16, choices=Attested.choices)
    note = models.TextField()
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    @property
    def fault_name(self) -> str:
        """The fault in words."""
        return Fault(self.fault).words
