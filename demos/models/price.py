"""What models cost: tables in versions, each valid for a time."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from demos.vocabulary import PriceClass
from portal.models import TenantForeignKey, TenantOwned


class PriceTable(TenantOwned):
    """The prices of one provider in one currency. What they are stands in its versions."""

    id_prefix: ClassVar[str] = "prt"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="price_tables")
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "name"], name="price_table_name_is_unique_in_engagement"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PriceVersion(TenantOwned):
    """One frozen list of prices, valid until ``valid_to`` (that day included; None: until further)."""

    id_prefix: ClassVar[str] = "prv"

    table = TenantForeignKey(PriceTable, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    source = models.CharField(max_length=300, blank=True)
    content_sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table", "number"], name="price_version_number_is_unique"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="price_version_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table.name}, version {self.number}"


class PriceLine(TenantOwned):
    """The price of one class of use of one model, in the currency of the table."""

    id_prefix: ClassVar[str] = "prl"

    price_version = TenantForeignKey(PriceVersion, models.PROTECT, related_name="lines")
    model = models.CharField(max_length=200)
    price_class = models.CharField(max_length=16, choices=PriceClass.choices)
    amount = models.DecimalField(max_digits=18, decimal_places=6)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["price_version", "model", "price_class"], name="price_line_is_unique"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="price_is_not_negative"),
        ]
