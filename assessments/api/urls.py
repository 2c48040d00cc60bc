"""Addresses of human judgement in the API."""

from assessments.api import views
from portal import ids
from portal.api.routes import route

for prefix in ("eng", "frv"):
    ids.register_prefix(prefix)

ONE = "engagements/<eng:engagement_id>"

urlpatterns = [
    *route(f"{ONE}/readiness", views.ReadinessViewSet, {"get": "retrieve"}, name="api-readiness"),
    *route(f"{ONE}/answers", views.ReadinessViewSet, {"post": "answer"}, name="api-answers"),
    *route(f"{ONE}/risks", views.RiskViewSet, {"get": "list"}, name="api-risks"),
    *route(
        "framework-versions/<frv:version_id>", views.FrameworkVersionViewSet, {"get": "retrieve"},
        name="api-framework-version",
    ),
]  # fmt: skip
