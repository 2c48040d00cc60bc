"""The client's switch: everything on a target stops, and nothing starts until the client lets it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from demos.models import Run, Target
from demos.selectors import targets as reading
from demos.services.moves import change_status, run_path
from demos.vocabulary import ACTIVE_STATUSES, RUN_PAUSED, TARGET_HALTED, TARGET_RELEASED, RunMove
from portal import access, audit
from portal.errors import Forbidden, TargetHalted, WrongMoment
from portal.models import User
from portal.vocabulary import Affiliation


@transaction.atomic
def halt_target(*, by: User, target_id: UUID) -> Target:
    """Pause every run on a target, and let none start or go on until a client member releases it.

    A shard looks for this with every write, at least four times a second; what is under way is cut a second
    later. Doing it twice changes nothing. Raises Forbidden for anybody but the client's own people.
    """
    target = _locked(by, target_id)
    if target.halted_at is not None:
        return target
    now = timezone.now()
    target.halted_at, target.halted_by = now, by
    target.save(update_fields=["halted_at", "halted_by"])
    runs = list(
        Run.objects.select_for_update(of=("self",))
        .filter(plan__target_version__target=target, status__in=ACTIVE_STATUSES)
        .select_related("engagement", "tenant")
        .order_by("pk")
    )
    for run in runs:
        change_status(run, RunMove.PAUSE, now=now)
        audit.record(
            actor=by, event=RUN_PAUSED, subject=run, path=run_path(run),
            facts={"number": run.number, "done": run.done, "attempts": run.total},
        )  # fmt: skip
    audit.record(
        actor=by,
        event=TARGET_HALTED,
        subject=target,
        path=target_path(target),
        facts={"target": target.public_id, "runs": len(runs)},
    )
    return target


@transaction.atomic
def release_target(*, by: User, target_id: UUID) -> Target:
    """Let runs on a target start again. Paused runs stay paused until somebody resumes them."""
    target = _locked(by, target_id)
    if target.halted_at is None:
        raise WrongMoment(f"{target.name} is not stopped.")
    target.halted_at, target.halted_by = None, None
    target.save(update_fields=["halted_at", "halted_by"])
    audit.record(
        actor=by,
        event=TARGET_RELEASED,
        subject=target,
        path=target_path(target),
        facts={"target": target.public_id},
    )
    return target


def check_not_halted(target: Target) -> None:
    """Raises TargetHalted while the client's switch is pulled."""
    if target.halted_at is not None:
        raise TargetHalted(
            f"The client stopped everything on {target.name}. One of the client’s people has to release it."
        )


def target_path(target: Target) -> str:
    """Where a target is read in the browser."""
    return f"/{target.tenant.slug}/engagements/{target.engagement.public_id}/targets/{target.public_id}/"


def _locked(by: User, target_id: UUID) -> Target:
    reading.target_for(by, target_id)
    rows = Target.objects.select_for_update(of=("self",)).select_related("engagement", "tenant")
    target = rows.get(pk=target_id)
    access.require(by, "stop_run", target.engagement)
    if by.affiliation != Affiliation.CLIENT:
        raise Forbidden("This switch is the client’s own. You can pause or stop a single run on its page.")
    return target
