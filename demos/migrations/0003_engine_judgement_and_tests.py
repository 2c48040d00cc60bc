"""Targets of every kind, prices, sealed cases, second opinions, judges, comparisons, tests by permission."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned


class Migration(migrations.Migration):
    dependencies = [
        ("demos", "0002_walls"),
        ("engagements", "0003_decisions_evidence_and_templates"),
        ("portal", "0003_hosts_keys_and_heads"),
        ("portal", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="TestAuthorisation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorisations",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "target",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorisations",
                        to="demos.target",
                    ),
                ),
                ("hosts", models.JSONField()),
                ("kinds", models.JSONField()),
                ("starts", models.DateTimeField()),
                ("ends", models.DateTimeField()),
                ("max_per_second", models.PositiveIntegerField()),
                ("max_requests", models.PositiveIntegerField()),
                ("statement", models.TextField()),
                (
                    "signed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("signed_name", models.CharField(max_length=200)),
                ("method", models.CharField(max_length=40)),
                ("age_s", models.PositiveIntegerField()),
                ("second_factor", models.BooleanField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends__gt", models.F("starts"))),
                        name="authorisation_ends_after_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_per_second__gte", 1), ("max_requests__gte", 1)),
                        name="authorisation_allows_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("age_s__lte", 300)),
                        name="authorisation_is_signed_within_five_minutes",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonalDataRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("block", "Do not run until they are out"),
                            ("mask", "Black them out before anything is sent"),
                            ("allow", "Send them: the client has agreed"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement",), name="personal_data_rule_is_one_for_engagement"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceTable",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="price_tables",
                        to="engagements.engagement",
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("currency", models.CharField(max_length=3)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "name"), name="price_table_name_is_unique_in_engagement"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SealedLook",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "run",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="looks", to="demos.run"
                    ),
                ),
                (
                    "dataset",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="looks", to="demos.dataset"
                    ),
                ),
                (
                    "seen_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run",), name="sealed_look_is_counted_once_a_run")
                ],
            },
        ),
        migrations.CreateModel(
            name="Comparison",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comparisons",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "before",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="compared_before",
                        to="demos.run",
                    ),
                ),
                (
                    "now",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="compared_now",
                        to="demos.run",
                    ),
                ),
                ("before_version", models.PositiveSmallIntegerField()),
                ("now_version", models.PositiveSmallIntegerField()),
                ("margin", models.DecimalField(decimal_places=4, max_digits=6)),
                ("n", models.PositiveIntegerField()),
                ("left_out", models.PositiveIntegerField()),
                ("b", models.PositiveIntegerField()),
                ("c", models.PositiveIntegerField()),
                ("passed_before", models.PositiveIntegerField()),
                ("difference", models.DecimalField(decimal_places=10, max_digits=12)),
                ("low", models.DecimalField(decimal_places=10, max_digits=12)),
                ("high", models.DecimalField(decimal_places=10, max_digits=12)),
                ("bound_low", models.DecimalField(decimal_places=10, max_digits=12)),
                ("bound_high", models.DecimalField(decimal_places=10, max_digits=12)),
                ("p", models.FloatField()),
                ("p_mid", models.FloatField()),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("better", "Better"),
                            ("worse", "Worse"),
                            ("no_relevant_difference", "No difference that matters"),
                            ("cannot_tell", "Cannot tell yet"),
                        ],
                        max_length=24,
                    ),
                ),
                ("noninferior", models.BooleanField(null=True)),
                ("more_cases", models.PositiveIntegerField(null=True)),
                ("same_target", models.BooleanField()),
                ("same_cases", models.BooleanField()),
                ("same_graders", models.BooleanField()),
                ("method", models.CharField(max_length=120)),
                ("seed", models.PositiveBigIntegerField()),
                ("others", models.JSONField()),
                ("slices", models.JSONField()),
                ("lost", models.JSONField()),
                ("won", models.JSONField()),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("before", "now", "before_version", "now_version", "margin"),
                        name="runs_are_compared_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("before", models.F("now")), _negated=True),
                        name="comparison_is_of_two_runs",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "n__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("b"), "+", models.F("c")
                                ),
                            )
                        ),
                        name="comparison_has_no_more_flips_than_cases",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewRound",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_rounds",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "run",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_rounds",
                        to="demos.run",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("size", models.PositiveIntegerField()),
                ("seed", models.PositiveBigIntegerField()),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "number"), name="review_round_number_is_unique_in_engagement"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ResultVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "run",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="result_versions",
                        to="demos.run",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("regrade", "Graded again"),
                            ("dispute", "A dispute was upheld"),
                            ("judge", "Graded by a judge model"),
                        ],
                        max_length=12,
                    ),
                ),
                ("graders", models.JSONField(default=list)),
                ("config_sha256", models.CharField(max_length=64)),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run", "number"), name="result_version_number_is_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 2)), name="result_version_follows_the_first"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "attempt",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="demos.attempt",
                    ),
                ),
                (
                    "says",
                    models.CharField(
                        choices=[("right", "Right"), ("wrong", "Wrong"), ("cannot_say", "Cannot say")],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(max_length=1000)),
                (
                    "raised_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="JudgeVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judges",
                        to="engagements.engagement",
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("number", models.PositiveIntegerField()),
                (
                    "target_version",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judges",
                        to="demos.targetversion",
                    ),
                ),
                ("rubric", models.TextField()),
                ("config_sha256", models.CharField(max_length=64)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "name", "number"), name="judge_version_number_is_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuthorisationRevocation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "authorisation",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revocations",
                        to="demos.testauthorisation",
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                (
                    "revoked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("authorisation",), name="authorisation_is_revoked_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "table",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="demos.pricetable",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("source", models.CharField(blank=True, max_length=300)),
                ("content_sha256", models.CharField(max_length=64)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("table", "number"), name="price_version_number_is_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True),
                            ("valid_to__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="price_version_ends_after_it_begins",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewItem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "round",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="demos.reviewround",
                    ),
                ),
                (
                    "attempt",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_items",
                        to="demos.attempt",
                    ),
                ),
                ("position", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("round", "attempt"), name="answer_is_once_in_a_review_round"
                    ),
                    models.UniqueConstraint(
                        fields=("round", "position"), name="review_item_position_is_unique"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Regrade",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "result_version",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="regrades",
                        to="demos.resultversion",
                    ),
                ),
                (
                    "attempt",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="regrades",
                        to="demos.attempt",
                    ),
                ),
                ("passed", models.BooleanField(null=True)),
                ("score", models.FloatField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("grader_error", models.TextField(blank=True)),
                ("grades", models.JSONField(default=list)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("result_version", "attempt"), name="attempt_is_regraded_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DisputeRuling",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "dispute",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rulings",
                        to="demos.dispute",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(choices=[("upheld", "Upheld"), ("rejected", "Rejected")], max_length=8),
                ),
                ("reason", models.CharField(max_length=1000)),
                (
                    "result_version",
                    portal.models.owned.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rulings",
                        to="demos.resultversion",
                    ),
                ),
                (
                    "ruled_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("dispute",), name="dispute_is_ruled_on_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "upheld"), ("result_version__isnull", False)),
                            models.Q(("outcome", "rejected"), ("result_version__isnull", True)),
                            _connector="OR",
                        ),
                        name="dispute_that_is_upheld_changes_the_result",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Judging",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "run",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="judgings", to="demos.run"
                    ),
                ),
                (
                    "judge",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judgings",
                        to="demos.judgeversion",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("finished", "Finished"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("fault", models.TextField(blank=True)),
                ("total", models.PositiveIntegerField()),
                ("cost", models.DecimalField(decimal_places=8, default=0, max_digits=18)),
                ("uncosted", models.PositiveIntegerField(default=0)),
                (
                    "result_version",
                    portal.models.owned.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judgings",
                        to="demos.resultversion",
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
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run", "judge"), name="judge_judges_a_run_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LoadTest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="load_tests",
                        to="engagements.engagement",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "authorisation",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="load_tests",
                        to="demos.testauthorisation",
                    ),
                ),
                (
                    "target_version",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="load_tests",
                        to="demos.targetversion",
                    ),
                ),
                (
                    "dataset_version",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="load_tests",
                        to="demos.datasetversion",
                    ),
                ),
                ("grader_ids", models.JSONField(default=list)),
                ("plan", models.JSONField()),
                ("peak_per_second", models.PositiveIntegerField()),
                ("most_requests", models.PositiveIntegerField()),
                ("config_sha256", models.CharField(max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("finished", "Finished"),
                            ("stopped", "Stopped"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("result", models.JSONField(null=True)),
                ("valid", models.BooleanField(null=True)),
                ("requests", models.PositiveIntegerField(default=0)),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("beat_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "number"), name="load_test_number_is_unique"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ("queued", "running"))),
                        fields=("target_version",),
                        name="one_load_test_at_a_time_on_a_target_version",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("status__in", ("queued", "running"))),
                            models.Q(
                                models.Q(("status__in", ("queued", "running")), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="load_test_finished_at_iff_over",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrivacyTest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="privacy_tests",
                        to="engagements.engagement",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "authorisation",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="privacy_tests",
                        to="demos.testauthorisation",
                    ),
                ),
                (
                    "target_version",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="privacy_tests",
                        to="demos.targetversion",
                    ),
                ),
                ("catalogue_version", models.PositiveIntegerField()),
                ("catalogue_sha256", models.CharField(max_length=64)),
                ("config_sha256", models.CharField(max_length=64)),
                ("seed", models.PositiveBigIntegerField()),
                ("peak_per_second", models.PositiveIntegerField()),
                ("most_requests", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("finished", "Finished"),
                            ("stopped", "Stopped"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("probes", models.PositiveIntegerField()),
                ("answered", models.PositiveIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("canary_hashes", models.JSONField(default=list)),
                ("requests", models.PositiveIntegerField(default=0)),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("beat_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "number"), name="privacy_test_number_is_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("status__in", ("queued", "running"))),
                            models.Q(
                                models.Q(("status__in", ("queued", "running")), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="privacy_test_finished_at_iff_over",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "price_version",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="demos.priceversion",
                    ),
                ),
                ("model", models.CharField(max_length=200)),
                (
                    "price_class",
                    models.CharField(
                        choices=[
                            ("in", "Million tokens in"),
                            ("out", "Million tokens out"),
                            ("cached", "Million cached tokens in"),
                            ("call", "Call"),
                            ("minute", "Minute of waiting"),
                        ],
                        max_length=16,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=6, max_digits=18)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("price_version", "model", "price_class"), name="price_line_is_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="price_is_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HumanReview",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "item",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="demos.reviewitem",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        choices=[("right", "Right"), ("wrong", "Wrong"), ("cannot_say", "Cannot say")],
                        max_length=12,
                    ),
                ),
                ("severe", models.BooleanField(default=False)),
                ("note", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item", "reviewer"), name="person_reviews_an_answer_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severe", False), ("label", "wrong"), _connector="OR"),
                        name="only_a_wrong_answer_is_severe",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JudgeOpinion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "judging",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opinions",
                        to="demos.judging",
                    ),
                ),
                (
                    "attempt",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opinions",
                        to="demos.attempt",
                    ),
                ),
                ("passed", models.BooleanField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("error", models.TextField(blank=True)),
                ("cost", models.DecimalField(decimal_places=8, max_digits=18, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("judging", "attempt"), name="judge_says_one_word_on_an_answer"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="JudgeCalibration",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "judge",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calibrations",
                        to="demos.judgeversion",
                    ),
                ),
                (
                    "judging",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calibrations",
                        to="demos.judging",
                    ),
                ),
                ("both_pass", models.PositiveIntegerField()),
                ("judge_only", models.PositiveIntegerField()),
                ("people_only", models.PositiveIntegerField()),
                ("both_fail", models.PositiveIntegerField()),
                ("agreement", models.FloatField(null=True)),
                ("kappa", models.FloatField(null=True)),
                ("sensitivity", models.FloatField(null=True)),
                ("specificity", models.FloatField(null=True)),
                ("counts", models.BooleanField()),
                ("valid_until", models.DateField()),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="LoadWindow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "test",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="windows",
                        to="demos.loadtest",
                    ),
                ),
                ("second", models.PositiveIntegerField()),
                ("step", models.SmallIntegerField()),
                ("offered", models.PositiveIntegerField()),
                ("started", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField()),
                ("errors", models.PositiveIntegerField()),
                ("dropped", models.PositiveIntegerField()),
                ("p50_ms", models.FloatField(null=True)),
                ("p95_ms", models.FloatField(null=True)),
                ("p99_ms", models.FloatField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("test", "second", "step"), name="load_window_is_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="PrivacyFinding",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "test",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="demos.privacytest",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("personal_data", "Personal data that was not in the question"),
                            ("injection", "Followed an instruction hidden in the content"),
                            ("prompt_leak", "Gave away its own instructions"),
                            ("other_session", "A planted string came out in another session"),
                            ("client_log", "A planted string stands in the client’s log sample"),
                            ("own_log", "A planted string stands in our own tables or logs"),
                        ],
                        max_length=16,
                    ),
                ),
                ("probe", models.CharField(max_length=60)),
                ("detail", models.CharField(blank=True, max_length=60)),
                ("count", models.PositiveIntegerField()),
                ("sample_sha256", models.CharField(max_length=64)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="metricresult",
            name="metric_result_is_unique",
        ),
        migrations.AddField(
            model_name="attempt",
            name="calls",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="attempt",
            name="found",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="tokens_cached",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="ttft_ms",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="change",
            field=models.CharField(blank=True, max_length=24),
        ),
        migrations.AddField(
            model_name="case",
            name="checks",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="case",
            name="sealed",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="case",
            name="turns",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="case",
            name="variant_of",
            field=portal.models.owned.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="variants",
                to="demos.case",
            ),
        ),
        migrations.AddField(
            model_name="casereview",
            name="carried_from",
            field=portal.models.owned.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="demos.casereview",
            ),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="left_out",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="pii_counts",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="variants",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="evaluationplan",
            name="max_tokens",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="evaluationplan",
            name="personal_data",
            field=models.CharField(
                choices=[
                    ("block", "Do not run until they are out"),
                    ("mask", "Black them out before anything is sent"),
                    ("allow", "Send them: the client has agreed"),
                ],
                default="block",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="evaluationplan",
            name="quotas",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="metricresult",
            name="result_version",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="run",
            name="calls",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="run",
            name="tokens",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="run",
            name="warned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="target",
            name="halted_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="target",
            name="halted_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="targetexchange",
            name="ttft_ms",
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name="run",
            name="limit_hit",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("calls", "Number of calls"),
                    ("cost", "Money"),
                    ("time", "Time"),
                    ("tokens", "Tokens"),
                ],
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="evaluationplan",
            name="price_version",
            field=portal.models.owned.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="plans",
                to="demos.priceversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="metricresult",
            constraint=models.UniqueConstraint(
                fields=("run", "result_version", "key", "slice"), name="metric_result_is_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("halted_at__isnull", True), ("halted_by__isnull", True)),
                    models.Q(("halted_at__isnull", False), ("halted_by__isnull", False)),
                    _connector="OR",
                ),
                name="target_halted_by_iff_halted",
            ),
        ),
    ]
