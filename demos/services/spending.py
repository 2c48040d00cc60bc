"""The monthly limit of a client: set, looked at before each start and with every write.

What was spent is the sum of what runs, judge models, load and privacy tests that started in the month cost,
which each writes with its rows, a test at its end; so every worker sees the same sum. A cost that a system
does not tell is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from demos.models import Judging, LoadTest, PairJudging, PrivacyTest, Run, SpendGuard
from demos.vocabulary import SPEND_GUARD_SET, SPEND_NEARS_LIMIT, RunStatus
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, SpendLimitReached
from portal.models import Tenant, User

NEAR = Decimal("0.8")
MOST = Decimal(100_000_000)


@dataclass(frozen=True, slots=True)
class MonthStanding:
    """What a month has cost so far against its limit."""

    guard: SpendGuard
    spent: Decimal

    @property
    def left(self) -> Decimal:
        """What may still be spent, not below zero."""
        return max(self.guard.monthly_limit - self.spent, Decimal(0))

    @property
    def is_reached(self) -> bool:
        """Whether nothing may be spent any more."""
        return self.spent >= self.guard.monthly_limit

    @property
    def is_near(self) -> bool:
        """Whether 80 % are spent."""
        return self.spent >= self.guard.monthly_limit * NEAR


@transaction.atomic
def set_guard(
    *, by: User, tenant_id: UUID, currency: str, monthly_limit: Decimal | None, version: int | None = None
) -> SpendGuard | None:
    """Set the limit of a month in a currency; None takes it away. It holds for runs that are on too.

    Raises NotFound, Forbidden, Invalid.
    """
    tenant = Tenant.objects.select_for_update().filter(pk=tenant_id).first()
    if tenant is None:
        raise NotFound
    access.require(by, "manage_hosts", tenant)
    if monthly_limit is not None and not 0 < monthly_limit <= MOST:
        detail = f"The limit of a month lies above 0 and is at most {MOST:,}."
        raise Invalid(detail, errors=[FieldError("/monthly_limit", "invalid", detail)])
    guard = SpendGuard.objects.filter(tenant=tenant, currency=currency).first()
    before = guard.monthly_limit if guard else None
    if before == monthly_limit:
        return guard
    if guard is None:
        guard = SpendGuard(tenant=tenant, currency=currency)
    else:
        guard.version += 1
    if monthly_limit is None:
        SpendGuard.objects.filter(pk=guard.pk).delete()
    else:
        guard.monthly_limit, guard.set_by, guard.warned_month = monthly_limit, by, None
        guard.save()
    audit.record(
        actor=by, event=SPEND_GUARD_SET, subject=guard,
        facts={"currency": currency, "monthly_limit": monthly_limit, "before": before},
    )  # fmt: skip
    return None if monthly_limit is None else guard


def spent_in_month(tenant_id: UUID, currency: str, *, now: datetime) -> Decimal:
    """What runs, judge models, load and privacy tests that started in the month of ``now`` cost so far."""
    mine, first = {"tenant_id": tenant_id}, _first_of(now)
    began = {**mine, "currency": currency, "started_at__gte": first}
    rows: tuple[QuerySet[Any], ...] = (
        *(model.objects.filter(**began) for model in (Run, LoadTest, PrivacyTest)),
        Judging.objects.filter(**mine, run__currency=currency, created_at__gte=first),
        PairJudging.objects.filter(**mine, comparison__now__currency=currency, created_at__gte=first),
    )
    sums = [found.aggregate(spent=Sum("cost"))["spent"] for found in rows]
    return sum((found for found in sums if found is not None), Decimal(0))


def standing(tenant_id: UUID, currency: str, *, now: datetime) -> MonthStanding | None:
    """Where the month stands; None: no limit is set. One query without a limit, six with one."""
    guard = SpendGuard.objects.filter(tenant_id=tenant_id, currency=currency).first()
    return None if guard is None else MonthStanding(guard, spent_in_month(tenant_id, currency, now=now))


def check_may_spend(tenant_id: UUID, currency: str) -> None:
    """Raises SpendLimitReached when the month's limit is used up."""
    month = standing(tenant_id, currency, now=timezone.now())
    if month is not None and month.is_reached:
        raise SpendLimitReached(
            f"Runs and tests of this month cost {month.spent:.2f} of {month.guard.monthly_limit:.2f} "
            f"{currency}. Nothing starts until the month is over or the limit is raised on the page of costs."
        )


def month_left(tenant_id: UUID, currency: str) -> Decimal | None:
    """What a test may still spend; None: no limit is set. Said at its start: it has the rest for itself."""
    month = standing(tenant_id, currency, now=timezone.now())
    return None if month is None else month.left


def count_test(test: LoadTest | PrivacyTest, cost: Decimal) -> None:
    """Put what a locked test has cost into the sum of the month; tell people when it is near its limit."""
    now = timezone.now()
    test.cost = cost
    test.save(update_fields=["cost"])
    month = standing(test.tenant_id, test.currency, now=now)
    if month is not None:
        warn_if_near(month, now=now)


def share_of_run(month: MonthStanding) -> Decimal:
    """What one run may still spend: those that are on share what is left."""
    guard = month.guard
    on = Run.objects.filter(
        tenant_id=guard.tenant_id, currency=guard.currency, status=RunStatus.RUNNING
    ).count()
    return month.left / max(on, 1)


def warn_if_near(month: MonthStanding, *, now: datetime) -> None:
    """Say once a month that 80 % of the limit are spent, whichever worker sees it first."""
    first = _first_of(now).date()
    if not month.is_near or month.guard.warned_month == first:
        return
    rows = SpendGuard.objects.filter(pk=month.guard.pk)
    if not rows.exclude(warned_month=first).update(warned_month=first):
        return
    audit.record(
        actor=None, event=SPEND_NEARS_LIMIT, subject=month.guard,
        facts={
            "currency": month.guard.currency, "spent": month.spent.quantize(Decimal("0.0001")),
            "monthly_limit": month.guard.monthly_limit,
        },
    )  # fmt: skip


def _first_of(now: datetime) -> datetime:
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
