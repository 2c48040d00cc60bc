"""The tables of targets, cases, graders, runs, judgement and tests by permission."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
import portal.schema_steps


class Migration(migrations.Migration):
    replaces = [
        ("demos", "0001_initial"),
        ("demos", "0003_engine_judgement_and_tests"),
        ("demos", "0004_walls_of_engine_and_judgement"),
        ("demos", "0005_ways_out"),
        ("demos", "0006_schedules"),
        ("demos", "0007_transcripts"),
        ("demos", "0008_spending"),
    ]

    initial = True

    dependencies = [
        ("engagements", "0002_walls"),
    ]

    operations = [
        portal.schema_steps.CreateTables(
            models=[
                migrations.CreateModel(
                    name="Target",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("name", models.CharField(max_length=120)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="targets",
                                to="engagements.engagement",
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
                        ("halted_at", models.DateTimeField(editable=False, null=True)),
                        (
                            "halted_by",
                            models.ForeignKey(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("engagement", "name"), name="target_name_is_unique_in_engagement"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("halted_at__isnull", True), ("halted_by__isnull", True)),
                                    models.Q(("halted_at__isnull", False), ("halted_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="target_halted_by_iff_halted",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TargetVersion",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("number", models.PositiveIntegerField()),
                        ("config", models.JSONField()),
                        ("config_sha256", models.CharField(max_length=64)),
                        ("prices", models.JSONField(default=dict)),
                        (
                            "created_by",
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
                                related_name="versions",
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
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("target", "number"), name="target_version_number_is_unique"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TargetExchange",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("works", models.BooleanField()),
                        ("sentence", models.TextField()),
                        ("error_class", models.CharField(blank=True, max_length=20)),
                        ("http_status", models.PositiveSmallIntegerField(null=True)),
                        ("latency_ms", models.FloatField(null=True)),
                        ("answer", models.TextField(blank=True)),
                        ("request_excerpt", models.TextField(blank=True)),
                        ("response_excerpt", models.TextField(blank=True)),
                        (
                            "asked_by",
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
                            "target_version",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="exchanges",
                                to="demos.targetversion",
                            ),
                        ),
                        ("ttft_ms", models.FloatField(null=True)),
                        ("way_out", models.TextField(blank=True, default="")),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
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
                            models.UniqueConstraint(
                                fields=("authorisation",), name="authorisation_is_revoked_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Dataset",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("name", models.CharField(max_length=120)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="datasets",
                                to="engagements.engagement",
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
                                fields=("engagement", "name"), name="dataset_name_is_unique_in_engagement"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DatasetVersion",
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
                        ("case_count", models.PositiveIntegerField()),
                        ("file_name", models.CharField(max_length=200)),
                        ("file_sha256", models.CharField(max_length=64)),
                        ("mapping", models.JSONField()),
                        (
                            "dataset",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="versions",
                                to="demos.dataset",
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
                            "tenant",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="portal.tenant",
                            ),
                        ),
                        ("left_out", models.JSONField(default=dict)),
                        ("pii_counts", models.JSONField(default=dict)),
                        ("variants", models.JSONField(default=dict)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("dataset", "number"), name="dataset_version_number_is_unique"
                            ),
                            models.UniqueConstraint(
                                fields=("dataset", "content_sha256"), name="dataset_content_is_imported_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("case_count__gt", 0)), name="dataset_version_holds_cases"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Case",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("position", models.PositiveIntegerField()),
                        ("key", models.CharField(max_length=64)),
                        ("input", models.TextField()),
                        ("expected", models.TextField()),
                        ("context", models.TextField(blank=True)),
                        (
                            "category",
                            models.CharField(
                                choices=[
                                    ("typical", "Typical"),
                                    ("edge", "Edge"),
                                    ("adversarial", "Adversarial"),
                                    ("out_of_scope", "Out of scope"),
                                    ("must_refuse", "Must refuse"),
                                ],
                                default="typical",
                                max_length=16,
                            ),
                        ),
                        ("cluster", models.CharField(blank=True, max_length=200)),
                        ("slices", models.JSONField(default=dict)),
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
                            "dataset_version",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="cases",
                                to="demos.datasetversion",
                            ),
                        ),
                        ("change", models.CharField(blank=True, max_length=24)),
                        ("checks", models.JSONField(default=list)),
                        ("sealed", models.BooleanField(default=False)),
                        ("turns", models.JSONField(default=list)),
                        (
                            "variant_of",
                            portal.models.owned.TenantForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="variants",
                                to="demos.case",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("dataset_version", "position"), name="case_position_is_unique"
                            ),
                            models.UniqueConstraint(
                                fields=("dataset_version", "key"), name="case_key_is_unique"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CaseReview",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "verdict",
                            models.CharField(
                                choices=[("accepted", "Accepted"), ("rejected", "Rejected")], max_length=8
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=500)),
                        (
                            "case",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reviews",
                                to="demos.case",
                            ),
                        ),
                        (
                            "reviewed_by",
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
                            "carried_from",
                            portal.models.owned.TenantForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="demos.casereview",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["case", "-created_at", "-id"], name="case_review_newest")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Upload",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("dataset_name", models.CharField(max_length=120)),
                        ("file_name", models.CharField(max_length=200)),
                        ("file_sha256", models.CharField(max_length=64)),
                        ("size", models.PositiveIntegerField()),
                        ("content", models.BinaryField()),
                        ("columns", models.JSONField()),
                        ("guess", models.JSONField()),
                        ("preview", models.JSONField()),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="engagements.engagement",
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
                            "uploaded_by",
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
                    name="Grader",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("name", models.CharField(max_length=120)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="graders",
                                to="engagements.engagement",
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
                                fields=("engagement", "name"), name="grader_name_is_unique_in_engagement"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="GraderVersion",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("number", models.PositiveIntegerField()),
                        ("kind", models.CharField(max_length=16)),
                        ("params", models.JSONField(default=dict)),
                        ("must", models.BooleanField(default=False)),
                        ("weight", models.FloatField(default=1.0)),
                        ("categories", models.JSONField(default=list)),
                        ("config_sha256", models.CharField(max_length=64)),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "grader",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="versions",
                                to="demos.grader",
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
                                fields=("grader", "number"), name="grader_version_number_is_unique"
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
                    name="EvaluationPlan",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("repeats", models.PositiveSmallIntegerField(default=1)),
                        ("threshold", models.FloatField(default=1.0)),
                        ("max_cost", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
                        ("max_calls", models.PositiveIntegerField(null=True)),
                        ("max_seconds", models.PositiveIntegerField(null=True)),
                        ("seed", models.PositiveBigIntegerField()),
                        ("config_sha256", models.CharField(max_length=64)),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "dataset_version",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="plans",
                                to="demos.datasetversion",
                            ),
                        ),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="plans",
                                to="engagements.engagement",
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
                            "target_version",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="plans",
                                to="demos.targetversion",
                            ),
                        ),
                        ("max_tokens", models.PositiveBigIntegerField(null=True)),
                        (
                            "personal_data",
                            models.CharField(
                                choices=[
                                    ("block", "Do not run until they are out"),
                                    ("mask", "Black them out before anything is sent"),
                                    ("allow", "Send them: the client has agreed"),
                                ],
                                default="block",
                                max_length=8,
                            ),
                        ),
                        ("quotas", models.JSONField(default=dict)),
                        (
                            "price_version",
                            portal.models.owned.TenantForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="plans",
                                to="demos.priceversion",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("repeats__gte", 1), ("repeats__lte", 10)),
                                name="plan_repeats_1_to_10",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PlanGrader",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("position", models.PositiveSmallIntegerField()),
                        (
                            "grader_version",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="demos.graderversion",
                            ),
                        ),
                        (
                            "plan",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="plan_graders",
                                to="demos.evaluationplan",
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
                                fields=("plan", "position"), name="plan_grader_position_is_unique"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Run",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("number", models.PositiveIntegerField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("running", "Running"),
                                    ("paused", "Paused"),
                                    ("finished", "Finished"),
                                    ("stopped_budget", "Stopped at a limit"),
                                    ("stopped_user", "Stopped"),
                                    ("failed", "Failed"),
                                    ("invalid", "Invalid"),
                                ],
                                default="queued",
                                max_length=16,
                            ),
                        ),
                        (
                            "limit_hit",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "None"),
                                    ("calls", "Number of calls"),
                                    ("cost", "Money"),
                                    ("time", "Time"),
                                    ("tokens", "Tokens"),
                                    ("month", "Money of the month"),
                                ],
                                default="",
                                max_length=8,
                            ),
                        ),
                        ("fault", models.TextField(blank=True)),
                        ("case_count", models.PositiveIntegerField()),
                        ("total", models.PositiveIntegerField()),
                        ("done", models.PositiveIntegerField(default=0)),
                        ("passed", models.PositiveIntegerField(default=0)),
                        ("failed", models.PositiveIntegerField(default=0)),
                        ("errored", models.PositiveIntegerField(default=0)),
                        ("ungraded", models.PositiveIntegerField(default=0)),
                        ("retries", models.PositiveIntegerField(default=0)),
                        ("cost", models.DecimalField(decimal_places=8, default=0, max_digits=18)),
                        ("uncosted", models.PositiveIntegerField(default=0)),
                        ("currency", models.CharField(max_length=3)),
                        ("started_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("shards_queued_at", models.DateTimeField(null=True)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="runs",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "plan",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="runs",
                                to="demos.evaluationplan",
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
                        ("calls", models.PositiveIntegerField(default=0)),
                        ("tokens", models.PositiveBigIntegerField(default=0)),
                        ("warned_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("status__in", ("queued", "running"))),
                                fields=["tenant"],
                                name="run_active_in_tenant",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("engagement", "number"), name="run_number_is_unique_in_engagement"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "done",
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("passed"), "+", models.F("failed")
                                                ),
                                                "+",
                                                models.F("errored"),
                                            ),
                                            "+",
                                            models.F("ungraded"),
                                        ),
                                    ),
                                    ("done__lte", models.F("total")),
                                ),
                                name="run_counters_agree",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("finished_at__isnull", True),
                                        ("status__in", ("queued", "running", "paused")),
                                    ),
                                    models.Q(
                                        models.Q(
                                            ("status__in", ("queued", "running", "paused")), _negated=True
                                        ),
                                        ("finished_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="run_finished_at_iff_over",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["finished", "invalid"]), _negated=True),
                                    ("done", models.F("total")),
                                    _connector="OR",
                                ),
                                name="run_that_finished_is_complete",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PendingAttempt",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("repeat", models.PositiveSmallIntegerField()),
                        ("position", models.PositiveIntegerField()),
                        ("lease_owner", models.UUIDField(null=True)),
                        ("lease_expires", models.DateTimeField(null=True)),
                        (
                            "case",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="demos.case"
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
                            "run",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="pending",
                                to="demos.run",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["run", "position"], name="pending_in_order")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("run", "case", "repeat"), name="pending_attempt_is_unique"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Attempt",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("repeat", models.PositiveSmallIntegerField()),
                        ("position", models.PositiveIntegerField()),
                        ("passed", models.BooleanField(null=True)),
                        ("score", models.FloatField(null=True)),
                        ("reason", models.TextField(blank=True)),
                        ("grader_error", models.TextField(blank=True)),
                        ("grades", models.JSONField(default=list)),
                        ("error_class", models.CharField(blank=True, max_length=20)),
                        ("error_detail", models.TextField(blank=True)),
                        ("first_try", models.CharField(max_length=20)),
                        ("retries", models.PositiveSmallIntegerField(default=0)),
                        ("http_status", models.PositiveSmallIntegerField(null=True)),
                        ("answer", models.TextField(null=True)),
                        ("sent_at", models.DateTimeField()),
                        ("latency_ms", models.FloatField()),
                        ("tokens_in", models.PositiveIntegerField(null=True)),
                        ("tokens_out", models.PositiveIntegerField(null=True)),
                        ("cost", models.DecimalField(decimal_places=8, max_digits=18, null=True)),
                        ("request_excerpt", models.TextField(blank=True)),
                        ("response_excerpt", models.TextField(blank=True)),
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
                            "case",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="attempts",
                                to="demos.case",
                            ),
                        ),
                        (
                            "run",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="attempts",
                                to="demos.run",
                            ),
                        ),
                        ("calls", models.PositiveSmallIntegerField(default=1)),
                        ("found", models.JSONField(null=True)),
                        ("tokens_cached", models.PositiveIntegerField(null=True)),
                        ("ttft_ms", models.FloatField(null=True)),
                        ("answer_chars", models.PositiveIntegerField(null=True)),
                        ("answer_sha256", models.CharField(blank=True, default="", max_length=64)),
                        (
                            "kept",
                            models.CharField(
                                choices=[
                                    ("full", "Kept"),
                                    ("masked", "Kept, personal data blacked out"),
                                    ("hash", "Not kept"),
                                    ("deleted", "Deleted"),
                                ],
                                default="full",
                                max_length=8,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("passed", False), ("passed", None), _connector="OR"),
                                fields=["run", "position"],
                                name="attempt_not_passed",
                            ),
                            models.Index(fields=["run", "-sent_at"], name="attempt_newest"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("run", "case", "repeat"), name="attempt_is_unique"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MetricResult",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("key", models.CharField(max_length=40)),
                        ("slice", models.CharField(blank=True, max_length=300)),
                        ("value", models.DecimalField(decimal_places=10, max_digits=24, null=True)),
                        ("unit", models.CharField(max_length=16)),
                        ("n", models.PositiveIntegerField()),
                        ("events", models.PositiveIntegerField(null=True)),
                        ("low", models.DecimalField(decimal_places=10, max_digits=24, null=True)),
                        ("high", models.DecimalField(decimal_places=10, max_digits=24, null=True)),
                        ("bound_low", models.DecimalField(decimal_places=10, max_digits=24, null=True)),
                        ("bound_high", models.DecimalField(decimal_places=10, max_digits=24, null=True)),
                        ("method", models.CharField(max_length=60)),
                        ("seed", models.PositiveBigIntegerField(null=True)),
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
                            "run",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="metrics",
                                to="demos.run",
                            ),
                        ),
                        ("result_version", models.PositiveSmallIntegerField(default=1)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("run", "result_version", "key", "slice"),
                                name="metric_result_is_unique",
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="looks",
                                to="demos.run",
                            ),
                        ),
                        (
                            "dataset",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="looks",
                                to="demos.dataset",
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
                                fields=("engagement", "number"),
                                name="review_round_number_is_unique_in_engagement",
                            )
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
                                choices=[
                                    ("right", "Right"),
                                    ("wrong", "Wrong"),
                                    ("cannot_say", "Cannot say"),
                                ],
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
                            models.UniqueConstraint(
                                fields=("run", "number"), name="result_version_number_is_unique"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("number__gte", 2)),
                                name="result_version_follows_the_first",
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
                                choices=[
                                    ("right", "Right"),
                                    ("wrong", "Wrong"),
                                    ("cannot_say", "Cannot say"),
                                ],
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
                            models.CharField(
                                choices=[("upheld", "Upheld"), ("rejected", "Rejected")], max_length=8
                            ),
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="judgings",
                                to="demos.run",
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
                                    models.Q(
                                        ("finished_at__isnull", True), ("status__in", ("queued", "running"))
                                    ),
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
                            models.UniqueConstraint(
                                fields=("test", "second", "step"), name="load_window_is_unique"
                            )
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
                                    models.Q(
                                        ("finished_at__isnull", True), ("status__in", ("queued", "running"))
                                    ),
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="schedules",
                                to="demos.run",
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
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("is_on", True)), fields=["due_at"], name="schedule_due"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("engagement", "name"), name="schedule_name_is_unique"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("interval_days__gte", 1), ("interval_days__lte", 92)),
                                name="schedule_interval_1_to_92",
                            ),
                        ],
                    },
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
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("schedule", "due_at"), name="schedule_starts_once_a_due_time"
                            ),
                            models.UniqueConstraint(
                                fields=("run",), name="run_comes_from_one_scheduled_start"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("run__isnull", False),
                                    models.Q(("problem", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="start_without_a_run_says_why",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SpendGuard",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("currency", models.CharField(max_length=3)),
                        ("monthly_limit", models.DecimalField(decimal_places=4, max_digits=18)),
                        ("warned_month", models.DateField(null=True)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "set_by",
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
                                fields=("tenant", "currency"), name="spend_guard_is_one_for_currency"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("monthly_limit__gt", 0)), name="spend_guard_is_above_zero"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TranscriptPolicy",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "mode",
                            models.CharField(
                                choices=[
                                    ("full", "Everything"),
                                    ("masked", "Everything, with personal data blacked out"),
                                    ("hash", "Only length and SHA-256 of each answer"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("retention_days", models.PositiveSmallIntegerField(null=True)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="engagements.engagement",
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
                                fields=("engagement",), name="transcript_policy_is_one_for_engagement"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("retention_days__isnull", True),
                                    ("retention_days__gte", 1),
                                    _connector="OR",
                                ),
                                name="texts_are_kept_a_day_at_least",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TextDeletion",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("retention_days", models.PositiveSmallIntegerField()),
                        ("attempts", models.PositiveIntegerField()),
                        ("regrades", models.PositiveIntegerField()),
                        ("opinions", models.PositiveIntegerField()),
                        ("first_at", models.DateTimeField(null=True)),
                        ("last_at", models.DateTimeField(null=True)),
                        ("ids_sha256", models.CharField(max_length=64)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="text_deletions",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "run",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="text_deletions",
                                to="demos.run",
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
                            models.UniqueConstraint(fields=("run",), name="texts_of_a_run_are_deleted_once")
                        ],
                    },
                ),
            ],
        ),
    ]
