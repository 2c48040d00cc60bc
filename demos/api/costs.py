"""The forecast of a run and the client's limit of a month over HTTP."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from demos.engine.forecast import Forecast
from demos.selectors import costs
from demos.selectors.runs import run_for
from demos.services.spending import set_guard, spent_in_month, standing
from demos.vocabulary import RunStatus
from engagements.models import Engagement
from engagements.selectors import engagement_for
from portal.api.base import ApiViewSet
from portal.errors import WrongMoment


class ForecastIn(serializers.Serializer[Any]):
    """Cases a month, the fraction that they may lie above or below, and a budget."""

    volume = serializers.IntegerField(min_value=1, max_value=costs.MOST_CASES_A_MONTH)
    spread = serializers.FloatField(min_value=0, max_value=1, required=False, default=0.0)
    budget = serializers.DecimalField(
        18, 4, min_value=Decimal("0.01"), required=False, allow_null=True, default=None
    )


class ForecastShape(serializers.Serializer[Any]):
    """Money for a month. All figures are null when some case's cost is unknown: not measured.

    `breach` is the share of simulations above the budget, null without one. `n` counts cases.
    """

    currency = serializers.CharField()
    expected = serializers.DecimalField(18, 4, allow_null=True)
    low = serializers.DecimalField(18, 4, allow_null=True)
    high = serializers.DecimalField(18, 4, allow_null=True)
    breach = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    unknown = serializers.IntegerField()
    simulations = serializers.IntegerField(allow_null=True)
    seed = serializers.IntegerField(allow_null=True)
    method = serializers.CharField(allow_null=True)


class SpendingIn(serializers.Serializer[Any]):
    """The most that all runs of the client in this currency may cost in a month; null: no limit."""

    monthly_limit = serializers.DecimalField(18, 4, allow_null=True)


class SpendingShape(SpendingIn):
    """What the month has cost so far against its limit."""

    currency = serializers.CharField()
    spent = serializers.DecimalField(18, 4)


class RunForecastViewSet(ApiViewSet):
    """What a month will cost, simulated from what the cases of a run cost."""

    serializer_class = ForecastShape
    scopes: ClassVar = {"create": "runs:read"}

    @extend_schema(request=ForecastIn, responses=ForecastShape)
    def create(self, request: Request, run_id: UUID) -> Response:
        """Work a month out. Nothing is stored: the same body gives the same figures."""
        run = run_for(self.viewer, run_id)
        if run.status != RunStatus.FINISHED:
            raise WrongMoment(f"{run} has not finished: a forecast starts from a whole run.")
        body = ForecastIn(data=request.data)
        body.is_valid(raise_exception=True)
        known = costs.case_costs(run)
        found: Forecast | None = costs.forecast_of(run, known, **body.validated_data)
        names = ("expected", "low", "high", "breach", "simulations", "seed", "method")
        answer = {name: getattr(found, name, None) for name in names}
        answer |= {"currency": run.currency, "n": len(known.known), "unknown": known.unknown}
        return Response(ForecastShape(answer).data)


class SpendingViewSet(ApiViewSet):
    """The month of a client in the currency of an engagement."""

    serializer_class = SpendingShape
    scopes: ClassVar = {"retrieve": "runs:read", "change": "targets:write"}

    def retrieve(self, request: Request, engagement_id: UUID) -> Response:
        """Spent and limit of this month (UTC)."""
        return Response(_month(engagement_for(self.viewer, engagement_id)))

    @extend_schema(request=SpendingIn, responses=SpendingShape)
    def change(self, request: Request, engagement_id: UUID) -> Response:
        """Set the limit of a month over all runs of the client, or take it away."""
        engagement = engagement_for(self.viewer, engagement_id)
        body = SpendingIn(data=request.data)
        body.is_valid(raise_exception=True)
        set_guard(
            by=self.viewer, tenant_id=engagement.tenant_id, currency=engagement.currency,
            monthly_limit=body.validated_data["monthly_limit"],
        )  # fmt: skip
        return Response(_month(engagement))


def _month(engagement: Engagement) -> dict[str, Any]:
    now = timezone.now()
    found = standing(engagement.tenant_id, engagement.currency, now=now)
    spent = spent_in_month(engagement.tenant_id, engagement.currency, now=now)
    limit = found.guard.monthly_limit if found else None
    return dict(SpendingShape({"currency": engagement.currency, "monthly_limit": limit, "spent": spent}).data)
