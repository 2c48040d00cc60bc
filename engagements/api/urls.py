"""Addresses of the lifecycle in the API."""

from engagements.api import (
    comment_names,
    comments,
    conditions,
    evidence,
    evidence_requests,
    letterhead,
    metrics,
    permits,
    pilot,
    pilot_life,
    reports,
    templates,
    views,
    waiting,
)
from portal import ids
from portal.api.routes import route

ids.register_prefix("eng")
ids.register_prefix("gat")
ids.register_prefix("evv")
ids.register_prefix("evr")
ids.register_prefix("cnd")
ids.register_prefix("rpt")
ids.register_prefix("rps")
ids.register_prefix("tpl")
ids.register_prefix("cmt")
ids.register_prefix("inc")

ONE = "engagements/<eng:engagement_id>"

urlpatterns = [
    *route("engagements", views.EngagementViewSet, {"get": "list", "post": "create"}, name="api-engagements"),
    *route(ONE, views.EngagementViewSet, {"get": "retrieve", "patch": "change"}, name="api-engagement"),
    *route(
        f"{ONE}/success-metric", metrics.SuccessMetricViewSet, {"get": "retrieve", "put": "replace"},
        name="api-success-metric",
    ),
    *route(
        f"{ONE}/pilot-use", pilot_life.PilotUseViewSet, {"get": "list", "put": "replace"},
        name="api-pilot-use",
    ),
    *route(
        f"{ONE}/incidents", pilot_life.IncidentViewSet,
        {"get": "list", "post": "create", "put": "replace"}, name="api-incidents",
    ),
    *route(
        "incidents/<inc:incident_id>", pilot_life.IncidentViewSet, {"get": "retrieve", "put": "change"},
        name="api-incident",
    ),
    *route(
        f"{ONE}/pilot-figures", pilot.PilotFigureViewSet, {"get": "list", "put": "replace"},
        name="api-pilot-figures",
    ),
    *route(
        "engagement-templates", templates.TemplateViewSet, {"get": "list", "post": "create"},
        name="api-templates",
    ),
    *route(
        "engagement-templates/<tpl:template_id>", templates.TemplateViewSet, {"get": "retrieve"},
        name="api-template",
    ),
    *route(
        f"{ONE}/template", templates.EngagementTemplateViewSet, {"get": "retrieve"},
        name="api-engagement-template",
    ),
    *route(f"{ONE}/waiting", waiting.WaitingViewSet, {"get": "retrieve"}, name="api-waiting"),
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
    *route(
        f"{ONE}/evidence-requests", evidence_requests.EvidenceRequestViewSet,
        {"get": "list", "post": "create"}, name="api-evidence-requests",
    ),
    *route(
        "evidence-requests/<evr:request_id>/answer", evidence_requests.EvidenceRequestViewSet,
        {"post": "answer"}, name="api-evidence-request-answer",
    ),
    *route(
        "evidence-requests/<evr:request_id>/withdrawal", evidence_requests.EvidenceRequestViewSet,
        {"post": "withdraw"}, name="api-evidence-request-withdrawal",
    ),
    *route(
        f"{ONE}/comments", comments.EngagementCommentViewSet, {"get": "list", "post": "create"},
        name="api-comments",
    ),
    *route(f"{ONE}/following", comments.FollowingViewSet, {"post": "change"}, name="api-following"),
    *route(
        "comments/<cmt:comment_id>/resolution", comments.CommentViewSet, {"post": "resolve"},
        name="api-comment-resolution",
    ),
    *route(f"{ONE}/conditions", conditions.ConditionViewSet, {"get": "list"}, name="api-conditions"),
    *route(f"{ONE}/delegations", conditions.ConditionViewSet, {"post": "delegate"}, name="api-delegations"),
    *route("gates/<gat:gate_id>/waivers", conditions.ConditionViewSet, {"post": "waive"}, name="api-waivers"),
    *route(
        "conditions/<cnd:condition_id>/closing", conditions.ConditionViewSet, {"post": "hand_in"},
        name="api-condition-closing",
    ),
    *route(
        "conditions/<cnd:condition_id>/acceptance", conditions.ConditionViewSet, {"post": "accept"},
        name="api-condition-acceptance",
    ),
    *route(
        f"{ONE}/reports", reports.EngagementReportViewSet, {"get": "list", "post": "create"},
        name="api-reports",
    ),
    *route(
        "comment-names", comment_names.CommentNamesViewSet, {"get": "retrieve", "put": "replace"},
        name="api-comment-names",
    ),
    *route(
        "letterhead", letterhead.LetterheadViewSet, {"get": "retrieve", "put": "replace"},
        name="api-letterhead",
    ),
    *route(
        "report-presets", letterhead.PresetViewSet, {"get": "list", "post": "create"}, name="api-presets"
    ),
    *route(
        "report-presets/<rps:preset_id>", letterhead.PresetViewSet,
        {"get": "retrieve", "delete": "destroy"}, name="api-preset",
    ),
    *route("reports/<rpt:report_id>", reports.ReportViewSet, {"get": "retrieve"}, name="api-report"),
    *route(
        "reports/<rpt:report_id>/printing", reports.ReportViewSet, {"post": "again"},
        name="api-report-printing",
    ),
    *route("reports/<rpt:report_id>/pdf", reports.ReportViewSet, {"get": "pdf"}, name="api-report-pdf"),
]  # fmt: skip
