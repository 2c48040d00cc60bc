"""How the papers of a client look, and what a kind of report leaves out."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
from portal.walls import AppendOnly, TenantLink, TenantWall


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0005_pilot_seals"),
        ("portal", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Letterhead",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("number", models.PositiveIntegerField()),
                ("accent", models.CharField(max_length=7)),
                ("cover_text", models.CharField(blank=True, max_length=400)),
                ("logo", models.BinaryField(blank=True, default=b"")),
                ("logo_sha256", models.CharField(blank=True, max_length=64)),
                (
                    "set_by",
                    models.ForeignKey(
                        editable=False,
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
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "number"), name="letterhead_numbered_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="report",
            name="letterhead",
            field=portal.models.owned.TenantForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="engagements.letterhead",
            ),
        ),
        migrations.CreateModel(
            name="ReportPreset",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("evaluation", "Evaluation report"),
                            ("readiness", "Readiness report"),
                            ("value_case", "Value case"),
                        ],
                        max_length=12,
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                (
                    "left_out",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), size=None
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        editable=False,
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
            ],
            options={
                "ordering": ["kind", "name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "kind", "name"), name="report_preset_named_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["evaluation", "readiness", "value_case"])),
                        name="report_preset_kind_is_known",
                    ),
                ],
            },
        ),
        TenantWall("Letterhead"),
        AppendOnly("Letterhead"),
        TenantWall("ReportPreset"),
        TenantLink("Report", "letterhead"),
    ]
