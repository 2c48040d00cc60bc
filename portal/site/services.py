"""What people do on pages that span clients."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.models import Engagement
from engagements.services.engagements import create_engagement
from portal.errors import NotFound
from portal.models import User
from portal.roles import Role
from portal.scope import tenant_scope
from portal.services.clients import add_client
from portal.services.invitations import invite
from portal.site.selectors.inbox import notifications_of
from portal.vocabulary import MfaPolicy


@transaction.atomic
def begin_with_client(
    *, by: User, name: str, currency: str, mfa_policy: str, title: str, problem_statement: str,
    sponsor_email: str, sector: str = "",
) -> Engagement:  # fmt: skip
    """Add a client, start its first engagement, and invite its sponsor if an address is given.

    All or nothing. Raises Forbidden, or Invalid with the fields that need another word.
    """
    policy = MfaPolicy(mfa_policy)
    tenant = add_client(by=by, name=name, currency=currency, sector=sector, mfa_policy=policy)
    with tenant_scope([tenant.pk]):
        engagement = create_engagement(
            by=by, tenant=tenant, title=title, problem_statement=problem_statement, currency=currency
        )
        if sponsor_email:
            invite(by=by, tenant_id=tenant.pk, email=sponsor_email, role=Role.CLIENT_SPONSOR)
    return engagement


def mark_read(*, by: User, notification_id: UUID) -> None:
    """Mark one of one's own notifications. Raises NotFound for anybody else's."""
    if not notifications_of(by).filter(pk=notification_id).exists():
        raise NotFound
    _mark(by, [notification_id])


def mark_all_read(*, by: User) -> int:
    """Mark everything in one's inbox; returns how many were unread."""
    unread = list(notifications_of(by).filter(read_at__isnull=True).values_list("pk", flat=True))
    return _mark(by, unread)


def _mark(by: User, keys: list[UUID]) -> int:
    rows = notifications_of(by).filter(pk__in=keys, read_at__isnull=True)
    return rows.select_related(None).order_by().update(read_at=timezone.now())
