"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class EngagementsConfig(AppConfig):
    name = "engagements"
    verbose_name = "Engagements"
    default_auto_field = "django.db.models.BigAutoField"
