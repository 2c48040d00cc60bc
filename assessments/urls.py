"""Addresses of human judgement, below ``<slug:tenant>/``."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from assessments.views import (
    frameworks,
    pain_points,
    process_map,
    readiness,
    readiness_plan,
    readiness_work,
    risks,
    suitability,
    value_case,
)
from portal import ids

for prefix in ("act", "eng", "pnp", "sec", "rsk", "frv", "stp"):
    ids.register_prefix(prefix)


class ElementKey(StringConverter):
    """E05"""

    regex = r"E\d\d"


class QuestionKey(StringConverter):
    """E05-2"""

    regex = r"E\d\d-\d{1,2}"


register_converter(ElementKey, "element")
register_converter(QuestionKey, "question")

app_name = "assessments"
_points = "engagements/<eng:engagement_id>/pain-points/"
_ready = "engagements/<eng:engagement_id>/readiness/"
_question = f"{_ready}<question:question>/"
_section = f"{_ready}sections/<sec:section_id>/"
_risks = "engagements/<eng:engagement_id>/risks/"
_risk = f"{_risks}<rsk:risk_id>/"

_map = "engagements/<eng:engagement_id>/process-map/"
_value = "engagements/<eng:engagement_id>/value-case/"

urlpatterns = [
    path(_points, pain_points.pain_points, name="pain_points"),
    path(f"{_points}new/", pain_points.add_pain_point, name="add_pain_point"),
    path(f"{_points}<pnp:pain_point_id>/", pain_points.edit_pain_point, name="edit_pain_point"),
    path(
        f"{_points}<pnp:pain_point_id>/take-out/", pain_points.take_pain_point_out, name="take_pain_point_out"
    ),
    path(_map, process_map.process_map, name="process_map"),
    path(f"{_map}new/", process_map.new_step, name="new_step"),
    path(f"{_map}import/", process_map.import_process, name="import_process"),
    path(f"{_map}<stp:step_id>/", process_map.edit_step, name="edit_step"),
    path(f"{_map}<stp:step_id>/take-out/", process_map.take_step_out, name="take_step_out"),
    path(f"{_value}", value_case.value_case, name="value_case"),
    path(f"{_value}edit/", value_case.edit_value_case, name="edit_value_case"),
    path(f"{_value}workbook.xlsx", value_case.value_case_workbook, name="value_case_workbook"),
    path(_ready, readiness.readiness, name="readiness"),
    path(f"{_ready}start/", readiness.start, name="start_readiness"),
    path(f"{_ready}target/", readiness.target, name="target_readiness"),
    path(f"{_ready}plan/", readiness_plan.plan, name="readiness_plan"),
    path(f"{_ready}plan.csv", readiness_plan.plan_csv, name="readiness_plan_csv"),
    path(f"{_ready}steps/<act:action_id>/close/", readiness_plan.close_step, name="close_step"),
    path(f"{_ready}consistency/", readiness_work.consistency, name="consistency"),
    path(f"{_ready}crosswalk/", readiness_work.crosswalk, name="crosswalk"),
    path(f"{_ready}interview/", readiness_work.interview, name="interview"),
    path(f"{_ready}framework/", frameworks.choose, name="readiness_framework"),
    path(f"{_ready}sections/", readiness_work.sections, name="readiness_sections"),
    path(f"{_ready}mine/", readiness_work.my_sections, name="my_sections"),
    path(f"{_section}submit/", readiness_work.submit, name="submit_section"),
    path(f"{_section}settle/", readiness_work.settle, name="settle_section"),
    path(f"{_ready}<element:element>/", readiness.element, name="readiness_element"),
    path(_question, readiness.question, name="readiness_question"),
    path(f"{_question}claim/", readiness.claim, name="claim_question"),
    path(f"{_question}verify/", readiness.verify, name="verify_question"),
    path(f"{_question}not-applicable/", readiness.not_applicable, name="not_applicable"),
    path(_risks, risks.risks, name="risks"),
    path(f"{_risks}new/", risks.new_risk, name="new_risk"),
    path(_risk, risks.risk, name="risk"),
    path(f"{_risk}accept/", risks.accept, name="accept_risk"),
    path(f"{_risk}close/", risks.close, name="close_risk"),
    path("frameworks/", frameworks.frameworks, name="frameworks"),
    path("frameworks/<frv:version_id>/publish/", frameworks.publish, name="publish_framework"),
    path("frameworks/<frv:version_id>/export.yaml", frameworks.export, name="export_framework"),
    path(f"{_points}<pnp:pain_point_id>/suitability/", suitability.suitability, name="suitability"),
]
