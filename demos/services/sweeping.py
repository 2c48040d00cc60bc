"""Every ten seconds: free the leases of dead shards, queue shards again, finish what is complete."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from demos import queue
from demos.models import PendingAttempt, Run
from demos.services import leases, limits, results
from demos.services.datasets import drop_old_uploads
from demos.services.execution import stop_at_limit
from demos.services.judging import sweep_judgings
from demos.services.pairwise import sweep_pair_judgings
from demos.services.spending import standing
from demos.vocabulary import OPEN_STATUSES, RunStatus
from portal.models import Tenant
from portal.scope import tenant_scope
from portal.vocabulary import TenantStatus

logger = logging.getLogger(__name__)


def sweep_all() -> None:
    """Walk tenant by tenant. One tenant's trouble does not stop the others."""
    for tenant_id in Tenant.objects.filter(status=TenantStatus.ACTIVE).values_list("pk", flat=True):
        try:
            with tenant_scope([tenant_id]):
                run_ids = list(Run.objects.filter(status__in=OPEN_STATUSES).values_list("pk", flat=True))
                drop_old_uploads()
                sweep_judgings()
                sweep_pair_judgings()
            for run_id in run_ids:
                sweep_run(tenant_id=tenant_id, run_id=run_id)
        except Exception:  # the boundary of this walk: logged, and the next tenant is swept
            logger.exception("sweeping the runs of tenant %s failed", tenant_id)


def sweep_run(*, tenant_id: UUID, run_id: UUID) -> None:
    """Bring one open run forward if its shards are gone."""
    with tenant_scope([tenant_id]):
        run = Run.objects.select_for_update(of=("self",)).select_related("plan").get(pk=run_id)
        if run.status not in OPEN_STATUSES:
            return
        now = timezone.now()
        PendingAttempt.objects.filter(run=run, lease_expires__lt=now).update(
            lease_owner=None, lease_expires=None
        )
        if run.done == run.total:
            results.finish_run(run)
            return
        if run.status == RunStatus.PAUSED:
            return
        alive = leases.shards_alive(run)
        if not alive and (
            limit := limits.limit_hit(
                run, run.plan, now=now, month=standing(run.tenant_id, run.currency, now=now)
            )
        ):
            stop_at_limit(run, limit)
            return
        patience = timedelta(seconds=settings.EVALUATION_LEASE_S)
        if run.shards_queued_at and now - run.shards_queued_at < patience:
            return
        waiting = PendingAttempt.objects.filter(run=run, lease_expires=None).count()
        if queue.send_shards(run, waiting=waiting, alive=alive):
            run.shards_queued_at = now
            run.save(update_fields=["shards_queued_at"])
