"""Tags that write numbers, dates and the words for what is missing. Loaded by ``{% load ui %}``."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal import figures
from portal.figures import Number

register = template.Library()


def _or_word(text: str, value: object) -> str | SafeString:
    """Words that stand for a missing number are set back, so that they do not read as a value."""
    return format_html('<span class="dim">{}</span>', text) if value is None else text


@register.simple_tag
def missing(kind: str = "not_measured") -> SafeString:
    """``not_measured`` (could be, was not), ``no_data`` (nothing came), ``not_applicable`` (agreed)."""
    return format_html('<span class="dim">{}</span>', figures.missing(kind))


@register.simple_tag
def rate(value: Number | None, n: int | None = None, passed: int | None = None) -> str | SafeString:
    """``92.0 %``; under 20 cases ``9 of 10``; None ``not measured``; n = 0 ``no data``."""
    return _or_word(figures.rate(value, n, passed), None if n == 0 else value)


@register.simple_tag
def rate_in_full(value: Number | None, n: int | None, passed: int | None) -> str | SafeString:
    """``184 of 200, 92.0 %``."""
    return _or_word(figures.rate_in_full(value, n, passed), None if n == 0 else value)


@register.simple_tag
def count_of(passed: int | None, n: int | None) -> str | SafeString:
    """``184 of 200``."""
    return _or_word(figures.count_of(passed, n), passed if n else None)


@register.simple_tag
def interval(
    low: Number | None, high: Number | None, unit: str = "ratio", target: Number | None = None
) -> str | SafeString:
    """``87.4 to 95.0 %``."""
    return _or_word(figures.interval(low, high, unit=unit, target=target), None if high is None else low)


@register.simple_tag
def at_least(value: Number | None, target: Number | None = None) -> str | SafeString:
    """A one-sided lower bound of a rate: ``at least 88.3 %``; give the target that it is judged by."""
    return _or_word(figures.bound(value, lower=True, target=target), value)


@register.simple_tag
def at_most(value: Number | None, target: Number | None = None) -> str | SafeString:
    """A one-sided upper bound of a rate: ``at most 5.0 % (4.95)``."""
    return _or_word(figures.bound(value, lower=False, target=target), value)


@register.simple_tag
def points(difference: Number | None) -> str | SafeString:
    """``+6.0 points`` from a difference of fractions."""
    return _or_word(figures.points(difference), difference)


@register.simple_tag
def points_interval(low: Number | None, high: Number | None) -> str | SafeString:
    """``+0.8 to +11.1``."""
    return _or_word(figures.points_interval(low, high), None if high is None else low)


@register.simple_tag
def money(amount: Number | None, currency: str = "USD", per_case: bool = False) -> str | SafeString:
    """``$620,800``, ``$22.08``; with ``per_case=True`` ``$0.120``."""
    return _or_word(figures.money(amount, currency, per_case=per_case), amount)


@register.simple_tag
def money_in_prose(amount: Number | None, currency: str = "USD") -> str | SafeString:
    """``$1.25 million``."""
    return _or_word(figures.money_in_prose(amount, currency), amount)


@register.simple_tag
def duration_ms(milliseconds: Number | None) -> str | SafeString:
    """``6.4 s`` from 6400."""
    return _or_word(figures.duration_ms(milliseconds), milliseconds)


@register.simple_tag
def in_unit(value: Number | None, unit: str) -> str | SafeString:
    """A measurement's value in its stored unit (``ratio``, ``ms``, ``count``, ``USD`` …)."""
    return _or_word(figures.NOT_MEASURED if value is None else figures.in_unit(value, unit), value)


@register.simple_tag
def number(value: Number | None, digits: int = 0) -> str | SafeString:
    """A plain number with thousands commas and a true minus: ``5,460,000``."""
    return _or_word(figures.NOT_MEASURED if value is None else figures.fixed(value, digits), value)


def _utc(value: datetime | None) -> datetime:
    return (value or timezone.now()).astimezone(UTC)


@register.simple_tag
def when(value: datetime | date | None, now: datetime | None = None, word: str = "never") -> SafeString:
    """``today 08:40``, ``18 Nov 16:05``, ``26 Feb 2027`` for a date, in a ``<time>``; None is ``word``."""
    if value is None:
        return format_html('<span class="dim">{}</span>', word)
    current = _utc(now)
    if isinstance(value, datetime):
        text = figures.moment(_utc(value), now=current)
    else:
        text = figures.day(value, today=current.date())
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


@register.simple_tag
def day(value: datetime | date | None, now: datetime | None = None, word: str = "no date") -> SafeString:
    """The date alone: ``27 Nov``."""
    return when(value.astimezone(UTC).date() if isinstance(value, datetime) else value, now, word)


@register.simple_tag
def age(since: datetime | date | None, now: datetime | None = None) -> str:
    """How long it has waited: ``today``, ``3 days``."""
    return (
        ""
        if since is None
        else figures.age(_utc(since) if isinstance(since, datetime) else since, now=_utc(now))
    )


@register.simple_tag
def plural(count: int, one: str, many: str = "") -> str:
    """``1 case``, ``200 cases``; ``many`` for words that do not just take an s."""
    return f"{figures.fixed(count, 0)} {one if count == 1 else many or one + 's'}"


@register.filter
def fact(mapping: Any, key: str) -> Any:
    """``{{ facts|fact:"gate" }}``: one entry of a mapping, None when it is not there."""
    return mapping.get(key) if hasattr(mapping, "get") else None
