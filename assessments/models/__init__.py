"""Tables of human judgement."""

from assessments.models.pain_point import CostComponent, PainPoint

__all__ = ["CostComponent", "PainPoint"]
