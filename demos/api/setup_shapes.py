"""Shapes of what a run needs beside cases: ways of asking, prices, rules, variants."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from demos.engine.targets.spec import MEGABYTE
from demos.engine.variants import Change
from demos.models import PriceLine, PriceVersion
from demos.vocabulary import PersonalDataAction, PriceClass
from portal.api.fields import PublicIdField


class TimeoutsIn(serializers.Serializer[Any]):
    """Seconds: to connect, of silence, and in all."""

    connect_s = serializers.FloatField(min_value=0.1, max_value=3600, required=False, default=10.0)
    first_byte_s = serializers.FloatField(min_value=0.1, max_value=3600, required=False, default=60.0)
    total_s = serializers.FloatField(min_value=0.1, max_value=3600, required=False, default=120.0)


class PollingIn(serializers.Serializer[Any]):
    """How the answer to a submitted job is fetched. `url` names the job by `{{job_id}}`."""

    url = serializers.CharField(max_length=500)
    id_path = serializers.CharField(max_length=200)
    status_path = serializers.CharField(max_length=200, required=False, default="$.status")
    done = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=20)
    failed = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=20)
    interval_s = serializers.FloatField(min_value=0.05, max_value=60, required=False, default=1.0)


class AskingIn(serializers.Serializer[Any]):
    """How hard and how a target is asked. Limits hold over all workers and runs together."""

    stream = serializers.BooleanField(required=False, default=False)
    tokens_in_path = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    tokens_out_path = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    tokens_cached_path = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    session_path = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    citations_path = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    tools_path = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    polling = PollingIn(required=False, allow_null=True, default=None)
    timeouts = TimeoutsIn(required=False, default=dict)
    max_per_second = serializers.FloatField(
        min_value=0.01, max_value=100_000, required=False, allow_null=True, default=None
    )
    max_response_bytes = serializers.IntegerField(
        min_value=1, max_value=64 * MEGABYTE, required=False, default=MEGABYTE
    )


class PriceLineShape(serializers.ModelSerializer[PriceLine]):
    """The price of one class of use of one model; tokens by the million."""

    price_class = serializers.ChoiceField(choices=PriceClass.choices)
    amount = serializers.DecimalField(18, 6, min_value=Decimal(0))

    class Meta:
        model = PriceLine
        fields = ["model", "price_class", "amount"]


class NewPrices(serializers.Serializer[Any]):
    """A version of a price table. The same prices for the same time give the newest version again."""

    name = serializers.CharField(max_length=120)
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(required=False, allow_null=True, default=None)
    source = serializers.CharField(  # type: ignore[assignment]  # DRF has an attribute of that name
        max_length=300, required=False, allow_blank=True, default=""
    )
    lines = PriceLineShape(many=True)


class PriceVersionShape(serializers.ModelSerializer[PriceVersion]):
    """One frozen list of prices, valid until `valid_to` (that day included; null: until further)."""

    id = PublicIdField("prv", source="pk", read_only=True)
    name = serializers.CharField(source="table.name", read_only=True)
    currency = serializers.CharField(source="table.currency", read_only=True)
    lines = PriceLineShape(many=True, read_only=True)

    class Meta:
        model = PriceVersion
        fields = [
            "id", "name", "number", "currency", "valid_from", "valid_to", "source", "content_sha256", "lines",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class PersonalDataRuleIn(serializers.Serializer[Any]):
    """What happens to cases with personal data."""

    action = serializers.ChoiceField(choices=PersonalDataAction.choices)


class NewCounterfactuals(serializers.Serializer[Any]):
    """`values` maps each value of the attribute to its terms, in the same order for all."""

    attribute = serializers.CharField(max_length=30)
    values = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=40), max_length=60)
    )


class NewVariants(serializers.Serializer[Any]):
    """Which messy variants of the accepted cases are made. The same seed gives the same variants."""

    changes = serializers.ListField(
        child=serializers.ChoiceField(choices=[(c.value, c.name) for c in Change]), min_length=1, max_length=6
    )
    seed = serializers.IntegerField(
        min_value=0, max_value=2**31, required=False, allow_null=True, default=None
    )
