"""When somebody wants to hear of an event: at once, once a day, only in the inbox, or not at all. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from types import MappingProxyType
from typing import Final

from django.db import models

from portal.events import EventType


class Topic(models.TextChoices):
    DECISIONS = "decisions", "Gates, conditions and waivers"
    CRITERIA = "criteria", "Criteria and success metrics"
    EVALUATIONS = "evaluations", "Evaluations, tests and reviews"
    READINESS = "readiness", "Readiness, evidence and risks"
    PILOT = "pilot", "Pilot and benefits"
    COMMENTS = "comments", "Comments and mentions"
    ACCESS = "access", "People, access and reports"
    WAITING = "waiting", "What waits for your side, on Mondays"


class Channel(models.TextChoices):
    MAIL = "mail", "Mail at once"
    DIGEST = "digest", "In one mail a day"
    INBOX = "inbox", "Only in the inbox"
    OFF = "off", "Not at all"


class MailKind(models.TextChoices):
    SINGLE = "single", "A mail of its own"
    DIGEST = "digest", "A line in the day's mail"
    NONE = "none", "No mail"


TOPICS: Final[Mapping[str, Topic]] = MappingProxyType({
    "gate": Topic.DECISIONS, "condition": Topic.DECISIONS, "waiver": Topic.DECISIONS,
    "delegation": Topic.DECISIONS, "engagement": Topic.DECISIONS,
    "criteria": Topic.CRITERIA, "metric": Topic.CRITERIA,
    "run": Topic.EVALUATIONS, "target": Topic.EVALUATIONS, "dataset": Topic.EVALUATIONS,
    "cases": Topic.EVALUATIONS, "review": Topic.EVALUATIONS, "grade": Topic.EVALUATIONS,
    "dispute": Topic.EVALUATIONS, "judging": Topic.EVALUATIONS, "load": Topic.EVALUATIONS,
    "privacy": Topic.EVALUATIONS, "fault": Topic.EVALUATIONS, "tests": Topic.EVALUATIONS,
    "judge": Topic.EVALUATIONS, "comparison": Topic.EVALUATIONS, "schedule": Topic.EVALUATIONS,
    "quality": Topic.EVALUATIONS, "spend_guard": Topic.EVALUATIONS, "transcript_policy": Topic.EVALUATIONS,
    "texts": Topic.EVALUATIONS, "exchanges": Topic.EVALUATIONS, "pair_judging": Topic.EVALUATIONS,
    "assessment": Topic.READINESS, "evidence": Topic.READINESS, "risk": Topic.READINESS,
    "pilot": Topic.PILOT, "incident": Topic.PILOT, "value_case": Topic.PILOT,
    "comment": Topic.COMMENTS, "waiting": Topic.WAITING,
})  # fmt: skip
"""By the first word of an event's name; every other word is ``Topic.ACCESS``."""

ALWAYS_MAILED: Final = frozenset({"decide_gate"})
"""Who is told because they hold one of these actions is always written to: a decision cannot be muted."""


ALWAYS_WORDS: Final = "A gate that waits for your signature is always mailed, whatever is chosen here."


@dataclass(frozen=True, slots=True)
class Wishes:
    """Of one person. ``quiet`` None: mail may come at any hour; else from and until, in ``zone``."""

    channels: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC
    quiet: tuple[time, time] | None = None
    digest_at: time = time(8)

    def channel(self, event: EventType) -> Channel:
        """How this event reaches the person."""
        if event.audience in ALWAYS_MAILED:
            return Channel.MAIL
        return Channel(self.channels.get(topic_of(event.name), Channel.MAIL))


@dataclass(frozen=True, slots=True)
class Sending:
    """``after`` is the earliest moment of the mail."""

    in_inbox: bool
    mail: MailKind
    after: datetime


def topic_of(event_name: str) -> Topic:
    return TOPICS.get(event_name.partition(".")[0], Topic.ACCESS)


def sending(event: EventType, wishes: Wishes, *, now: datetime) -> Sending:
    """Whether it stands in the inbox, and which mail goes out when."""
    channel = wishes.channel(event)
    if channel == Channel.MAIL:
        return Sending(True, MailKind.SINGLE, after_quiet(now, wishes))
    if channel == Channel.DIGEST:
        return Sending(True, MailKind.DIGEST, next_digest(now, wishes))
    return Sending(channel == Channel.INBOX, MailKind.NONE, now)


def after_quiet(now: datetime, wishes: Wishes) -> datetime:
    """``now``, or the end of the quiet hours that it falls into; they may run over midnight."""
    if wishes.quiet is None:
        return now
    begins, ends = wishes.quiet
    local = now.astimezone(wishes.zone)
    clock = local.time()
    over_midnight = begins > ends
    is_quiet = clock >= begins or clock < ends if over_midnight else begins <= clock < ends
    if not is_quiet:
        return now
    day = local.date() + timedelta(days=1 if over_midnight and clock >= begins else 0)
    return datetime.combine(day, ends, wishes.zone).astimezone(UTC)


def next_digest(now: datetime, wishes: Wishes) -> datetime:
    """The next moment at which the day's mail goes out."""
    local = now.astimezone(wishes.zone)
    day = local.date() + timedelta(days=0 if local.time() < wishes.digest_at else 1)
    return datetime.combine(day, wishes.digest_at, wishes.zone).astimezone(UTC)
