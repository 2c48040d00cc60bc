"""What the record of a drill holds: what was pretended to break, who took part, and when what was done."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from portal.errors import FieldError

LONGEST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Drill:
    """What was tried. Times are minutes from its start; None: nobody looked.

    ``detected``: somebody noticed. ``decided``: it was said what to do. ``minutes``: all worked again.
    """

    scenario: str
    participants: str
    outcome: str
    minutes: Decimal | None = None
    detected: Decimal | None = None
    decided: Decimal | None = None

    def stored(self) -> dict[str, str | None]:
        """As it is kept and hashed."""
        return {
            "scenario": self.scenario.strip(),
            "participants": self.participants.strip(),
            "outcome": self.outcome.strip(),
            **{name: None if at is None else str(at) for name, at in self.times().items()},
        }

    def times(self) -> dict[str, Decimal | None]:
        """The three moments in the order in which they come."""
        return {"detected": self.detected, "decided": self.decided, "minutes": self.minutes}


WORDS: Final = {"detected": "noticed", "decided": "decided", "minutes": "restored"}


def drill_faults(drill: Drill | None) -> list[FieldError]:
    """Why a record cannot stand, one for each field; empty when it can."""
    faults = []
    if drill is None or not drill.scenario.strip():
        faults.append(FieldError("/scenario", "missing", "Say what was pretended to break."))
    if drill is None or not drill.participants.strip():
        faults.append(FieldError("/participants", "missing", "Name who took part."))
    if drill is None or not drill.outcome.strip():
        faults.append(FieldError("/outcome", "missing", "Say how it came out, also where it failed."))
    return faults + (_time_faults(drill) if drill is not None else [])


def _time_faults(drill: Drill) -> list[FieldError]:
    faults, before, last = [], "", Decimal(0)
    for name, at in drill.times().items():
        if at is None:
            continue
        if not 0 <= at < LONGEST or (name == "minutes" and at == 0):
            faults.append(FieldError(f"/{name}", "range", "Write the minutes that it took, above zero."))
        elif at < last:
            words = f"It was {WORDS[name]} after {at} minutes, but {before} after {last}. Mend one of them."
            faults.append(FieldError(f"/{name}", "order", words))
        else:
            before, last = WORDS[name], at
    return faults
