"""The tables of the lifecycle. Import a model from here; each lives in the file of its noun."""

from engagements.models.comment import Comment, Following
from engagements.models.criteria import CriteriaSet, Criterion
from engagements.models.decision import Approval, Condition, Decision
from engagements.models.delegation import Delegation
from engagements.models.engagement import Engagement, EngagementUserPermission, Gate, Stage
from engagements.models.evidence import EvidenceFile, EvidenceItem, EvidenceVersion
from engagements.models.evidence_request import EvidenceRequest
from engagements.models.letterhead import Letterhead, ReportPreset
from engagements.models.measurement import Measurement
from engagements.models.metric import SuccessMetric
from engagements.models.pilot import (
    AdoptionCount,
    Incident,
    Observation,
    ParityCheck,
    PilotPlan,
    PilotPlanSeal,
)
from engagements.models.report import Report, ReportFault, ReportFile
from engagements.models.review import Question, Reopening
from engagements.models.round import CriterionResult, GateRound, Snapshot
from engagements.models.template import EngagementTemplate
from engagements.models.waiver import Waiver

__all__ = [
    "AdoptionCount",
    "Approval",
    "Comment",
    "Condition",
    "CriteriaSet",
    "Criterion",
    "CriterionResult",
    "Decision",
    "Delegation",
    "Engagement",
    "EngagementTemplate",
    "EngagementUserPermission",
    "EvidenceFile",
    "EvidenceItem",
    "EvidenceRequest",
    "EvidenceVersion",
    "Following",
    "Gate",
    "GateRound",
    "Incident",
    "Letterhead",
    "Measurement",
    "Observation",
    "ParityCheck",
    "PilotPlan",
    "PilotPlanSeal",
    "Question",
    "Reopening",
    "Report",
    "ReportFault",
    "ReportFile",
    "ReportPreset",
    "Snapshot",
    "Stage",
    "SuccessMetric",
    "Waiver",
]
