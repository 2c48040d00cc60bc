"""The verdict on a criterion, and whether a gate is ready.

Precedence: waived, not applicable, not evaluated, inconclusive, then not met or met.
Missing, stale or partial data is never "met".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from engagements.rules import intervals, sentences
from engagements.rules.terms import COUNTED_KINDS, Reading, Ruling, Terms, Waiver, eligible_reason
from engagements.vocabulary import NEEDS_NO_TARGET, Comparator, CriterionKind, Reason, Unit, Verdict

FEWEST_FOR_P95: Final = 59
"""Below this many cases no order statistic bounds the 95th percentile from above at 95 %."""

_BRING: Final = {
    CriterionKind.METRIC: "Bring the figures of the pilot.",
    CriterionKind.COMPARISON: "Compare the two on the same cases.",
    CriterionKind.LEVEL: "Answer the readiness questions, and have the answers verified.",
    CriterionKind.EVIDENCE: "Bring the evidence and have it accepted.",
    CriterionKind.ATTESTATION: "Have it stated by a named person.",
    CriterionKind.CONDITION: "Close the conditions of the earlier gates.",
    CriterionKind.RISK: "Rate the risks of the register.",
    CriterionKind.VALUE: "Compute the value case.",
}

CLEARING: Final = frozenset({Verdict.MET, Verdict.WAIVED, Verdict.NOT_APPLICABLE})
"""Verdicts with which a must-criterion does not hold a gate back."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a gate's verdicts add up to. ``blocking`` are must-criteria, ``advising`` the others."""

    ready: bool
    met: int
    total: int
    must_met: int
    must_total: int
    blocking: tuple[str, ...]
    advising: tuple[str, ...]


def verdict(
    criterion: Terms,
    measurement: Reading | None,
    *,
    now: datetime,
    sealed_at: datetime | None,
    waiver: Waiver | None = None,
    not_applicable: str = "",
) -> Ruling:
    """Rule on one criterion. ``not_applicable`` is the agreed reason; a waiver past its date is none."""
    if waiver is not None and waiver.until >= now.date():
        why = f"Waived by {waiver.by} until {sentences.day(waiver.until)}, because {waiver.why}."
        return _ruling(Verdict.WAIVED, Reason.WAIVED, why, measurement)
    if not_applicable:
        why = f"Both sides agreed that it does not apply: {not_applicable}."
        return _ruling(Verdict.NOT_APPLICABLE, Reason.AGREED_NOT_APPLICABLE, why, measurement)
    reason = _refused(criterion, measurement, now=now, sealed_at=sealed_at)
    if measurement is None or measurement.value is None or reason is not None:
        code = reason or Reason.NO_DATA
        words = sentences.refusal(code, measurement, criterion)
        return _ruling(
            Verdict.NOT_EVALUATED, code, words, measurement, next_action=_next_action(code, criterion)
        )
    return _compare(criterion, measurement, measurement.value)


def readiness(rulings: Iterable[tuple[str, bool, Verdict]]) -> Readiness:
    """Add up ``(key, must, verdict)``. A gate without a must-criterion is never ready."""
    rows = list(rulings)
    musts = [(key, given) for key, must, given in rows if must]
    blocking = tuple(key for key, given in musts if given not in CLEARING)
    return Readiness(
        ready=bool(musts) and not blocking,
        met=sum(given == Verdict.MET for _, _, given in rows),
        total=len(rows),
        must_met=sum(given == Verdict.MET for _, given in musts),
        must_total=len(musts),
        blocking=blocking,
        advising=tuple(key for key, must, given in rows if not must and given not in CLEARING),
    )


def _refused(
    terms: Terms, reading: Reading | None, *, now: datetime, sealed_at: datetime | None
) -> Reason | None:
    if reading is None or reading.value is None:
        return Reason.NO_DATA
    if terms.target is None and terms.comparator not in NEEDS_NO_TARGET:
        return Reason.NO_TARGET
    if terms.max_age_days is not None and now - reading.measured_at > timedelta(days=terms.max_age_days):
        return Reason.STALE
    return eligible_reason(terms, reading, sealed_at=sealed_at)


def _compare(terms: Terms, reading: Reading, value: Decimal) -> Ruling:
    reading = _exact(terms, reading)
    if terms.comparator == Comparator.EXISTS_FRESH:
        return _exists(reading, value)
    if (reading.n or 0) < terms.min_n:
        return _too_few(terms, reading, terms.min_n - (reading.n or 0))
    if terms.comparator in (Comparator.NONINFERIOR, Comparator.SUPERIOR):
        return _difference(terms, reading, value)
    target = terms.target
    if target is None:
        raise ValueError(f"{terms.key} compares with a target and has none")
    match terms.comparator:
        case Comparator.EQ:
            return _plainly(terms, reading, value == target, Reason.EQUAL, Reason.NOT_EQUAL)
        case Comparator.LEVEL_GE:
            return _plainly(terms, reading, value >= target, Reason.LEVEL_REACHED, Reason.LEVEL_MISSED)
        case Comparator.WITHIN:
            return _within(terms, reading, target)
        case Comparator.ZERO_EVENTS:
            return _zero_events(terms, reading, value, target)
        case Comparator.GE_POINT | Comparator.LE_POINT:
            return _by_point(terms, reading, value, target)
    return _by_bound(terms, reading, value, target)


def _exact(terms: Terms, reading: Reading) -> Reading:
    """A figure that is counted or computed and not sampled has no width: its bounds are itself."""
    if terms.kind in COUNTED_KINDS and reading.bound_low is None and reading.bound_high is None:
        return replace(reading, bound_low=reading.value, bound_high=reading.value)
    return reading


def _plainly(terms: Terms, reading: Reading, holds: bool, yes: Reason, no: Reason) -> Ruling:
    words = f"{_cap(sentences.measured(reading, terms))}; {sentences.asked(terms)} was asked."
    return _ruling(Verdict.MET if holds else Verdict.NOT_MET, yes if holds else no, words, reading)


def _margin(terms: Terms) -> Decimal:
    if terms.margin is None:
        raise ValueError(f"{terms.key} needs a margin and has none")
    return terms.margin


def _difference(terms: Terms, reading: Reading, value: Decimal) -> Ruling:
    """Superior: strictly above the target (0 where none was agreed). Not worse: within the margin."""
    superior = terms.comparator == Comparator.SUPERIOR
    limit = (terms.target or Decimal(0)) if superior else -_margin(terms)
    words, wanted = _cap(sentences.measured(reading, terms)), sentences.asked(terms)
    low, high = reading.bound_low, reading.bound_high
    if low is not None and (low > limit if superior else low >= limit):
        code = Reason.BETTER if superior else Reason.NOT_WORSE
        why = f"{_sure(words, low, terms, 'at least')}; {wanted} was asked."
        return _ruling(Verdict.MET, code, why, reading)
    if high is not None and (high <= limit if superior else high < limit):
        code = Reason.NOT_BETTER if superior else Reason.WORSE
        why = f"{_sure(words, high, terms, 'at most')}; {wanted} was asked."
        return _ruling(Verdict.NOT_MET, code, why, reading)
    return _open_ended(terms, reading, value, limit)


def _within(terms: Terms, reading: Reading, target: Decimal) -> Ruling:
    least, most = target - _margin(terms), target + _margin(terms)
    low, high = reading.bound_low, reading.bound_high
    words, wanted = _cap(sentences.measured(reading, terms)), sentences.asked(terms)
    if low is not None and high is not None and least <= low and high <= most:
        why = f"{words}, and both bounds lie inside; {wanted} was asked."
        return _ruling(Verdict.MET, Reason.WITHIN_LIMITS, why, reading)
    if (high is not None and high < least) or (low is not None and low > most):
        why = f"{words}, and both bounds lie outside; {wanted} was asked."
        return _ruling(Verdict.NOT_MET, Reason.OUTSIDE_LIMITS, why, reading)
    return _open_ended(terms, reading, reading.value or Decimal(0), None)


def _open_ended(terms: Terms, reading: Reading, value: Decimal, limit: Decimal | None) -> Ruling:
    """A bound that touches or straddles a limit. More cases narrow it, roughly with their square root."""
    cases = None
    if limit is not None and reading.n and value != limit:
        side = reading.bound_low if value > limit else reading.bound_high
        if side is not None:
            cases = intervals.more_by_width(reading.n, abs(limit - value), abs(value - side))
    why = (
        f"Cannot tell yet. {_cap(sentences.measured(reading, terms))} leaves room for "
        f"{sentences.between(reading, terms)}; {sentences.asked(terms)} was asked."
    )
    action = sentences.more(cases, roughly=True) or "More cases at the same rate would not settle it."
    return _ruling(Verdict.INCONCLUSIVE, Reason.STRADDLES, why, reading, more_cases=cases, next_action=action)


def _sure(words: str, bound: Decimal, terms: Terms, side: str) -> str:
    return (
        f"{words}. We can be {sentences.sure(terms)} sure that it is {side} {sentences.bound(bound, terms)}"
    )


def _exists(reading: Reading, value: Decimal) -> Ruling:
    taken = sentences.day(reading.measured_at)
    if value > 0:
        return _ruling(Verdict.MET, Reason.PRESENT, f"There since {taken}.", reading)
    return _ruling(Verdict.NOT_MET, Reason.ABSENT, f"Said on {taken} not to be there.", reading)


def _too_few(terms: Terms, reading: Reading, cases: int) -> Ruling:
    words = (
        f"Cannot tell yet. {_cap(sentences.measured(reading, terms))}: {reading.n or 0:,} cases are under "
        f"the {terms.min_n:,} that were agreed."
    )
    noun = "case" if cases == 1 else "cases"
    return _ruling(
        Verdict.INCONCLUSIVE, Reason.TOO_FEW_CASES, words, reading,
        more_cases=cases, next_action=f"Ask {cases:,} more {noun}.",
    )  # fmt: skip


def _zero_events(terms: Terms, reading: Reading, value: Decimal, target: Decimal) -> Ruling:
    words = _cap(sentences.measured(reading, terms))
    if value > 0:
        return _ruling(Verdict.NOT_MET, Reason.EVENT_SEEN, f"{words}; none was asked.", reading)
    if reading.bound_high is not None and reading.bound_high <= target:
        why = f"{words}, so at most {sentences.bound(reading.bound_high, terms)}."
        return _ruling(Verdict.MET, Reason.NONE_SEEN, why, reading)
    cases = intervals.more_for_zero(reading.n or 0, target, confidence=terms.confidence) or None
    why = f"Cannot tell yet. {words}, which is too few for {sentences.asked(terms)}."
    action = f"{cases:,} more cases without one would settle it." if cases else ""
    return _ruling(
        Verdict.INCONCLUSIVE, Reason.TOO_FEW_CASES, why, reading, more_cases=cases, next_action=action
    )


def _by_point(terms: Terms, reading: Reading, value: Decimal, target: Decimal) -> Ruling:
    reached = value >= target if terms.comparator == Comparator.GE_POINT else value <= target
    why = f"{_cap(sentences.measured(reading, terms))} as a point value; {sentences.asked(terms)} was asked."
    if reached:
        return _ruling(Verdict.MET, Reason.POINT_REACHES_TARGET, why, reading)
    return _ruling(Verdict.NOT_MET, Reason.POINT_MISSES_TARGET, why, reading)


def _by_bound(terms: Terms, reading: Reading, value: Decimal, target: Decimal) -> Ruling:
    upward = terms.comparator == Comparator.GE_LOWER
    cautious, other = (
        (reading.bound_low, reading.bound_high) if upward else (reading.bound_high, reading.bound_low)
    )
    words = _cap(sentences.measured(reading, terms))
    wanted = sentences.asked(terms)
    if cautious is not None and cautious == other:
        reached = value >= target if upward else value <= target
        code = Reason.BOUND_REACHES_TARGET if reached else Reason.BOUND_MISSES_TARGET
        given = Verdict.MET if reached else Verdict.NOT_MET
        return _ruling(given, code, f"{words}; {wanted} was asked.", reading)
    if cautious is not None and (cautious >= target if upward else cautious <= target):
        why = f"{_sure(words, cautious, terms, 'at least' if upward else 'at most')}; {wanted} was asked."
        return _ruling(Verdict.MET, Reason.BOUND_REACHES_TARGET, why, reading)
    if other is not None and (other < target if upward else other > target):
        why = f"{_sure(words, other, terms, 'at most' if upward else 'at least')}; {wanted} was asked."
        return _ruling(Verdict.NOT_MET, Reason.BOUND_MISSES_TARGET, why, reading)
    return _straddles(terms, reading, value, target)


def _straddles(terms: Terms, reading: Reading, value: Decimal, target: Decimal) -> Ruling:
    cases, roughly = _more_cases(terms, reading, value, target)
    why = (
        f"Cannot tell yet. {_cap(sentences.measured(reading, terms))} leaves room for "
        f"{sentences.between(reading, terms)}; {sentences.asked(terms)} was asked."
    )
    action = sentences.more(cases, roughly=roughly) or "More cases at the same rate would not settle it."
    return _ruling(Verdict.INCONCLUSIVE, Reason.STRADDLES, why, reading, more_cases=cases, next_action=action)


def _more_cases(terms: Terms, reading: Reading, value: Decimal, target: Decimal) -> tuple[int | None, bool]:
    """``(cases, roughly)``: exact arithmetic for rates, width ∝ 1/√n for the rest."""
    if not reading.n:
        return None, False
    if terms.unit == Unit.RATE:
        rule = intervals.more_for_rate
        if terms.comparator == Comparator.LE_UPPER:
            rule = intervals.more_for_upper_rate
        return rule(value, reading.n, target, confidence=terms.confidence), False
    upward = terms.comparator == Comparator.GE_LOWER
    passing = value >= target if upward else value <= target
    side = reading.bound_low if upward == passing else reading.bound_high
    if side is None:
        missing = FEWEST_FOR_P95 - reading.n
        return (missing if terms.unit == Unit.MS and missing > 0 else None), False
    return intervals.more_by_width(reading.n, abs(target - value), abs(value - side)), True


def _next_action(reason: Reason, terms: Terms) -> str:
    if reason == Reason.NOT_SEALED:
        return "Both sides seal the criteria; then the run counts that begins afterwards."
    if reason == Reason.NO_TARGET:
        return f"Measure the {sentences.key_words(terms.target_source_key)}; it is the target."
    if terms.needs_binding:
        return "Run the evaluation that was sealed, to its end."
    return _BRING[terms.kind]


def _ruling(
    given: Verdict,
    reason: Reason,
    why: str,
    reading: Reading | None,
    *,
    more_cases: int | None = None,
    next_action: str = "",
) -> Ruling:
    return Ruling(
        verdict=given,
        reason=reason,
        why=why,
        observed=reading.value if reading else None,
        bound_low=reading.bound_low if reading else None,
        bound_high=reading.bound_high if reading else None,
        n=reading.n if reading else None,
        more_cases=more_cases,
        next_action=next_action,
    )


def _cap(words: str) -> str:
    return words[:1].upper() + words[1:]
