"""Where evaluations may call: public addresses, those internal ones that the operator opened, and of both
only the hosts that the client listed, where it lists any."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from demos.engine.http import EgressRules
from portal.models import Tenant

logger = logging.getLogger("gatehouse.outbound")


def egress_rules(tenant_id: UUID) -> EgressRules:
    """The installation's GATEHOUSE_ALLOWED_TARGETS (``host:port`` each) and the client's own list together.

    Raises ValueError for an entry without a port.
    """
    internal = set()
    for entry in settings.ALLOWED_TARGETS:
        host, _, port = entry.rpartition(":")
        internal.add((host.strip("[]").lower(), int(port)))
    tenant = Tenant.objects.only("slug", "allowed_hosts").get(pk=tenant_id)
    if not tenant.allowed_hosts:
        return EgressRules(internal=frozenset(internal))
    listed = frozenset(tenant.allowed_hosts)
    return EgressRules(
        internal=frozenset(pair for pair in internal if pair[0] in listed),
        hosts=listed,
        where_set=f"{settings.BASE_URL}/{tenant.slug}/hosts/",
    )


def note_call(url: str, *, tenant_id: UUID, what: str) -> None:
    """One line of the log for each test or shard: which host is called for which client, and no more."""
    logger.info("calls %s for client %s: %s", urlsplit(url).hostname, tenant_id, what)
