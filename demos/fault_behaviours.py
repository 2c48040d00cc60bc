"""What a caller should do when its AI service has a bad day, and what of that was seen. Pure.

Three things are wanted for each fault that was tried: retries are bounded, a wait that was asked for is kept,
and whoever was given up is told so honestly or served another way. The first two are counted by the fault
proxy; the third is attested by people, because the proxy does not see the caller's user. What nobody looked
at is never kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from demos.engine.faults.observed import BOUNDED_TRIES
from demos.engine.faults.plan import Fault
from demos.fault_vocabulary import Attested, Behaviour, Seen
from engagements.vocabulary import Verdict


@dataclass(frozen=True, slots=True)
class FaultCounts:
    """Requests that got one fault. ``recovered`` of them got their answer in the end. Gaps are seconds.

    ``retried``: how many were tried again; ``most_tries``: of one request. Gaps None: nothing was retried.
    """

    fault: Fault
    requests: int
    retried: int
    recovered: int
    most_tries: int
    shortest_gap_s: float | None
    middle_gap_s: float | None

    @property
    def given_up(self) -> int:
        """Requests that never got their answer."""
        return self.requests - self.recovered


@dataclass(frozen=True, slots=True)
class Line:
    """One wanted behaviour under one fault, whether it was kept, and the figure or sentence that says so."""

    fault: Fault
    behaviour: Behaviour
    seen: Seen
    why: str

    @property
    def verdict(self) -> Verdict:
        """The mark that it is shown with."""
        return _MARKS[self.seen]


_MARKS: Final = {Seen.KEPT: Verdict.MET, Seen.MISSED: Verdict.NOT_MET, Seen.NOT_SEEN: Verdict.NOT_EVALUATED}

CLASSES: Final[Mapping[str, frozenset[Fault]]] = {
    "down": frozenset({Fault.SERVER_ERROR, Fault.RESET, Fault.RATE_LIMITED}),
    "slow": frozenset({Fault.DELAY, Fault.SLOW_DRIP}),
    "wrong": frozenset({Fault.TRUNCATED, Fault.MALFORMED}),
}
"""A caller that was tried saw its service down, slow and wrong once each."""


def behaviours(
    counts: Sequence[FaultCounts], *, retries_after_limit: int, too_early: int,
    attested: Mapping[Fault, Attested],
) -> list[Line]:  # fmt: skip
    """Every wanted behaviour of the faults that were tried, in their order.

    ``too_early`` of the ``retries_after_limit`` came before the wait that the 429 asked for. A behaviour for
    which there was no occasion (no retry, nothing given up) has no line.
    """
    lines = []
    for one in counts:
        lines.append(_bounded(one))
        if one.fault == Fault.RATE_LIMITED and retries_after_limit:
            seen = Seen.MISSED if too_early else Seen.KEPT
            why = f"{too_early:,} of {retries_after_limit:,} retries came too early"
            lines.append(Line(one.fault, Behaviour.WAITS, seen, why))
        if one.given_up:
            lines.append(_told(one, attested.get(one.fault)))
    return lines


def _bounded(one: FaultCounts) -> Line:
    kept = one.most_tries <= BOUNDED_TRIES
    tries = "1 try" if one.most_tries == 1 else f"{one.most_tries:,} tries"
    why = f"at most {tries} of one request, {BOUNDED_TRIES} are allowed"
    return Line(one.fault, Behaviour.BOUNDED, Seen.KEPT if kept else Seen.MISSED, why)


def _told(one: FaultCounts, said: Attested | None) -> Line:
    given_up = f"{one.given_up:,} of {one.requests:,} requests were given up"
    if said is None:
        return Line(one.fault, Behaviour.TOLD, Seen.NOT_SEEN, f"{given_up}; nobody has looked yet")
    seen = Seen.MISSED if said == Attested.NOTHING_HONEST else Seen.KEPT
    return Line(one.fault, Behaviour.TOLD, seen, f"{given_up}; {Attested(said).label.lower()}")


def not_tried(faults: Collection[Fault]) -> list[str]:
    """Which of down, slow and wrong the caller has not met."""
    return [name for name, members in CLASSES.items() if not members & set(faults)]


def missed(lines: Sequence[Line], faults: Collection[Fault]) -> int | None:
    """How many wanted behaviours were missed. None while something was not tried or not looked at."""
    if not_tried(faults) or any(line.seen == Seen.NOT_SEEN for line in lines):
        return None
    return sum(line.seen == Seen.MISSED for line in lines)
