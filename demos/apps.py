"""Registers the app and tells engagements where the failures of a run are found."""

from __future__ import annotations

from django.apps import AppConfig


class DemosConfig(AppConfig):
    name = "demos"
    verbose_name = "Evaluations"
    default_auto_field = "django.db.models.BigAutoField"
