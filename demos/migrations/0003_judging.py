"""Leases of judges, answers compared in pairs, what tests cost, rules and calibration behind a figure,
the margin of a schedule, texts of connection tests that go."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
from portal.schema_steps import CreateTables
from portal.walls import AppendOnly, OnlyEmptied, TenantLink, TenantWall

EXCHANGE = {"answer": "''", "request_excerpt": "''", "response_excerpt": "''", "texts_deleted": "true"}
KEPT_LONG_ENOUGH = """EXISTS (SELECT 1 FROM demos_targetversion v JOIN demos_target t ON t.id = v.target_id
    JOIN demos_transcriptpolicy p ON p.engagement_id = t.engagement_id WHERE v.id = OLD.target_version_id
    AND OLD.created_at < clock_timestamp() - make_interval(days => p.retention_days))"""


class Migration(migrations.Migration):
    dependencies = [
        ("demos", "0002_walls"),
        ("engagements", "0003_faults_and_frameworks"),
        ("portal", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="PairJudging",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("config_sha256", models.CharField(max_length=64)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("finished", "Finished"),
                                    ("failed", "Failed"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("fault", models.TextField(blank=True)),
                        ("cases", models.PositiveIntegerField()),
                        ("total", models.PositiveIntegerField()),
                        ("result", models.JSONField(null=True)),
                        ("cost", models.DecimalField(decimal_places=8, default=0, max_digits=18)),
                        ("uncosted", models.PositiveIntegerField(default=0)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("lease_owner", models.UUIDField(null=True)),
                        ("lease_expires", models.DateTimeField(null=True)),
                        ("sent_at", models.DateTimeField(null=True)),
                        (
                            "comparison",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="pair_judgings",
                                to="demos.comparison",
                            ),
                        ),
                        (
                            "judge",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="pair_judgings",
                                to="demos.judgeversion",
                            ),
                        ),
                        (
                            "started_by",
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
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("comparison", "judge"), name="judge_compares_two_runs_once"
                            )
                        ]
                    },
                ),
                migrations.CreateModel(
                    name="PairOpinion",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "order",
                            models.CharField(
                                choices=[("before_first", "Before first"), ("now_first", "Now first")],
                                max_length=12,
                            ),
                        ),
                        (
                            "word",
                            models.CharField(
                                blank=True,
                                choices=[("before", "Before"), ("now", "Now"), ("tie", "Neither")],
                                max_length=8,
                            ),
                        ),
                        ("error", models.CharField(blank=True, max_length=120)),
                        ("cost", models.DecimalField(decimal_places=8, max_digits=18, null=True)),
                        (
                            "before",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="demos.attempt",
                            ),
                        ),
                        (
                            "judging",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="opinions",
                                to="demos.pairjudging",
                            ),
                        ),
                        (
                            "now",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="demos.attempt",
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
                                fields=("judging", "now", "order"),
                                name="judge_says_one_word_on_a_pair_in_an_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("word", ""), ("error", ""), _connector="XOR"),
                                name="pair_has_a_word_or_an_error",
                            ),
                        ]
                    },
                ),
            ]
        ),
        migrations.AddField(
            model_name="judging",
            name="lease_expires",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="judging",
            name="lease_owner",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="judging",
            name="sent_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="loadtest",
            name="cost",
            field=models.DecimalField(decimal_places=8, default=0, max_digits=18),
        ),
        migrations.AddField(
            model_name="loadtest",
            name="currency",
            field=models.CharField(blank=True, max_length=3),
        ),
        migrations.AddField(
            model_name="metricresult",
            name="rules",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="privacytest",
            name="cost",
            field=models.DecimalField(decimal_places=8, default=0, max_digits=18),
        ),
        migrations.AddField(
            model_name="privacytest",
            name="currency",
            field=models.CharField(blank=True, max_length=3),
        ),
        migrations.AddField(
            model_name="resultversion",
            name="calibration",
            field=portal.models.owned.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="result_versions",
                to="demos.judgecalibration",
            ),
        ),
        migrations.AddField(
            model_name="runschedule",
            name="margin",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=6),
        ),
        migrations.AddField(
            model_name="targetexchange",
            name="texts_deleted",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="textdeletion",
            name="exchanges",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="textdeletion",
            name="run",
            field=portal.models.owned.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="text_deletions",
                to="demos.run",
            ),
        ),
        migrations.AddConstraint(
            model_name="textdeletion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("exchanges", 0), ("run__isnull", False)),
                    models.Q(("exchanges__gte", 1), ("run__isnull", True)),
                    _connector="OR",
                ),
                name="deletion_is_of_a_run_or_of_exchanges",
            ),
        ),
        TenantLink("ResultVersion", "calibration"),
        TenantWall("PairJudging"),
        TenantWall("PairOpinion"),
        AppendOnly("PairOpinion"),
        OnlyEmptied("TargetExchange", EXCHANGE, KEPT_LONG_ENOUGH),
    ]
