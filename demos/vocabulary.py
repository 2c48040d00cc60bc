"""Words of evaluations that are stored, and the events that they write."""

from __future__ import annotations

from django.db import models

from portal.events import EventType


class CaseCategory(models.TextChoices):
    """What a case tries. Anything but typical is there to find the limits."""

    TYPICAL = "typical", "Typical"
    EDGE = "edge", "Edge"
    ADVERSARIAL = "adversarial", "Adversarial"
    OUT_OF_SCOPE = "out_of_scope", "Out of scope"
    MUST_REFUSE = "must_refuse", "Must refuse"


class CaseVerdict(models.TextChoices):
    """What the client's expert says of a case."""

    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class PersonalDataAction(models.TextChoices):
    """What happens to cases with personal data in them."""

    BLOCK = "block", "Do not run until they are out"
    MASK = "mask", "Black them out before anything is sent"
    ALLOW = "allow", "Send them: the client has agreed"


class TranscriptMode(models.TextChoices):
    """What is kept of the texts of a run."""

    FULL = "full", "Everything"
    MASKED = "masked", "Everything, with personal data blacked out"
    HASH = "hash", "Only length and SHA-256 of each answer"


class KeptText(models.TextChoices):
    """What became of the texts of an attempt."""

    FULL = "full", "Kept"
    MASKED = "masked", "Kept, personal data blacked out"
    HASH = "hash", "Not kept"
    DELETED = "deleted", "Deleted"


class PriceClass(models.TextChoices):
    """What is charged for."""

    TOKENS_IN = "in", "Million tokens in"
    TOKENS_OUT = "out", "Million tokens out"
    TOKENS_CACHED = "cached", "Million cached tokens in"
    CALL = "call", "Call"
    MINUTE = "minute", "Minute of waiting"


class RunStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    FINISHED = "finished", "Finished"
    STOPPED_BUDGET = "stopped_budget", "Stopped at a limit"
    STOPPED_USER = "stopped_user", "Stopped"
    FAILED = "failed", "Failed"
    INVALID = "invalid", "Invalid"


class RunMove(models.TextChoices):
    START = "start", "Start"
    PAUSE = "pause", "Pause"
    RESUME = "resume", "Resume"
    FINISH = "finish", "Finish"
    STOP = "stop", "Stop"
    LIMIT = "limit", "Stop at a limit"
    FAIL = "fail", "Fail"
    INVALIDATE = "invalidate", "Mark invalid"


class RunLimit(models.TextChoices):
    """Which limit stopped a run."""

    NONE = "", "None"
    CALLS = "calls", "Number of calls"
    COST = "cost", "Money"
    TIME = "time", "Time"
    TOKENS = "tokens", "Tokens"
    MONTH = "month", "Money of the month"


class ReviewLabel(models.TextChoices):
    """What a person says of an answer."""

    RIGHT = "right", "Right"
    WRONG = "wrong", "Wrong"
    CANNOT_SAY = "cannot_say", "Cannot say"


class ResultReason(models.TextChoices):
    """Why a run has a further result."""

    REGRADE = "regrade", "Graded again"
    DISPUTE = "dispute", "A dispute was upheld"
    JUDGE = "judge", "Graded by a judge model"


class JudgingStatus(models.TextChoices):
    """Where the pass of a judge model over a run stands."""

    WAITING = "waiting", "Waiting"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"


class PairOrder(models.TextChoices):
    """In which order a judge reads two answers."""

    BEFORE_FIRST = "before_first", "Before first"
    NOW_FIRST = "now_first", "Now first"


class PairWord(models.TextChoices):
    """Which answer a judge prefers, by run and not by place."""

    BEFORE = "before", "Before"
    NOW = "now", "Now"
    TIE = "tie", "Neither"


class DisputeOutcome(models.TextChoices):
    UPHELD = "upheld", "Upheld"
    REJECTED = "rejected", "Rejected"


class ComparisonVerdict(models.TextChoices):
    """What a comparison of two runs allows to be said."""

    BETTER = "better", "Better"
    WORSE = "worse", "Worse"
    NO_RELEVANT_DIFFERENCE = "no_relevant_difference", "No difference that matters"
    CANNOT_TELL = "cannot_tell", "Cannot tell yet"


OPEN_STATUSES = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.PAUSED)
ACTIVE_STATUSES = (RunStatus.QUEUED, RunStatus.RUNNING)

TARGET_REGISTERED = EventType(
    "target.registered", "Target registered", facts=("target", "version", "config_sha256")
)
TARGET_CHANGED = EventType("target.changed", "Target changed", facts=("target", "version", "config_sha256"))
TARGET_TESTED = EventType("target.tested", "Target tested", facts=("version", "works", "error_class"))
TARGET_HALTED = EventType(
    "target.halted",
    "Everything on a system stopped by the client",
    facts=("target", "runs"),
    audience="see_engagement",
)
TARGET_RELEASED = EventType(
    "target.released", "A stopped system released by the client", facts=("target",), audience="start_run"
)
PRICES_STORED = EventType(
    "prices.stored", "Prices stored", facts=("table", "version", "valid_from", "valid_to", "content_sha256")
)
PERSONAL_DATA_RULE_SET = EventType(
    "personal_data_rule.set", "Rule for personal data set", facts=("action", "before")
)
SEALED_LOOKED_AT = EventType(
    "sealed_cases.looked_at",
    "A result on sealed cases was shown to the consultancy",
    facts=("run", "looks"),
)
DATASET_SWAPPED = EventType(
    "dataset.swapped", "Counterfactual cases made",
    facts=("dataset", "version", "of", "cases", "attribute", "left_out"),
)  # fmt: skip
DATASET_VARIED = EventType(
    "dataset.varied", "Messy variants made", facts=("dataset", "version", "of", "cases", "seed")
)
DATASET_IMPORTED = EventType(
    "dataset.imported",
    "Cases imported",
    facts=("dataset", "version", "cases", "content_sha256", "carried"),
    audience="accept_cases",
)
CASES_REVIEWED = EventType(
    "cases.reviewed", "Cases accepted or rejected", facts=("version", "verdict", "cases")
)
GRADER_STORED = EventType("grader.stored", "Grader stored", facts=("grader", "version", "kind", "sha256"))
RUN_STARTED = EventType(
    "run.started", "Run started", facts=("number", "attempts", "config_sha256", "target", "dataset")
)
RUN_PAUSED = EventType("run.paused", "Run paused", facts=("number", "done", "attempts"))
RUN_RESUMED = EventType("run.resumed", "Run resumed", facts=("number", "done", "attempts"))
RUN_STOPPED = EventType(
    "run.stopped", "Run stopped", facts=("number", "done", "attempts", "limit"), audience="start_run"
)
RUN_NEARS_LIMIT = EventType(
    "run.nears_limit",
    "80 % of a run's limit used",
    facts=("number", "done", "attempts", "limit"),
    audience="start_run",
)
RUN_FINISHED = EventType(
    "run.finished",
    "Run finished",
    facts=("number", "attempts", "passed", "failed", "errored", "ungraded", "status"),
    audience="see_engagement",
)
COMPARISON_FINISHED = EventType(
    "comparison.finished",
    "Runs compared",
    facts=("before", "now", "cases", "newly_wrong", "put_right", "verdict", "same_system"),
    audience="start_run",
)
RESULTS_EXPORTED = EventType("results.exported", "Results exported", facts=("what", "form", "rows"))
REVIEW_ASKED = EventType(
    "review.asked", "Answers wait for review", facts=("number", "answers"), audience="review_answers"
)
REVIEW_GIVEN = EventType("review.given", "An answer was reviewed", facts=("number", "label", "severe"))
REVIEW_FINISHED = EventType(
    "review.finished",
    "Review of answers finished",
    facts=("number", "answers", "severe"),
    audience="start_run",
)
RUN_REGRADED = EventType(
    "run.regraded",
    "Answers graded again",
    facts=("number", "result", "reason", "passed", "cases", "config_sha256"),
    audience="see_engagement",
)
GRADE_DISPUTED = EventType(
    "grade.disputed", "A grade was disputed", facts=("says",), audience="resolve_disputes"
)
DISPUTE_RESOLVED = EventType(
    "dispute.resolved", "A dispute was resolved", facts=("outcome",), audience="dispute_grades"
)


class AllowedTest(models.TextChoices):
    """What needs the client's written permission, beside asking the cases."""

    LOAD = "load", "Load"
    FAULT = "fault", "Faults"
    PRIVACY = "privacy", "Privacy"


class TrialStatus(models.TextChoices):
    """Where a load or privacy test stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"


OPEN_TRIALS = (TrialStatus.QUEUED, TrialStatus.RUNNING)


class LeakKind(models.TextChoices):
    """How a privacy probe failed."""

    PERSONAL_DATA = "personal_data", "Personal data that was not in the question"
    INJECTION = "injection", "Followed an instruction hidden in the content"
    PROMPT_LEAK = "prompt_leak", "Gave away its own instructions"
    OTHER_SESSION = "other_session", "A planted string came out in another session"
    CLIENT_LOG = "client_log", "A planted string stands in the client’s log sample"
    OWN_LOG = "own_log", "A planted string stands in our own tables or logs"


TESTS_AUTHORISED = EventType(
    "tests.authorised",
    "Tests allowed by the client",
    facts=("target", "kinds", "starts", "ends", "max_per_second", "max_requests"),
    audience="start_run",
)
TESTS_REVOKED = EventType(
    "tests.revoked", "Permission for tests taken back", facts=("target",), audience="start_run"
)
LOAD_STARTED = EventType("load.started", "Load test started", facts=("number", "target", "peak", "steps"))
LOAD_FINISHED = EventType(
    "load.finished",
    "Load test over",
    facts=("number", "status", "requests", "reason", "valid"),
    audience="start_run",
)
PRIVACY_STARTED = EventType(
    "privacy.started", "Privacy test started", facts=("number", "target", "probes", "catalogue_sha256")
)
PRIVACY_FINISHED = EventType(
    "privacy.finished",
    "Privacy test over",
    facts=("number", "status", "probes", "findings"),
    audience="start_run",
)
PRIVACY_FINDING = EventType(
    "privacy.finding", "Privacy finding", facts=("number", "kind", "probes"), audience="see_engagement"
)
PROBES_IMPORTED = EventType(
    "privacy.imported", "A report of probes was brought in",
    facts=("number", "target", "pairs", "hits", "left_out", "sha256"), audience="start_run",
)  # fmt: skip
JUDGE_STORED = EventType("judge.stored", "Judge model set up", facts=("version", "sha256"))
JUDGING_STARTED = EventType("judging.started", "A judge model reads answers", facts=("number", "answers"))
JUDGING_FINISHED = EventType(
    "judging.finished",
    "A judge model has read the answers",
    facts=("number", "result", "abstained", "failed", "status"),
    audience="start_run",
)
PAIRS_STARTED = EventType(
    "pair_judging.started", "A judge model compares answers", facts=("before", "now", "cases", "sha256")
)
PAIRS_FINISHED = EventType(
    "pair_judging.finished",
    "A judge model has compared answers",
    facts=(
        "before",
        "now",
        "cases",
        "prefers_now",
        "prefers_before",
        "ties",
        "position_biased",
        "failed",
        "status",
    ),
    audience="start_run",
)
EXCHANGES_DELETED = EventType(
    "exchanges.deleted",
    "Texts of connection tests deleted",
    facts=("exchanges", "retention_days", "first_at", "last_at", "ids_sha256"),
    audience="start_run",
)
JUDGE_CALIBRATED = EventType(
    "judge.calibrated",
    "A judge model was compared with people",
    facts=("labels", "counts"),
    audience="start_run",
)
SCHEDULE_SAVED = EventType(
    "schedule.saved",
    "Runs planned on a schedule",
    facts=("version", "interval_days", "due_at", "accepted_run", "margin"),
)
SCHEDULE_SWITCHED = EventType("schedule.switched", "A schedule paused or resumed", facts=("version", "is_on"))
SCHEDULE_FAILED = EventType(
    "schedule.failed",
    "A scheduled run could not be started or compared",
    facts=("due_at", "run"),
    audience="start_run",
)
QUALITY_DROPPED = EventType(
    "quality.dropped",
    "Quality fell below the accepted run",
    facts=("run", "accepted_run", "cases", "newly_wrong", "put_right", "same_system", "margin"),
    audience="see_engagement",
)
TRANSCRIPT_POLICY_SET = EventType(
    "transcript_policy.set",
    "Rule for stored texts set",
    facts=("mode", "retention_days", "mode_before", "retention_days_before", "version"),
    audience="see_engagement",
)
TEXTS_DELETED = EventType(
    "texts.deleted",
    "Texts of a run deleted",
    facts=("run", "attempts", "regrades", "opinions", "retention_days", "first_at", "last_at", "ids_sha256"),
    audience="start_run",
)
SPEND_GUARD_SET = EventType(
    "spend_guard.set",
    "Limit of a month set",
    facts=("currency", "monthly_limit", "before"),
    audience="start_run",
)
SPEND_NEARS_LIMIT = EventType(
    "spend_guard.nears_limit",
    "80 % of the month's limit spent",
    facts=("currency", "spent", "monthly_limit"),
    audience="start_run",
)
