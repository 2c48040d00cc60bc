"""A list of a client that leaves is written down in the ledger before its first row does."""

from __future__ import annotations

from django.db import transaction

from portal import audit
from portal.models import Tenant, User
from portal.vocabulary import LIST_EXPORTED


@transaction.atomic
def record_client_list(*, by: User, tenant: Tenant, name: str, form: str) -> None:
    """``by`` takes a list away as a file. The list itself has looked at the rights."""
    audit.record(actor=by, event=LIST_EXPORTED, subject=tenant, facts={"list": name, "form": form})
