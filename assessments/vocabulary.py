"""Words of human judgement that are stored: kinds of pain, kinds of cost, evidence grades; and the events."""

from __future__ import annotations

from django.db import models

from portal.events import EventType


class PainKind(models.TextChoices):
    BOTTLENECK = "bottleneck", "Bottleneck"
    ERROR_COST = "error_cost", "Error cost"
    RESOURCE_DRAIN = "resource_drain", "Resource drain"
    COMPLIANCE_EXPOSURE = "compliance_exposure", "Compliance exposure"
    LOST_REVENUE = "lost_revenue", "Lost revenue"


class CostKind(models.TextChoices):
    LABOUR = "labour", "Labour"
    REWORK = "rework", "Rework"
    ERROR = "error", "Errors"
    DELAY = "delay", "Delay"
    LOST_MARGIN = "lost_margin", "Lost margin"
    RISK = "risk", "Risk"
    SPEND = "spend", "Spend"


class EvidenceGrade(models.TextChoices):
    """How well a figure is known."""

    A = "A", "Measured"
    B = "B", "Sampled"
    C = "C", "Two experts"
    D = "D", "Single guess"


PAIN_POINT_MAPPED = EventType(
    "pain_point.mapped",
    "Pain point mapped",
    facts=("kind", "components", "annual_cost", "guess_share"),
)
PAIN_POINT_REVISED = EventType(
    "pain_point.revised",
    "Pain point revised",
    facts=("kind", "components", "annual_cost", "guess_share", "version"),
)
