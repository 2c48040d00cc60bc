"""Guardian's direct-foreign-key grants: on the tenant here, on the engagement in the app that owns it."""

from __future__ import annotations

from typing import Any

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from portal.models.tenant import Tenant


class TenantGroupPermission(GroupObjectPermissionBase):
    """What the group of one role may do in one tenant."""

    content_object = models.ForeignKey(Tenant, models.CASCADE)  # guardian finds it by the way back


class GuestGrant(UserObjectPermissionBase):
    """What one person may do in one engagement only. The app with the engagement gives ``content_object``.

    The tenant is kept beside it, because grants are read before a scope can be declared.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+", editable=False)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        self.tenant_id = self.content_object.tenant_id  # type: ignore[attr-defined]  # given by the subclass
        super().save(*args, **options)
