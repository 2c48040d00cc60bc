"""What a decision needs: who may sign it, with what proof, under which words, and what follows."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol
from uuid import UUID

from engagements.rules.sentences import day
from engagements.vocabulary import Outcome, StageMove
from portal.errors import (
    DeciderNotAllowed,
    FieldError,
    Invalid,
    ReauthenticationRequired,
    SecondFactorRequired,
    SegregationOfDuties,
)

OLDEST_PROOF_S: Final = 300
"""A decision is signed within five minutes of showing who one is."""

STAGE_MOVES: Final[Mapping[Outcome, StageMove]] = {
    Outcome.APPROVE: StageMove.PASS,
    Outcome.APPROVE_WITH_CONDITIONS: StageMove.PASS_WITH_CONDITIONS,
    Outcome.REWORK: StageMove.CLOSE_GATE,
    Outcome.HOLD: StageMove.CLOSE_GATE,
    Outcome.STOP: StageMove.STOP,
}

PASSING: Final = frozenset({Outcome.APPROVE, Outcome.APPROVE_WITH_CONDITIONS})


class Proof(Protocol):
    """How and how long ago a person showed who it is."""

    @property
    def method(self) -> str: ...
    @property
    def age_s(self) -> float: ...
    @property
    def second_factor(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ConditionTerms:
    """One promise that goes with an approval, for the must-criterion ``criterion_key``.

    ``owner`` None: the engagement's lead answers for it.
    """

    criterion_key: str
    text: str
    due: date
    owner: UUID | None = None

    def as_text(self) -> dict[str, str]:
        """As it is kept with a signature."""
        owner = str(self.owner) if self.owner else ""
        return {"key": self.criterion_key, "text": self.text.strip(), "due": str(self.due), "owner": owner}

    @classmethod
    def from_text(cls, kept: Mapping[str, str]) -> ConditionTerms:
        owner = UUID(kept["owner"]) if kept["owner"] else None
        return cls(kept["key"], kept["text"], date.fromisoformat(kept["due"]), owner)


@dataclass(frozen=True, slots=True)
class DecisionTerms:
    """What the decider chose. Only the fields of the outcome are read."""

    outcome: Outcome
    signed_name: str
    reason: str = ""
    hold_until: date | None = None
    stop_reason: str = ""
    lessons: str = ""
    conditions: Sequence[ConditionTerms] = field(default=())


def check_decider(
    *,
    affiliation: str,
    decider_id: UUID,
    submitted_by_id: UUID,
    judges: Collection[UUID],
    principal_id: UUID | None = None,
) -> None:
    """Raises DeciderNotAllowed for all but the client's people, SegregationOfDuties for those involved.

    ``principal_id``: for whom it is signed, None for oneself.
    """
    if affiliation != "client":
        raise DeciderNotAllowed("Only the client's own people can sign a decision.")
    if decider_id == submitted_by_id:
        raise SegregationOfDuties("You submitted this round, so somebody else has to sign it.")
    if principal_id == submitted_by_id:
        raise SegregationOfDuties("Who delegated this to you submitted the round themselves.")
    if decider_id in judges:
        raise SegregationOfDuties("You judged evidence of this round, so somebody else has to sign it.")


def check_proof(proof: Proof, *, second_factor_needed: bool) -> None:
    """Raises ReauthenticationRequired when older than five minutes, SecondFactorRequired when too weak."""
    if not 0 <= proof.age_s <= OLDEST_PROOF_S:
        raise ReauthenticationRequired("Confirm that it is you: the last time is more than five minutes ago.")
    if second_factor_needed and not proof.second_factor:
        raise SecondFactorRequired("This client signs with a second factor: a passkey or a code.")


def check_terms(
    terms: DecisionTerms,
    *,
    signer: str,
    blocking: Sequence[str],
    today: date,
    unyielding: Sequence[str] = (),
    laid_down: bool = False,
) -> None:
    """Raises Invalid with one error per field that is missing or contradicts the outcome.

    ``unyielding``: blocking criteria that no condition or waiver settles, they have to be met.
    ``laid_down``: the conditions are those of an earlier signer; they may say more than is needed today.
    """
    errors: list[FieldError] = []
    if _folded(terms.signed_name) != _folded(signer):
        errors.append(FieldError("/signed_name", "mismatch", f"Type your full name as here: {signer}."))
    match terms.outcome:
        case Outcome.APPROVE if blocking:
            detail = f"Not possible: {listed(blocking)} {'is' if len(blocking) == 1 else 'are'} not met."
            errors.append(FieldError("/outcome", "not_ready", detail))
        case Outcome.APPROVE_WITH_CONDITIONS if unyielding:
            detail = f"Not possible: {listed(unyielding)} can only be met, not promised."
            errors.append(FieldError("/outcome", "not_waivable", detail))
        case Outcome.APPROVE_WITH_CONDITIONS if laid_down:
            errors += _uncovered(terms.conditions, blocking)
        case Outcome.APPROVE_WITH_CONDITIONS:
            errors += _condition_errors(terms.conditions, blocking, today)
        case Outcome.REWORK if not terms.reason.strip():
            errors.append(FieldError("/reason", "missing", "Write what has to be done differently."))
        case Outcome.HOLD if terms.hold_until is None or terms.hold_until <= today:
            errors.append(FieldError("/hold_until", "missing", "Choose a date after today."))
        case Outcome.STOP:
            errors += _stop_errors(terms)
    if errors:
        raise Invalid(errors[0].detail, errors=errors)


def statement(
    terms: DecisionTerms,
    *,
    signer: str,
    gate: int,
    client: str,
    blocking: Sequence[str],
    next_stage: str,
    on_behalf_of: str = "",
) -> str:
    """The exact words that are signed. ``on_behalf_of``: who delegated, "" for oneself."""
    who = f"I, {signer}, on behalf of {on_behalf_of}," if on_behalf_of else f"I, {signer},"
    begin = f" {next_stage} may begin." if next_stage else " The work is complete."
    seen = ""
    if blocking:
        count = "one must-criterion is" if len(blocking) == 1 else f"{len(blocking)} must-criteria are"
        seen = f" I have seen that {count} not met today: {listed(blocking)}."
    match terms.outcome:
        case Outcome.APPROVE:
            return f"{who} approve gate {gate} for {client}.{begin}"
        case Outcome.APPROVE_WITH_CONDITIONS:
            count = "one condition" if len(terms.conditions) == 1 else f"{len(terms.conditions)} conditions"
            return f"{who} approve gate {gate} for {client} with {count}.{begin}{seen}"
        case Outcome.REWORK:
            return f"{who} send gate {gate} of {client} back for rework. Another round may be submitted."
        case Outcome.HOLD:
            until = day(terms.hold_until) if terms.hold_until else "a date"
            return f"{who} hold gate {gate} for {client} until {until}. Nothing goes on meanwhile."
        case Outcome.STOP:
            return f"{who} stop this project for {client} at gate {gate}. The work ends here."
    raise ValueError(terms.outcome)


REASON_LABELS: Final = {
    Outcome.APPROVE: "In the signer's words",
    Outcome.APPROVE_WITH_CONDITIONS: "In the signer's words",
    Outcome.REWORK: "To be done differently",
    Outcome.HOLD: "Why it is held",
    Outcome.STOP: "Why it stops",
}


OUTCOME_PAST = {
    Outcome.APPROVE: "approved",
    Outcome.APPROVE_WITH_CONDITIONS: "approved with conditions",
    Outcome.REWORK: "sent back for rework",
    Outcome.HOLD: "held until a date",
    Outcome.STOP: "project stopped",
}  # what was done, once it is signed


def reason_label(outcome: Outcome) -> str:
    """What a decision's reason is called; it is asked for on a rework, and may be given with any other."""
    return REASON_LABELS[outcome]


def listed(keys: Sequence[str]) -> str:
    return keys[0] if len(keys) == 1 else f"{', '.join(keys[:-1])} and {keys[-1]}"


def _uncovered(conditions: Sequence[ConditionTerms], blocking: Sequence[str]) -> list[FieldError]:
    given = {condition.criterion_key for condition in conditions}
    missing = [key for key in blocking if key not in given]
    if not missing:
        return []
    detail = f"{listed(missing)} held nothing back when the others signed. Send it back for another round."
    return [FieldError("/outcome", "not_covered", detail)]


def _condition_errors(
    conditions: Sequence[ConditionTerms], blocking: Sequence[str], today: date
) -> list[FieldError]:
    if not blocking:
        return [FieldError("/outcome", "ready", "Every must-criterion is met: approve without conditions.")]
    given = {condition.criterion_key for condition in conditions if condition.text.strip()}
    errors = [
        FieldError(f"/conditions/{key}", "missing", f"Write one condition for {key}, which is not met.")
        for key in blocking
        if key not in given
    ]
    errors += [
        FieldError(f"/conditions/{c.criterion_key}", "unknown", f"{c.criterion_key} needs no condition.")
        for c in conditions
        if c.criterion_key not in blocking
    ]
    errors += [
        FieldError(f"/conditions/{c.criterion_key}/due", "past", "Choose a date after today.")
        for c in conditions
        if c.due <= today
    ]
    return errors


def _stop_errors(terms: DecisionTerms) -> list[FieldError]:
    errors = []
    if not terms.stop_reason:
        errors.append(FieldError("/stop_reason", "missing", "Choose why the project stops."))
    if not terms.lessons.strip():
        errors.append(FieldError("/lessons", "missing", "Write what was learned, one sentence or more."))
    return errors


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
