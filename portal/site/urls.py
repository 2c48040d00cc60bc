"""Addresses that span clients: home, portfolio, inbox, and the check of a printed hash."""

from django.urls import path

from portal import ids
from portal.site import calibration, views

ids.register_prefix("ntf")

urlpatterns = [
    path("", views.home, name="home"),
    path("portfolio/", views.portfolio, name="portfolio"),
    path("portfolio.csv", views.portfolio_file, {"kind": "csv"}, name="portfolio_csv"),
    path("portfolio.xlsx", views.portfolio_file, {"kind": "xlsx"}, name="portfolio_xlsx"),
    path("portfolio.jsonl", views.portfolio_file, {"kind": "jsonl"}, name="portfolio_jsonl"),
    path("waiting/file/", views.waiting_file, name="waiting_file"),
    path("calibration/", calibration.calibration, name="calibration"),
    path("calibration/file/", calibration.calibration_file, name="calibration_file"),
    path("clients/new/", views.new_client, name="new_client"),
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/file/", views.inbox_file, name="inbox_file"),
    path("inbox/read/", views.read_all, name="read_all"),
    path("inbox/<ntf:notification_id>/read/", views.read_one, name="read_one"),
    path("verify/", views.verify, name="verify"),
]
