"""Permits for pipelines over HTTP."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from engagements import selectors
from engagements.models import Engagement
from engagements.services.permits import SignedPermit, issue, public_keys
from engagements.vocabulary import Environment
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField
from portal.errors import FieldError, Invalid

SHA256_LENGTH = 64


class PermitSerializer(serializers.Serializer[SignedPermit]):
    """May it run there now? `token` says the same, signed; `approved_sha256` "" where nothing was sealed."""

    engagement = PublicIdField("eng")
    environment = serializers.CharField(source="permit.environment")
    allow = serializers.BooleanField(source="permit.allow")
    reasons = serializers.ListField(child=serializers.CharField(), source="permit.reasons")
    expires = serializers.DateTimeField(source="permit.expires", allow_null=True)
    approved_sha256 = serializers.CharField()
    token = serializers.CharField()

    def to_representation(self, instance: SignedPermit) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "engagement": self.context["engagement"].public_id,
            "environment": instance.permit.environment.value,
            "allow": instance.permit.allow,
            "reasons": list(instance.permit.reasons),
            "expires": instance.permit.expires,
            "approved_sha256": instance.approved_sha256,
            "token": instance.token,
        }
        return shown


class KeySerializer(serializers.Serializer[dict[str, str]]):
    """One public key as a JSON Web Key."""

    kty = serializers.CharField()
    crv = serializers.CharField()
    alg = serializers.CharField()
    use = serializers.CharField()
    kid = serializers.CharField()
    x = serializers.CharField()


class KeysSerializer(serializers.Serializer[dict[str, Any]]):
    """A JSON Web Key set."""

    keys = KeySerializer(many=True)


class PermitViewSet(ApiViewSet):
    """Ask whether what was approved may run in an environment."""

    serializer_class = PermitSerializer
    queryset = Engagement.objects.none()
    scopes: ClassVar = {"retrieve": "permits:read", "keys": "permits:read"}
    query_parameters: ClassVar = {"retrieve": frozenset({"environment", "config_sha256"})}

    @extend_schema(
        parameters=[
            OpenApiParameter("environment", required=True, enum=Environment.values),
            OpenApiParameter("config_sha256", description="Hash of the target version about to be deployed."),
        ]
    )
    def retrieve(self, request: Request, engagement_id: UUID) -> Response:
        """Allow or deny, with every reason, until when, and a signed token."""
        engagement = selectors.engagement_for(self.viewer, engagement_id)
        environment = _environment(request.query_params.get("environment", ""))
        running = request.query_params.get("config_sha256", "").lower()
        if running and (len(running) != SHA256_LENGTH or not running.isalnum()):
            fault = FieldError("/config_sha256", "shape", "Send the 64 hexadecimal digits of the hash.")
            raise Invalid(fault.detail, errors=[fault])
        made = issue(engagement, environment, running=running, now=timezone.now())
        return Response(PermitSerializer(made, context={"engagement": engagement}).data)

    @extend_schema(responses=KeysSerializer)
    def keys(self, request: Request) -> Response:
        """The public keys that permits are signed with, the current one first."""
        return Response({"keys": public_keys()})


def _environment(given: str) -> Environment:
    if given not in Environment.values:
        detail = f"Name the environment: {' or '.join(Environment.values)}."
        raise Invalid(detail, errors=[FieldError("/environment", "unknown", detail)])
    return Environment(given)
