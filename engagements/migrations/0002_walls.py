"""The walls: tenant policy, what is append-only, what freezes, and the invariants that need more than one table."""

from django.db import migrations

from portal.walls import AppendOnly, FrozenWhen, TenantWall

TABLES = (
    "Engagement", "EvidenceFile", "EngagementTemplate", "Stage", "Comment", "Measurement", "Snapshot",
    "EvidenceItem", "SuccessMetric", "AdoptionCount", "Incident", "ParityCheck", "PilotPlan", "Report", "Gate",
    "EvidenceVersion", "EvidenceRequest", "Observation", "ReportFile", "CriteriaSet", "Delegation", "Reopening",
    "Criterion", "GateRound", "CriterionResult", "Approval", "Decision", "Question", "Waiver", "Condition",
)  # fmt: skip
FINAL = (
    "Measurement", "Snapshot", "CriterionResult", "Decision", "EvidenceFile", "Approval", "Reopening",
    "EngagementTemplate", "Observation", "AdoptionCount", "PilotPlan", "Report", "ReportFile",
)  # fmt: skip

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

FILE_HASH = """
ALTER TABLE engagements_evidencefile ADD CONSTRAINT evidence_file_has_its_hash
    CHECK (sha256 = encode(sha256(body), 'hex') AND size = length(body));
"""
FILE_HASH_BACK = "ALTER TABLE engagements_evidencefile DROP CONSTRAINT evidence_file_has_its_hash;"

JUDGED_ONCE = """
CREATE FUNCTION engagements_evidenceversion_judged() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF OLD.status <> 'received' AND
       (NEW.status, NEW.judged_by_id, NEW.judged_side, NEW.judged_at, NEW.judgement) IS DISTINCT FROM
       (OLD.status, OLD.judged_by_id, OLD.judged_side, OLD.judged_at, OLD.judgement)
    THEN RAISE EXCEPTION 'engagements_evidenceversion is frozen: it was judged';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER judged_once BEFORE UPDATE ON engagements_evidenceversion
    FOR EACH ROW EXECUTE FUNCTION engagements_evidenceversion_judged();
"""
JUDGED_ONCE_BACK = """
DROP TRIGGER judged_once ON engagements_evidenceversion;
DROP FUNCTION engagements_evidenceversion_judged();
"""
EVIDENCE_MAY_CHANGE = ("scan_state", "status", "judged_by_id", "judged_side", "judged_at", "judgement")

# A decision rests on a signature: the approval of the person in whose name it stands.
DECISION_AND_SIGNATURE = """
SELECT set_config('gatehouse.tenants', '{}', true);
ALTER TABLE engagements_decision ADD CONSTRAINT decision_rests_on_a_signature
    FOREIGN KEY (round_id, decided_by_id) REFERENCES engagements_approval (round_id, signed_by_id)
    DEFERRABLE INITIALLY DEFERRED;
"""
DECISION_AND_SIGNATURE_BACK = (
    "ALTER TABLE engagements_decision DROP CONSTRAINT decision_rests_on_a_signature;"
)

CLIENTS_PEOPLE = {
    "approval": ("signed_by_id", "principal_id"),
    "decision": ("decided_by_id", "on_behalf_of_id"),
    "waiver": ("granted_by_id",),
    "delegation": ("giver_id", "receiver_id"),
    "condition": ("closed_by_id",),
}
ENDED = {"delegation": "revoked_at", "question": "closed_at", "condition": "closed_at"}

FUNCTIONS = """
CREATE FUNCTION engagements_clients_people() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE who uuid; BEGIN
    FOR place IN 0 .. TG_NARGS - 1 LOOP
        who := (to_jsonb(NEW) ->> TG_ARGV[place])::uuid;
        IF who IS NOT NULL AND NOT EXISTS
           (SELECT 1 FROM portal_user u WHERE u.id = who AND u.affiliation = 'client') THEN
            RAISE EXCEPTION '%: only the client''s own people', TG_TABLE_NAME;
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
CREATE FUNCTION engagements_ended_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF to_jsonb(OLD) ->> TG_ARGV[0] IS NOT NULL THEN
        RAISE EXCEPTION '% is frozen: it has ended', TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION engagements_waivable() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM engagements_criterion c JOIN engagements_criteriaset s ON s.id = c.criteria_set_id
                   WHERE c.id = NEW.criterion_id AND c.waivable AND s.status = 'sealed') THEN
        RAISE EXCEPTION 'engagements_waiver: this criterion cannot be waived';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER waivable BEFORE INSERT ON engagements_waiver
    FOR EACH ROW EXECUTE FUNCTION engagements_waivable();
"""
FUNCTIONS += "".join(
    f"CREATE TRIGGER clients_people BEFORE INSERT OR UPDATE ON engagements_{table} FOR EACH ROW "
    f"EXECUTE FUNCTION engagements_clients_people({', '.join(repr(column) for column in columns)});\n"
    for table, columns in CLIENTS_PEOPLE.items()
)
FUNCTIONS += "".join(
    f"CREATE TRIGGER ended_stays BEFORE UPDATE ON engagements_{table} FOR EACH ROW "
    f"EXECUTE FUNCTION engagements_ended_stays('{column}');\n"
    for table, column in ENDED.items()
)
FUNCTIONS_BACK = "".join(
    [f"DROP TRIGGER clients_people ON engagements_{table};" for table in CLIENTS_PEOPLE]
    + [f"DROP TRIGGER ended_stays ON engagements_{table};" for table in ENDED]
    + [
        "DROP TRIGGER waivable ON engagements_waiver;",
        "DROP FUNCTION engagements_clients_people();",
        "DROP FUNCTION engagements_ended_stays();",
        "DROP FUNCTION engagements_waivable();",
    ]
)

CONDITION_MAY_CHANGE = (
    "status",
    "lapsed_at",
    "closing_note",
    "closing_link",
    "proposed_by_id",
    "proposed_at",
    "returned_reason",
    "closed_by_id",
    "closed_at",
    "waived_reason",
)
REPORT_HASHES = """
ALTER TABLE engagements_report ADD CONSTRAINT report_body_has_its_hash
    CHECK (sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex'));
ALTER TABLE engagements_reportfile ADD CONSTRAINT report_file_has_its_hash
    CHECK (sha256 = encode(sha256(body), 'hex'));
"""
REPORT_HASHES_BACK = """
ALTER TABLE engagements_reportfile DROP CONSTRAINT report_file_has_its_hash;
ALTER TABLE engagements_report DROP CONSTRAINT report_body_has_its_hash;
"""
REQUEST_MAY_CHANGE = ("item_id", "withdrawn_at", "withdrawn_by_id")


class Migration(migrations.Migration):
    dependencies = [("engagements", "0001_tables"), ("portal", "0002_walls")]

    operations = [
        *(TenantWall(model) for model in TABLES),
        *(AppendOnly(model) for model in FINAL),
        FrozenWhen("CriteriaSet", "OLD.sealed_at IS NOT NULL", may_change=("status", "version")),
        FrozenWhen("Criterion", IN_A_SEALED_SET),
        FrozenWhen("SuccessMetric", "OLD.sealed_at IS NOT NULL"),
        FrozenWhen("GateRound", "OLD.status IN ('decided', 'withdrawn', 'expired')"),
        FrozenWhen("EvidenceVersion", "true", may_change=EVIDENCE_MAY_CHANGE),
        FrozenWhen("EvidenceRequest", "true", may_change=REQUEST_MAY_CHANGE),
        FrozenWhen("Condition", "true", may_change=CONDITION_MAY_CHANGE),
        FrozenWhen("Waiver", "true", may_change=("warned_at", "ended_at")),
        FrozenWhen("Delegation", "true", may_change=("revoked_at", "revoked_by_id")),
        FrozenWhen("Question", "true", may_change=("answer", "answered_by_id", "taken_back", "closed_at")),
        migrations.RunSQL(DECISION_AND_ROUND, DECISION_AND_ROUND_BACK),
        migrations.RunSQL(DECISION_AND_SIGNATURE, DECISION_AND_SIGNATURE_BACK),
        migrations.RunSQL(SNAPSHOT_HASH, SNAPSHOT_HASH_BACK),
        migrations.RunSQL(FILE_HASH, FILE_HASH_BACK),
        migrations.RunSQL(REPORT_HASHES, REPORT_HASHES_BACK),
        migrations.RunSQL(NOTHING_JOINS_A_SEALED_SET, NOTHING_JOINS_A_SEALED_SET_BACK),
        migrations.RunSQL(SUBMITTED_STAYS_SUBMITTED, SUBMITTED_STAYS_SUBMITTED_BACK),
        migrations.RunSQL(JUDGED_ONCE, JUDGED_ONCE_BACK),
        migrations.RunSQL(FUNCTIONS, FUNCTIONS_BACK),
    ]
