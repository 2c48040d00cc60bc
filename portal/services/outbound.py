"""Which hosts a client's evaluations may call: its own list, within what the installation allows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db import transaction

from portal import access, audit
from portal.errors import FieldError, Invalid
from portal.models import Tenant, User
from portal.vocabulary import HOSTS_SET

MOST_HOSTS: Final = 100
_HOST: Final = re.compile(
    r"^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$|^[0-9a-f:]{2,39}$"
)


@transaction.atomic
def set_allowed_hosts(*, by: User, tenant_id: UUID, hosts: Iterable[str]) -> Tenant:
    """Store the list; an empty one allows every public host. Raises NotFound, Forbidden or Invalid.

    Runs that are under way keep the list with which their shards began.
    """
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    access.require(by, "manage_hosts", tenant, fresh=True)
    wanted = sorted({host.strip().lower().strip("[]") for host in hosts if host.strip()})
    faults = [
        FieldError("/hosts", "invalid", f"“{host}” is no host name: write it without https:// and path.")
        for host in wanted
        if not _HOST.match(host)
    ]
    if len(wanted) > MOST_HOSTS:
        faults.append(FieldError("/hosts", "too_many", f"At most {MOST_HOSTS} hosts can be listed."))
    if faults:
        raise Invalid(faults[0].detail, errors=faults)
    if wanted != tenant.allowed_hosts:
        tenant.allowed_hosts = wanted
        tenant.save(update_fields=["allowed_hosts"])
        audit.record(
            actor=by, event=HOSTS_SET, subject=tenant, facts={"hosts": len(wanted)},
            path=f"/{tenant.slug}/hosts/",
        )  # fmt: skip
    return tenant
