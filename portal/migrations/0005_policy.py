"""The policy of every client's table reads the declared tenants once a statement, not once a row."""

from django.db import migrations

BEFORE = "tenant_id = ANY ((SELECT current_setting('gatehouse.tenants'))::uuid[])"
AFTER = "tenant_id = ANY ((SELECT current_setting('gatehouse.tenants')::uuid[])::uuid[])"

ALTER_ALL = """
DO $$ DECLARE owned text; BEGIN
    FOR owned IN SELECT tablename FROM pg_policies
        WHERE policyname = 'tenant_scope' AND schemaname = current_schema()
    LOOP
        EXECUTE format('ALTER POLICY tenant_scope ON %I USING ({})', owned);
    END LOOP;
END $$
"""


def _altered(expression: str) -> str:
    return ALTER_ALL.format(expression.replace("'", "''"))


class Migration(migrations.Migration):
    dependencies = [("portal", "0004_sector")]

    operations = [migrations.RunSQL(_altered(AFTER), _altered(BEFORE))]
