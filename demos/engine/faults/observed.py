"""What a caller did about faults, from the tries that the proxy saw. Pure.

Tries with the same method, path and body are tries of one request: a caller that changes the body between
tries looks like one that gives up and asks anew. What it told its own user is out of sight here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from demos.engine.faults.plan import Fault
from demos.engine.statistics import rate

FORMAT: Final = "gatehouse-faults/1"
"""What a report calls itself; another number when its fields change their meaning."""
BOUNDED_TRIES: Final = 10
"""A caller that asks more often than this for one request does not bound its retries."""
EARLY_S: Final = 0.1
"""How much earlier than asked a retry may come, for clocks that differ."""


@dataclass(slots=True)
class Asked:
    """One request with its tries. ``at`` are seconds since the start, ``faulted`` says which were spoilt.

    ``answers``: how many tries ended with the system's own answer, whole, and the caller still there.
    """

    fault: Fault | None
    at: list[float] = field(default_factory=list)
    faulted: list[bool] = field(default_factory=list)
    answers: int = 0

    @property
    def answered(self) -> bool:
        """Whether a try got the real answer: also one that was late, for a caller that waited."""
        return self.answers > 0

    @property
    def gaps(self) -> list[float]:
        """Seconds between a spoilt try and the next."""
        pairs = zip(self.at, self.at[1:], self.faulted, strict=False)
        return [after - before for before, after, spoilt in pairs if spoilt]


def busiest_second(requests: Mapping[str, Asked]) -> int:
    """The most tries that came within any one second."""
    instants = sorted(instant for one in requests.values() for instant in one.at)
    first = most = 0
    for last, instant in enumerate(instants):
        while instants[first] <= instant - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def report(requests: Mapping[str, Asked], *, retry_after_s: float) -> dict[str, Any]:
    """Numbers by fault, and over all: what was retried, how often, how soon, and what came of it.

    ``recovered``: of the requests that were spoilt, the share that got its answer in the end, with the
    two-sided 95 % interval (Wilson). None where no request was spoilt, so is ``bounded``. Times are seconds.
    """
    spoilt = [one for one in requests.values() if one.fault is not None]
    kinds = {fault.value: _of([one for one in spoilt if one.fault == fault]) for fault in Fault}
    limited = [gap for one in spoilt if one.fault == Fault.RATE_LIMITED for gap in one.gaps]
    early = sum(gap < retry_after_s - EARLY_S for gap in limited)
    given_up = sorted(key for key, one in requests.items() if one.fault is not None and not one.answered)
    too_often = sum(len(one.at) > BOUNDED_TRIES for one in spoilt)
    return {
        "requests": len(requests),
        "tries": sum(len(one.at) for one in requests.values()),
        "peak_per_second": busiest_second(requests),
        "untouched": len(requests) - len(spoilt),
        "all": _of(spoilt),
        "by_fault": {name: told for name, told in kinds.items() if told["requests"]},
        "retry_after": {"asked_s": retry_after_s, "retries": len(limited), "too_early": early},
        "bounded": None if not spoilt else too_often == 0,
        "too_often": too_often,
        "given_up": given_up[:100],
        "given_up_in_all": len(given_up),
        "not_seen": "What the caller told its user, and whether it fell back to another way, is not seen by "
        "the proxy. Look it up for the requests under given_up.",
    }


def _of(asked: Sequence[Asked]) -> dict[str, Any]:
    gaps = sorted(gap for one in asked for gap in one.gaps)
    tries = [len(one.at) for one in asked]
    answered = sum(one.answered for one in asked)
    found = rate(answered, len(asked)) if asked else None
    return {
        "requests": len(asked),
        "retried": sum(count > 1 for count in tries),
        "recovered": answered,
        "recovered_rate": None if found is None else found.value,
        "recovered_low": None if found is None else found.low,
        "recovered_high": None if found is None else found.high,
        "most_tries": max(tries, default=0),
        "shortest_gap_s": round(gaps[0], 3) if gaps else None,
        "middle_gap_s": round(gaps[(len(gaps) - 1) // 2], 3) if gaps else None,
    }
