"""The ledger over HTTP: what happened, in order, and whether the chain is whole."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from portal import access, audit
from portal.api.base import ApiViewSet, tenants_of
from portal.api.fields import PublicIdField
from portal.api.paging import OldestFirst
from portal.bylines import facts_for, is_masked, noted
from portal.errors import Forbidden
from portal.models import LedgerEntry


class LedgerEntrySerializer(serializers.ModelSerializer[LedgerEntry]):
    """One past fact. `sha256` covers the entry and `prev_sha256`.

    `actor` null: the system, or, with an `actor_affiliation`, somebody who commented under the rule without
    names. `verify` looks at what is stored.
    """

    id = PublicIdField("led", source="pk", read_only=True)
    actor = serializers.SerializerMethodField()
    engagement = PublicIdField("eng", source="engagement_id", read_only=True, allow_null=True)
    facts = serializers.SerializerMethodField()

    class Meta:
        model = LedgerEntry
        fields = [
            "id", "seq", "at", "actor", "actor_affiliation", "event", "subject", "engagement", "facts",
            "prev_sha256", "sha256",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(PublicIdField("usr", read_only=True, allow_null=True))
    def get_actor(self, row: LedgerEntry) -> str | None:
        viewer = self.context["request"].user
        if row.actor is None or is_masked(viewer, row.actor, masked=noted(row.facts)):
            return None
        return row.actor.public_id

    def get_facts(self, row: LedgerEntry) -> dict[str, Any]:
        return facts_for(self.context["request"].user, row.facts)


class ChainSerializer(serializers.Serializer[Any]):
    """Whether a client's chain is whole; one sentence for each fault."""

    whole = serializers.BooleanField()
    faults = serializers.ListField(child=serializers.CharField())


class BySequence(OldestFirst):
    """In the order of the chain."""

    ordering = "seq"


class LedgerViewSet(ListModelMixin, ApiViewSet):
    """The ledgers of the clients in which the caller may read them."""

    serializer_class = LedgerEntrySerializer
    pagination_class = BySequence
    scopes: ClassVar = {"list": "ledger:read", "verify": "ledger:read"}

    def get_queryset(self) -> QuerySet[LedgerEntry]:
        return LedgerEntry.objects.filter(tenant_id__in=self._readable()).select_related("actor")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Entries in the order of the chain."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=ChainSerializer)
    def verify(self, request: Request) -> Response:
        """Walk the chain: finds entries that were edited, removed, reordered or cut off the end."""
        faults = [fault for tenant_id in sorted(self._readable()) for fault in audit.broken_links(tenant_id)]
        return Response({"whole": not faults, "faults": faults})

    def _readable(self) -> frozenset[UUID]:
        """The clients whose ledger the caller may read. Raises Forbidden when there is none."""
        allowed = access.of(self.viewer).tenants("see_ledger") & tenants_of(self.request)
        if not allowed:
            raise Forbidden("Your place here does not let you read the ledger.")
        return allowed
