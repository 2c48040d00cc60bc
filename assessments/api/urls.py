"""Addresses of human judgement in the API."""

from assessments.api import actions, forecasts, value, views
from portal import ids
from portal.api.routes import route

for prefix in ("act", "eng", "frv", "stp", "pnp", "vac"):
    ids.register_prefix(prefix)

ONE = "engagements/<eng:engagement_id>"
CHANGED = {"get": "retrieve", "put": "replace", "delete": "remove"}

urlpatterns = [
    *route(f"{ONE}/readiness", views.ReadinessViewSet, {"get": "retrieve"}, name="api-readiness"),
    *route(f"{ONE}/answers", views.ReadinessViewSet, {"post": "answer"}, name="api-answers"),
    *route(
        f"{ONE}/action-items", actions.ActionItemViewSet, {"get": "list", "post": "create"},
        name="api-action-items",
    ),
    *route(
        "action-items/<act:action_id>/closing", actions.ActionItemViewSet, {"post": "close"},
        name="api-action-closing",
    ),
    *route(f"{ONE}/risks", views.RiskViewSet, {"get": "list"}, name="api-risks"),
    *route(
        "framework-versions/<frv:version_id>", views.FrameworkVersionViewSet, {"get": "retrieve"},
        name="api-framework-version",
    ),
    *route(f"{ONE}/forecasts", forecasts.ForecastViewSet, {"get": "retrieve"}, name="api-forecasts"),
    *route("calibration", forecasts.ForecastViewSet, {"get": "record"}, name="api-calibration"),
    *route(
        f"{ONE}/process-steps", value.ProcessStepViewSet, {"get": "list", "post": "create"},
        name="api-process-steps",
    ),
    *route(
        f"{ONE}/process-steps/import", value.ProcessImportViewSet, {"post": "create"},
        name="api-process-import",
    ),
    *route("process-steps/<stp:step_id>", value.ProcessStepViewSet, CHANGED, name="api-process-step"),
    *route(
        f"{ONE}/pain-points", value.PainPointViewSet, {"get": "list", "post": "create"},
        name="api-pain-points",
    ),
    *route(
        f"{ONE}/pain-points/ranking", value.PainPointViewSet, {"get": "ranking"}, name="api-pain-ranking"
    ),
    *route("pain-points/<pnp:pain_point_id>", value.PainPointViewSet, CHANGED, name="api-pain-point"),
    *route(
        "pain-points/<pnp:pain_point_id>/suitability", value.PainPointViewSet,
        {"get": "retrieve", "put": "screen"}, name="api-suitability",
    ),
    *route(
        f"{ONE}/value-cases", value.ValueCaseViewSet, {"get": "list", "post": "create"},
        name="api-value-cases",
    ),
    *route(
        "value-cases/<vac:value_case_id>", value.ValueCaseViewSet, {"get": "retrieve", "put": "replace"},
        name="api-value-case",
    ),
    *route(
        "value-cases/<vac:value_case_id>/workbook", value.ValueCaseViewSet, {"get": "workbook"},
        name="api-value-workbook",
    ),
]  # fmt: skip
