"""The walls of evidence, signatures, waivers, questions, templates and comments."""

from django.db import migrations

from portal.walls import AppendOnly, FrozenWhen, TenantWall

TABLES = (
    "EvidenceFile", "EvidenceItem", "EvidenceVersion", "Delegation", "Approval", "Question", "Reopening", "Waiver",
    "EngagementTemplate", "Comment",
)  # fmt: skip

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

# Each decision that there is was signed by one person: that signature becomes its approval.
APPROVALS_OF_DECISIONS = """
SELECT set_config('gatehouse.tenants', '{}', true);
ALTER TABLE engagements_decision NO FORCE ROW LEVEL SECURITY;
ALTER TABLE engagements_approval NO FORCE ROW LEVEL SECURITY;
INSERT INTO engagements_approval (id, tenant_id, created_at, engagement_id, round_id, seat, role, outcome,
    statement, conditions, signed_by_id, principal_id, delegation_id, submitted_by_id, signed_name, auth_method,
    auth_age_s, second_factor, snapshot_sha256, ledger_seq, signed_at)
SELECT gen_random_uuid(), tenant_id, created_at, engagement_id, round_id, 0, 'client_sponsor', outcome,
    statement, '[]', decided_by_id, decided_by_id, NULL, submitted_by_id, signed_name, auth_method,
    auth_age_s, second_factor, snapshot_sha256, ledger_seq, decided_at
FROM engagements_decision;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE engagements_decision ADD CONSTRAINT decision_rests_on_a_signature
    FOREIGN KEY (round_id, decided_by_id) REFERENCES engagements_approval (round_id, signed_by_id)
    DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE engagements_approval FORCE ROW LEVEL SECURITY;
ALTER TABLE engagements_decision FORCE ROW LEVEL SECURITY;
"""
APPROVALS_OF_DECISIONS_BACK = (
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
CONDITION_THAWED = """
DROP TRIGGER frozen ON engagements_condition;
DROP FUNCTION engagements_condition_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("engagements", "0003_decisions_evidence_and_templates")]

    operations = [
        *(TenantWall(model) for model in TABLES),
        AppendOnly("EvidenceFile"),
        FrozenWhen("EvidenceVersion", "true", may_change=EVIDENCE_MAY_CHANGE),
        migrations.RunSQL(FILE_HASH, FILE_HASH_BACK),
        migrations.RunSQL(JUDGED_ONCE, JUDGED_ONCE_BACK),
        AppendOnly("Approval"),
        AppendOnly("Reopening"),
        FrozenWhen("Waiver", "true", may_change=("warned_at", "ended_at")),
        FrozenWhen("Delegation", "true", may_change=("revoked_at", "revoked_by_id")),
        FrozenWhen("Question", "true", may_change=("answer", "answered_by_id", "taken_back", "closed_at")),
        migrations.RunSQL(CONDITION_THAWED, migrations.RunSQL.noop),
        FrozenWhen("Condition", "true", may_change=CONDITION_MAY_CHANGE),
        migrations.RunSQL(APPROVALS_OF_DECISIONS, APPROVALS_OF_DECISIONS_BACK),
        migrations.RunSQL(FUNCTIONS, FUNCTIONS_BACK),
        AppendOnly("EngagementTemplate"),
    ]
