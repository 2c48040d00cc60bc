"""A list of clients' rows that leaves is written down in their ledgers before its first row does."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from portal import audit
from portal.models import Tenant, User
from portal.vocabulary import LIST_EXPORTED


@transaction.atomic
def record_client_list(*, by: User, tenant: Tenant, name: str, form: str) -> None:
    """``by`` takes a list away as a file. The list itself has looked at the rights."""
    audit.record(actor=by, event=LIST_EXPORTED, subject=tenant, facts={"list": name, "form": form})


@transaction.atomic
def record_list_of_clients(*, by: User, tenants: Iterable[Tenant], name: str, form: str) -> None:
    """``by`` takes rows of several clients away: the ledger of each tells it, and none names another.

    ``tenants`` may name a client once for each of its rows.
    """
    for tenant in sorted({one.pk: one for one in tenants}.values(), key=lambda one: one.pk):
        record_client_list(by=by, tenant=tenant, name=name, form=form)
