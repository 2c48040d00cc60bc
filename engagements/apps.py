"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class EngagementsConfig(AppConfig):
    name = "engagements"
    verbose_name = "Engagements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from engagements.evidence import register_section  # models load only now
        from engagements.selectors.evidence import snapshot_section

        register_section("evidence", snapshot_section)
