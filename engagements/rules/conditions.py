"""Conditions of an approval: what a closing needs, and where one stands at a date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

from engagements.rules.terms import Reading
from engagements.vocabulary import OPEN_CONDITIONS, ConditionStatus, SourceKind, Unit
from portal.errors import FieldError, Invalid


def status_on(status: ConditionStatus, due: date, *, today: date) -> ConditionStatus:
    """An open condition past its date has lapsed, whether or not a job has said so yet."""
    return ConditionStatus.LAPSED if status == ConditionStatus.OPEN and due < today else status


def check_closing(note: str, link: str) -> None:
    """Raises Invalid unless there is evidence in words, and a link that a browser opens if there is one."""
    errors = []
    if not note.strip():
        errors.append(FieldError("/note", "missing", "Write what shows that the condition is met."))
    if link.strip() and (urlsplit(link.strip()).scheme != "https" or not urlsplit(link.strip()).hostname):
        errors.append(FieldError("/link", "scheme", "Write a whole address that begins with https://."))
    if errors:
        raise Invalid(errors[0].detail, errors=errors)


def check_reason(reason: str, detail: str) -> None:
    """Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid(detail, errors=[FieldError("/reason", "missing", detail)])


def open_words(dues: Sequence[date], *, today: date) -> tuple[str, str]:
    """The sentence on conditions of the gates before, and what to do about it."""
    lapsed = sum(due < today for due in dues)
    if not dues:
        return "Every condition of the gates before is closed.", ""
    count = "One condition of a gate before is" if len(dues) == 1 else f"{len(dues)} conditions are"
    late = "" if not lapsed else " and has lapsed" if len(dues) == 1 else f", {lapsed} of them lapsed"
    return f"{count} not closed{late}.", "Hand in what shows that it is met; the client accepts it."


def open_reading(dues: Sequence[date], *, now: datetime) -> Reading:
    """How many conditions of the gates before are not closed: counted now, so it needs no job."""
    return Reading(
        key=OPEN_CONDITIONS, value=Decimal(len(dues)), unit=Unit.COUNT, n=None, bound_low=None,
        bound_high=None, confidence=Decimal(1), method="count", seed=None, slice="",
        source_kind=SourceKind.CONDITION, config_sha256="", started_at=now, measured_at=now, valid=True,
    )  # fmt: skip
