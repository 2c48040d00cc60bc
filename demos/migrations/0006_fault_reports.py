"""Reports of the fault proxy; what they used up counts for every other test under the permission."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
from portal.walls import AppendOnly, RefusedUnless, TenantWall

USED = """
CREATE FUNCTION demos_requests_used(permission uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(n), 0)::bigint FROM (
        SELECT CASE WHEN finished_at IS NULL THEN most_requests ELSE requests END AS n
            FROM demos_loadtest WHERE authorisation_id = permission
        UNION ALL SELECT CASE WHEN finished_at IS NULL THEN most_requests ELSE requests END
            FROM demos_privacytest WHERE authorisation_id = permission
        UNION ALL SELECT tries FROM demos_faultreport WHERE authorisation_id = permission) used
$$;
CREATE OR REPLACE FUNCTION demos_permission_covers(
    permission uuid, version uuid, kind text, per_second integer, requests bigint)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT demos_permission_holds(permission) AND EXISTS (
        SELECT 1 FROM demos_testauthorisation a JOIN demos_targetversion v ON v.target_id = a.target_id
        WHERE a.id = permission AND v.id = version AND a.kinds ? kind AND a.hosts ? demos_host_of(v.config)
        AND per_second <= a.max_per_second AND requests + demos_requests_used(permission) <= a.max_requests)
$$;
CREATE FUNCTION demos_permission_covered(
    permission uuid, version uuid, per_second integer, requests bigint, began timestamptz, ended timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM demos_testauthorisation a JOIN demos_targetversion v ON v.target_id = a.target_id
        WHERE a.id = permission AND v.id = version AND a.kinds ? 'fault' AND a.hosts ? demos_host_of(v.config)
        AND a.created_at <= began AND a.starts <= began AND ended < a.ends AND ended <= clock_timestamp()
        AND per_second <= a.max_per_second AND requests + demos_requests_used(permission) <= a.max_requests
        AND NOT EXISTS (SELECT 1 FROM demos_authorisationrevocation r
            WHERE r.authorisation_id = a.id AND r.created_at <= ended))
$$;
"""
USED_BACK = """
DROP FUNCTION demos_permission_covered(uuid, uuid, integer, bigint, timestamptz, timestamptz);
CREATE OR REPLACE FUNCTION demos_permission_covers(
    permission uuid, version uuid, kind text, per_second integer, requests bigint)
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
DROP FUNCTION demos_requests_used(uuid);
"""
COVERED = (
    "demos_permission_covered(NEW.authorisation_id, NEW.target_version_id, NEW.peak_per_second, NEW.tries, "
    "NEW.started_at, NEW.finished_at)"
)


class Migration(migrations.Migration):
    dependencies = [
        ("demos", "0005_probe_reports"),
        ("engagements", "0009_masked_comments"),
        ("portal", "0006_comment_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FaultReport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("number", models.PositiveIntegerField()),
                ("content_sha256", models.CharField(max_length=64)),
                ("upstream", models.CharField(max_length=300)),
                ("plan", models.JSONField()),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("requests", models.PositiveIntegerField()),
                ("tries", models.PositiveIntegerField()),
                ("peak_per_second", models.PositiveIntegerField()),
                ("untouched", models.PositiveIntegerField()),
                ("by_fault", models.JSONField()),
                ("retries_after_limit", models.PositiveIntegerField()),
                ("too_early", models.PositiveIntegerField()),
                ("too_often", models.PositiveIntegerField()),
                (
                    "authorisation",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fault_reports",
                        to="demos.testauthorisation",
                    ),
                ),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fault_reports",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "imported_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "target_version",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fault_reports",
                        to="demos.targetversion",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portal.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FaultAttestation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "fault",
                    models.CharField(
                        choices=[
                            ("delay", "delay"),
                            ("rate_limited", "rate_limited"),
                            ("server_error", "server_error"),
                            ("truncated", "truncated"),
                            ("malformed", "malformed"),
                            ("reset", "reset"),
                            ("slow_drip", "slow_drip"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "said",
                    models.CharField(
                        choices=[
                            ("honest", "An honest message"),
                            ("another_way", "Another way, which worked"),
                            ("nothing_honest", "Nothing, or something untrue"),
                        ],
                        max_length=16,
                    ),
                ),
                ("note", models.TextField()),
                (
                    "said_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="portal.tenant",
                    ),
                ),
                (
                    "report",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attestations",
                        to="demos.faultreport",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="faultreport",
            constraint=models.UniqueConstraint(
                fields=("engagement", "number"), name="fault_report_number_is_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="faultreport",
            constraint=models.UniqueConstraint(
                fields=("engagement", "content_sha256"), name="fault_report_is_imported_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="faultreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("finished_at__gte", models.F("started_at"))),
                name="fault_report_ends_after_it_begins",
            ),
        ),
        TenantWall("FaultReport"),
        TenantWall("FaultAttestation"),
        AppendOnly("FaultReport"),
        AppendOnly("FaultAttestation"),
        migrations.RunSQL(USED, USED_BACK),
        RefusedUnless("FaultReport", COVERED, "no permission of the client covered it"),
    ]
