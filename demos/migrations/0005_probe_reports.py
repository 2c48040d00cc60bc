"""Reports of another tool's probes, as counts."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
from portal.walls import AppendOnly, TenantWall


class Migration(migrations.Migration):
    dependencies = [
        ("demos", "0004_doors"),
        ("engagements", "0006_letterheads"),
        ("portal", "0003_tokens"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProbeReport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("number", models.PositiveIntegerField()),
                ("tool_version", models.CharField(blank=True, max_length=40)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended", models.BooleanField()),
                ("content_sha256", models.CharField(max_length=64)),
                ("lines", models.PositiveIntegerField()),
                ("kinds", models.JSONField()),
                ("results", models.JSONField()),
                ("left_out", models.JSONField()),
                ("left_out_count", models.PositiveIntegerField()),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="probe_reports",
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
                        related_name="probe_reports",
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "number"), name="probe_report_number_is_unique"
                    ),
                    models.UniqueConstraint(
                        fields=("engagement", "content_sha256"), name="probe_report_is_imported_once"
                    ),
                ],
            },
        ),
        TenantWall("ProbeReport"),
        AppendOnly("ProbeReport"),
    ]
