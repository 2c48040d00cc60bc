"""Prices, the rule for personal data, messy variants and the client's switch over HTTP."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.api import serializers as shapes
from demos.api import setup_shapes
from demos.engine.swaps import SwapSet
from demos.engine.variants import Change
from demos.models import PriceVersion
from demos.selectors import prices as reading
from demos.selectors import targets
from demos.services.counterfactuals import make_counterfactuals
from demos.services.halting import halt_target, release_target
from demos.services.personal_data import action_for, set_personal_data_rule
from demos.services.prices import Line, store_prices
from demos.services.variants import make_variants
from demos.vocabulary import PersonalDataAction, PriceClass
from engagements.selectors import engagement_for
from portal.api import paging
from portal.api.base import ApiViewSet


class PriceViewSet(ListModelMixin, ApiViewSet):
    """The price tables of an engagement; a new version."""

    serializer_class = setup_shapes.PriceVersionShape
    pagination_class = paging.CreatedCursor
    scopes: ClassVar = {"list": "targets:read", "create": "targets:write"}

    def get_queryset(self) -> QuerySet[PriceVersion]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return reading.price_versions(self.viewer, engagement.pk)

    @extend_schema(request=setup_shapes.NewPrices, responses={201: setup_shapes.PriceVersionShape})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Store prices. A run is counted by the version that is valid on the day it starts."""
        body = setup_shapes.NewPrices(data=request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(body.validated_data)
        lines = [
            Line(line["model"], PriceClass(line["price_class"]), line["amount"])
            for line in given.pop("lines")
        ]
        version = store_prices(by=self.viewer, engagement_id=engagement_id, lines=lines, **given)
        return Response(self.get_serializer(version).data, status=201)


class PersonalDataRuleViewSet(ApiViewSet):
    """What happens to cases with personal data in an engagement."""

    serializer_class = setup_shapes.PersonalDataRuleIn
    scopes: ClassVar = {"retrieve": "datasets:read", "change": "datasets:write"}

    def retrieve(self, request: Request, engagement_id: UUID) -> Response:
        """The rule that holds now; without one, personal data blocks a run."""
        return Response({"action": action_for(engagement_for(self.viewer, engagement_id).pk)})

    @extend_schema(request=setup_shapes.PersonalDataRuleIn, responses=setup_shapes.PersonalDataRuleIn)
    def change(self, request: Request, engagement_id: UUID) -> Response:
        """Block, mask or allow. Only the client's own people can allow."""
        engagement = engagement_for(self.viewer, engagement_id)
        body = setup_shapes.PersonalDataRuleIn(data=request.data)
        body.is_valid(raise_exception=True)
        action = PersonalDataAction(body.validated_data["action"])
        set_personal_data_rule(by=self.viewer, engagement_id=engagement.pk, action=action)
        return Response({"action": action})


class VariantsViewSet(ApiViewSet):
    """Messy variants of the accepted cases of a version."""

    serializer_class = shapes.DatasetVersionSerializer
    scopes: ClassVar = {"create": "datasets:write"}

    @extend_schema(request=setup_shapes.NewVariants, responses={201: shapes.DatasetVersionSerializer})
    def create(self, request: Request, version_id: UUID) -> Response:
        """Store each accepted case once for each change, as a dataset of its own."""
        body = setup_shapes.NewVariants(data=request.data)
        body.is_valid(raise_exception=True)
        version = make_variants(
            by=self.viewer,
            version_id=version_id,
            changes=[Change(word) for word in body.validated_data["changes"]],
            seed=body.validated_data["seed"],
        )
        return Response(self.get_serializer(version).data, status=201)


class CounterfactualsViewSet(ApiViewSet):
    """The accepted cases of a version, told of somebody else."""

    serializer_class = shapes.DatasetVersionSerializer
    scopes: ClassVar = {"create": "datasets:write"}

    @extend_schema(request=setup_shapes.NewCounterfactuals, responses={201: shapes.DatasetVersionSerializer})
    def create(self, request: Request, version_id: UUID) -> Response:
        """Store each accepted case that names one value, and one case for each other value beside it."""
        body = setup_shapes.NewCounterfactuals(data=request.data)
        body.is_valid(raise_exception=True)
        swaps = SwapSet(body.validated_data["attribute"], body.validated_data["values"])
        version = make_counterfactuals(by=self.viewer, version_id=version_id, swaps=swaps)
        return Response(self.get_serializer(version).data, status=201)


class TargetSwitchViewSet(ApiViewSet):
    """The client's switch: everything on a target stops, and nothing starts until it is released."""

    serializer_class = shapes.TargetSerializer
    scopes: ClassVar = {"halt": "runs:cancel", "release": "runs:cancel"}

    @extend_schema(request=None)
    def halt(self, request: Request, target_id: UUID) -> Response:
        """Pause every run on the target. Only the client's own people can."""
        halt_target(by=self.viewer, target_id=target_id)
        return Response(self.get_serializer(targets.target_for(self.viewer, target_id)).data)

    @extend_schema(request=None)
    def release(self, request: Request, target_id: UUID) -> Response:
        """Let runs on the target start again; paused ones wait to be resumed."""
        release_target(by=self.viewer, target_id=target_id)
        return Response(self.get_serializer(targets.target_for(self.viewer, target_id)).data)
