"""What every row of a client has: its own key and its own tenant, and links that cannot leave the tenant."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from portal import ids


class TenantOwned(models.Model):
    """Base of every row that belongs to one client.

    Its wall (policy, unique key, composite foreign keys) is set up by ``portal.walls.TenantWall``
    in a migration; a system check refuses to start where it is missing.
    """

    id_prefix: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    tenant = models.ForeignKey("portal.Tenant", models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        return ids.encode(self.id_prefix, self.pk)


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A link to another row of the same tenant.

    Django's own constraint is left out; the wall adds ``(tenant_id, x_id) → (tenant_id, id)`` instead,
    so that a child cannot point into another tenant.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **options: Any) -> None:
        options["db_constraint"] = False
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> tuple[Any, ...]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        return name, path, args, kwargs
