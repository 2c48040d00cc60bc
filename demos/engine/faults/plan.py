"""Which requests get which fault. Pure: the same plan and request give the same fault."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

LONGEST_S: Final = 300.0


class Fault(StrEnum):
    """What the proxy does instead of answering as it should."""

    DELAY = "delay"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    RESET = "reset"
    SLOW_DRIP = "slow_drip"

    @property
    def words(self) -> str:
        """As people read it: ``Rate limited``."""
        return self.value.replace("_", " ").capitalize()


class UnfitPlan(ValueError):
    """A plan that cannot be carried out; the message says which field and why."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """``shares`` of the requests get each fault, 0 to 1 and at most 1 together; the rest pass untouched.

    A faulted request is faulted at its first ``tries`` tries. A share ``lasting`` of them is at every try.
    ``delay_s``: how much later a delayed answer comes. ``drip_s``: over how long a slow one is spread.
    """

    shares: Mapping[Fault, float] = field(default_factory=dict)
    seed: int = 1
    tries: int = 1
    lasting: float = 0.0
    delay_s: float = 10.0
    drip_s: float = 20.0
    retry_after_s: float = 2.0

    def __post_init__(self) -> None:
        if not self.shares:
            raise UnfitPlan("shares: name at least one fault with its share, such as {“reset”: 0.1}.")
        if any(not 0 < share <= 1 for share in self.shares.values()) or sum(self.shares.values()) > 1 + 1e-9:
            raise UnfitPlan("shares: each lies above 0, and together they are at most 1.")
        if not 1 <= self.tries <= 100:
            raise UnfitPlan("tries: from 1 to 100.")
        if not 0 <= self.lasting <= 1:
            raise UnfitPlan("lasting: a share from 0 to 1.")
        for name in ("delay_s", "drip_s", "retry_after_s"):
            if not 0 <= getattr(self, name) <= LONGEST_S:
                raise UnfitPlan(f"{name}: from 0 to {LONGEST_S:g} seconds.")

    def fault_of(self, request: str) -> Fault | None:
        """The fault of a request, named by its fingerprint; None for one that passes."""
        place, reached = _place(self.seed, "fault", request), 0.0
        for fault in Fault:
            reached += self.shares.get(fault, 0.0)
            if place < reached:
                return fault
        return None

    def lasts(self, request: str) -> bool:
        """Whether a faulted request is faulted however often it is tried."""
        return _place(self.seed, "lasting", request) < self.lasting


def read_plan(text: str) -> FaultPlan:
    """A plan from JSON with the fields of ``FaultPlan``. Raises UnfitPlan with a sentence."""
    try:
        told = json.loads(text)
    except ValueError:
        raise UnfitPlan("The plan is not JSON.") from None
    if not isinstance(told, dict):
        raise UnfitPlan("The plan is no object with the fields of a plan.")
    return plan_of(told)


def plan_of(fields_told: Mapping[str, Any]) -> FaultPlan:
    """A plan from its fields. Raises UnfitPlan with a sentence."""
    told = dict(fields_told)
    unknown = sorted(set(told) - {one.name for one in fields(FaultPlan)})
    if unknown:
        raise UnfitPlan(f"There is no field “{unknown[0]}” in a plan.")
    try:
        shares = {Fault(name): float(share) for name, share in dict(told.pop("shares", {})).items()}
        return FaultPlan(shares=shares, **_numbers(told))
    except UnfitPlan:
        raise
    except (TypeError, ValueError):
        known = ", ".join(Fault)
        raise UnfitPlan(f"Every field is a number, and faults are named {known}.") from None


def _numbers(told: Mapping[str, Any]) -> dict[str, Any]:
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in told.values()):
        raise TypeError
    return {name: int(value) if name in ("seed", "tries") else float(value) for name, value in told.items()}


def _place(seed: int, purpose: str, request: str) -> float:
    """A number from 0 to below 1 that only these three decide."""
    digest = hashlib.sha256(f"{seed}:{purpose}:{request}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
