"""The walls: tenant policy, what is append-only, what freezes, and the invariants that need more than one table."""

from django.db import migrations

from portal.walls import AppendOnly, FrozenWhen, TenantWall

TABLES = (
    "Engagement", "Stage", "Gate", "SuccessMetric", "CriteriaSet", "Criterion", "Measurement", "Snapshot",
    "GateRound", "CriterionResult", "Decision", "Condition",
)  # fmt: skip
SIGNED = ("Measurement", "Snapshot", "CriterionResult", "Decision")

IN_A_SEALED_SET = "EXISTS (SELECT 1 FROM engagements_criteriaset s WHERE s.id = OLD.criteria_set_id AND s.sealed_at IS NOT NULL)"

# A decision exists iff its round is decided: two deferred foreign keys that point at each other. The check
# constraint round_decided_iff_decision ties decision_id to the status.
DECISION_AND_ROUND = """
SELECT set_config('gatehouse.tenants', '{}', true);  -- the check of the new keys reads walled, empty tables
ALTER TABLE engagements_gateround ADD CONSTRAINT round_and_its_decision UNIQUE (id, decision_id);
ALTER TABLE engagements_gateround ADD CONSTRAINT round_decided_has_decision
    FOREIGN KEY (tenant_id, decision_id) REFERENCES engagements_decision (tenant_id, id)
    DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE engagements_decision ADD CONSTRAINT decision_has_decided_round
    FOREIGN KEY (round_id, id) REFERENCES engagements_gateround (id, decision_id)
    DEFERRABLE INITIALLY DEFERRED;
"""
DECISION_AND_ROUND_BACK = """
ALTER TABLE engagements_decision DROP CONSTRAINT decision_has_decided_round;
ALTER TABLE engagements_gateround DROP CONSTRAINT round_decided_has_decision;
ALTER TABLE engagements_gateround DROP CONSTRAINT round_and_its_decision;
"""

SNAPSHOT_HASH = """
ALTER TABLE engagements_snapshot ADD CONSTRAINT snapshot_body_has_its_hash
    CHECK (sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex'));
"""
SNAPSHOT_HASH_BACK = "ALTER TABLE engagements_snapshot DROP CONSTRAINT snapshot_body_has_its_hash;"

NOTHING_JOINS_A_SEALED_SET = """
CREATE FUNCTION engagements_criterion_joins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT 1 FROM engagements_criteriaset s
               WHERE s.id = NEW.criteria_set_id AND s.sealed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'engagements_criterion is frozen: its set is sealed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER joins_no_sealed_set BEFORE INSERT OR UPDATE OF criteria_set_id ON engagements_criterion
    FOR EACH ROW EXECUTE FUNCTION engagements_criterion_joins();
"""
NOTHING_JOINS_A_SEALED_SET_BACK = """
DROP TRIGGER joins_no_sealed_set ON engagements_criterion;
DROP FUNCTION engagements_criterion_joins();
"""

SUBMITTED_STAYS_SUBMITTED = """
CREATE FUNCTION engagements_gateround_submitted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF OLD.snapshot_id IS NOT NULL AND
       (NEW.snapshot_id, NEW.criteria_set_id, NEW.gate_id, NEW.number, NEW.submitted_by_id, NEW.submitted_at)
       IS DISTINCT FROM
       (OLD.snapshot_id, OLD.criteria_set_id, OLD.gate_id, OLD.number, OLD.submitted_by_id, OLD.submitted_at)
    THEN RAISE EXCEPTION 'engagements_gateround is frozen: it was submitted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER submitted BEFORE UPDATE ON engagements_gateround
    FOR EACH ROW EXECUTE FUNCTION engagements_gateround_submitted();
"""
SUBMITTED_STAYS_SUBMITTED_BACK = """
DROP TRIGGER submitted ON engagements_gateround;
DROP FUNCTION engagements_gateround_submitted();
"""


class Migration(migrations.Migration):
    dependencies = [("engagements", "0001_initial"), ("portal", "0002_walls")]

    operations = [
        *(TenantWall(model) for model in TABLES),
        *(AppendOnly(model) for model in SIGNED),
        FrozenWhen("CriteriaSet", "OLD.sealed_at IS NOT NULL", may_change=("status", "version")),
        FrozenWhen("Criterion", IN_A_SEALED_SET),
        FrozenWhen("SuccessMetric", "OLD.sealed_at IS NOT NULL"),
        FrozenWhen("GateRound", "OLD.status IN ('decided', 'withdrawn', 'expired')"),
        FrozenWhen("Condition", "true", may_change=("status",)),
        migrations.RunSQL(DECISION_AND_ROUND, DECISION_AND_ROUND_BACK),
        migrations.RunSQL(SNAPSHOT_HASH, SNAPSHOT_HASH_BACK),
        migrations.RunSQL(NOTHING_JOINS_A_SEALED_SET, NOTHING_JOINS_A_SEALED_SET_BACK),
        migrations.RunSQL(SUBMITTED_STAYS_SUBMITTED, SUBMITTED_STAYS_SUBMITTED_BACK),
    ]
