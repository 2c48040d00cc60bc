"""What a run is told to do, frozen, and what it reports when it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from demos.engine.graders import GraderSpec
from demos.engine.pricing import Price
from demos.engine.targets.spec import TargetSpec
from demos.engine.vocabulary import ErrorClass, RunEnd


@dataclass(frozen=True, slots=True)
class RunLimits:
    """Limits of this run part. None means no limit of that kind.

    ``deadline`` is an aware instant. Calls count every try. At a limit the run stops cleanly: what is
    under way may finish (until the deadline), the rest is released as not done.
    """

    max_calls: int | None = None
    max_cost: Decimal | None = None
    max_tokens: int | None = None
    deadline: datetime | None = None


def default_tries() -> Mapping[ErrorClass, int]:
    """Tries per error class, the first one included; a class not listed is not tried again."""
    return {
        ErrorClass.TRANSPORT: 4,
        ErrorClass.SERVER_ERROR: 4,
        ErrorClass.TIMEOUT: 3,
        ErrorClass.RATE_LIMITED: 6,
        ErrorClass.MALFORMED: 2,
        ErrorClass.EMPTY: 2,
    }


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits between tries: random between 0 and base · 2^(try−1), at most the cap; Retry-After is obeyed.

    ``case_deadline_s`` and ``most_calls`` bound a case over all its tries and waits. A try that was refused
    because the target as a whole is at its limit counts in ``most_calls`` only.
    """

    tries: Mapping[ErrorClass, int] = field(default_factory=default_tries)
    base_s: float = 0.5
    cap_s: float = 20.0
    case_deadline_s: float = 600.0
    most_calls: int = 30


@dataclass(frozen=True, slots=True)
class Pace:
    """Sizes and rhythms of the runner. The defaults are measured; tests shorten them.

    Claims begin with ``claim_size`` and double up to ``largest_claim`` while each is used up within
    ``claim_s``.
    """

    claim_size: int = 200
    largest_claim: int = 1_000
    claim_s: float = 0.25
    flush_rows: int = 500
    flush_s: float = 0.25
    stop_grace_s: float = 1.0
    share_s: float = 0.5


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Everything that ``runner.run`` needs to know and that the run pins.

    ``concurrency`` and ``max_per_second`` default to those of the target. ``price`` None leaves every
    cost None. Request and response text of an attempt that did not pass are kept, unless ``keep_excerpts``
    is False.
    """

    target: TargetSpec
    graders: tuple[GraderSpec, ...] = ()
    pass_threshold: float = 1.0
    price: Price | None = None
    limits: RunLimits = field(default_factory=RunLimits)
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    pace: Pace = field(default_factory=Pace)
    concurrency: int | None = None
    max_per_second: float | None = None
    keep_excerpts: bool = True


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What this run part did. ``cost`` is the sum of the known costs, of finished rows."""

    end: RunEnd
    finished: int
    answered: int
    errored: int
    passed: int
    ungraded: int
    calls: int
    cost: Decimal
    released: int
    seconds: float
