"""A token keeps what it was made for, and its text stands nowhere."""

from django.db import migrations

KEPT = """
CREATE FUNCTION portal_apitoken_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF to_jsonb(OLD) - ARRAY['expires', 'last_used', 'revoked_at'] IS DISTINCT FROM
        to_jsonb(NEW) - ARRAY['expires', 'last_used', 'revoked_at']
        OR NEW.expires > OLD.expires
        OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
    THEN RAISE EXCEPTION 'portal_apitoken is neither widened nor prolonged'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER kept BEFORE UPDATE ON portal_apitoken FOR EACH ROW EXECUTE FUNCTION portal_apitoken_kept();
ALTER TABLE portal_apitoken ADD CONSTRAINT apitoken_is_stored_as_its_hash
    CHECK (token_sha256 ~ '^[0-9a-f]{64}$');
"""
KEPT_BACK = """
ALTER TABLE portal_apitoken DROP CONSTRAINT apitoken_is_stored_as_its_hash;
DROP TRIGGER kept ON portal_apitoken;
DROP FUNCTION portal_apitoken_kept();
"""

TOLD_AS = "gth_(pat|svc)_[0-9A-Za-z]{49}"
TOLD = {"portal_ledgerentry": "ledger_tells_no_token", "portal_outboxevent": "outbox_tells_no_token"}
UNTOLD = "".join(
    f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (facts::text !~ '{TOLD_AS}') NOT VALID;"
    for table, name in TOLD.items()
)
UNTOLD_BACK = "".join(f"ALTER TABLE {table} DROP CONSTRAINT {name};" for table, name in TOLD.items())


class Migration(migrations.Migration):
    dependencies = [("portal", "0002_walls")]

    operations = [migrations.RunSQL(KEPT, KEPT_BACK), migrations.RunSQL(UNTOLD, UNTOLD_BACK)]
