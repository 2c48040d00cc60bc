"""Words of the pilot that are stored, and its events; the others are in the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db import models

from portal.events import EventType


class Group(models.TextChoices):
    PILOT = "pilot", "With the AI system"
    BASELINE = "baseline", "Before it"
    CONTROL = "control", "Beside it, without"


class FigureSource(models.TextChoices):
    SYSTEM_EXPORT = "system_export", "Export of a system"
    TIME_STUDY = "time_study", "Time study"
    SAMPLE = "sample", "Sample, counted by hand"
    SURVEY = "survey", "Survey"
    ESTIMATE = "estimate", "Estimate"


GRADES: Final[Mapping[str, str]] = {
    FigureSource.SYSTEM_EXPORT: "A",
    FigureSource.TIME_STUDY: "B",
    FigureSource.SAMPLE: "B",
    FigureSource.SURVEY: "B",
    FigureSource.ESTIMATE: "D",
}
"""How well a figure is known follows from where it comes from; an estimate is no measurement."""


class Severity(models.IntegerChoices):
    CRITICAL = 1, "1: people were harmed, or work stood still"
    MAJOR = 2, "2: many cases were wrong or late"
    MINOR = 3, "3: single cases were wrong or late"
    COSMETIC = 4, "4: nobody was hindered"


class Cause(models.TextChoices):
    MODEL = "model", "The model or its prompt"
    DATA = "data", "Data"
    INTEGRATION = "integration", "A connected system"
    CAPACITY = "capacity", "Too much load"
    PEOPLE = "people", "How it was used"
    CHANGE = "change", "A change that was made"
    UNKNOWN = "unknown", "Not known yet"


class Aspect(models.TextChoices):
    SIGN_IN = "sign_in", "Sign-in"
    NETWORK = "network", "Network"
    DATA = "data", "Data"
    VOLUME = "volume", "Volume"
    ROLES = "roles", "Roles and rights"
    DEVICES = "devices", "Devices"


class Parity(models.TextChoices):
    SAME = "same", "As in production"
    HARMLESS = "harmless", "Differs, and it does not matter"
    BLOCKING = "blocking", "Differs, and it blocks"


class OverrideReason(models.TextChoices):
    WRONG = "wrong", "The answer was wrong"
    INCOMPLETE = "incomplete", "Something was missing"
    RULE = "rule", "A rule asks for something else"
    HABIT = "habit", "Done as always"
    OTHER = "other", "Another reason"


PILOT_FIGURES_REPORTED = EventType(
    "pilot.figures_reported", "Pilot figures reported", facts=("figures", "corrected", "late")
)
GUARDRAIL_BREACHED = EventType(
    "pilot.guardrail_breached", "A guardrail was broken two periods in a row", facts=("guardrail", "periods"),
    audience="comment",
)  # fmt: skip
PILOT_ADOPTION_REPORTED = EventType(
    "pilot.adoption_reported", "Use of the pilot reported", facts=("eligible", "active", "number", "late")
)
PILOT_PLANNED = EventType("pilot.planned", "Pilot planned", facts=("number", "ends"), audience="comment")
PILOT_SEALED = EventType(
    "pilot.sealed", "Plan of the pilot sealed", facts=("number", "side", "complete"), audience="comment"
)
INCIDENT_LOGGED = EventType(
    "incident.logged", "Incident logged", facts=("number", "severity", "resolved", "version"),
    audience="comment",
)  # fmt: skip
INCIDENT_LOG_CONFIRMED = EventType(
    "incident.log_confirmed", "Incident log said to be complete", facts=("open_severe", "incidents")
)
PARITY_CHECKED = EventType("pilot.parity_checked", "Environment compared", facts=("aspect", "state"))
