"""Engagements, measurements and gates over HTTP."""

from typing import Any, ClassVar, NoReturn
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from engagements import selectors
from engagements.api import serializers as shapes
from engagements.models import Engagement, Gate, Measurement
from engagements.selectors.engagements import gates_of
from engagements.selectors.templates import chosen
from engagements.selectors.verdicts import standing_of
from engagements.services.engagements import change_engagement, create_engagement
from engagements.services.gates import submit_round
from engagements.vocabulary import EngagementStatus
from portal import access
from portal.api import paging
from portal.api.base import ApiViewSet, tenants_of
from portal.api.scopes import NOBODY
from portal.api.versions import expected_version, tagged
from portal.errors import DeciderNotAllowed, FieldError, Invalid, NotFound
from portal.models import Tenant, User


class EngagementViewSet(ListModelMixin, ApiViewSet):
    """Start and read engagements."""

    serializer_class = shapes.EngagementSerializer
    scopes: ClassVar = {
        "list": "engagements:read",
        "retrieve": "engagements:read",
        "create": "engagements:write",
        "change": "engagements:write",
    }
    query_parameters: ClassVar = {"list": frozenset({"status"})}

    def get_queryset(self) -> QuerySet[Engagement]:
        rows = selectors.visible_engagements(self.viewer).prefetch_related("stages")
        status = self.request.query_params.get("status")
        return rows.filter(status=status) if status else rows

    @extend_schema(parameters=[OpenApiParameter("status", enum=EngagementStatus.values)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The engagements that you may see, newest first."""
        status = request.query_params.get("status")
        if status and status not in EngagementStatus.values:
            fault = FieldError("/status", "unknown", f"Use one of: {', '.join(EngagementStatus.values)}.")
            raise Invalid(fault.detail, errors=[fault])
        return super().list(request, *args, **kwargs)

    def retrieve(self, request: Request, engagement_id: UUID) -> Response:
        """One engagement with its stages."""
        row = selectors.engagement_for(self.viewer, engagement_id)
        return tagged(request, row, Response(self.get_serializer(row).data))

    @extend_schema(request=shapes.EngagementChange)
    def change(self, request: Request, engagement_id: UUID) -> Response:
        """Change title or problem statement. Needs If-Match with the ETag that was read."""
        row = selectors.engagement_for(self.viewer, engagement_id)
        version = expected_version(request, row)
        body = shapes.EngagementChange(data=request.data)
        body.is_valid(raise_exception=True)
        given = {"title": row.title, "problem_statement": row.problem_statement} | body.validated_data
        change_engagement(by=self.viewer, engagement_id=row.pk, version=version, sponsor=row.sponsor, **given)
        shown = selectors.engagement_for(self.viewer, row.pk)
        return tagged(request, shown, Response(self.get_serializer(shown).data))

    @extend_schema(request=shapes.NewEngagement, responses={201: shapes.EngagementSerializer})
    def create(self, request: Request) -> Response:
        """Start an engagement from a template: stages, gates, criteria as drafts, first risks, the metric."""
        body = shapes.NewEngagement(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        tenant = client_of(self.viewer, tenants_of(request), given.pop("client"))
        key, version = given.pop("template"), given.pop("template_version")
        template = chosen(tenant.pk, key, version) if key else None
        made = create_engagement(by=self.viewer, tenant=tenant, template=template, **given)
        shown = selectors.engagement_for(self.viewer, made.pk)
        where = request.build_absolute_uri(f"/api/v1/engagements/{made.public_id}")
        return Response(self.get_serializer(shown).data, status=201, headers={"Location": where})


class MeasurementViewSet(ListModelMixin, ApiViewSet):
    """The figures of an engagement, each with interval, n, method and source."""

    serializer_class = shapes.MeasurementSerializer
    scopes: ClassVar = {"list": "engagements:read"}
    query_parameters: ClassVar = {"list": frozenset({"key", "slice"})}

    def get_queryset(self) -> QuerySet[Measurement]:
        engagement = selectors.engagement_for(self.viewer, self.kwargs["engagement_id"])
        asked = {name: value for name, value in self.request.query_params.items() if name in {"key", "slice"}}
        return Measurement.objects.filter(engagement=engagement, **asked)

    @extend_schema(parameters=[OpenApiParameter("key"), OpenApiParameter("slice")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Measurements, newest first. `valid` false feeds no criterion."""
        return super().list(request, *args, **kwargs)


class EngagementGateViewSet(ListModelMixin, ApiViewSet):
    """The gates of an engagement in their order."""

    serializer_class = shapes.GateSerializer
    pagination_class = paging.OldestFirst
    scopes: ClassVar = {"list": "gates:read"}

    def get_queryset(self) -> QuerySet[Gate]:
        engagement = selectors.engagement_for(self.viewer, self.kwargs["engagement_id"])
        return gates_of(self.viewer, engagement.pk)


class GateViewSet(ApiViewSet):
    """Read a gate and its verdicts; submit it. Deciding is for people in a browser."""

    serializer_class = shapes.GateDetail
    queryset = Gate.objects.none()
    scopes: ClassVar = {"retrieve": "gates:read", "submit": "gates:submit", "decide": NOBODY}

    def retrieve(self, request: Request, gate_id: UUID) -> Response:
        """One gate as it stands now: verdict and reason for each criterion."""
        gate = selectors.gate_for(self.viewer, gate_id)
        context = {**self.get_serializer_context(), "standing": standing_of(gate, now=timezone.now())}
        return Response(shapes.GateDetail(gate, context=context).data)

    @extend_schema(request=None, responses={201: shapes.RoundSerializer})
    def submit(self, request: Request, gate_id: UUID) -> Response:
        """Freeze the snapshot and hand the round to the approver."""
        gate = selectors.gate_for(self.viewer, gate_id)
        return Response(
            shapes.RoundSerializer(submit_round(by=self.viewer, gate_id=gate.pk)).data, status=201
        )

    @extend_schema(request=None, responses={403: OpenApiResponse(description="decider-not-allowed, always")})
    def decide(self, request: Request, gate_id: UUID) -> NoReturn:
        """Always refused: a decision is signed by a person of the client, in a browser."""
        selectors.gate_for(self.viewer, gate_id)
        raise DeciderNotAllowed(
            "A gate is decided by a person of the client in a browser, never over the API."
        )


def client_of(viewer: User, place_ids: frozenset[UUID], slug: str) -> Tenant:
    """The client to work in: the token's, the named one, or the only one. Raises NotFound or Invalid."""
    places = Tenant.objects.filter(pk__in=place_ids)
    if slug:
        found = places.filter(slug=slug).first()
        if found is None:
            raise NotFound
        return found
    mine = [tenant for tenant in places if access.of(viewer).can("create_engagement", tenant)]
    if len(mine) > 1:
        raise Invalid(
            "Name the client.", errors=[FieldError("/client", "required", "Name the client by its slug.")]
        )
    if not mine and len(places) == 1:
        return places[0]
    if not mine:
        raise NotFound
    return mine[0]
