"""The tables of pain points, readiness, risks and value cases."""

import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
import portal.schema_steps


class Migration(migrations.Migration):
    replaces = [
        ("assessments", "0001_initial"),
        ("assessments", "0003_readiness_and_value"),
        ("assessments", "0004_walls_of_readiness_and_value"),
    ]

    initial = True

    dependencies = [
        ("engagements", "0002_walls"),
    ]

    operations = [
        portal.schema_steps.CreateTables(
            models=[
                migrations.CreateModel(
                    name="Framework",
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
                        ("key", models.SlugField(max_length=40)),
                        ("title", models.CharField(max_length=300)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "key"), name="framework_key_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FrameworkVersion",
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
                            "framework",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="versions",
                                to="assessments.framework",
                            ),
                        ),
                        ("number", models.CharField(max_length=12)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("published", "Published"),
                                    ("retired", "Retired"),
                                ],
                                default="draft",
                                max_length=10,
                            ),
                        ),
                        ("body", models.TextField()),
                        ("content_sha256", models.CharField(max_length=64)),
                        ("published_at", models.DateTimeField(null=True)),
                        (
                            "published_by",
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
                                fields=("framework", "number"), name="framework_version_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("published_at__isnull", True), ("status", "draft")),
                                    models.Q(
                                        models.Q(("status", "draft"), _negated=True),
                                        ("published_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="framework_published_iff_dated",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QuestionVersion",
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
                            "framework_version",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="questions",
                                to="assessments.frameworkversion",
                            ),
                        ),
                        ("key", models.CharField(max_length=8)),
                        ("element", models.CharField(max_length=4)),
                        ("core", models.BooleanField()),
                        ("may_be_not_applicable", models.BooleanField()),
                        ("max_age_days", models.PositiveIntegerField()),
                        ("content_sha256", models.CharField(max_length=64)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("framework_version", "key"), name="question_key_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Assessment",
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
                            "framework_version",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="assessments.frameworkversion",
                            ),
                        ),
                        ("target_gate", models.PositiveSmallIntegerField(default=1)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("engagement",), name="assessment_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Answer",
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
                            "assessment",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="answers",
                                to="assessments.assessment",
                            ),
                        ),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "question",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="assessments.questionversion",
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("claimed", "Claimed"),
                                    ("measured", "Set by a measurement"),
                                    ("verified", "Verified"),
                                    ("challenged", "Challenged"),
                                    ("na_proposed", "Said not to apply"),
                                    ("not_applicable", "Agreed not to apply"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("note", models.TextField(blank=True, max_length=4000)),
                        ("provisional", models.BooleanField(default=False)),
                        ("claimed_level", models.PositiveSmallIntegerField(null=True)),
                        (
                            "claimed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("claimed_side", models.CharField(blank=True, max_length=12)),
                        ("claimed_at", models.DateTimeField(null=True)),
                        ("verified_level", models.PositiveSmallIntegerField(null=True)),
                        (
                            "verified_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("verified_side", models.CharField(blank=True, max_length=12)),
                        ("verified_at", models.DateTimeField(null=True)),
                        ("challenged_level", models.PositiveSmallIntegerField(null=True)),
                        (
                            "challenged_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("challenged_side", models.CharField(blank=True, max_length=12)),
                        ("challenge_reason", models.TextField(blank=True, max_length=2000)),
                        ("measured_level", models.PositiveSmallIntegerField(null=True)),
                        ("measured_short", models.BooleanField(default=False)),
                        ("measured_on", models.DateField(null=True)),
                        ("measured_words", models.CharField(blank=True, max_length=400)),
                        (
                            "measurements",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), blank=True, default=list, size=None
                            ),
                        ),
                        ("na_reason", models.TextField(blank=True, max_length=2000)),
                        (
                            "na_proposed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("na_proposed_side", models.CharField(blank=True, max_length=12)),
                        (
                            "na_agreed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("na_agreed_side", models.CharField(blank=True, max_length=12)),
                        ("version", models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("assessment", "question"), name="answer_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("claimed_level__isnull", True),
                                    models.Q(("claimed_level__gte", 0), ("claimed_level__lte", 4)),
                                    _connector="OR",
                                ),
                                name="answer_claimed_level_0_to_4",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("verified_level__isnull", True),
                                    models.Q(("verified_level__gte", 0), ("verified_level__lte", 4)),
                                    _connector="OR",
                                ),
                                name="answer_verified_level_0_to_4",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("challenged_level__isnull", True),
                                    models.Q(("challenged_level__gte", 0), ("challenged_level__lte", 4)),
                                    _connector="OR",
                                ),
                                name="answer_challenged_level_0_to_4",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("measured_level__isnull", True),
                                    models.Q(("measured_level__gte", 0), ("measured_level__lte", 4)),
                                    _connector="OR",
                                ),
                                name="answer_measured_level_0_to_4",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("verified_side", ""),
                                    ("claimed_side", ""),
                                    models.Q(("verified_side", models.F("claimed_side")), _negated=True),
                                    _connector="OR",
                                ),
                                name="answer_verified_by_the_other_side",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("claimed_by__isnull", True),
                                        ("claimed_level__isnull", True),
                                        ("claimed_side", ""),
                                    ),
                                    models.Q(
                                        ("claimed_by__isnull", False),
                                        ("claimed_level__isnull", False),
                                        models.Q(("claimed_side", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="answer_claim_is_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("verified_by__isnull", True),
                                        ("verified_level__isnull", True),
                                        ("verified_side", ""),
                                    ),
                                    models.Q(
                                        ("verified_by__isnull", False),
                                        ("verified_level__isnull", False),
                                        models.Q(("verified_side", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="answer_verification_is_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("na_agreed_side", ""),
                                    models.Q(("na_agreed_side", models.F("na_proposed_side")), _negated=True),
                                    _connector="OR",
                                ),
                                name="answer_na_agreed_by_the_other_side",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "not_applicable"), _negated=True),
                                    models.Q(
                                        ("na_agreed_by__isnull", False),
                                        models.Q(("na_reason", ""), _negated=True),
                                        models.Q(("na_agreed_side", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="answer_not_applicable_is_agreed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AnswerStep",
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
                            "answer",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="steps",
                                to="assessments.answer",
                            ),
                        ),
                        (
                            "move",
                            models.CharField(
                                choices=[
                                    ("claim", "Claimed"),
                                    ("measure", "Measured"),
                                    ("verify", "Verified"),
                                    ("challenge", "Challenged"),
                                    ("propose_na", "Said not to apply"),
                                    ("agree_na", "Agreed not to apply"),
                                    ("refuse_na", "Said to apply"),
                                    ("carry", "Taken over from an earlier version"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("level", models.PositiveSmallIntegerField(null=True)),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("note", models.TextField(blank=True, max_length=4000)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="SectionAssignment",
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
                            "assessment",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sections",
                                to="assessments.assessment",
                            ),
                        ),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="engagements.engagement",
                            ),
                        ),
                        ("element", models.CharField(max_length=4)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("due", models.DateField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("assigned", "Assigned"),
                                    ("submitted", "Handed in"),
                                    ("returned", "Changes asked for"),
                                    ("done", "Done"),
                                ],
                                default="assigned",
                                max_length=10,
                            ),
                        ),
                        ("note", models.TextField(blank=True, max_length=1000)),
                        (
                            "assigned_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("assessment", "element"), name="section_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProcessStep",
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
                        ("process", models.CharField(max_length=120)),
                        ("order", models.PositiveIntegerField()),
                        ("name", models.CharField(max_length=120)),
                        ("actor", models.CharField(blank=True, max_length=120)),
                        ("system", models.CharField(blank=True, max_length=120)),
                        ("volume_per_year", models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                        ("touch_minutes", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("wait_minutes", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("error_rate", models.DecimalField(decimal_places=6, max_digits=7, null=True)),
                        ("hours_per_year", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("evidence", models.JSONField(default=dict)),
                        ("version", models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        "ordering": ["process", "order"],
                        "constraints": [
                            models.UniqueConstraint(
                                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                                fields=("engagement", "process", "order"),
                                name="process_step_order_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("volume_per_year__isnull", True),
                                        ("volume_per_year__gte", 0),
                                        _connector="OR",
                                    ),
                                    models.Q(
                                        ("touch_minutes__isnull", True),
                                        ("touch_minutes__gte", 0),
                                        _connector="OR",
                                    ),
                                    models.Q(
                                        ("wait_minutes__isnull", True),
                                        ("wait_minutes__gte", 0),
                                        _connector="OR",
                                    ),
                                    models.Q(
                                        ("hours_per_year__isnull", True),
                                        ("hours_per_year__gte", 0),
                                        _connector="OR",
                                    ),
                                ),
                                name="process_step_is_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("error_rate__isnull", True),
                                    models.Q(("error_rate__gte", 0), ("error_rate__lte", 1)),
                                    _connector="OR",
                                ),
                                name="process_step_error_rate_is_0_to_1",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PainPoint",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("title", models.CharField(max_length=120)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("bottleneck", "Bottleneck"),
                                    ("error_cost", "Error cost"),
                                    ("resource_drain", "Resource drain"),
                                    ("compliance_exposure", "Compliance exposure"),
                                    ("lost_revenue", "Lost revenue"),
                                ],
                                max_length=24,
                            ),
                        ),
                        ("step", models.CharField(blank=True, max_length=200)),
                        ("description", models.TextField(blank=True, max_length=4000)),
                        ("owner", models.CharField(blank=True, max_length=120)),
                        (
                            "effort_days",
                            models.DecimalField(blank=True, decimal_places=1, max_digits=8, null=True),
                        ),
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
                            "tenant",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="portal.tenant",
                            ),
                        ),
                        ("chosen", models.BooleanField(default=False)),
                        (
                            "impact",
                            models.DecimalField(blank=True, decimal_places=2, max_digits=4, null=True),
                        ),
                        (
                            "reach",
                            models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True),
                        ),
                        (
                            "risk_reduction",
                            models.DecimalField(blank=True, decimal_places=1, max_digits=3, null=True),
                        ),
                        ("suitability", models.JSONField(default=dict)),
                        ("suitability_note", models.TextField(blank=True, max_length=2000)),
                        (
                            "urgency",
                            models.DecimalField(blank=True, decimal_places=1, max_digits=3, null=True),
                        ),
                        (
                            "process_step",
                            portal.models.owned.TenantForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="pain_points",
                                to="assessments.processstep",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["tenant", "engagement"], name="pain_point_of_engagement")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("effort_days__isnull", True), ("effort_days__gt", 0), _connector="OR"
                                ),
                                name="pain_point_effort_is_positive",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("chosen", True)),
                                fields=("engagement",),
                                name="pain_point_one_chosen",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CostComponent",
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
                                    ("labour", "Labour"),
                                    ("rework", "Rework"),
                                    ("error", "Errors"),
                                    ("delay", "Delay"),
                                    ("lost_margin", "Lost margin"),
                                    ("risk", "Risk"),
                                    ("spend", "Spend"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("inputs", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                        ("low", models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                        ("likely", models.DecimalField(decimal_places=4, max_digits=18)),
                        ("high", models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True)),
                        (
                            "grade",
                            models.CharField(
                                choices=[
                                    ("A", "Measured"),
                                    ("B", "Sampled"),
                                    ("C", "Two experts"),
                                    ("D", "Single guess"),
                                ],
                                max_length=1,
                            ),
                        ),
                        ("source", models.CharField(max_length=200)),
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
                            "pain_point",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="components",
                                to="assessments.painpoint",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("pain_point", "kind"), name="cost_component_kind_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("likely__gte", 0)), name="cost_component_is_not_negative"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("high__isnull", True), ("low__isnull", True)),
                                    models.Q(
                                        ("high__gte", models.F("likely")),
                                        ("high__isnull", False),
                                        ("low__isnull", False),
                                        ("low__lte", models.F("likely")),
                                    ),
                                    _connector="OR",
                                ),
                                name="cost_component_low_likely_high",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Risk",
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
                        ("catalogue", models.CharField(blank=True, max_length=4)),
                        ("title", models.CharField(max_length=200)),
                        (
                            "elements",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=4), blank=True, default=list, size=None
                            ),
                        ),
                        ("likelihood", models.PositiveSmallIntegerField()),
                        ("impact", models.PositiveSmallIntegerField()),
                        (
                            "response",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "Not decided"),
                                    ("reduce", "Reduce it"),
                                    ("avoid", "Avoid it"),
                                    ("share", "Share it"),
                                    ("accept", "Live with it"),
                                ],
                                default="",
                                max_length=8,
                            ),
                        ),
                        ("plan", models.TextField(blank=True, max_length=2000)),
                        (
                            "owner",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("due", models.DateField(blank=True, null=True)),
                        ("residual_likelihood", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("residual_impact", models.PositiveSmallIntegerField(blank=True, null=True)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("mitigating", "Being reduced"),
                                    ("accepted", "Accepted by the client"),
                                    ("closed", "Closed"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("signal", models.CharField(blank=True, max_length=40)),
                        ("signal_words", models.CharField(blank=True, max_length=300)),
                        (
                            "accepted_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("accepted_until", models.DateField(null=True)),
                        ("acceptance_reason", models.TextField(blank=True, max_length=2000)),
                        ("settled_at", models.DateTimeField(null=True)),
                        ("closed_reason", models.TextField(blank=True, max_length=2000)),
                        ("version", models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["tenant", "engagement"], name="risk_of_engagement")],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("catalogue", ""), _negated=True),
                                fields=("engagement", "catalogue"),
                                name="risk_of_catalogue_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("likelihood__isnull", True),
                                    models.Q(("likelihood__gte", 1), ("likelihood__lte", 5)),
                                    _connector="OR",
                                ),
                                name="risk_likelihood_1_to_5",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("impact__isnull", True),
                                    models.Q(("impact__gte", 1), ("impact__lte", 5)),
                                    _connector="OR",
                                ),
                                name="risk_impact_1_to_5",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("residual_likelihood__isnull", True),
                                    models.Q(
                                        ("residual_likelihood__gte", 1), ("residual_likelihood__lte", 5)
                                    ),
                                    _connector="OR",
                                ),
                                name="risk_residual_likelihood_1_to_5",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("residual_impact__isnull", True),
                                    models.Q(("residual_impact__gte", 1), ("residual_impact__lte", 5)),
                                    _connector="OR",
                                ),
                                name="risk_residual_impact_1_to_5",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("residual_impact__isnull", True),
                                        ("residual_likelihood__isnull", True),
                                    ),
                                    models.Q(
                                        ("residual_impact__isnull", False),
                                        ("residual_likelihood__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="risk_residual_is_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("accepted_by__isnull", False),
                                        ("accepted_until__isnull", False),
                                        ("status", "accepted"),
                                        models.Q(("acceptance_reason", ""), _negated=True),
                                    ),
                                    models.Q(("status", "accepted"), _negated=True),
                                    _connector="OR",
                                ),
                                name="risk_accepted_iff_dated",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ValueCase",
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
                        ("number", models.PositiveIntegerField()),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("horizon_months", models.PositiveSmallIntegerField(default=36)),
                        ("discount_rate", models.DecimalField(decimal_places=4, max_digits=5)),
                        ("ramp_months", models.PositiveSmallIntegerField(default=0)),
                        ("cases_per_year", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("coverage", models.DecimalField(decimal_places=4, max_digits=5)),
                        ("wrong_case_cost", models.DecimalField(decimal_places=4, max_digits=18)),
                        ("demo_cost", models.DecimalField(decimal_places=4, max_digits=18, null=True)),
                        ("model_cost", models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                        ("costs", models.JSONField(default=dict)),
                        ("seed", models.PositiveBigIntegerField()),
                        ("totals", models.JSONField(default=dict)),
                        ("gate_number", models.PositiveSmallIntegerField(null=True)),
                        ("frozen_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "ordering": ["number"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("engagement", "number"), name="value_case_number_once"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("frozen_at__isnull", True)),
                                fields=("engagement",),
                                name="value_case_one_draft",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("coverage__gte", 0),
                                    ("coverage__lte", 1),
                                    ("discount_rate__gte", 0),
                                    ("discount_rate__lte", 1),
                                ),
                                name="value_case_shares_are_0_to_1",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("horizon_months__gte", 1), ("horizon_months__lte", 120)),
                                name="value_case_horizon_is_1_to_120",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Benefit",
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
                            "value_case",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="benefits",
                                to="assessments.valuecase",
                            ),
                        ),
                        (
                            "pain_point",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="assessments.painpoint",
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("labour", "Labour"),
                                    ("rework", "Rework"),
                                    ("error", "Errors"),
                                    ("delay", "Delay"),
                                    ("lost_margin", "Lost margin"),
                                    ("risk", "Risk"),
                                    ("spend", "Spend"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("reduction_low", models.DecimalField(decimal_places=4, max_digits=5)),
                        ("reduction", models.DecimalField(decimal_places=4, max_digits=5)),
                        ("reduction_high", models.DecimalField(decimal_places=4, max_digits=5)),
                        ("adoption", models.DecimalField(decimal_places=4, max_digits=5)),
                        ("cashable", models.BooleanField()),
                        ("owner", models.CharField(blank=True, max_length=120)),
                    ],
                    options={
                        "ordering": ["created_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("reduction_high__gte", models.F("reduction")),
                                    ("reduction_high__lte", 1),
                                    ("reduction_low__gte", 0),
                                    ("reduction_low__lte", models.F("reduction")),
                                ),
                                name="benefit_low_likely_high",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("adoption__gte", 0), ("adoption__lte", 1)),
                                name="benefit_adoption_is_0_to_1",
                            ),
                        ],
                    },
                ),
            ],
        ),
    ]
