"""The walls of pain points, frameworks, answers, risks, process steps and value cases."""

from django.db import migrations

from portal.walls import AppendOnly, FrozenWhen, TenantWall

TABLES = (
    "Framework", "ProcessStep", "Risk", "ValueCase", "FrameworkVersion", "PainPoint", "QuestionVersion",
    "Assessment", "CostComponent", "Benefit", "Answer", "SectionAssignment", "AnswerStep",
)  # fmt: skip

BODY_HASH = """
ALTER TABLE assessments_frameworkversion ADD CONSTRAINT framework_body_has_its_hash
    CHECK (content_sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex'));
"""
BODY_HASH_BACK = "ALTER TABLE assessments_frameworkversion DROP CONSTRAINT framework_body_has_its_hash;"

ALWAYS_APPLIES = """
CREATE FUNCTION assessments_answer_applies() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.status IN ('na_proposed', 'not_applicable') AND EXISTS (
        SELECT 1 FROM assessments_questionversion q WHERE q.id = NEW.question_id AND NOT q.may_be_not_applicable)
    THEN RAISE EXCEPTION 'assessments_answer: this question always applies';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER always_applies BEFORE INSERT OR UPDATE ON assessments_answer
    FOR EACH ROW EXECUTE FUNCTION assessments_answer_applies();
"""
ALWAYS_APPLIES_BACK = """
DROP TRIGGER always_applies ON assessments_answer;
DROP FUNCTION assessments_answer_applies();
"""

SAVED_ONCE = """
CREATE FUNCTION assessments_benefit_saved_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE frozen timestamptz; claimed numeric;
BEGIN
    SELECT frozen_at INTO frozen FROM assessments_valuecase WHERE id = NEW.value_case_id FOR UPDATE;
    IF frozen IS NOT NULL THEN RAISE EXCEPTION 'assessments_benefit is frozen'; END IF;
    SELECT coalesce(sum(reduction_high), 0) INTO claimed FROM assessments_benefit
        WHERE value_case_id = NEW.value_case_id AND pain_point_id = NEW.pain_point_id AND kind = NEW.kind
        AND id <> NEW.id;
    IF claimed + NEW.reduction_high > 1 THEN
        RAISE EXCEPTION 'assessments_benefit: more than the whole of a cost component is saved';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER saved_once BEFORE INSERT OR UPDATE ON assessments_benefit
    FOR EACH ROW EXECUTE FUNCTION assessments_benefit_saved_once();
"""
SAVED_ONCE_BACK = """
DROP TRIGGER saved_once ON assessments_benefit;
DROP FUNCTION assessments_benefit_saved_once();
"""

OF_A_FROZEN_CASE = "EXISTS (SELECT 1 FROM assessments_valuecase v WHERE v.id = OLD.value_case_id AND v.frozen_at IS NOT NULL)"


class Migration(migrations.Migration):
    dependencies = [("assessments", "0001_tables"), ("engagements", "0002_walls")]

    operations = [
        *(TenantWall(model) for model in TABLES),
        *(AppendOnly(model) for model in ("QuestionVersion", "AnswerStep")),
        FrozenWhen("FrameworkVersion", "OLD.status <> 'draft'", may_change=("status",)),
        FrozenWhen("Answer", "TG_OP = 'DELETE'"),
        FrozenWhen("ValueCase", "OLD.frozen_at IS NOT NULL"),
        FrozenWhen("Benefit", OF_A_FROZEN_CASE),
        migrations.RunSQL(BODY_HASH, BODY_HASH_BACK),
        migrations.RunSQL(ALWAYS_APPLIES, ALWAYS_APPLIES_BACK),
        migrations.RunSQL(SAVED_ONCE, SAVED_ONCE_BACK),
    ]
