"""What was agreed for a gate, in numbered sets; a sealed set never changes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from engagements.models.engagement import Engagement, Gate
from engagements.rules.terms import Terms, binding_hash
from engagements.vocabulary import (
    NEEDS_MARGIN,
    NEEDS_NO_TARGET,
    Comparator,
    CriteriaStatus,
    CriterionKind,
    SourceKind,
    Unit,
)
from portal.models import TenantForeignKey, TenantOwned

SEALED = (CriteriaStatus.SEALED, CriteriaStatus.SUPERSEDED)


class CriteriaSet(TenantOwned):
    """One version of what a gate asks for. ``number`` counts from 1 per gate; a later one is an amendment."""

    id_prefix: ClassVar[str] = "crs"

    engagement = TenantForeignKey(Engagement, related_name="criteria_sets")
    gate = TenantForeignKey(Gate, related_name="criteria_sets")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, choices=CriteriaStatus.choices, default=CriteriaStatus.DRAFT)
    reason = models.TextField(max_length=1000, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True, editable=False)
    sealed_by_consultancy = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    sealed_by_client = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    sealed_at = models.DateTimeField(null=True, editable=False)
    content_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    SINCE: ClassVar = ("sealed_at", "proposed_at", "created_at")
    """The first of these that is set is when it came to its status: what is sealed was proposed, and
    taking a proposal back clears it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gate", "number"], name="criteria_set_number_once"),
            models.UniqueConstraint(
                fields=["gate"],
                condition=Q(status=CriteriaStatus.SEALED),
                name="criteria_one_sealed_per_gate",
            ),
            models.UniqueConstraint(
                fields=["gate"],
                condition=Q(status__in=[CriteriaStatus.DRAFT, CriteriaStatus.PROPOSED]),
                name="criteria_one_open_per_gate",
            ),
            models.CheckConstraint(
                name="criteria_sealed_by_one_of_each_side",
                condition=Q(status__in=SEALED, sealed_at__isnull=False)
                & Q(sealed_by_consultancy__isnull=False, sealed_by_client__isnull=False)
                & ~Q(content_sha256="")
                | Q(status__in=[CriteriaStatus.DRAFT, CriteriaStatus.PROPOSED])
                & Q(sealed_at__isnull=True, content_sha256=""),
            ),
        ]

    def __str__(self) -> str:
        return f"Criteria {self.number}"

    @property
    def since(self) -> datetime:
        """When it came to its status: the first of ``SINCE``."""
        return self.sealed_at or self.proposed_at or self.created_at


class Criterion(TenantOwned):
    """One thing asked for. ``binding`` names the target, dataset and graders whose run may feed it."""

    id_prefix: ClassVar[str] = "cri"

    criteria_set = TenantForeignKey(CriteriaSet, related_name="criteria")
    order = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=20)
    text = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=CriterionKind.choices)
    must = models.BooleanField(default=True)
    waivable = models.BooleanField(default=True)
    comparator = models.CharField(max_length=14, choices=Comparator.choices)
    target = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    margin = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    unit = models.CharField(max_length=12, choices=Unit.choices)
    confidence = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.95"))
    source = models.CharField(max_length=16, choices=SourceKind.choices, blank=True)
    source_key = models.SlugField(max_length=60)
    source_slice = models.CharField(max_length=120, blank=True)
    target_source_key = models.SlugField(max_length=60, blank=True)
    min_n = models.PositiveIntegerField(default=0)
    binding = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    max_age_days = models.PositiveSmallIntegerField(null=True, blank=True)
    rationale = models.CharField(max_length=400, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["criteria_set", "key"], name="criterion_key_once"),
            models.CheckConstraint(
                name="criterion_point_value_never_decides",
                condition=Q(must=False) | ~Q(comparator__in=[Comparator.GE_POINT, Comparator.LE_POINT]),
            ),
            models.CheckConstraint(
                name="criterion_has_a_target",
                condition=Q(target__isnull=False)
                | Q(comparator__in=NEEDS_NO_TARGET)
                | ~Q(target_source_key=""),
            ),
            models.CheckConstraint(
                name="criterion_margin_where_needed",
                condition=~Q(comparator__in=NEEDS_MARGIN) | Q(margin__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def terms(self, currency: str) -> Terms:
        """The values that the rules read."""
        return Terms(
            key=self.key,
            kind=CriterionKind(self.kind),
            must=self.must,
            comparator=Comparator(self.comparator),
            target=self.target,
            unit=Unit(self.unit),
            confidence=self.confidence,
            source_key=self.source_key,
            min_n=self.min_n,
            binding_sha256=binding_hash(self.binding),
            target_sha256=self.binding.get("target_sha256", ""),
            max_age_days=self.max_age_days,
            currency=currency,
            margin=self.margin,
            source=SourceKind(self.source) if self.source else None,
            source_slice=self.source_slice,
            target_source_key=self.target_source_key,
        )

    def content(self) -> dict[str, Any]:
        """What the seal's hash covers: everything but keys of rows. What a criterion has not is left out."""
        rare = {
            "margin": self.margin, "source": self.source, "source_slice": self.source_slice,
            "target_source_key": self.target_source_key,
        }  # fmt: skip
        return {
            "key": self.key, "text": self.text, "kind": self.kind, "must": self.must,
            "waivable": self.waivable, "comparator": self.comparator, "target": self.target,
            "unit": self.unit, "confidence": self.confidence, "source_key": self.source_key,
            "min_n": self.min_n, "binding": self.binding, "max_age_days": self.max_age_days,
            "rationale": self.rationale,
            **{name: value for name, value in rare.items() if value not in (None, "")},
        }  # fmt: skip
