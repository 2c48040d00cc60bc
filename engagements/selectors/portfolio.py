"""Where every engagement stands: stage, gate, verdicts, whose turn since when. Constant query count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from engagements.models import (
    CriteriaSet,
    Criterion,
    CriterionResult,
    Engagement,
    Gate,
    GateRound,
    Measurement,
    Stage,
    Waiver,
)
from engagements.rules.court import Court, GateFacts, court
from engagements.rules.verdicts import Readiness, readiness
from engagements.selectors.conditions import Carried, carried_by, waivers_of
from engagements.selectors.engagements import visible_engagements
from engagements.selectors.verdicts import GateStanding, measurements_of, set_that_counts, stand
from engagements.vocabulary import (
    CURRENT_STAGES,
    OPEN_ROUNDS,
    CriteriaStatus,
    EngagementStatus,
    RoundStatus,
    Side,
    StageStatus,
    Verdict,
)
from portal.models import User


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """One engagement. ``gate`` None when no stage is current; ``expected_value`` None: no value case yet.

    ``verdicts`` are the frozen ones while a round is open, those of a dry run otherwise.
    """

    engagement: Engagement
    stages: tuple[Stage, ...]
    gates: tuple[Gate, ...]
    stage: Stage | None
    gate: Gate | None
    criteria_set: CriteriaSet | None
    round: GateRound | None
    court: Court
    person: User | None
    verdicts: tuple[Verdict, ...]
    readiness: Readiness
    standing: GateStanding | None
    lapsed: frozenset[int] = frozenset()
    expected_value: Decimal | None = None


def portfolio(viewer: User, *, now: datetime) -> list[PortfolioRow]:
    """Every engagement that the viewer may see, by client and code. Ten queries, whatever their number."""
    return rows_for(list(visible_engagements(viewer)), now=now)


def rows_for(engagements: Sequence[Engagement], *, now: datetime) -> list[PortfolioRow]:
    """The rows of these engagements, in their order."""
    keys = [engagement.pk for engagement in engagements]
    stages = _grouped(Stage.objects.filter(engagement_id__in=keys).order_by("order"), "engagement_id")
    gates = _grouped(Gate.objects.filter(engagement_id__in=keys).order_by("number"), "engagement_id")
    current = {key: _current_gate(stages[key], gates[key]) for key in keys}
    now_gates = [gate for gate in current.values() if gate is not None]
    gate_ids = [gate.pk for gate in now_gates]
    sets = _grouped(CriteriaSet.objects.filter(gate_id__in=gate_ids).order_by("number"), "gate_id")
    counting = {key: set_that_counts(rows) for key, rows in sets.items()}
    set_ids = [row.pk for row in counting.values() if row is not None]
    criteria = _grouped(
        Criterion.objects.filter(criteria_set_id__in=set_ids).order_by("order"), "criteria_set_id"
    )
    rounds = {
        row.gate_id: row for row in GateRound.objects.filter(gate_id__in=gate_ids, status__in=OPEN_ROUNDS)
    }
    results = _grouped(
        CriterionResult.objects.filter(round_id__in=[r.pk for r in rounds.values()])
        .select_related("criterion")
        .order_by("criterion__order"),
        "round_id",
    )
    grounds = _Grounds(
        measurements_of(
            keys,
            [row for rows in criteria.values() for row in rows],
            {row.engagement_id: row.sealed_at for row in counting.values() if row is not None},
        ),
        waivers_of([row.pk for rows in criteria.values() for row in rows], today=now.date()),
        carried_by(now_gates, today=now.date()),
    )
    found = []
    for engagement in engagements:
        gate = current[engagement.pk]
        open_round = rounds.get(gate.pk) if gate else None
        newest = sets[gate.pk][-1] if gate and sets[gate.pk] else None
        criteria_set = counting.get(gate.pk) if gate else None
        standing = _standing(criteria_set, criteria, grounds, now, engagement.currency)
        frozen = results[open_round.pk] if open_round else []
        found.append(
            _row(
                engagement,
                _Parts(
                    tuple(stages[engagement.pk]),
                    tuple(gates[engagement.pk]),
                    gate,
                    newest,
                    open_round,
                    grounds.carried[gate.pk].lapsed if gate else frozenset(),
                ),
                standing,
                frozen,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class _Grounds:
    """What verdicts rest on, for all engagements at once."""

    measured: Mapping[UUID, list[Measurement]]
    waivers: Mapping[UUID, Waiver]
    carried: Mapping[UUID, Carried]


@dataclass(frozen=True, slots=True)
class _Parts:
    stages: tuple[Stage, ...]
    gates: tuple[Gate, ...]
    gate: Gate | None
    newest_set: CriteriaSet | None
    round: GateRound | None
    lapsed: frozenset[int]


def _row(
    engagement: Engagement,
    parts: _Parts,
    standing: GateStanding | None,
    frozen: Sequence[CriterionResult],
) -> PortfolioRow:
    turn = court(_facts(engagement, parts))
    person = {Side.CLIENT: engagement.sponsor, Side.CONSULTANCY: engagement.lead}.get(
        turn.side or Side.CLIENT
    )
    if frozen:
        rated = [(row.criterion.key, row.criterion.must, Verdict(row.verdict)) for row in frozen]
    else:
        rated = [
            (row.criterion.key, row.criterion.must, row.ruling.verdict)
            for row in (standing.rows if standing else ())
        ]
    gate = parts.gate
    return PortfolioRow(
        engagement=engagement,
        stages=parts.stages,
        gates=parts.gates,
        stage=next((stage for stage in parts.stages if gate and stage.pk == gate.stage_id), None),
        gate=gate,
        criteria_set=parts.newest_set,
        round=parts.round,
        court=turn,
        person=person if turn.side else None,
        verdicts=tuple(given for _, _, given in rated),
        readiness=readiness(rated),
        standing=standing,
        lapsed=parts.lapsed,
    )


def _facts(engagement: Engagement, parts: _Parts) -> GateFacts:
    newest, row = parts.newest_set, parts.round
    return GateFacts(
        engagement=EngagementStatus(engagement.status),
        criteria=CriteriaStatus(newest.status) if newest else None,
        criteria_since=newest.since if newest else engagement.created_at,
        sealed_by_client=bool(newest and newest.sealed_by_client_id),
        round=RoundStatus(row.status) if row else None,
        submitted_at=(row.paused_since or row.submitted_at) if row else None,
    )


def _standing(
    criteria_set: CriteriaSet | None,
    criteria: Mapping[UUID, list[Criterion]],
    grounds: _Grounds,
    now: datetime,
    currency: str,
) -> GateStanding | None:
    if criteria_set is None:
        return None
    return stand(
        criteria_set, criteria[criteria_set.pk], grounds.measured[criteria_set.engagement_id], now=now,
        currency=currency, waivers=grounds.waivers, carried=grounds.carried.get(criteria_set.gate_id),
    )  # fmt: skip


def _current_gate(stages: Sequence[Stage], gates: Sequence[Gate]) -> Gate | None:
    """The gate of the current stage, or of the stage that stopped the work."""
    wanted = [*CURRENT_STAGES, StageStatus.STOPPED]
    stage = next((stage for stage in stages if stage.status in wanted), None)
    return next((gate for gate in gates if stage and gate.stage_id == stage.pk), None)


def _grouped(rows: Iterable[Any], by: str) -> defaultdict[UUID, list[Any]]:
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, by)].append(row)
    return found
