"""Registers the app and tells engagements where the failures of a run are found."""

from __future__ import annotations

from django.apps import AppConfig


class DemosConfig(AppConfig):
    name = "demos"
    verbose_name = "Evaluations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from demos.selectors.results import binding_choices, failures_for_brief  # models exist only now
        from engagements.evidence import register_binding_source, register_failure_source

        register_failure_source(failures_for_brief)
        register_binding_source(binding_choices)
