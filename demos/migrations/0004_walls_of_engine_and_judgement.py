"""The walls of prices, looks, second opinions, judges and tests: no test without the client's signature."""

from django.db import migrations

from portal.walls import AppendOnly, FrozenWhen, RefusedUnless, TenantLink, TenantWall

TABLES = (
    "PriceTable", "PriceVersion", "PriceLine", "PersonalDataRule", "SealedLook", "Comparison", "ReviewRound",
    "ReviewItem", "HumanReview", "ResultVersion", "Regrade", "Dispute", "DisputeRuling", "JudgeVersion", "Judging",
    "JudgeOpinion", "JudgeCalibration", "TestAuthorisation", "AuthorisationRevocation", "LoadTest", "LoadWindow",
    "PrivacyTest", "PrivacyFinding",
)  # fmt: skip
FROZEN = (
    "PriceVersion", "PriceLine", "SealedLook", "Comparison", "ReviewRound", "ReviewItem", "HumanReview",
    "ResultVersion", "Regrade", "Dispute", "DisputeRuling", "JudgeVersion", "JudgeOpinion", "JudgeCalibration",
    "TestAuthorisation", "AuthorisationRevocation", "LoadWindow", "PrivacyFinding",
)  # fmt: skip

ALLOWED = """EXISTS (
    SELECT 1 FROM demos_testauthorisation a JOIN demos_targetversion v ON v.target_id = a.target_id
    WHERE a.id = NEW.authorisation_id AND v.id = NEW.target_version_id AND a.kinds ? '{kind}'
    AND clock_timestamp() BETWEEN a.starts AND a.ends AND NEW.peak_per_second <= a.max_per_second
    AND NEW.most_requests <= a.max_requests
    AND NOT EXISTS (SELECT 1 FROM demos_authorisationrevocation r WHERE r.authorisation_id = a.id))"""
BY_CLIENT = "EXISTS (SELECT 1 FROM portal_user u WHERE u.id = NEW.signed_by_id AND u.affiliation = 'client')"
OVER = "OLD.status IN ('finished', 'stopped', 'failed')"


class Migration(migrations.Migration):
    dependencies = [("demos", "0003_engine_judgement_and_tests")]

    operations = [
        *(TenantWall(model) for model in TABLES),
        TenantLink("Case", "variant_of"),
        TenantLink("CaseReview", "carried_from"),
        TenantLink("EvaluationPlan", "price_version"),
        *(AppendOnly(model) for model in FROZEN),
        FrozenWhen("LoadTest", OVER),
        FrozenWhen("PrivacyTest", OVER),
        RefusedUnless("TestAuthorisation", BY_CLIENT, "only the client allows tests"),
        RefusedUnless("LoadTest", ALLOWED.format(kind="load"), "no permission of the client covers it"),
        RefusedUnless("PrivacyTest", ALLOWED.format(kind="privacy"), "no permission of the client covers it"),
    ]
