"""Every error that a person or a caller may meet.

    GatehouseError
    ├── NotFound                     404  not there, or not for this viewer
    ├── Forbidden                    403  there, but this viewer may not
    │   ├── DeciderNotAllowed
    │   ├── SegregationOfDuties
    │   ├── ReauthenticationRequired
    │   │   └── SecondFactorStale
    │   └── SecondFactorRequired
    ├── WrongMoment                  409  allowed, but not now
    │   ├── RoundNotOpen
    │   ├── CriteriaNotSealed
    │   ├── CriteriaSealed
    │   ├── SnapshotFrozen
    │   ├── DatasetImmutable
    │   ├── TargetHalted
    │   ├── SpendLimitReached
    │   └── IdempotencyInProgress
    ├── VersionConflict              412  somebody else changed it first
    ├── PreconditionRequired         428  say which version you have read
    ├── Invalid                      422  the words or the file are not right
    │   ├── HostNotAllowed
    │   ├── PersonalDataBlocked
    │   ├── TargetUnauthorised
    │   └── IdempotencyConflict
    └── TooMany                      429  later
        └── RunLimitReached

A service raises; the page middleware and the API handler turn it into a page or a problem document.
``detail`` is one clear sentence for the reader, with the way out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault in what was sent. ``pointer`` is a JSON Pointer such as ``/rows/12/expected``."""

    pointer: str
    code: str
    detail: str


class GatehouseError(Exception):
    """Base of the tree. ``problem`` is the stable slug under ``/problems/``."""

    status: ClassVar[int] = 500
    problem: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something is wrong"

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)


class NotFound(GatehouseError):
    status, problem, title = 404, "not-found", "Not found"

    def __init__(self, detail: str = "There is nothing here that you can see.") -> None:
        super().__init__(detail)


class Forbidden(GatehouseError):
    status, problem, title = 403, "forbidden", "Not allowed"


class DeciderNotAllowed(Forbidden):
    problem, title = "decider-not-allowed", "Only the client decides"


class SegregationOfDuties(Forbidden):
    problem, title = "segregation-of-duties", "Somebody else has to do this"


class ReauthenticationRequired(Forbidden):
    problem, title = "reauthentication-required", "Confirm that it is you"


class SecondFactorStale(ReauthenticationRequired):
    """Confirming by password is not enough here: the second factor itself is asked again."""


class SecondFactorRequired(Forbidden):
    problem, title = "second-factor-required", "A second factor is needed"


class WrongMoment(GatehouseError):
    status, problem, title = 409, "wrong-moment", "Not at this moment"


class RoundNotOpen(WrongMoment):
    problem, title = "round-not-open", "This round is not open"


class CriteriaNotSealed(WrongMoment):
    problem, title = "criteria-not-sealed", "The criteria are not sealed"


class CriteriaSealed(WrongMoment):
    problem, title = "criteria-sealed", "The criteria are sealed"


class SnapshotFrozen(WrongMoment):
    problem, title = "snapshot-frozen", "The snapshot is frozen"


class DatasetImmutable(WrongMoment):
    problem, title = "dataset-immutable", "This version cannot change"


class SpendLimitReached(WrongMoment):
    problem, title = "spend-limit-reached", "The limit of the month is reached"


class TargetHalted(WrongMoment):
    problem, title = "target-halted", "The client has stopped this system"


class VersionConflict(GatehouseError):
    status, problem, title = 412, "version-conflict", "Changed by somebody else"


class IdempotencyInProgress(WrongMoment):
    problem, title = "idempotency-in-progress", "The same request is under way"
    retry_after_s: ClassVar[float] = 1


class PreconditionRequired(GatehouseError):
    status, problem, title = 428, "precondition-required", "Say which version you have read"


class Invalid(GatehouseError):
    status, problem, title = 422, "validation", "Not stored"


class HostNotAllowed(Invalid):
    problem, title = "host-not-allowed", "This address is not called"


class PersonalDataBlocked(Invalid):
    problem, title = "pii-blocked", "Personal data in the cases"


class TargetUnauthorised(Invalid):
    problem, title = "target-unauthorised", "No authorisation for this target"


class IdempotencyConflict(Invalid):
    problem, title = "idempotency-conflict", "This key stood on another request"


class TooMany(GatehouseError):
    status, problem, title = 429, "rate-limited", "Too many at once"


class RunLimitReached(TooMany):
    problem, title = "run-limit-reached", "The run limit is reached"


UNSTORABLE = Invalid(
    "Something that was sent cannot be stored: a number that is too large, a text that is too long, or a "
    "character without a meaning. Nothing was changed. Go back, shorten it, and send it again."
)
"""What the database itself refuses as a value, where no form has said it better."""
