"""Addresses of evaluations, below ``<slug:tenant>/``."""

from django.urls import path

from demos.views import (
    cases,
    comparisons,
    costs,
    exports,
    judges,
    judging,
    load,
    overview,
    pairwise,
    permissions,
    planner,
    prices,
    privacy,
    reviews,
    runs,
    schedules,
    targets,
    transcripts,
)
from portal import ids

for prefix in (
    "eng", "tgt", "upl", "dsv", "run", "att", "cmp", "rvr", "rvi", "dsp", "tau", "lod", "prv", "jdg",
    "sch",
):  # fmt: skip
    ids.register_prefix(prefix)

app_name = "demos"
_base = "engagements/<eng:engagement_id>/"

urlpatterns = [
    path(f"{_base}evaluations/", overview.overview, name="runs"),
    path(f"{_base}targets/new/", targets.add_target, name="add_target"),
    path(f"{_base}targets/<tgt:target_id>/", targets.show_target, name="target"),
    path(f"{_base}targets/<tgt:target_id>/edit/", targets.edit_target, name="edit_target"),
    path(f"{_base}targets/<tgt:target_id>/test/", targets.test_target, name="test_target"),
    path(f"{_base}targets/<tgt:target_id>/switch/", targets.switch_target, name="switch_target"),
    path(f"{_base}cases/upload/", cases.upload_cases, name="upload"),
    path(f"{_base}cases/upload/<upl:upload_id>/", cases.map_columns, name="mapping"),
    path(f"{_base}cases/<dsv:version_id>/", cases.review_cases, name="cases"),
    path(f"{_base}cases/<dsv:version_id>/variants/", cases.make_variants, name="make_variants"),
    path(
        f"{_base}cases/<dsv:version_id>/counterfactuals/",
        cases.make_counterfactuals,
        name="make_counterfactuals",
    ),
    path(f"{_base}cases/<dsv:version_id>/personal-data/", cases.personal_data, name="personal_data"),
    path(f"{_base}prices/", prices.show_prices, name="prices"),
    path(f"{_base}graders/new/", runs.add_grader, name="add_grader"),
    path(f"{_base}runs/new/", runs.start_run, name="start_run"),
    path(f"{_base}runs/<run:run_id>/", runs.show_run, name="run"),
    path(f"{_base}runs/<run:run_id>/live/", runs.live_run, name="live_run"),
    path(f"{_base}runs/<run:run_id>/move/", runs.move_run, name="move_run"),
    path(f"{_base}runs/<run:run_id>/export/", exports.export_run, name="export_run"),
    path(f"{_base}runs/export/", exports.export_runs, name="export_runs"),
    path(f"{_base}cases/<dsv:version_id>/export/", exports.export_cases, name="export_cases"),
    path(f"{_base}comparisons/<cmp:comparison_id>/export/", exports.export_flips, name="export_flips"),
    path(f"{_base}runs/<run:run_id>/review/", reviews.ask, name="ask_review"),
    path(f"{_base}runs/<run:run_id>/regrade/", judging.regrade, name="regrade"),
    path(f"{_base}attempts/<att:attempt_id>/dispute/", judging.dispute, name="dispute"),
    path(f"{_base}disputes/<dsp:dispute_id>/", judging.rule, name="rule_on_dispute"),
    path(f"{_base}runs/<run:run_id>/judge/", judges.judge_run, name="judge_run"),
    path(f"{_base}judgings/<jdg:judging_id>/", judges.move_judging, name="judging"),
    path(f"{_base}reviews/", reviews.list_rounds, name="reviews"),
    path(f"{_base}reviews/<rvr:round_id>/", reviews.work, name="review"),
    path(f"{_base}planner/", planner.plan_cases, name="planner"),
    path(f"{_base}comparisons/new/", comparisons.add_comparison, name="add_comparison"),
    path(f"{_base}comparisons/<cmp:comparison_id>/", comparisons.show_comparison, name="comparison"),
    path(f"{_base}comparisons/<cmp:comparison_id>/judge/", pairwise.send_judge, name="compare_answers"),
    path(f"{_base}attempts/<att:attempt_id>/", runs.show_attempt, name="attempt"),
    path(f"{_base}schedules/", schedules.list_schedules, name="schedules"),
    path(f"{_base}schedules/new/", schedules.add_schedule, name="add_schedule"),
    path(f"{_base}schedules/<sch:schedule_id>/", schedules.edit_schedule, name="edit_schedule"),
    path(f"{_base}schedules/<sch:schedule_id>/switch/", schedules.switch_schedule, name="switch_schedule"),
    path(f"{_base}texts/", transcripts.texts, name="texts"),
    path(f"{_base}costs/", costs.show_costs, name="costs"),
    path(f"{_base}permissions/", permissions.permissions, name="permissions"),
    path(f"{_base}permissions/<tau:authorisation_id>/revoke/", permissions.revoke, name="revoke_permission"),
    path(f"{_base}load/", load.load_tests, name="load_tests"),
    path(f"{_base}load/new/", load.add_load_test, name="add_load_test"),
    path(f"{_base}load/<lod:test_id>/", load.show_load_test, name="load_test"),
    path(f"{_base}load/<lod:test_id>/live/", load.live_load_test, name="live_load_test"),
    path(f"{_base}load/<lod:test_id>/stop/", load.stop_load_test, name="stop_load_test"),
    path(f"{_base}privacy/", privacy.privacy_tests, name="privacy_tests"),
    path(f"{_base}privacy/<prv:test_id>/", privacy.show_privacy_test, name="privacy_test"),
    path(f"{_base}privacy/<prv:test_id>/stop/", privacy.stop_privacy_test, name="stop_privacy_test"),
    path(f"{_base}privacy/<prv:test_id>/log/", privacy.search_log_sample, name="search_log"),
]
