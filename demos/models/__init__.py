"""The tables of evaluations. Import a model from here; each lives in the file of its noun."""

from demos.models.authorisation import AuthorisationRevocation, TestAuthorisation
from demos.models.comparison import Comparison
from demos.models.dataset import Case, CaseReview, Dataset, DatasetVersion, PersonalDataRule, Upload
from demos.models.fault import FaultAttestation, FaultReport
from demos.models.grader import Grader, GraderVersion
from demos.models.judge import JudgeCalibration, JudgeOpinion, JudgeVersion, Judging
from demos.models.load import LoadTest, LoadWindow
from demos.models.pairwise import PairJudging, PairOpinion
from demos.models.price import PriceLine, PriceTable, PriceVersion
from demos.models.privacy import PrivacyFinding, PrivacyTest, ProbeReport
from demos.models.review import (
    Dispute,
    DisputeRuling,
    HumanReview,
    Regrade,
    ResultVersion,
    ReviewItem,
    ReviewRound,
)
from demos.models.run import (
    Attempt,
    EvaluationPlan,
    MetricResult,
    PendingAttempt,
    PlanGrader,
    Run,
    SealedLook,
)
from demos.models.schedule import RunSchedule, ScheduledStart
from demos.models.spending import SpendGuard
from demos.models.target import Target, TargetExchange, TargetVersion
from demos.models.transcript import TextDeletion, TranscriptPolicy

__all__ = [
    "Attempt",
    "AuthorisationRevocation",
    "Case",
    "CaseReview",
    "Comparison",
    "Dataset",
    "DatasetVersion",
    "Dispute",
    "DisputeRuling",
    "EvaluationPlan",
    "FaultAttestation",
    "FaultReport",
    "Grader",
    "GraderVersion",
    "HumanReview",
    "JudgeCalibration",
    "JudgeOpinion",
    "JudgeVersion",
    "Judging",
    "LoadTest",
    "LoadWindow",
    "MetricResult",
    "PairJudging",
    "PairOpinion",
    "PendingAttempt",
    "PersonalDataRule",
    "PlanGrader",
    "PriceLine",
    "PriceTable",
    "PriceVersion",
    "PrivacyFinding",
    "PrivacyTest",
    "ProbeReport",
    "Regrade",
    "ResultVersion",
    "ReviewItem",
    "ReviewRound",
    "Run",
    "RunSchedule",
    "ScheduledStart",
    "SealedLook",
    "SpendGuard",
    "Target",
    "TargetExchange",
    "TargetVersion",
    "TestAuthorisation",
    "TextDeletion",
    "TranscriptPolicy",
    "Upload",
]
