"""The portal: people, access, ledger, delivery."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PortalConfig(AppConfig):
    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from portal import checks  # noqa: F401  # registers the system checks

        post_migrate.connect(_refresh_roles, sender=self)


def _refresh_roles(**_: object) -> None:
    """After an upgrade the roles of existing clients may do what this version's roles may do."""
    from portal import grants  # models exist only now

    grants.refresh_roles()
