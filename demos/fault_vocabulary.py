"""Words of fault tests: what is wanted of a caller, whether it was seen, and what happened to a test."""

from django.db import models

from portal.events import EventType


class Behaviour(models.TextChoices):
    """What is wanted of a caller under a fault."""

    BOUNDED = "bounded", "Retries are bounded"
    WAITS = "waits", "It waits as long as it was asked to"
    TOLD = "told", "Who was given up is told honestly or served another way"


class Seen(models.TextChoices):
    """Whether a wanted behaviour was kept."""

    KEPT = "kept", "Kept"
    MISSED = "missed", "Missed"
    NOT_SEEN = "not_seen", "Not looked at"


class Attested(models.TextChoices):
    """What the people at the caller's end got when a request was given up."""

    HONEST = "honest", "An honest message"
    ANOTHER_WAY = "another_way", "Another way, which worked"
    NOTHING_HONEST = "nothing_honest", "Nothing, or something untrue"


FAULTS_IMPORTED = EventType(
    "fault.imported", "A report of the fault proxy was brought in",
    facts=("number", "target", "requests", "recovered", "sha256"), audience="start_run",
)  # fmt: skip
FAULT_ATTESTED = EventType(
    "fault.attested", "Somebody said what people got under a fault", facts=("number", "fault", "said"),
)  # fmt: skip
