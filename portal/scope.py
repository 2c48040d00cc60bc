"""The second wall: which tenants the current transaction may touch.

``tenant_scope(ids)`` opens a transaction and tells PostgreSQL the tenants; the policy on every
tenant-owned table compares with them. A query outside a declared scope is an error, not an empty answer.
The setting is local to the transaction, so a pooled connection carries nothing to the next caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connection, transaction

SETTING: Final = "gatehouse.tenants"

NOT_TENANT_OWNED: Final[dict[str, str]] = {
    "portal.Tenant": "is the tenant; which ones a person may enter is asked before a scope can be declared",
    "portal.User": "a person may work in several tenants",
    "portal.Membership": "answers which tenants a person may enter, so it is read before a scope is declared",
    "portal.TenantGroupPermission": "the grants behind a membership, read with it",
    "portal.Invitation": "opened by a link before the person has a place anywhere; found by its hash only",
    "portal.MailWishes": "how one person wants to be told of things, at whichever client",
    "portal.ResetRequest": "asked for before anybody is signed in; holds an address until its mail is out",
    "portal.ApiToken": "identifies the caller before a scope is declared; found by its hash only",
    "engagements.EngagementUserPermission": "the grants of a guest, read before a scope is declared",
    "auth.*": "Django's groups and permission names, no client data",
    "contenttypes.*": "names of models",
    "sessions.*": "sign-in sessions belong to a person, not to a tenant",
    "account.*": "e-mail addresses of people for signing in",
    "mfa.*": "second factors of people",
    "usersessions.*": "the list of a person's own sessions",
    "socialaccount.*": "outside identities of people",
    "guardian.*": "generic permission tables that stay empty; grants live in the direct tables",
}

_current: ContextVar[tuple[UUID, ...] | None] = ContextVar("tenant_scope", default=None)

View = TypeVar("View", bound=Callable[..., Any])


@contextmanager
def tenant_scope(tenant_ids: Iterable[UUID]) -> Iterator[None]:
    """One transaction that may touch these tenants and no other. An empty scope is a declared one.

    Nested scopes replace the outer one until they end.
    """
    ids = tuple(tenant_ids)
    outer = _current.get()
    with transaction.atomic():
        nested = len(connection.savepoint_ids) > 0 or outer is not None
        _declare(ids)
        mark = _current.set(ids)
        try:
            yield
        finally:
            _current.reset(mark)
        if nested and not connection.needs_rollback:  # after an error the savepoint takes it back itself
            _declare(outer)


def scoped_tenants() -> tuple[UUID, ...] | None:
    """The tenants declared now; None outside any scope."""
    return _current.get()


def outside_scope(view: View) -> View:
    """Mark a view that talks to the network: it declares its own scopes around its database parts."""
    view.outside_scope = True  # type: ignore[attr-defined]  # a mark that the middleware reads
    return view


def _declare(ids: tuple[UUID, ...] | None) -> None:
    value = "" if ids is None else "{" + ",".join(str(key) for key in ids) + "}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, value])
