"""No verification above the evidence, no element above a core question, no readiness above an element."""

from django.db import migrations

# The rules of assessments/rules/readiness.py once more, for whoever comes past the services. ``a day`` is the
# day of the statement: what evidence allowed when somebody verified is what the verification rests on.
ALLOWED = """
CREATE FUNCTION assessments_evidence_allows(engagement uuid, question text, max_age integer, a_day date)
RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT coalesce(max(CASE strength
        WHEN 'document' THEN 2
        WHEN 'measured_once' THEN 3
        WHEN 'recurring' THEN CASE WHEN a_day < effective_from + period_days THEN 4 ELSE 3 END
    END), 1) FROM (
        SELECT DISTINCT ON (v.item_id) v.* FROM engagements_evidenceversion v
        JOIN engagements_evidenceitem i ON i.id = v.item_id
        WHERE i.engagement_id = engagement AND v.status = 'accepted' ORDER BY v.item_id, v.number DESC
    ) newest
    WHERE question = ANY (about) AND effective_from <= a_day
    AND a_day < least(effective_from + max_age, coalesce(effective_to, 'infinity'))
$$;
CREATE FUNCTION assessments_level_allows(answer assessments_answer, question text, max_age integer, a_day date)
RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT greatest(
        assessments_evidence_allows(answer.engagement_id, question, max_age, a_day),
        CASE WHEN answer.measured_on <= a_day AND a_day < answer.measured_on + max_age
            AND NOT answer.measured_short THEN 3 END)
$$;
CREATE FUNCTION assessments_level_counted(answer assessments_answer, question text, max_age integer, a_day date)
RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN said IS NOT NULL THEN least(
        said, assessments_level_allows(answer, question, max_age, a_day), answer.verified_level,
        answer.challenged_level, CASE WHEN answer.measured_short THEN measured END) END
    FROM (SELECT coalesce(answer.claimed_level, now_measured.level) AS said, now_measured.level AS measured
        FROM (SELECT CASE WHEN coalesce(a_day < answer.measured_on + max_age, true)
            THEN answer.measured_level END AS level) now_measured) one
$$;
"""
ALLOWED_BACK = """
DROP FUNCTION assessments_level_counted(assessments_answer, text, integer, date);
DROP FUNCTION assessments_level_allows(assessments_answer, text, integer, date);
DROP FUNCTION assessments_evidence_allows(uuid, text, integer, date);
"""

# A newer framework takes over a verification as it was given, with its day.
VERIFIED = """
CREATE FUNCTION assessments_answer_verified() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE allowed integer;
BEGIN
    IF NEW.verified_level IS NULL THEN RETURN NEW; END IF;
    IF TG_OP = 'UPDATE' AND (NEW.verified_level, NEW.verified_at) IS NOT DISTINCT FROM
        (OLD.verified_level, OLD.verified_at) THEN RETURN NEW; END IF;
    IF TG_OP = 'INSERT' AND EXISTS (SELECT 1 FROM assessments_answer o WHERE
        o.assessment_id = NEW.assessment_id AND o.verified_level = NEW.verified_level
        AND o.verified_by_id = NEW.verified_by_id AND o.verified_at = NEW.verified_at) THEN RETURN NEW; END IF;
    SELECT assessments_level_allows(NEW, q.key, q.max_age_days, (NEW.verified_at AT TIME ZONE 'UTC')::date)
        INTO allowed FROM assessments_questionversion q WHERE q.id = NEW.question_id;
    IF NEW.verified_at IS NULL OR NEW.verified_level > allowed THEN
        RAISE EXCEPTION 'assessments_answer: evidence allows level %, not %', allowed, NEW.verified_level;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verified_by_evidence BEFORE INSERT OR UPDATE ON assessments_answer
    FOR EACH ROW EXECUTE FUNCTION assessments_answer_verified();
"""
VERIFIED_BACK = """
DROP TRIGGER verified_by_evidence ON assessments_answer;
DROP FUNCTION assessments_answer_verified();
"""

WEAKEST = """
CREATE FUNCTION assessments_weakest_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE weakest integer;
BEGIN
    SELECT CASE WHEN bool_and(level IS NOT NULL) THEN min(level) END INTO weakest FROM (
        SELECT assessments_level_counted(a, q.key, q.max_age_days, (NEW.measured_at AT TIME ZONE 'UTC')::date)
            AS level
        FROM assessments_assessment s
        JOIN assessments_questionversion q ON q.framework_version_id = s.framework_version_id AND q.core
            AND (NEW.key = 'readiness_level' OR q.element = NEW.slice)
        LEFT JOIN assessments_answer a ON a.assessment_id = s.id AND a.question_id = q.id
        WHERE s.engagement_id = NEW.engagement_id AND a.status IS DISTINCT FROM 'not_applicable') core;
    IF weakest IS NULL OR NEW.value > weakest THEN
        RAISE EXCEPTION 'engagements_measurement: % is not above its weakest core question', NEW.key;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER weakest_link BEFORE INSERT ON engagements_measurement
    FOR EACH ROW WHEN (NEW.key IN ('readiness_level', 'element_level') AND NEW.value IS NOT NULL)
    EXECUTE FUNCTION assessments_weakest_link();
"""
WEAKEST_BACK = """
DROP TRIGGER weakest_link ON engagements_measurement;
DROP FUNCTION assessments_weakest_link();
"""


class Migration(migrations.Migration):
    dependencies = [("assessments", "0003_action_items"), ("engagements", "0005_pilot_seals")]

    operations = [
        migrations.RunSQL(ALLOWED, ALLOWED_BACK),
        migrations.RunSQL(VERIFIED, VERIFIED_BACK),
        migrations.RunSQL(WEAKEST, WEAKEST_BACK),
    ]
