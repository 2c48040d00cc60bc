"""Addresses of human judgement, below ``<slug:tenant>/``."""

from django.urls import path

from assessments.views import pain_points, value_case
from portal import ids

for prefix in ("eng", "pnp"):
    ids.register_prefix(prefix)

app_name = "assessments"
_points = "engagements/<eng:engagement_id>/pain-points/"

_value = "engagements/<eng:engagement_id>/value-case/"

urlpatterns = [
    path(_points, pain_points.pain_points, name="pain_points"),
    path(f"{_points}new/", pain_points.add_pain_point, name="add_pain_point"),
    path(f"{_points}<pnp:pain_point_id>/", pain_points.edit_pain_point, name="edit_pain_point"),
    path(f"{_value}", value_case.value_case, name="value_case"),
    path(f"{_value}edit/", value_case.edit_value_case, name="edit_value_case"),
    path(f"{_value}workbook.xlsx", value_case.value_case_workbook, name="value_case_workbook"),
]
