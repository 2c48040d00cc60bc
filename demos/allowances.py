"""What a permission for tests covers, and the words that are signed. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from demos.vocabulary import AllowedTest
from portal.errors import FieldError, Invalid

LONGEST = timedelta(days=31)
MOST_PER_SECOND = 5_000
MOST_REQUESTS = 10_000_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is allowed: kinds of tests on hosts (``host:port``), a window, a rate and a number of requests."""

    hosts: tuple[str, ...]
    kinds: tuple[AllowedTest, ...]
    starts: datetime
    ends: datetime
    max_per_second: int
    max_requests: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What a test is going to do."""

    kind: AllowedTest
    host: str
    per_second: int
    requests: int


def check(allowance: Allowance, *, now: datetime) -> None:
    """Raises Invalid when a permission allows nothing, or more than one may allow at once."""
    if not allowance.kinds:
        raise _invalid("/kinds", "Choose at least one kind of test.")
    if not allowance.hosts:
        raise _invalid("/hosts", "Name the host that may be called.")
    if allowance.ends <= max(allowance.starts, now):
        raise _invalid("/ends", "The window ends after it begins, and not in the past.")
    if allowance.ends - allowance.starts > LONGEST:
        raise _invalid("/ends", f"A permission lasts at most {LONGEST.days} days. Sign another one after it.")
    if not 1 <= allowance.max_per_second <= MOST_PER_SECOND:
        raise _invalid("/max_per_second", f"Allow 1 to {MOST_PER_SECOND:,} requests a second.")
    if not 1 <= allowance.max_requests <= MOST_REQUESTS:
        raise _invalid("/max_requests", f"Allow 1 to {MOST_REQUESTS:,} requests in all.")


def refusal(allowance: Allowance, wish: Wish, *, now: datetime, used: int, revoked: bool) -> str:
    """Why a permission does not cover a test, in one sentence; empty when it does."""
    if revoked:
        return "The client took the permission back."
    if wish.kind not in allowance.kinds:
        return f"The permission does not cover tests of the kind “{wish.kind.label.lower()}”."
    if wish.host not in allowance.hosts:
        return f"The permission does not cover {wish.host}, only {', '.join(allowance.hosts)}."
    if now < allowance.starts:
        return f"The permission begins at {allowance.starts:%d %b %Y %H:%M} UTC."
    if now >= allowance.ends:
        return f"The permission ended at {allowance.ends:%d %b %Y %H:%M} UTC."
    if wish.per_second > allowance.max_per_second:
        return (
            f"The permission covers {allowance.max_per_second:,} requests a second, not {wish.per_second:,}."
        )
    if used + wish.requests > allowance.max_requests:
        left = max(allowance.max_requests - used, 0)
        return f"The permission leaves {left:,} requests; this test may need {wish.requests:,}."
    return ""


def refusal_then(
    allowance: Allowance, wish: Wish, *, began: datetime, ended: datetime, used: int, signed_at: datetime,
    revoked_at: datetime | None,
) -> str:  # fmt: skip
    """Why a permission did not cover a test that is over, from its beginning to its end; empty: it did."""
    if signed_at > began:
        return "The permission was signed only after the test had begun."
    revoked = revoked_at is not None and revoked_at <= ended
    at_its_beginning = refusal(allowance, wish, now=began, used=used, revoked=revoked)
    return at_its_beginning or refusal(allowance, wish, now=ended, used=used, revoked=revoked)


def best_refusal(found: Sequence[str]) -> str:
    """The sentence to show when no permission covers a test."""
    if not found:
        return "The client has not allowed this test yet. Somebody of the client signs a permission first."
    return found[0]


def statement(allowance: Allowance, *, signer: str, client: str, target: str, kinds: Collection[str]) -> str:
    """The words that the person signs."""
    return (
        f"I, {signer}, allow for {client} tests of the kind {', '.join(kinds)} on {target} at "
        f"{', '.join(allowance.hosts)}, from {allowance.starts:%d %b %Y %H:%M} to "
        f"{allowance.ends:%d %b %Y %H:%M} UTC, with at most {allowance.max_per_second:,} requests a second "
        f"and {allowance.max_requests:,} requests in all. These requests come on top of what evaluations may "
        "send: the limits in the settings of the system do not hold them back. I can take this back at any "
        "time."
    )


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
