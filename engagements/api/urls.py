"""Addresses of the lifecycle in the API."""

from engagements.api import evidence, metrics, permits, views
from portal import ids
from portal.api.routes import route

ids.register_prefix("eng")
ids.register_prefix("gat")
ids.register_prefix("evv")

ONE = "engagements/<eng:engagement_id>"

urlpatterns = [
    *route("engagements", views.EngagementViewSet, {"get": "list", "post": "create"}, name="api-engagements"),
    *route(ONE, views.EngagementViewSet, {"get": "retrieve", "patch": "change"}, name="api-engagement"),
    *route(
        f"{ONE}/success-metric", metrics.SuccessMetricViewSet, {"get": "retrieve", "put": "replace"},
        name="api-success-metric",
    ),
    *route(f"{ONE}/measurements", views.MeasurementViewSet, {"get": "list"}, name="api-measurements"),
    *route(f"{ONE}/gates", views.EngagementGateViewSet, {"get": "list"}, name="api-engagement-gates"),
    *route(f"{ONE}/permit", permits.PermitViewSet, {"get": "retrieve"}, name="api-permit"),
    *route("permit-keys", permits.PermitViewSet, {"get": "keys"}, name="api-permit-keys"),
    *route("gates/<gat:gate_id>", views.GateViewSet, {"get": "retrieve"}, name="api-gate"),
    *route("gates/<gat:gate_id>/rounds", views.GateViewSet, {"post": "submit"}, name="api-gate-rounds"),
    *route("gates/<gat:gate_id>/decisions", views.GateViewSet, {"post": "decide"}, name="api-gate-decisions"),
    *route(
        f"{ONE}/evidence", evidence.EvidenceViewSet, {"get": "list", "post": "create"}, name="api-evidence"
    ),
    *route(
        "evidence-versions/<evv:version_id>/file", evidence.EvidenceFileViewSet, {"get": "download"},
        name="api-evidence-file",
    ),
]  # fmt: skip
