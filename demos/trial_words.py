"""What a load or privacy test came to, in one sentence, for page and API alike."""

from __future__ import annotations

from typing import Any

from demos.engine import statistics as st
from demos.models import LoadTest, PrivacyTest
from demos.vocabulary import OPEN_TRIALS, TrialStatus
from portal import figures


def load_head(test: LoadTest) -> str:
    """The one sentence about a load test."""
    if test.status in OPEN_TRIALS:
        return "The test is on. What it comes to is said when it is over."
    wanted = figures.duration_ms(test.plan["target_p95_ms"])
    if test.status == TrialStatus.FAILED:
        return f"No result: {test.reason}"
    if test.status == TrialStatus.STOPPED:
        return f"Stopped: {test.reason.rstrip('.')}. A part of a test proves nothing."
    if not test.valid:
        return "Not valid: the generator was part of what was measured."
    knee = knee_of(test)
    if knee is None:
        return f"No step kept 95 of 100 waits within {wanted} with at most 1 % of calls failing."
    top = max((test.result or {})["steps"], key=lambda step: step["level"])
    more = "" if knee["level"] < top["level"] else " That was the highest step: the limit lies above it."
    return f"It holds {says(knee)}: 95 of 100 waits stay within {wanted}.{more}"


def says(step: dict[str, Any]) -> str:
    """A step in words."""
    level = figures.plain(step["level"])
    return f"{level} requests a second" if step["kind"] == "rate" else f"{level} people at once"


def knee_of(test: LoadTest) -> dict[str, Any] | None:
    """The highest step that holds, as stored; None when none does."""
    result: dict[str, Any] = test.result or {}
    if result.get("knee") is None:
        return None
    found: dict[str, Any] = result["steps"][result["knee"]]
    return found


def privacy_head(test: PrivacyTest) -> str:
    """The one sentence about a privacy test."""
    match test.status:
        case TrialStatus.FAILED:
            return f"No result: {test.reason}"
        case TrialStatus.STOPPED:
            return f"Stopped: {test.reason.rstrip('.')}. A part of the probes proves nothing."
        case TrialStatus.FINISHED:
            total = sum(test.counts.values())
            if not total:
                return none_seen(test.answered)
            return f"{total} {'thing' if total == 1 else 'things'} came out in {test.answered} probes."
    return "The probes are being sent. What they find is shown when all are in."


def none_seen(n: int) -> str:
    """``None in 60 probes, so at most 4.9 %.``"""
    upper = st.zero_event_upper(n)
    if upper is None:
        return "No probe was answered."
    return f"None in {n} probes, so {figures.bound(upper, lower=False)}."
