"""What the passing of time does to gates. Nothing depends on it: each reading looks at the date itself."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from engagements.models import Condition, GateRound, Waiver
from engagements.rules.waivers import SOON_DAYS
from engagements.services import conditions, digests, reminders, rounds, waivers
from engagements.services.reports import queue_late_reports
from engagements.vocabulary import ConditionStatus, RoundStatus
from portal.models import Tenant
from portal.scope import tenant_scope
from portal.vocabulary import TenantStatus

logger = logging.getLogger(__name__)


def tick_all() -> None:
    """Walk tenant by tenant. One tenant's trouble does not stop the others."""
    today = timezone.now().date()
    for tenant_id in Tenant.objects.filter(status=TenantStatus.ACTIVE).values_list("pk", flat=True):
        try:
            with tenant_scope([tenant_id]):
                tick(today=today)
                queue_late_reports()
                digests.tell_what_waits(tenant_id=tenant_id, now=timezone.now())
        except Exception:  # the boundary of this walk: logged, and the next tenant has its turn
            logger.exception("the dates of tenant %s were not looked at", tenant_id)


def tick(*, today: date) -> int:
    """Lapse conditions, expire rounds, announce waivers, ended holds and what comes due. Returns how many.

    It does so for the tenant in scope.
    """
    lapsed = Condition.objects.filter(status=ConditionStatus.OPEN, due__lt=today)
    due = GateRound.objects.filter(
        status__in=[RoundStatus.SUBMITTED, RoundStatus.UNDER_REVIEW], due__lt=today
    )
    soon = Waiver.objects.filter(
        warned_at=None, expires__gte=today, expires__lte=today + timedelta(days=SOON_DAYS)
    )
    over = Waiver.objects.filter(ended_at=None, expires__lt=today)
    done = [conditions.lapse_condition(condition_id=key) for key in _keys(lapsed)]
    done += [rounds.expire_round(round_id=key) for key in _keys(due)]
    done += [waivers.announce(waiver_id=key, ended=False) for key in _keys(soon)]
    done += [waivers.announce(waiver_id=key, ended=True) for key in _keys(over)]
    done += [
        reminders.tell_of_ended_hold(engagement_id=key, today=today)
        for key in reminders.holds_that_ended(today=today)
    ]
    done += [
        reminders.tell_of_due_condition(condition_id=key, today=today)
        for key in reminders.conditions_due_soon(today=today)
    ]
    return sum(done)


def _keys(rows: QuerySet[Any]) -> list[UUID]:
    return list(rows.values_list("pk", flat=True))
