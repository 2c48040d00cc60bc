"""Every address of the product and who may have an answer from it. A new one is added here.

OPEN       answers anybody, with nothing of a client.
PERSONAL   asks for sign-in, and shows the signed-in person's own things.
CLIENT     below a client's address: 404 for everybody without a place there.
API_OBJECT names a row of a client: 404 for everybody without a place there.
API_LIST   lists what the caller may see: an outsider's own, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

ENGAGEMENT = "<slug:tenant>/engagements/<eng:engagement_id>/"
GATE = ENGAGEMENT + "gates/<gat:gate_id>/"
ROUND = ENGAGEMENT + "rounds/<rnd:round_id>/"

OPEN = {
    "healthz",
    "readyz",
    "verify/",
    "invitations/<str:token>/",
    "accounts/login/",
    "accounts/inactive/",
    "accounts/password/reset/",
    "accounts/password/reset/done/",
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
    "accounts/password/reset/key/done/",
    "accounts/2fa/authenticate/",
    "accounts/2fa/webauthn/login/",
    "api/v1/openapi.json",
    "api/v1/^.*$",
}

PERSONAL = {
    "",
    "portfolio/",
    "calibration/",
    "portfolio.csv",
    "portfolio.xlsx",
    "portfolio.jsonl",
    "waiting/file/",
    "calibration/file/",
    "clients/new/",
    "inbox/",
    "inbox/file/",
    "inbox/read/",
    "inbox/<ntf:notification_id>/read/",
    "components/",
    "accounts/",
    "accounts/logout/",
    "accounts/theme/",
    "accounts/notifications/",
    "accounts/reauthenticate/",
    "accounts/password/change/",
    "accounts/sessions/",
    "accounts/2fa/",
    "accounts/2fa/reauthenticate/",
    "accounts/2fa/totp/activate/",
    "accounts/2fa/totp/deactivate/",
    "accounts/2fa/recovery-codes/",
    "accounts/2fa/recovery-codes/generate/",
    "accounts/2fa/recovery-codes/download/",
    "accounts/2fa/webauthn/",
    "accounts/2fa/webauthn/add/",
    "accounts/2fa/webauthn/reauthenticate/",
    "accounts/2fa/webauthn/keys/<int:pk>/remove/",
    "accounts/2fa/webauthn/keys/<int:pk>/edit/",
}

CLIENT = {
    "<slug:tenant>/members/",
    "<slug:tenant>/members/invitations/<inv:invitation_id>/withdraw/",
    "<slug:tenant>/members/several/",
    "<slug:tenant>/members/<mem:membership_id>/end/",
    "<slug:tenant>/members/guests/<eng:engagement_id>/<usr:user_id>/end/",
    "<slug:tenant>/hosts/",
    "<slug:tenant>/about/",
    "<slug:tenant>/lists/<listed:name>/",
    "<slug:tenant>/view-as-client/",
    "<slug:tenant>/view-as-client/end/",
    "<slug:tenant>/tokens/",
    "<slug:tenant>/tokens/<tok:token_id>/revoke/",
    "<slug:tenant>/engagements/new/",
    "<slug:tenant>/waiting/",
    ENGAGEMENT + "waiting/",
    "<slug:tenant>/letterhead/",
    "<slug:tenant>/letterhead/sample.pdf",
    "<slug:tenant>/letterhead/presets/",
    "<slug:tenant>/letterhead/presets/<rps:preset_id>/remove/",
    "<slug:tenant>/templates/",
    "<slug:tenant>/templates/standard.yaml",
    "<slug:tenant>/templates/<tpl:template_id>.yaml",
    ENGAGEMENT + "template.yaml",
    ENGAGEMENT,
    *(
        ENGAGEMENT + rest
        for rest in (
            "pilot/", "pilot/series/", "pilot/report/", "pilot/import/", "pilot/use/", "pilot/use/report/",
            "pilot/incidents/", "pilot/incidents/new/", "pilot/incidents/complete/",
            "pilot/incidents/<inc:incident_id>/", "pilot/environment/", "pilot/plan/", "pilot/plan/edit/",
            "pilot/plan/seal/",
            "process-map/", "process-map/new/", "process-map/import/", "process-map/<stp:step_id>/",
            "process-map/<stp:step_id>/take-out/",
            "comments/", "comments/names/", "comments/write/", "comments/follow/",
            "comments/<cmt:comment_id>/resolve/", "comments/<cmt:comment_id>/edit/",
            "edit/", "resume/", "ledger/", "statements/", "success-metric/", "success-metric/edit/",
            "success-metric/seal/", "gates/", "pain-points/", "pain-points/new/",
            "pain-points/<pnp:pain_point_id>/", "evaluations/", "targets/new/", "targets/<tgt:target_id>/",
            "targets/<tgt:target_id>/edit/", "targets/<tgt:target_id>/test/", "cases/upload/",
            "cases/upload/<upl:upload_id>/", "cases/<dsv:version_id>/", "graders/new/", "runs/new/",
            "runs/<run:run_id>/", "runs/<run:run_id>/live/", "runs/<run:run_id>/move/",
            "attempts/<att:attempt_id>/",
            "comparisons/new/", "comparisons/<cmp:comparison_id>/", "comparisons/<cmp:comparison_id>/export/",
            "value-case/", "value-case/edit/", "value-case/workbook.xlsx",
            "pain-points/<pnp:pain_point_id>/suitability/",
            "runs/export/", "runs/<run:run_id>/export/", "cases/<dsv:version_id>/export/", "planner/",
            "reviews/", "reviews/<rvr:round_id>/", "runs/<run:run_id>/review/",
            "runs/<run:run_id>/regrade/", "attempts/<att:attempt_id>/dispute/", "disputes/<dsp:dispute_id>/",
            "runs/<run:run_id>/judge/", "judgings/<jdg:judging_id>/",
        )
    ),
    GATE,
    *(
        GATE + rest
        for rest in (
            "submit/", "amend/", "criteria/<cri:criterion_id>/", "criteria/<cri:criterion_id>/remove/",
            "criteria/<crs:criteria_set_id>/bind/", "criteria/<crs:criteria_set_id>/propose/",
            "criteria/<cri:criterion_id>/about/", "criteria/<cri:criterion_id>/move/",
            "criteria/<crs:criteria_set_id>/draft/",
            "criteria/<crs:criteria_set_id>/draft/suggested/",
            "criteria/<crs:criteria_set_id>/revise/", "criteria/<crs:criteria_set_id>/seal/",
        )
    ),
    *(
        ENGAGEMENT + "evidence/" + rest
        for rest in (
            "", "new/", "<evi:item_id>/", "<evi:item_id>/new-version/", "requests/", "requests/new/",
            "requests/<evr:request_id>/send/", "requests/<evr:request_id>/withdraw/",
            "<evi:item_id>/versions/<evv:version_id>/accept/",
            "<evi:item_id>/versions/<evv:version_id>/send-back/",
            "<evi:item_id>/versions/<evv:version_id>/file/",
        )
    ),
    *(
        ENGAGEMENT + rest
        for rest in (
            "targets/<tgt:target_id>/switch/", "cases/<dsv:version_id>/variants/",
            "cases/<dsv:version_id>/counterfactuals/",
            "cases/<dsv:version_id>/personal-data/", "prices/",
        )
    ),
    "<slug:tenant>/frameworks/",
    "<slug:tenant>/frameworks/<frv:version_id>/publish/",
    "<slug:tenant>/frameworks/<frv:version_id>/export.yaml",
    *(
        ENGAGEMENT + rest
        for rest in (
            "risks/", "risks/new/", "risks/<rsk:risk_id>/", "risks/<rsk:risk_id>/accept/",
            "risks/<rsk:risk_id>/close/", "readiness/", "readiness/start/", "readiness/target/",
            "readiness/plan/", "readiness/plan.csv", "readiness/steps/<act:action_id>/close/",
            "readiness/consistency/", "readiness/crosswalk/",
            "readiness/interview/", "readiness/framework/", "readiness/sections/", "readiness/mine/",
            "readiness/sections/<sec:section_id>/submit/", "readiness/sections/<sec:section_id>/settle/",
            "readiness/<element:element>/", "readiness/<question:question>/",
            "readiness/<question:question>/claim/", "readiness/<question:question>/verify/",
            "readiness/<question:question>/not-applicable/",
        )
    ),
    *(
        ENGAGEMENT + rest
        for rest in (
            "permissions/", "permissions/<tau:authorisation_id>/revoke/", "load/", "load/new/",
            "load/<lod:test_id>/", "load/<lod:test_id>/live/", "load/<lod:test_id>/stop/", "privacy/",
            "privacy/<prv:test_id>/", "privacy/<prv:test_id>/stop/", "privacy/<prv:test_id>/log/",
            "privacy/reports/", "privacy/reports/<pbr:report_id>/",
            "faults/", "faults/import/", "faults/<flr:report_id>/", "faults/<flr:report_id>/attest/",
            "faults/<flr:report_id>/hand-in/",
        )
    ),
    ROUND,
    *(
        ROUND + rest
        for rest in (
            "questions/", "questions/<qst:question_id>/answer/", "questions/<qst:question_id>/take-back/",
        )
    ),
    GATE + "reopen/",
    GATE + "approvers/",
    GATE + "criteria/<cri:criterion_id>/waive/",
    *(
        ENGAGEMENT + rest
        for rest in (
            "conditions/", "conditions/<cnd:condition_id>/hand-in/", "conditions/<cnd:condition_id>/accept/",
            "conditions/<cnd:condition_id>/send-back/", "conditions/<cnd:condition_id>/waive/", "approvers/",
            "approvers/separation/", "delegations/<dlg:delegation_id>/revoke/",
        )
    ),
    *(ROUND + rest for rest in ("decision/", "withdraw/", "receipt/", "pack.pdf")),
    *(ROUND + rest for rest in ("report.json", "proof.zip", "changes/")),
}  # fmt: skip

API_LIST = {
    "api/v1/engagements",
    "api/v1/engagement-templates",
    "api/v1/calibration",
    "api/v1/ledger",
    "api/v1/ledger/verify",
    "api/v1/permit-keys",
    "api/v1/preferences",
    "api/v1/letterhead",
    "api/v1/comment-names",
    "api/v1/report-presets",
}

API_OBJECT = {
    "api/v1/" + rest
    for rest in (
        "engagements/<eng:engagement_id>/conditions", "engagements/<eng:engagement_id>/delegations",
        "gates/<gat:gate_id>/waivers", "conditions/<cnd:condition_id>/closing",
        "conditions/<cnd:condition_id>/acceptance",
        "engagements/<eng:engagement_id>", "engagements/<eng:engagement_id>/measurements",
        "engagements/<eng:engagement_id>/gates", "engagements/<eng:engagement_id>/permit",
        "gates/<gat:gate_id>", "gates/<gat:gate_id>/rounds",
        "gates/<gat:gate_id>/decisions", "engagements/<eng:engagement_id>/datasets",
        "dataset-versions/<dsv:version_id>", "dataset-versions/<dsv:version_id>/cases",
        "engagements/<eng:engagement_id>/targets", "targets/<tgt:target_id>",
        "target-versions/<tgv:version_id>/tests", "engagements/<eng:engagement_id>/graders",
        "engagements/<eng:engagement_id>/runs", "runs/<run:run_id>", "runs/<run:run_id>/pause",
        "runs/<run:run_id>/resume", "runs/<run:run_id>/cancel", "runs/<run:run_id>/metrics",
        "runs/<run:run_id>/attempts", "engagements/<eng:engagement_id>/success-metric",
        "dataset-versions/<dsv:version_id>/reviews",
        "engagements/<eng:engagement_id>/comparisons", "comparisons/<cmp:comparison_id>",
        "runs/<run:run_id>/report", "runs/<run:run_id>/junit",
        "engagements/<eng:engagement_id>/prices", "engagements/<eng:engagement_id>/personal-data-rule",
        "dataset-versions/<dsv:version_id>/counterfactuals",
        "dataset-versions/<dsv:version_id>/variants", "targets/<tgt:target_id>/halt",
        "targets/<tgt:target_id>/release",
    )
}  # fmt: skip

API_OBJECT |= {
    "api/v1/" + rest
    for rest in (
        "engagements/<eng:engagement_id>/readiness", "engagements/<eng:engagement_id>/answers",
        "engagements/<eng:engagement_id>/action-items", "action-items/<act:action_id>/closing",
        "engagements/<eng:engagement_id>/risks", "framework-versions/<frv:version_id>",
        "engagements/<eng:engagement_id>/evidence", "evidence-versions/<evv:version_id>/file",
        "engagements/<eng:engagement_id>/pilot-figures", "engagements/<eng:engagement_id>/pilot-use",
        "engagements/<eng:engagement_id>/incidents", "incidents/<inc:incident_id>",
        "engagements/<eng:engagement_id>/evidence-requests", "evidence-requests/<evr:request_id>/answer",
        "evidence-requests/<evr:request_id>/withdrawal",
        "engagements/<eng:engagement_id>/comments", "comments/<cmt:comment_id>/resolution",
        "engagements/<eng:engagement_id>/following",
    )
}  # fmt: skip

CLIENT |= {
    ENGAGEMENT + rest
    for rest in (
        "reports/",
        "reports/<rpt:report_id>/",
        "reports/<rpt:report_id>/report.pdf",
        "reports/<rpt:report_id>/again/",
    )
}

API_OBJECT |= {
    "api/v1/engagements/<eng:engagement_id>/reports", "api/v1/reports/<rpt:report_id>",
    "api/v1/engagements/<eng:engagement_id>/forecasts",
    "api/v1/engagements/<eng:engagement_id>/waiting",
    "api/v1/engagements/<eng:engagement_id>/template", "api/v1/engagement-templates/<tpl:template_id>",
    "api/v1/reports/<rpt:report_id>/pdf", "api/v1/reports/<rpt:report_id>/printing",
    "api/v1/report-presets/<rps:preset_id>",
}  # fmt: skip

CLIENT |= {
    ENGAGEMENT + rest
    for rest in (
        "costs/", "texts/", "schedules/", "schedules/new/", "schedules/<sch:schedule_id>/",
        "schedules/<sch:schedule_id>/switch/", "comparisons/<cmp:comparison_id>/judge/",
    )
}  # fmt: skip
CLIENT |= {
    ENGAGEMENT + rest for rest in ("pain-points/<pnp:pain_point_id>/take-out/", "lists/<listed:name>/")
}

API_OBJECT |= {
    "api/v1/" + rest
    for rest in (
        "engagements/<eng:engagement_id>/schedules", "schedules/<sch:schedule_id>",
        "schedules/<sch:schedule_id>/pause", "schedules/<sch:schedule_id>/resume",
        "engagements/<eng:engagement_id>/process-steps",
        "engagements/<eng:engagement_id>/process-steps/import",
        "process-steps/<stp:step_id>", "engagements/<eng:engagement_id>/pain-points",
        "engagements/<eng:engagement_id>/pain-points/ranking", "pain-points/<pnp:pain_point_id>",
        "pain-points/<pnp:pain_point_id>/suitability", "engagements/<eng:engagement_id>/value-cases",
        "value-cases/<vac:value_case_id>", "value-cases/<vac:value_case_id>/workbook",
        "engagements/<eng:engagement_id>/transcript-policy", "runs/<run:run_id>/forecast",
        "engagements/<eng:engagement_id>/spending",
        "engagements/<eng:engagement_id>/text-deletions",
    )
}  # fmt: skip

API_OBJECT |= {
    "api/v1/" + rest
    for rest in (
        "engagements/<eng:engagement_id>/test-permissions", "test-permissions/<tau:authorisation_id>",
        "engagements/<eng:engagement_id>/load-tests", "load-tests/<lod:test_id>",
        "load-tests/<lod:test_id>/cancel", "engagements/<eng:engagement_id>/privacy-tests",
        "privacy-tests/<prv:test_id>", "privacy-tests/<prv:test_id>/cancel",
        "privacy-tests/<prv:test_id>/log-samples", "privacy-tests/<prv:test_id>/findings",
        "engagements/<eng:engagement_id>/probe-reports", "probe-reports/<pbr:report_id>",
        "engagements/<eng:engagement_id>/fault-tests", "fault-tests/<flr:report_id>",
        "fault-tests/<flr:report_id>/attestations", "fault-tests/<flr:report_id>/evidence",
    )
}  # fmt: skip

API_OBJECT |= {
    "api/v1/" + rest
    for rest in (
        "engagements/<eng:engagement_id>/review-rounds", "review-rounds/<rvr:round_id>",
        "review-rounds/<rvr:round_id>/items", "review-rounds/<rvr:round_id>/reviews",
        "review-items/<rvi:item_id>/reviews", "engagements/<eng:engagement_id>/disputes",
        "attempts/<att:attempt_id>/disputes", "disputes/<dsp:dispute_id>", "disputes/<dsp:dispute_id>/ruling",
        "runs/<run:run_id>/results", "result-versions/<rsv:version_id>",
        "result-versions/<rsv:version_id>/metrics", "engagements/<eng:engagement_id>/judges",
        "judges/<jdv:judge_id>", "runs/<run:run_id>/judgings", "judgings/<jdg:judging_id>",
        "judgings/<jdg:judging_id>/resume", "judgings/<jdg:judging_id>/calibrations",
        "judgings/<jdg:judging_id>/opinions", "comparisons/<cmp:comparison_id>/judgings",
        "pair-judgings/<pjg:judging_id>", "pair-judgings/<pjg:judging_id>/opinions",
    )
}  # fmt: skip

KINDS = {"OPEN": OPEN, "PERSONAL": PERSONAL, "CLIENT": CLIENT, "API_LIST": API_LIST, "API_OBJECT": API_OBJECT}


def all_routes() -> list[str]:
    """Every route text that the resolver knows, each once; the API's with and without its last slash."""
    return list(dict.fromkeys(_walk("", get_resolver().url_patterns)))


def kinds_of(route: str) -> list[str]:
    """The kinds under which a route is listed; exactly one is right."""
    plain = route.rstrip("/") if route.startswith("api/") else route
    return [kind for kind, routes in KINDS.items() if plain in routes]


def routes_of(*kinds: str) -> list[str]:
    """The routes of these kinds, in the order of the resolver."""
    return [route for route in all_routes() if set(kinds_of(route)) & set(kinds)]


def _walk(prefix: str, patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(route, pattern.url_patterns)
        else:
            yield route
