"""Settings, addresses and the Celery application."""

from portal.config.celery import app as celery_app

__all__ = ["celery_app"]
