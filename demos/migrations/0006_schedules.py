"""Runs that start by themselves. What became of a start is settled once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
from portal.walls import FrozenWhen, TenantWall


class Migration(migrations.Migration):
    dependencies = [
        ("demos", "0005_ways_out"),
        ("engagements", "0005_pilot"),
        ("portal", "0005_reset_requests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RunSchedule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("name", models.CharField(max_length=120)),
                ("interval_days", models.PositiveSmallIntegerField()),
                ("due_at", models.DateTimeField()),
                ("max_cost", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
                ("is_on", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "accepted_run",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="schedules", to="demos.run"
                    ),
                ),
                (
                    "dataset_version",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schedules",
                        to="demos.datasetversion",
                    ),
                ),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schedules",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "target",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schedules",
                        to="demos.target",
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
            name="ScheduledStart",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("due_at", models.DateTimeField()),
                ("missed", models.PositiveIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=500)),
                (
                    "comparison",
                    portal.models.owned.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scheduled_starts",
                        to="demos.comparison",
                    ),
                ),
                (
                    "run",
                    portal.models.owned.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scheduled_starts",
                        to="demos.run",
                    ),
                ),
                (
                    "schedule",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="starts",
                        to="demos.runschedule",
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
        migrations.AddIndex(
            model_name="runschedule",
            index=models.Index(condition=models.Q(("is_on", True)), fields=["due_at"], name="schedule_due"),
        ),
        migrations.AddConstraint(
            model_name="runschedule",
            constraint=models.UniqueConstraint(fields=("engagement", "name"), name="schedule_name_is_unique"),
        ),
        migrations.AddConstraint(
            model_name="runschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(("interval_days__gte", 1), ("interval_days__lte", 92)),
                name="schedule_interval_1_to_92",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledstart",
            constraint=models.UniqueConstraint(
                fields=("schedule", "due_at"), name="schedule_starts_once_a_due_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledstart",
            constraint=models.UniqueConstraint(fields=("run",), name="run_comes_from_one_scheduled_start"),
        ),
        migrations.AddConstraint(
            model_name="scheduledstart",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("run__isnull", False), models.Q(("problem", ""), _negated=True), _connector="OR"
                ),
                name="start_without_a_run_says_why",
            ),
        ),
        *(TenantWall(model) for model in ("RunSchedule", "ScheduledStart")),
        FrozenWhen("ScheduledStart", "OLD.comparison_id IS NOT NULL OR OLD.problem <> ''"),
    ]
