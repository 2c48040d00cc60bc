"""The dry run: what stands in a gate's way, the cheapest thing that settles it, and whose turn that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engagements.rules.terms import Ruling, Terms
from engagements.rules.verdicts import CLEARING
from engagements.vocabulary import CriterionKind, Effort, Reason, Side, Verdict

_ORDER: Final = tuple(Effort)
_RUN_AGAIN: Final = "Run the evaluation that was sealed, to its end"

Step = tuple[str, Side | None, Effort]


@dataclass(frozen=True, slots=True)
class NextStep:
    """The cheapest next step for one criterion. ``side`` None: either side can take it.

    ``cost`` in the engagement's currency, None where it is not known. ``otherwise``: what else would do.
    """

    key: str
    text: str
    must: bool
    verdict: Verdict
    action: str
    side: Side | None
    effort: Effort
    cost: Decimal | None = None
    otherwise: str = ""


def next_step(
    terms: Terms, ruling: Ruling, *, text: str, waivable: bool, cost_per_case: Decimal | None = None
) -> NextStep | None:
    """None where the criterion does not stand in the way."""
    if ruling.verdict in CLEARING:
        return None
    action, side, effort = _step(terms, ruling)
    cost = None
    if ruling.verdict == Verdict.INCONCLUSIVE and ruling.more_cases and cost_per_case is not None:
        cost = ruling.more_cases * cost_per_case
    return NextStep(
        key=terms.key,
        text=text,
        must=terms.must,
        verdict=ruling.verdict,
        action=action,
        side=side,
        effort=effort,
        cost=cost,
        otherwise=_otherwise(terms, ruling, waivable),
    )


def in_order(steps: Iterable[NextStep]) -> list[NextStep]:
    """Must before should, then the cheapest first."""
    return sorted(steps, key=lambda step: (not step.must, _ORDER.index(step.effort), step.key))


def _step(terms: Terms, ruling: Ruling) -> Step:
    if ruling.reason == Reason.NOT_SEALED:
        return "Both sides seal the criteria; nothing counts before.", None, Effort.MINUTES
    if ruling.reason == Reason.NO_TARGET:
        return ruling.next_action, Side.CONSULTANCY, Effort.HOURS
    if ruling.reason == Reason.OTHER_BINDING:
        return f"{_RUN_AGAIN}: the newest one used something else.", Side.CONSULTANCY, Effort.HOURS
    if ruling.verdict == Verdict.NOT_EVALUATED:
        return _bring(terms, ruling)
    if ruling.verdict == Verdict.INCONCLUSIVE:
        return _settle(ruling)
    return _mend(terms)


def _bring(terms: Terms, ruling: Ruling) -> Step:
    """Nothing that counts was measured."""
    again = " again: what there is has become too old" if ruling.reason == Reason.STALE else ""
    match terms.kind:
        case CriterionKind.ATTESTATION:
            return f"State it by name{again}.", None, Effort.MINUTES
        case CriterionKind.EVIDENCE:
            words = f"Hand in the evidence{again}; the other side accepts it."
            return words, Side.CONSULTANCY, Effort.HOURS
        case CriterionKind.LEVEL:
            return f"Answer the readiness questions{again}, and have them verified.", None, Effort.DAYS
        case CriterionKind.VALUE:
            return f"Compute the value case{again}.", Side.CONSULTANCY, Effort.HOURS
        case CriterionKind.RISK:
            return f"Rate the open risks{again}.", Side.CONSULTANCY, Effort.HOURS
        case CriterionKind.CONDITION:
            return "Close the conditions of the gates before.", None, Effort.DAYS
    if terms.needs_binding:
        return f"{_RUN_AGAIN}{again}.", Side.CONSULTANCY, Effort.HOURS
    return f"Bring the figures of the pilot{again}.", Side.CONSULTANCY, Effort.DAYS


def _settle(ruling: Ruling) -> Step:
    """The bounds leave it open."""
    if ruling.more_cases:
        noun = "case" if ruling.more_cases == 1 else "cases"
        words = f"Have {ruling.more_cases:,} more {noun} accepted, amend the seal, and run again."
        return words, Side.CLIENT, Effort.DAYS
    return (
        "Improve the system and run again; more cases alone would not settle it.",
        Side.CONSULTANCY,
        Effort.WEEKS,
    )


def _mend(terms: Terms) -> Step:
    """It was measured, and it is not enough."""
    match terms.kind:
        case CriterionKind.ATTESTATION:
            return "Make it so, then state it by name.", None, Effort.DAYS
        case CriterionKind.EVIDENCE:
            return "Repeat it until it holds, and hand in the newer evidence.", Side.CONSULTANCY, Effort.DAYS
        case CriterionKind.LEVEL:
            return "Raise the weakest elements; the improvement plan has them in order.", None, Effort.WEEKS
        case CriterionKind.VALUE:
            return "Change what the value case rests on, or stop here.", Side.CONSULTANCY, Effort.WEEKS
        case CriterionKind.RISK:
            return "Accept the highest risk until a date, or lower it.", Side.CLIENT, Effort.MINUTES
        case CriterionKind.CONDITION:
            return "Close the conditions of the gates before.", None, Effort.DAYS
    return "Improve the system and run again.", Side.CONSULTANCY, Effort.WEEKS


def _otherwise(terms: Terms, ruling: Ruling, waivable: bool) -> str:
    if not terms.must:
        return "It advises only, and does not hold the gate back."
    if ruling.reason == Reason.NOT_SEALED:
        return ""
    if waivable:
        return "Or the client's approver waives it until a date, or approves with a condition."
    return "It cannot be waived."
