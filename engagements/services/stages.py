"""The only writer of Stage.status and Engagement.status, inside the transaction of the verb that moves."""

from __future__ import annotations

from datetime import datetime

from engagements.models import Engagement, Stage
from engagements.rules.states import next_engagement, next_stage
from engagements.vocabulary import EngagementMove, EngagementStatus, StageMove, StageStatus
from portal.errors import WrongMoment

_PASSES = (StageMove.PASS, StageMove.PASS_WITH_CONDITIONS)


def move_stage(stage: Stage, move: StageMove, *, now: datetime) -> Stage:
    """Move one stage; passing it starts the next, or completes the engagement. Raises WrongMoment."""
    stage = Stage.objects.select_for_update().get(pk=stage.pk)
    _apply(stage, move, now=now)
    if move in _PASSES:
        following = _following(stage)
        if following is None:
            move_engagement(stage.engagement, EngagementMove.COMPLETE)
        else:
            _apply(following, StageMove.START, now=now)
    if move == StageMove.STOP:
        move_engagement(stage.engagement, EngagementMove.STOP)
    return stage


def move_engagement(engagement: Engagement, move: EngagementMove) -> None:
    """Raises WrongMoment."""
    row = Engagement.objects.select_for_update().get(pk=engagement.pk)
    row.status = next_engagement(EngagementStatus(row.status), move)
    row.version += 1
    row.save(update_fields=["status", "version"])
    engagement.status, engagement.version = row.status, row.version


def require_active(engagement: Engagement) -> None:
    """Raises WrongMoment unless work goes on."""
    if engagement.status != EngagementStatus.ACTIVE:
        words = EngagementStatus(engagement.status).label.lower()
        raise WrongMoment(f"This engagement is {words}; it has to be active.")


def _apply(stage: Stage, move: StageMove, *, now: datetime) -> None:
    stage.status = next_stage(StageStatus(stage.status), move)
    if move == StageMove.START:
        stage.started_at = now
    if move in (*_PASSES, StageMove.STOP):
        stage.ended_at = now
    stage.save(update_fields=["status", "started_at", "ended_at"])


def _following(stage: Stage) -> Stage | None:
    return (
        Stage.objects.select_for_update()
        .filter(engagement_id=stage.engagement_id, order__gt=stage.order)
        .order_by("order")
        .first()
    )
