"""The portal: people, access, ledger, delivery."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class PortalConfig(AppConfig):
    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from portal import checks  # noqa: F401  # registers the system checks
        from portal.lists import client_lists
        from portal.selectors import taken  # models exist only now

        for name, columns, select in taken.LISTS:
            client_lists.register(name, columns, select)

        from portal.timestamps import read_fast

        connection_created.connect(read_fast)
        post_migrate.connect(_refresh_roles, sender=self)


def _refresh_roles(sender: AppConfig, **_: object) -> None:
    """After an upgrade the roles of existing clients may do what this version's roles may do.

    The actions that are new have their permission rows first, whichever receiver is called before.
    """
    from django.contrib.auth.management import create_permissions  # models exist only now

    from portal import grants

    create_permissions(sender, verbosity=0)
    grants.refresh_roles()
