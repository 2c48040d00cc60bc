"""Words of human judgement that are stored: kinds of pain, kinds of cost, evidence grades; and the events."""

from __future__ import annotations

from typing import Final

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


class VersionStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"


class AnswerStatus(models.TextChoices):
    CLAIMED = "claimed", "Claimed"
    MEASURED = "measured", "Set by a measurement"
    VERIFIED = "verified", "Verified"
    CHALLENGED = "challenged", "Challenged"
    NA_PROPOSED = "na_proposed", "Said not to apply"
    NOT_APPLICABLE = "not_applicable", "Agreed not to apply"


class AnswerMove(models.TextChoices):
    CLAIM = "claim", "Claimed"
    MEASURE = "measure", "Measured"
    VERIFY = "verify", "Verified"
    CHALLENGE = "challenge", "Challenged"
    PROPOSE_NA = "propose_na", "Said not to apply"
    AGREE_NA = "agree_na", "Agreed not to apply"
    REFUSE_NA = "refuse_na", "Said to apply"
    CARRY = "carry", "Taken over from an earlier version"


class SectionStatus(models.TextChoices):
    ASSIGNED = "assigned", "Assigned"
    SUBMITTED = "submitted", "Handed in"
    RETURNED = "returned", "Changes asked for"
    DONE = "done", "Done"


class ActionStatus(models.TextChoices):
    OPEN = "open", "To do"
    DONE = "done", "Done"
    DROPPED = "dropped", "Dropped"


class RiskStatus(models.TextChoices):
    OPEN = "open", "Open"
    MITIGATING = "mitigating", "Being reduced"
    ACCEPTED = "accepted", "Accepted by the client"
    CLOSED = "closed", "Closed"


OPEN_RISKS: Final = (RiskStatus.OPEN, RiskStatus.MITIGATING)
"""What counts as open: not settled by closing it, nor by the client's acceptance."""


class RiskResponse(models.TextChoices):
    NONE = "", "Not decided"
    REDUCE = "reduce", "Reduce it"
    AVOID = "avoid", "Avoid it"
    SHARE = "share", "Share it"
    ACCEPT = "accept", "Live with it"


FRAMEWORK_IMPORTED = EventType("framework.imported", "Framework imported", facts=("version", "sha256"))
FRAMEWORK_PUBLISHED = EventType("framework.published", "Framework published", facts=("version", "sha256"))
ASSESSMENT_STARTED = EventType(
    "assessment.started", "Readiness assessment started", facts=("framework", "sha256", "gate"),
    audience="answer_readiness",
)  # fmt: skip
ASSESSMENT_TARGET_SET = EventType("assessment.target_set", "Target gate chosen", facts=("gate",))
ASSESSMENT_UPGRADED = EventType(
    "assessment.upgraded", "Framework version changed",
    facts=("framework", "sha256", "carried", "to_answer"), audience="answer_readiness",
)  # fmt: skip
ANSWER_CLAIMED = EventType("assessment.answer_claimed", "Question answered", facts=("question", "level"))
ANSWER_MEASURED = EventType(
    "assessment.answer_measured", "Question answered by a measurement", facts=("question", "level")
)
ANSWER_VERIFIED = EventType("assessment.answer_verified", "Answer verified", facts=("question", "level"))
ANSWER_CHALLENGED = EventType(
    "assessment.answer_challenged", "Answer challenged", facts=("question", "level"),
    audience="answer_readiness",
)  # fmt: skip
ANSWER_NOT_APPLICABLE = EventType(
    "assessment.not_applicable", "Question said not to apply", facts=("question", "agreed")
)
INTERVIEW_HELD = EventType("assessment.interview_held", "Interview held", facts=("answered", "to_ask"))
READINESS_CHANGED = EventType(
    "assessment.readiness_changed", "Readiness changed", facts=("level", "before", "below_target", "gate")
)
SECTION_ASSIGNED = EventType(
    "assessment.section_assigned", "Readiness questions to answer", facts=("element", "due", "person"),
    audience="answer_readiness", person="person",
)  # fmt: skip
SECTION_SUBMITTED = EventType(
    "assessment.section_submitted", "Section handed in", facts=("element",), audience="manage_readiness"
)
SECTION_RETURNED = EventType("assessment.section_returned", "Changes asked for", facts=("element",))
SECTION_DONE = EventType("assessment.section_done", "Section done", facts=("element",))
ACTION_TAKEN_ON = EventType(
    "assessment.action_taken_on", "Step of the plan taken on", facts=("question", "gate", "due", "owner"),
    audience="answer_readiness", person="owner",
)  # fmt: skip
ACTION_CLOSED = EventType(
    "assessment.action_closed", "Step of the plan closed", facts=("question", "gate", "status"),
    audience="manage_readiness",
)  # fmt: skip
RISK_OPENED = EventType(
    "risk.opened", "Risk opened", facts=("catalogue", "score", "signal"), audience="manage_risks"
)
RISK_CHANGED = EventType("risk.changed", "Risk changed", facts=("score", "status", "version"))
RISK_ESCALATED = EventType("risk.escalated", "Risk grew", facts=("score", "before"), audience="manage_risks")
RISK_ACCEPTED = EventType("risk.accepted", "Risk accepted", facts=("score", "until"), audience="manage_risks")
RISK_REOPENED = EventType(
    "risk.reopened", "Risk open again", facts=("score", "signal"), audience="manage_risks"
)
RISK_CLOSED = EventType("risk.closed", "Risk closed", facts=("score",))
PAIN_POINT_SCREENED = EventType(
    "pain_point.screened", "Suitability looked at", facts=("calls_for", "speak_for", "chosen")
)
PAIN_POINT_REMOVED = EventType("pain_point.removed", "Pain point taken out", facts=("kind",))
PROCESS_STEP_SAVED = EventType("process_step.saved", "Process step written down", facts=("order", "version"))
PROCESS_STEP_REMOVED = EventType("process_step.removed", "Process step taken out", facts=("order",))
PROCESS_STEPS_IMPORTED = EventType("process_steps.imported", "Process steps imported", facts=("steps",))
VALUE_CASE_SAVED = EventType(
    "value_case.saved", "Value case saved", facts=("number", "version", "npv", "payback_months")
)
VALUE_CASE_FROZEN = EventType("value_case.frozen", "Value case frozen", facts=("number", "gate"))
