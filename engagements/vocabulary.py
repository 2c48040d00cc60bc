"""Words of the lifecycle that are stored: kinds, states, moves, verdicts, outcomes, events."""

from __future__ import annotations

from typing import Final

from django.db import models

from portal.events import EventType


class EngagementStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    ON_HOLD = "on_hold", "On hold"
    COMPLETED = "completed", "Completed"
    STOPPED = "stopped", "Stopped"
    ARCHIVED = "archived", "Archived"


class EngagementMove(models.TextChoices):
    START = "start", "Start"
    HOLD = "hold", "Hold"
    RESUME = "resume", "Resume"
    COMPLETE = "complete", "Complete"
    STOP = "stop", "Stop"
    ARCHIVE = "archive", "Archive"


class StageKind(models.TextChoices):
    PAIN_POINTS = "pain_points", "Pain points"
    DEMO = "demo", "Demo"
    PILOT = "pilot", "Pilot"
    DEPLOYMENT = "deployment", "Deployment"
    BENEFITS = "benefits", "Benefits"


class StageStatus(models.TextChoices):
    NOT_STARTED = "not_started", "Not started"
    IN_PROGRESS = "in_progress", "In progress"
    GATE_OPEN = "gate_open", "Gate open"
    PASSED = "passed", "Passed"
    PASSED_WITH_CONDITIONS = "passed_with_conditions", "Passed with conditions"
    STOPPED = "stopped", "Stopped"
    BASIS_CHANGED = "basis_changed", "Basis changed"


class StageMove(models.TextChoices):
    START = "start", "Start"
    OPEN_GATE = "open_gate", "Open the gate"
    CLOSE_GATE = "close_gate", "Close the gate"
    PASS = "pass", "Pass"
    PASS_WITH_CONDITIONS = "pass_with_conditions", "Pass with conditions"
    STOP = "stop", "Stop"
    CHANGE_BASIS = "change_basis", "Change the basis"
    REOPEN = "reopen", "Re-open"


class CriteriaStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    PROPOSED = "proposed", "Proposed"
    SEALED = "sealed", "Sealed"
    SUPERSEDED = "superseded", "Superseded"


class CriteriaMove(models.TextChoices):
    PROPOSE = "propose", "Propose"
    REVISE = "revise", "Revise"
    SEAL = "seal", "Seal"
    SUPERSEDE = "supersede", "Supersede"


class RoundStatus(models.TextChoices):
    PREPARING = "preparing", "Preparing"
    SUBMITTED = "submitted", "Submitted"
    UNDER_REVIEW = "under_review", "Under review"
    CLARIFICATION = "clarification", "Waiting for an answer"
    DECIDED = "decided", "Decided"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"


class RoundMove(models.TextChoices):
    SUBMIT = "submit", "Submit"
    REVIEW = "review", "Review"
    ASK = "ask", "Ask"
    ANSWER = "answer", "Answer"
    DECIDE = "decide", "Decide"
    WITHDRAW = "withdraw", "Withdraw"
    EXPIRE = "expire", "Expire"


OPEN_ROUNDS: Final = (
    RoundStatus.PREPARING, RoundStatus.SUBMITTED, RoundStatus.UNDER_REVIEW, RoundStatus.CLARIFICATION,
)  # fmt: skip
WITH_APPROVER: Final = (RoundStatus.SUBMITTED, RoundStatus.UNDER_REVIEW, RoundStatus.CLARIFICATION)
CURRENT_STAGES: Final = (StageStatus.IN_PROGRESS, StageStatus.GATE_OPEN)
OVER_STAGES: Final = (StageStatus.PASSED, StageStatus.PASSED_WITH_CONDITIONS, StageStatus.STOPPED)


class ApprovalPolicy(models.TextChoices):
    """Whose signatures a decision needs."""

    ANY = "any", "Any one of them"
    ALL = "all", "All of them"
    QUORUM = "quorum", "A number of them"
    ORDERED = "ordered", "All of them, in this order"


class CriterionKind(models.TextChoices):
    METRIC = "metric", "Measured by a run or in the pilot"
    COMPARISON = "comparison", "Compared on the same cases"
    LEVEL = "level", "Level of readiness"
    EVIDENCE = "evidence", "Evidence of a kind"
    ATTESTATION = "attestation", "A named person's statement"
    CONDITION = "condition", "Earlier conditions closed"
    RISK = "risk", "Open risks"
    VALUE = "value", "Figure of the value case"


class Comparator(models.TextChoices):
    GE_LOWER = "ge_lower", "lower bound at least"
    LE_UPPER = "le_upper", "upper bound at most"
    GE_POINT = "ge_point", "point value at least"
    LE_POINT = "le_point", "point value at most"
    ZERO_EVENTS = "zero_events", "none seen, upper bound at most"
    EQ = "eq", "equal to"
    WITHIN = "within", "both bounds within a margin of"
    NONINFERIOR = "noninferior", "not worse by more than a margin"
    SUPERIOR = "superior", "better"
    LEVEL_GE = "level_ge", "level at least"
    EXISTS_FRESH = "exists_fresh", "there and fresh"


POINT_COMPARATORS: Final = (Comparator.GE_POINT, Comparator.LE_POINT)
NEEDS_MARGIN: Final = (Comparator.WITHIN, Comparator.NONINFERIOR)
NEEDS_NO_TARGET: Final = (Comparator.EXISTS_FRESH, Comparator.NONINFERIOR, Comparator.SUPERIOR)


class Verdict(models.TextChoices):
    """In the order of precedence: the first that applies is given."""

    WAIVED = "waived", "Waived"
    NOT_APPLICABLE = "not_applicable", "Not applicable"
    NOT_EVALUATED = "not_evaluated", "Not evaluated"
    INCONCLUSIVE = "inconclusive", "Inconclusive"
    NOT_MET = "not_met", "Not met"
    MET = "met", "Met"


class Reason(models.TextChoices):
    """Why a verdict is what it is, as a stable code."""

    BOUND_REACHES_TARGET = "bound_reaches_target", "The bound reaches the target"
    BOUND_MISSES_TARGET = "bound_misses_target", "The other bound misses the target"
    POINT_REACHES_TARGET = "point_reaches_target", "The point value reaches the target"
    POINT_MISSES_TARGET = "point_misses_target", "The point value misses the target"
    STRADDLES = "straddles", "The target lies between the bounds"
    TOO_FEW_CASES = "too_few_cases", "Too few cases"
    EVENT_SEEN = "event_seen", "Seen at least once"
    NONE_SEEN = "none_seen", "None seen in enough cases"
    EQUAL = "equal", "Equal"
    NOT_EQUAL = "not_equal", "Not equal"
    WITHIN_LIMITS = "within_limits", "Both bounds lie within the limits"
    OUTSIDE_LIMITS = "outside_limits", "Outside the limits"
    BETTER = "better", "Better beyond doubt"
    NOT_BETTER = "not_better", "Not better"
    NOT_WORSE = "not_worse", "Not worse beyond the margin"
    WORSE = "worse", "Worse beyond the margin"
    LEVEL_REACHED = "level_reached", "The level is reached"
    LEVEL_MISSED = "level_missed", "The level is not reached"
    PRESENT = "present", "There and fresh"
    ABSENT = "absent", "Said not to be there"
    NO_DATA = "no_data", "No measurement"
    NO_TARGET = "no_target", "The target is not fixed yet"
    STALE = "stale", "Measurement too old"
    INVALID_SOURCE = "invalid_source", "The run is partial or not valid"
    BEFORE_SEAL = "before_seal", "The run began before the seal"
    NOT_SEALED = "not_sealed", "The criteria are not sealed"
    OTHER_BINDING = "other_binding", "Measured on something else than was sealed"
    OTHER_CONFIDENCE = "other_confidence", "The bounds are less sure than was asked"
    OTHER_UNIT = "other_unit", "Measured in another unit"
    WAIVED = "waived", "Waived"
    AGREED_NOT_APPLICABLE = "agreed_not_applicable", "Agreed not to apply"


class Environment(models.TextChoices):
    """Where something is to run, in the words of a pipeline."""

    PILOT = "pilot", "The pilot"
    PROD = "prod", "Production"


class Effort(models.TextChoices):
    """What a next step takes, the cheapest first."""

    MINUTES = "minutes", "minutes"
    HOURS = "hours", "hours"
    DAYS = "days", "days"
    WEEKS = "weeks", "weeks"


class Unit(models.TextChoices):
    RATE = "rate", "rate (0 to 1)"
    DIFFERENCE = "difference", "difference of rates (−1 to 1)"
    RATIO = "ratio", "ratio"
    MS = "ms", "milliseconds"
    MINUTES = "minutes", "minutes"
    MONTHS = "months", "months"
    MONEY = "money", "money"
    COUNT = "count", "count"
    LEVEL = "level", "level (0 to 4)"
    STATEMENT = "statement", "statement"
    OTHER = "other", "other"


class SourceKind(models.TextChoices):
    RUN = "run", "Run"
    COMPARISON = "comparison", "Comparison of two runs"
    TEST = "test", "Load, fault or privacy test"
    ANSWER = "answer", "Readiness answers"
    SERIES = "series", "Series of the pilot"
    EVIDENCE = "evidence", "Accepted evidence"
    CONDITION = "condition", "Conditions of earlier gates"
    RISK = "risk", "Risk register"
    VALUE_CASE = "value_case", "Value case"
    METRIC = "success_metric", "Success metric"
    ATTESTATION = "attestation", "Statement"


class Outcome(models.TextChoices):
    APPROVE = "approve", "Approve"
    APPROVE_WITH_CONDITIONS = "approve_with_conditions", "Approve with conditions"
    REWORK = "rework", "Send back for rework"
    HOLD = "hold", "Hold until a date"
    STOP = "stop", "Stop the project"


class StopReason(models.TextChoices):
    NOT_GOOD_ENOUGH = "not_good_enough", "It is not good enough"
    NO_VALUE = "no_value", "It is not worth its cost"
    RISK = "risk", "The risk is too high"
    DATA = "data", "The data is missing or may not be used"
    OTHER_WAY = "other_way", "Another way is better"
    PRIORITY = "priority", "Something else comes first"


class ConditionStatus(models.TextChoices):
    OPEN = "open", "Open"
    MET = "met", "Met"
    LAPSED = "lapsed", "Lapsed"
    WAIVED = "waived", "Waived"


class EvidenceKind(models.TextChoices):
    FILE = "file", "File"
    LINK = "link", "Link"
    ATTESTATION = "attestation", "A named person's statement"
    DRILL = "drill", "Drill record"


class EvidenceStrength(models.TextChoices):
    """What a piece of evidence can carry; ``readiness`` turns it into the highest level it allows."""

    DOCUMENT = "document", "Document or statement"
    MEASURED_ONCE = "measured_once", "Measured once, with a date"
    RECURRING = "recurring", "Measured again and again"


class EvidenceStatus(models.TextChoices):
    RECEIVED = "received", "Received"
    ACCEPTED = "accepted", "Accepted"
    RETURNED = "returned", "Sent back"


class RequestStatus(models.TextChoices):
    ASKED = "asked", "Asked"
    RECEIVED = "received", "Received"
    ACCEPTED = "accepted", "Accepted"
    RETURNED = "returned", "Sent back"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ScanState(models.TextChoices):
    NOT_SCANNED = "not_scanned", "Not scanned"
    WAITING = "waiting", "Waiting for the scanner"
    CLEAN = "clean", "Nothing found"
    FOUND = "found", "The scanner found something"


class ConditionMove(models.TextChoices):
    CLOSE = "close", "Accept as met"
    LAPSE = "lapse", "Lapse"
    WAIVE = "waive", "Waive"


UNCLOSED: Final = (ConditionStatus.OPEN, ConditionStatus.LAPSED)
OPEN_CONDITIONS: Final = "open_conditions"
"""What a criterion names as its source when it asks that the conditions of the gates before are closed."""


class Aggregation(models.TextChoices):
    MEAN = "mean", "Mean"
    MEDIAN = "median", "Median"
    P95 = "p95", "95th percentile"
    RATE = "rate", "Rate"
    SUM = "sum", "Sum"


class Direction(models.TextChoices):
    REDUCE = "reduce", "Reduce"
    RAISE = "raise", "Raise"


class TargetKind(models.TextChoices):
    RELATIVE = "relative", "By a share of the baseline"
    ABSOLUTE = "absolute", "To a value"


class Side(models.TextChoices):
    CONSULTANCY = "consultancy", "Consultancy"
    CLIENT = "client", "Client"


class ReportKind(models.TextChoices):
    EVALUATION = "evaluation", "Evaluation report"
    READINESS = "readiness", "Readiness report"
    VALUE_CASE = "value_case", "Value case"


LETTERHEAD_SET = EventType("letterhead.set", "Letterhead set", facts=("number", "accent", "logo_sha256"))
PRESET_SET = EventType("report.preset_set", "Report preset stored", facts=("kind", "name", "left_out"))
PRESET_REMOVED = EventType(
    "report.preset_removed", "Report preset removed", facts=("kind", "name", "left_out")
)
REPORT_ORDERED = EventType("report.ordered", "Report ordered", facts=("kind", "about", "sha256"))
REPORT_FAILED = EventType(
    "report.failed", "A report could not be printed", facts=("kind", "sha256", "ordered_by"),
    audience="see_engagement", person="ordered_by",
)  # fmt: skip
REPORT_ORDERED_AGAIN = EventType("report.ordered_again", "Report printed again", facts=("kind", "sha256"))
REPORT_MADE = EventType("report.made", "Report made", facts=("kind", "sha256", "pdf_sha256"))
ENGAGEMENT_CREATED = EventType(
    "engagement.created", "Engagement started", facts=("stages", "skipped", "currency")
)
ENGAGEMENT_CHANGED = EventType("engagement.changed", "Engagement changed", facts=("version",))
ENGAGEMENT_RESUMED = EventType("engagement.resumed", "Engagement resumed", audience="submit_gate")
METRIC_SAVED = EventType("metric.saved", "Success metric set", facts=("version",))
METRIC_SEALED = EventType(
    "metric.sealed", "Success metric sealed", facts=("side", "complete"), audience="submit_gate"
)
TEMPLATE_IMPORTED = EventType(
    "template.imported", "Engagement template brought", facts=("key", "version", "sha256")
)
CRITERIA_CHANGED = EventType("criteria.changed", "Criteria drafted", facts=("gate", "number"))
CRITERIA_PROPOSED = EventType(
    "criteria.proposed", "Criteria proposed", facts=("gate", "number"), audience="seal_for_client"
)
CRITERIA_SEALED = EventType(
    "criteria.sealed", "Criteria sealed", facts=("gate", "number", "side", "complete", "sha256"),
    audience="submit_gate",
)  # fmt: skip
CRITERIA_AMENDED = EventType("criteria.amended", "Amendment begun", facts=("gate", "number", "replaces"))
MEASUREMENT_RECORDED = EventType(
    "measurement.recorded", "Measurement recorded", facts=("key", "source", "valid", "n")
)
GATE_SUBMITTED = EventType(
    "gate.submitted", "Gate submitted", facts=("gate", "round", "snapshot", "ready"), audience="decide_gate"
)
GATE_WITHDRAWN = EventType(
    "gate.withdrawn", "Gate withdrawn", facts=("gate", "round"), audience="decide_gate"
)
GATE_DECIDED = EventType(
    "gate.decided",
    "Gate decided",
    facts=(
        "gate",
        "round",
        "outcome",
        "snapshot",
        "conditions",
        "method",
        "second_factor",
        "role",
        "delegated",
        "signatures",
        "waivers",
    ),
    audience="submit_gate",
)
