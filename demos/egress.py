"""Where evaluations may call: public addresses, and the internal ones that the operator opened."""

from __future__ import annotations

from django.conf import settings

from demos.engine.http import EgressRules


def egress_rules() -> EgressRules:
    """From GATEHOUSE_ALLOWED_TARGETS, ``host:port`` each. Raises ValueError for an entry without a port."""
    internal = set()
    for entry in settings.ALLOWED_TARGETS:
        host, _, port = entry.rpartition(":")
        internal.add((host.strip("[]").lower(), int(port)))
    return EgressRules(internal=frozenset(internal))
