"""The tables of the lifecycle. Import a model from here; each lives in the file of its noun."""

from engagements.models.criteria import CriteriaSet, Criterion
from engagements.models.decision import Condition, Decision
from engagements.models.engagement import Engagement, EngagementUserPermission, Gate, Stage
from engagements.models.evidence import EvidenceFile, EvidenceItem, EvidenceVersion
from engagements.models.measurement import Measurement
from engagements.models.metric import SuccessMetric
from engagements.models.round import CriterionResult, GateRound, Snapshot

__all__ = [
    "Condition",
    "CriteriaSet",
    "Criterion",
    "CriterionResult",
    "Decision",
    "Engagement",
    "EngagementUserPermission",
    "EvidenceFile",
    "EvidenceItem",
    "EvidenceVersion",
    "Gate",
    "GateRound",
    "Measurement",
    "Snapshot",
    "Stage",
    "SuccessMetric",
]
