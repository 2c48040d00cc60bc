"""No test beyond its permission, no end of a run before its last answer, no answer after its end."""

from django.db import migrations

# Host and port of a configuration as TargetSpec.host gives them, in lower case and without brackets.
HOST = """
CREATE FUNCTION demos_host_of(config jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT lower(btrim(part[2], '[]')) || ':' || coalesce(part[3], CASE lower(part[1]) WHEN 'https' THEN '443' ELSE '80' END)
    FROM regexp_match(config->>'url', '^([a-zA-Z]+)://(?:[^/?#@]*@)?(\\[[^]]*\\]|[^/:?#]*)(?::([0-9]+))?') AS part
$$;
"""
HOST_BACK = "DROP FUNCTION demos_host_of(jsonb);"

PERMISSION = """
CREATE FUNCTION demos_permission_holds(permission uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM demos_testauthorisation a JOIN demos_target t ON t.id = a.target_id
        WHERE a.id = permission AND clock_timestamp() >= a.starts AND clock_timestamp() < a.ends
        AND t.halted_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM demos_authorisationrevocation r WHERE r.authorisation_id = a.id))
$$;
CREATE FUNCTION demos_permission_covers(permission uuid, version uuid, kind text, per_second integer, requests bigint)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT demos_permission_holds(permission) AND EXISTS (
        SELECT 1 FROM demos_testauthorisation a JOIN demos_targetversion v ON v.target_id = a.target_id
        WHERE a.id = permission AND v.id = version AND a.kinds ? kind AND a.hosts ? demos_host_of(v.config)
        AND per_second <= a.max_per_second AND requests + (
            SELECT coalesce(sum(n), 0) FROM (
                SELECT CASE WHEN finished_at IS NULL THEN most_requests ELSE requests END AS n
                    FROM demos_loadtest WHERE authorisation_id = permission
                UNION ALL SELECT CASE WHEN finished_at IS NULL THEN most_requests ELSE requests END
                    FROM demos_privacytest WHERE authorisation_id = permission) used
        ) <= a.max_requests)
$$;
"""
PERMISSION_BACK = """
DROP FUNCTION demos_permission_covers(uuid, uuid, text, integer, bigint);
DROP FUNCTION demos_permission_holds(uuid);
"""
MOVES = (
    "status", "reason", "result", "valid", "requests", "cost", "currency", "started_at", "finished_at",
    "beat_at", "cancelled_at", "answered", "counts", "canary_hashes",
)  # fmt: skip
"""What happens to a test; all else of it is what the permission covered when it was asked for."""


def permitted(kind: str) -> tuple[str, str]:
    """The trigger of one table of tests, and its way back."""
    table = f"demos_{kind}test"
    moves = "ARRAY[" + ",".join(f"'{name}'" for name in MOVES) + "]::text[]"
    up = f"""
    CREATE FUNCTION {table}_permitted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NOT demos_permission_covers(NEW.authorisation_id, NEW.target_version_id, '{kind}',
                NEW.peak_per_second, NEW.most_requests)
            THEN RAISE EXCEPTION '{table}: no permission of the client covers it'; END IF;
        ELSE
            IF to_jsonb(OLD) - {moves} IS DISTINCT FROM to_jsonb(NEW) - {moves}
            THEN RAISE EXCEPTION '{table}: what the permission covers does not change'; END IF;
            IF NEW.status = 'running' AND OLD.status <> 'running'
                AND NOT demos_permission_holds(NEW.authorisation_id)
            THEN RAISE EXCEPTION '{table}: its permission does not hold any more'; END IF;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER permitted BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_permitted();
    """
    return up, f"DROP TRIGGER permitted ON {table}; DROP FUNCTION {table}_permitted();"


WHOLE = """
CREATE FUNCTION demos_run_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP <> 'INSERT' AND OLD.status IN ('finished', 'invalid') THEN
        IF TG_OP = 'DELETE' OR NEW.status NOT IN (OLD.status, 'invalid')
            OR (NEW.plan_id, NEW.case_count, NEW.total, NEW.done, NEW.passed, NEW.failed, NEW.errored, NEW.ungraded)
            IS DISTINCT FROM (OLD.plan_id, OLD.case_count, OLD.total, OLD.done, OLD.passed, OLD.failed,
            OLD.errored, OLD.ungraded)
        THEN RAISE EXCEPTION 'demos_run: a finished run stays as it ended'; END IF;
    ELSIF TG_OP <> 'DELETE' AND NEW.status IN ('finished', 'invalid') THEN
        IF NEW.total <> NEW.case_count * (SELECT repeats FROM demos_evaluationplan WHERE id = NEW.plan_id)
            OR NEW.total <> (SELECT count(*) FROM demos_attempt WHERE run_id = NEW.id)
        THEN RAISE EXCEPTION 'demos_run: a finished run has one attempt for each case and repeat'; END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER run_is_whole BEFORE INSERT OR UPDATE OR DELETE ON demos_run
    FOR EACH ROW EXECUTE FUNCTION demos_run_is_whole();
CREATE FUNCTION demos_attempt_comes_in_time() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT run_id FROM fresh) f JOIN demos_run r ON r.id = f.run_id
        WHERE r.status IN ('finished', 'invalid'))
    THEN RAISE EXCEPTION 'demos_attempt: its run is finished'; END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER comes_in_time AFTER INSERT ON demos_attempt REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION demos_attempt_comes_in_time();
"""
WHOLE_BACK = """
DROP TRIGGER comes_in_time ON demos_attempt;
DROP FUNCTION demos_attempt_comes_in_time();
DROP TRIGGER run_is_whole ON demos_run;
DROP FUNCTION demos_run_is_whole();
"""


class Migration(migrations.Migration):
    dependencies = [("demos", "0003_judging")]

    operations = [
        migrations.RunSQL(HOST, HOST_BACK),
        migrations.RunSQL(PERMISSION, PERMISSION_BACK),
        *(migrations.RunSQL(*permitted(kind)) for kind in ("load", "privacy")),
        migrations.RunSQL(WHOLE, WHOLE_BACK),
    ]
