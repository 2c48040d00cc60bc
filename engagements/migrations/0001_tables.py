"""The tables of engagements, gates, evidence, decisions, pilots and reports."""

import datetime
from decimal import Decimal

import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import engagements.models.engagement
import portal.ids
import portal.models.owned
import portal.schema_steps


class Migration(migrations.Migration):
    replaces = [
        ("engagements", "0001_initial"),
        ("engagements", "0003_decisions_evidence_and_templates"),
        ("engagements", "0004_walls_of_decisions_and_evidence"),
        ("engagements", "0005_pilot"),
        ("engagements", "0006_reports"),
        ("engagements", "0007_evidence_requests"),
        ("engagements", "0008_tests_by_permission"),
    ]

    initial = True

    dependencies = [
        ("portal", "0002_walls"),
    ]

    operations = [
        portal.schema_steps.CreateTables(
            models=[
                migrations.CreateModel(
                    name="Engagement",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("code", models.CharField(max_length=20)),
                        ("title", models.CharField(max_length=120)),
                        ("problem_statement", models.TextField(blank=True, max_length=2000)),
                        ("currency", models.CharField(default="USD", max_length=3)),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("active", "Active"),
                                    ("on_hold", "On hold"),
                                    ("completed", "Completed"),
                                    ("stopped", "Stopped"),
                                    ("archived", "Archived"),
                                ],
                                default="draft",
                                max_length=12,
                            ),
                        ),
                        ("template_version", models.CharField(max_length=20)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "lead",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "sponsor",
                            models.ForeignKey(
                                blank=True,
                                null=True,
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
                        ("template_key", models.SlugField(default="standard", max_length=40)),
                    ],
                    options={
                        "permissions": [
                            ("see_engagement", "see the engagement"),
                            ("see_internal", "see internal notes"),
                            ("create_engagement", "start an engagement"),
                            ("edit_engagement", "change the engagement"),
                            ("invite_member", "invite people"),
                            ("see_members", "see who has access"),
                            ("edit_pain_points", "map pain points"),
                            ("edit_metrics", "set success metrics"),
                            ("manage_targets", "register targets"),
                            ("manage_datasets", "import cases"),
                            ("accept_cases", "accept cases"),
                            ("start_run", "start a run"),
                            ("stop_run", "pause or stop a run"),
                            ("propose_criteria", "propose criteria"),
                            ("seal_for_consultancy", "seal criteria for the consultancy"),
                            ("seal_for_client", "seal criteria for the client"),
                            ("submit_gate", "submit a gate"),
                            ("decide_gate", "decide a gate"),
                            ("see_ledger", "read the ledger"),
                            ("manage_tokens", "make API tokens"),
                            ("manage_hosts", "say which hosts evaluations may call"),
                            ("comment", "write comments"),
                            ("hand_in_evidence", "hand in evidence"),
                            ("request_evidence", "ask for evidence"),
                            ("accept_evidence", "accept evidence or send it back"),
                            ("answer_readiness", "answer readiness questions"),
                            ("verify_readiness", "verify readiness answers"),
                            ("manage_readiness", "choose the framework and assign questions"),
                            ("manage_risks", "keep the risk register"),
                            ("edit_value_case", "keep the value case"),
                            ("review_answers", "review answers"),
                            ("dispute_grades", "dispute a grade"),
                            ("resolve_disputes", "resolve a disputed grade"),
                            ("see_sealed_cases", "read the sealed cases"),
                            ("manage_prices", "keep price tables"),
                            ("reopen_gate", "re-open a gate"),
                            ("view_as_client", "see the pages as the client does"),
                            ("manage_templates", "keep engagement templates and frameworks"),
                            ("accept_risk", "accept a risk until a date"),
                            ("grant_waiver", "waive a criterion"),
                            ("close_condition", "accept that a condition is met"),
                            ("delegate_decision", "delegate a decision"),
                            ("authorise_tests", "allow load, fault and privacy tests"),
                        ],
                        "default_permissions": (),
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "code"), name="engagement_code_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        ["draft", "active", "on_hold", "completed", "stopped", "archived"],
                                    )
                                ),
                                name="engagement_status_is_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EngagementUserPermission",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "content_object",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, to="engagements.engagement"
                            ),
                        ),
                        (
                            "permission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, to="auth.permission"
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
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "unique_together": {("user", "permission", "content_object")},
                    },
                ),
                migrations.CreateModel(
                    name="Stage",
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
                                    ("pain_points", "Pain points"),
                                    ("demo", "Demo"),
                                    ("pilot", "Pilot"),
                                    ("deployment", "Deployment"),
                                    ("benefits", "Benefits"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("name", models.CharField(max_length=60)),
                        ("order", models.PositiveSmallIntegerField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("not_started", "Not started"),
                                    ("in_progress", "In progress"),
                                    ("gate_open", "Gate open"),
                                    ("passed", "Passed"),
                                    ("passed_with_conditions", "Passed with conditions"),
                                    ("stopped", "Stopped"),
                                    ("basis_changed", "Basis changed"),
                                ],
                                default="not_started",
                                max_length=24,
                            ),
                        ),
                        ("planned_end", models.DateField(blank=True, null=True)),
                        ("started_at", models.DateTimeField(editable=False, null=True)),
                        ("ended_at", models.DateTimeField(editable=False, null=True)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="stages",
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
                        "ordering": ["order"],
                        "constraints": [
                            models.UniqueConstraint(fields=("engagement", "order"), name="stage_order_once"),
                            models.UniqueConstraint(
                                condition=models.Q(("status__in", ("in_progress", "gate_open"))),
                                fields=("engagement",),
                                name="stage_at_most_one_current",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        [
                                            "not_started",
                                            "in_progress",
                                            "gate_open",
                                            "passed",
                                            "passed_with_conditions",
                                            "stopped",
                                            "basis_changed",
                                        ],
                                    )
                                ),
                                name="stage_status_is_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Gate",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("number", models.PositiveSmallIntegerField()),
                        ("question", models.CharField(max_length=160)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="gates",
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
                            "stage",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="gates",
                                to="engagements.stage",
                            ),
                        ),
                        (
                            "approval",
                            models.CharField(
                                choices=[
                                    ("any", "Any one of them"),
                                    ("all", "All of them"),
                                    ("quorum", "A number of them"),
                                    ("ordered", "All of them, in this order"),
                                ],
                                default="any",
                                max_length=8,
                            ),
                        ),
                        (
                            "approver_roles",
                            models.JSONField(default=engagements.models.engagement.sponsor_alone),
                        ),
                        ("quorum", models.PositiveSmallIntegerField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["number"],
                        "constraints": [
                            models.UniqueConstraint(fields=("engagement", "number"), name="gate_number_once"),
                            models.UniqueConstraint(fields=("stage",), name="gate_one_per_stage"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("approval", "quorum"), ("quorum__gte", 2), ("quorum__isnull", False)
                                    ),
                                    models.Q(
                                        models.Q(("approval", "quorum"), _negated=True),
                                        ("quorum__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="gate_quorum_counts_two_or_more",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Comment",
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
                                related_name="comments",
                                to="engagements.engagement",
                            ),
                        ),
                        ("subject", models.CharField(max_length=40)),
                        (
                            "thread",
                            portal.models.owned.TenantForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="replies",
                                to="engagements.comment",
                            ),
                        ),
                        ("body", models.TextField(max_length=4000)),
                        (
                            "visibility",
                            models.CharField(
                                choices=[
                                    ("internal", "Internal: only the consultancy"),
                                    ("client", "Both sides"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("author_side", models.CharField(max_length=12)),
                        ("edited_at", models.DateTimeField(null=True)),
                        ("resolved_at", models.DateTimeField(null=True)),
                        (
                            "resolved_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["engagement", "subject"], name="comment_on_subject")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("author_side", "consultancy"), ("visibility", "client"), _connector="OR"
                                ),
                                name="comment_of_a_client_is_never_internal",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("resolved_at__isnull", True), ("resolved_by__isnull", True)),
                                    models.Q(
                                        ("resolved_at__isnull", False),
                                        ("resolved_by__isnull", False),
                                        ("thread__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="comment_resolved_is_a_thread",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CriteriaSet",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("number", models.PositiveSmallIntegerField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("proposed", "Proposed"),
                                    ("sealed", "Sealed"),
                                    ("superseded", "Superseded"),
                                ],
                                default="draft",
                                max_length=12,
                            ),
                        ),
                        ("reason", models.TextField(blank=True, max_length=1000)),
                        ("proposed_at", models.DateTimeField(editable=False, null=True)),
                        ("sealed_at", models.DateTimeField(editable=False, null=True)),
                        ("content_sha256", models.CharField(blank=True, editable=False, max_length=64)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "proposed_by",
                            models.ForeignKey(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "sealed_by_client",
                            models.ForeignKey(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "sealed_by_consultancy",
                            models.ForeignKey(
                                editable=False,
                                null=True,
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
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="criteria_sets",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "gate",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="criteria_sets",
                                to="engagements.gate",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("gate", "number"), name="criteria_set_number_once"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("status", "sealed")),
                                fields=("gate",),
                                name="criteria_one_sealed_per_gate",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("status__in", ["draft", "proposed"])),
                                fields=("gate",),
                                name="criteria_one_open_per_gate",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("sealed_at__isnull", False),
                                        ("status__in", ("sealed", "superseded")),
                                        ("sealed_by_client__isnull", False),
                                        ("sealed_by_consultancy__isnull", False),
                                        models.Q(("content_sha256", ""), _negated=True),
                                    ),
                                    models.Q(
                                        ("status__in", ["draft", "proposed"]),
                                        ("content_sha256", ""),
                                        ("sealed_at__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="criteria_sealed_by_one_of_each_side",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Criterion",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("order", models.PositiveSmallIntegerField()),
                        ("key", models.CharField(max_length=20)),
                        ("text", models.CharField(max_length=200)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("metric", "Measured by a run or in the pilot"),
                                    ("comparison", "Compared on the same cases"),
                                    ("level", "Level of readiness"),
                                    ("evidence", "Evidence of a kind"),
                                    ("attestation", "A named person's statement"),
                                    ("condition", "Earlier conditions closed"),
                                    ("risk", "Open risks"),
                                    ("value", "Figure of the value case"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("must", models.BooleanField(default=True)),
                        ("waivable", models.BooleanField(default=True)),
                        (
                            "comparator",
                            models.CharField(
                                choices=[
                                    ("ge_lower", "lower bound at least"),
                                    ("le_upper", "upper bound at most"),
                                    ("ge_point", "point value at least"),
                                    ("le_point", "point value at most"),
                                    ("zero_events", "none seen, upper bound at most"),
                                    ("eq", "equal to"),
                                    ("within", "both bounds within a margin of"),
                                    ("noninferior", "not worse by more than a margin"),
                                    ("superior", "better"),
                                    ("level_ge", "level at least"),
                                    ("exists_fresh", "there and fresh"),
                                ],
                                max_length=14,
                            ),
                        ),
                        (
                            "target",
                            models.DecimalField(blank=True, decimal_places=6, max_digits=24, null=True),
                        ),
                        (
                            "unit",
                            models.CharField(
                                choices=[
                                    ("rate", "rate (0 to 1)"),
                                    ("difference", "difference of rates (−1 to 1)"),
                                    ("ratio", "ratio"),
                                    ("ms", "milliseconds"),
                                    ("minutes", "minutes"),
                                    ("months", "months"),
                                    ("money", "money"),
                                    ("count", "count"),
                                    ("level", "level (0 to 4)"),
                                    ("statement", "statement"),
                                    ("other", "other"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "confidence",
                            models.DecimalField(decimal_places=4, default=Decimal("0.95"), max_digits=5),
                        ),
                        ("source_key", models.SlugField(max_length=60)),
                        ("min_n", models.PositiveIntegerField(default=0)),
                        (
                            "binding",
                            models.JSONField(
                                blank=True,
                                default=dict,
                                encoder=django.core.serializers.json.DjangoJSONEncoder,
                            ),
                        ),
                        ("max_age_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("rationale", models.CharField(blank=True, max_length=400)),
                        (
                            "criteria_set",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="criteria",
                                to="engagements.criteriaset",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                null=True,
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
                            "margin",
                            models.DecimalField(blank=True, decimal_places=6, max_digits=24, null=True),
                        ),
                        (
                            "source",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("run", "Run"),
                                    ("comparison", "Comparison of two runs"),
                                    ("test", "Load, fault or privacy test"),
                                    ("answer", "Readiness answers"),
                                    ("series", "Series of the pilot"),
                                    ("evidence", "Accepted evidence"),
                                    ("condition", "Conditions of earlier gates"),
                                    ("risk", "Risk register"),
                                    ("value_case", "Value case"),
                                    ("success_metric", "Success metric"),
                                    ("attestation", "Statement"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("source_slice", models.CharField(blank=True, max_length=120)),
                        ("target_source_key", models.SlugField(blank=True, max_length=60)),
                    ],
                    options={
                        "ordering": ["order"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("criteria_set", "key"), name="criterion_key_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("must", False),
                                    models.Q(("comparator__in", ["ge_point", "le_point"]), _negated=True),
                                    _connector="OR",
                                ),
                                name="criterion_point_value_never_decides",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("target__isnull", False),
                                    ("comparator__in", ("exists_fresh", "noninferior", "superior")),
                                    models.Q(("target_source_key", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="criterion_has_a_target",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("comparator__in", ("within", "noninferior")), _negated=True),
                                    ("margin__gte", 0),
                                    _connector="OR",
                                ),
                                name="criterion_margin_where_needed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Delegation",
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
                                related_name="delegations",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "gate",
                            portal.models.owned.TenantForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="delegations",
                                to="engagements.gate",
                            ),
                        ),
                        (
                            "giver",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "receiver",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("starts_on", models.DateField()),
                        ("until", models.DateField()),
                        ("revoked_at", models.DateTimeField(editable=False, null=True)),
                        (
                            "revoked_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("giver", models.F("receiver")), _negated=True),
                                name="delegation_to_somebody_else",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("until__gte", models.F("starts_on")),
                                    (
                                        "until__lte",
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("starts_on"),
                                            "+",
                                            models.Value(datetime.timedelta(days=90)),
                                        ),
                                    ),
                                ),
                                name="delegation_at_most_90_days",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("revoked_at__isnull", True), ("revoked_by__isnull", True)),
                                    models.Q(("revoked_at__isnull", False), ("revoked_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="delegation_revoked_by_somebody",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Measurement",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("key", models.SlugField(max_length=60)),
                        ("value", models.DecimalField(decimal_places=12, max_digits=30, null=True)),
                        (
                            "unit",
                            models.CharField(
                                choices=[
                                    ("rate", "rate (0 to 1)"),
                                    ("difference", "difference of rates (−1 to 1)"),
                                    ("ratio", "ratio"),
                                    ("ms", "milliseconds"),
                                    ("minutes", "minutes"),
                                    ("months", "months"),
                                    ("money", "money"),
                                    ("count", "count"),
                                    ("level", "level (0 to 4)"),
                                    ("statement", "statement"),
                                    ("other", "other"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("n", models.PositiveIntegerField(null=True)),
                        ("low", models.DecimalField(decimal_places=12, max_digits=30, null=True)),
                        ("high", models.DecimalField(decimal_places=12, max_digits=30, null=True)),
                        ("bound_low", models.DecimalField(decimal_places=12, max_digits=30, null=True)),
                        ("bound_high", models.DecimalField(decimal_places=12, max_digits=30, null=True)),
                        ("confidence", models.DecimalField(decimal_places=4, max_digits=5)),
                        ("method", models.CharField(max_length=60)),
                        ("seed", models.BigIntegerField(null=True)),
                        ("slice", models.CharField(blank=True, max_length=120)),
                        (
                            "source_kind",
                            models.CharField(
                                choices=[
                                    ("run", "Run"),
                                    ("comparison", "Comparison of two runs"),
                                    ("test", "Load, fault or privacy test"),
                                    ("answer", "Readiness answers"),
                                    ("series", "Series of the pilot"),
                                    ("evidence", "Accepted evidence"),
                                    ("condition", "Conditions of earlier gates"),
                                    ("risk", "Risk register"),
                                    ("value_case", "Value case"),
                                    ("success_metric", "Success metric"),
                                    ("attestation", "Statement"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("source_id", models.UUIDField()),
                        ("config_sha256", models.CharField(blank=True, max_length=64)),
                        ("started_at", models.DateTimeField()),
                        ("measured_at", models.DateTimeField()),
                        ("valid", models.BooleanField()),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="measurements",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                editable=False,
                                null=True,
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
                        "indexes": [
                            models.Index(
                                fields=["tenant", "engagement", "key", "-measured_at"],
                                name="measurement_newest",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("unit", "rate"), _negated=True),
                                    models.Q(
                                        models.Q(
                                            ("value__isnull", True),
                                            models.Q(("value__gte", 0), ("value__lte", 1)),
                                            _connector="OR",
                                        ),
                                        models.Q(
                                            ("low__isnull", True),
                                            models.Q(("low__gte", 0), ("low__lte", 1)),
                                            _connector="OR",
                                        ),
                                        models.Q(
                                            ("high__isnull", True),
                                            models.Q(("high__gte", 0), ("high__lte", 1)),
                                            _connector="OR",
                                        ),
                                        models.Q(
                                            ("bound_low__isnull", True),
                                            models.Q(("bound_low__gte", 0), ("bound_low__lte", 1)),
                                            _connector="OR",
                                        ),
                                        models.Q(
                                            ("bound_high__isnull", True),
                                            models.Q(("bound_high__gte", 0), ("bound_high__lte", 1)),
                                            _connector="OR",
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="measurement_rate_is_0_to_1",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("value__isnull", False),
                                    models.Q(
                                        ("bound_high__isnull", True),
                                        ("bound_low__isnull", True),
                                        ("high__isnull", True),
                                        ("low__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="measurement_no_value_no_interval",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("measured_at__gte", models.F("started_at"))),
                                name="measurement_ends_after_it_starts",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("source_kind__in", ["run", "test"])),
                                fields=("source_kind", "source_id", "key", "slice"),
                                name="measurement_once_per_run",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Snapshot",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("body", models.TextField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("size", models.PositiveIntegerField()),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="snapshots",
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
                        "indexes": [models.Index(fields=["tenant", "sha256"], name="snapshot_by_hash")],
                    },
                ),
                migrations.CreateModel(
                    name="GateRound",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("number", models.PositiveSmallIntegerField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("preparing", "Preparing"),
                                    ("submitted", "Submitted"),
                                    ("under_review", "Under review"),
                                    ("clarification", "Waiting for an answer"),
                                    ("decided", "Decided"),
                                    ("withdrawn", "Withdrawn"),
                                    ("expired", "Expired"),
                                ],
                                default="preparing",
                                max_length=14,
                            ),
                        ),
                        ("submitted_at", models.DateTimeField(null=True)),
                        ("due", models.DateField(null=True)),
                        ("submit_seq", models.PositiveBigIntegerField(null=True)),
                        ("decision_id", models.UUIDField(editable=False, null=True, unique=True)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "criteria_set",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rounds",
                                to="engagements.criteriaset",
                            ),
                        ),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rounds",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "gate",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rounds",
                                to="engagements.gate",
                            ),
                        ),
                        (
                            "submitted_by",
                            models.ForeignKey(
                                null=True,
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
                            "snapshot",
                            portal.models.owned.TenantForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rounds",
                                to="engagements.snapshot",
                            ),
                        ),
                        ("end_reason", models.CharField(blank=True, editable=False, max_length=600)),
                        ("paused_days", models.PositiveSmallIntegerField(default=0, editable=False)),
                        ("paused_since", models.DateTimeField(editable=False, null=True)),
                    ],
                    options={
                        "ordering": ["number"],
                        "constraints": [
                            models.UniqueConstraint(fields=("gate", "number"), name="round_number_once"),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        ("preparing", "submitted", "under_review", "clarification"),
                                    )
                                ),
                                fields=("gate",),
                                name="round_at_most_one_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("decision_id__isnull", False), ("status", "decided")),
                                    models.Q(
                                        models.Q(("status", "decided"), _negated=True),
                                        ("decision_id__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="round_decided_iff_decision",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        (
                                            "status__in",
                                            [
                                                "submitted",
                                                "under_review",
                                                "clarification",
                                                "decided",
                                                "expired",
                                            ],
                                        ),
                                        _negated=True,
                                    ),
                                    models.Q(
                                        ("snapshot__isnull", False),
                                        ("submit_seq__isnull", False),
                                        ("submitted_at__isnull", False),
                                        ("submitted_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="round_handed_in_has_snapshot",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        [
                                            "preparing",
                                            "submitted",
                                            "under_review",
                                            "clarification",
                                            "decided",
                                            "withdrawn",
                                            "expired",
                                        ],
                                    )
                                ),
                                name="round_status_is_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("paused_since__isnull", False), ("status", "clarification")),
                                    models.Q(
                                        models.Q(("status", "clarification"), _negated=True),
                                        ("paused_since__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="round_clock_stands_only_while_an_answer_is_owed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CriterionResult",
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
                                choices=[
                                    ("waived", "Waived"),
                                    ("not_applicable", "Not applicable"),
                                    ("not_evaluated", "Not evaluated"),
                                    ("inconclusive", "Inconclusive"),
                                    ("not_met", "Not met"),
                                    ("met", "Met"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("bound_reaches_target", "The bound reaches the target"),
                                    ("bound_misses_target", "The other bound misses the target"),
                                    ("point_reaches_target", "The point value reaches the target"),
                                    ("point_misses_target", "The point value misses the target"),
                                    ("straddles", "The target lies between the bounds"),
                                    ("too_few_cases", "Too few cases"),
                                    ("event_seen", "Seen at least once"),
                                    ("none_seen", "None seen in enough cases"),
                                    ("equal", "Equal"),
                                    ("not_equal", "Not equal"),
                                    ("within_limits", "Both bounds lie within the limits"),
                                    ("outside_limits", "Outside the limits"),
                                    ("better", "Better beyond doubt"),
                                    ("not_better", "Not better"),
                                    ("not_worse", "Not worse beyond the margin"),
                                    ("worse", "Worse beyond the margin"),
                                    ("level_reached", "The level is reached"),
                                    ("level_missed", "The level is not reached"),
                                    ("present", "There and fresh"),
                                    ("absent", "Said not to be there"),
                                    ("no_data", "No measurement"),
                                    ("no_target", "The target is not fixed yet"),
                                    ("stale", "Measurement too old"),
                                    ("invalid_source", "The run is partial or not valid"),
                                    ("before_seal", "The run began before the seal"),
                                    ("not_sealed", "The criteria are not sealed"),
                                    ("other_binding", "Measured on something else than was sealed"),
                                    ("other_confidence", "The bounds are less sure than was asked"),
                                    ("other_unit", "Measured in another unit"),
                                    ("waived", "Waived"),
                                    ("agreed_not_applicable", "Agreed not to apply"),
                                ],
                                max_length=24,
                            ),
                        ),
                        ("why", models.TextField()),
                        ("next_action", models.TextField(blank=True)),
                        ("observed", models.DecimalField(decimal_places=12, max_digits=30, null=True)),
                        ("bound_low", models.DecimalField(decimal_places=12, max_digits=30, null=True)),
                        ("bound_high", models.DecimalField(decimal_places=12, max_digits=30, null=True)),
                        ("n", models.PositiveIntegerField(null=True)),
                        ("more_cases", models.PositiveIntegerField(null=True)),
                        (
                            "criterion",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="results",
                                to="engagements.criterion",
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
                            "round",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="results",
                                to="engagements.gateround",
                            ),
                        ),
                        (
                            "measurement",
                            portal.models.owned.TenantForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="engagements.measurement",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("round", "criterion"), name="result_once_per_criterion"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("observed__isnull", False),
                                    models.Q(("verdict__in", ["met", "not_met"]), _negated=True),
                                    _connector="OR",
                                ),
                                name="result_without_data_is_never_met",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Approval",
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
                                related_name="approvals",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "round",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="approvals",
                                to="engagements.gateround",
                            ),
                        ),
                        ("seat", models.PositiveSmallIntegerField()),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("lead", "Lead"),
                                    ("consultant", "Consultant"),
                                    ("reviewer", "Reviewer"),
                                    ("client_admin", "Client administrator"),
                                    ("client_sponsor", "Sponsor"),
                                    ("client_security", "Security officer"),
                                    ("client_expert", "Expert"),
                                    ("client_member", "Member"),
                                    ("auditor", "Auditor"),
                                    ("service", "Service account"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("approve", "Approve"),
                                    ("approve_with_conditions", "Approve with conditions"),
                                    ("rework", "Send back for rework"),
                                    ("hold", "Hold until a date"),
                                    ("stop", "Stop the project"),
                                ],
                                max_length=24,
                            ),
                        ),
                        ("statement", models.TextField()),
                        ("conditions", models.JSONField(default=list)),
                        (
                            "signed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "principal",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "delegation",
                            portal.models.owned.TenantForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="approvals",
                                to="engagements.delegation",
                            ),
                        ),
                        (
                            "submitted_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("signed_name", models.CharField(max_length=120)),
                        ("auth_method", models.CharField(max_length=30)),
                        ("auth_age_s", models.PositiveSmallIntegerField()),
                        ("second_factor", models.BooleanField()),
                        ("snapshot_sha256", models.CharField(max_length=64)),
                        ("ledger_seq", models.PositiveBigIntegerField()),
                        ("signed_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["signed_at"],
                        "constraints": [
                            models.UniqueConstraint(fields=("round", "seat"), name="approval_one_per_seat"),
                            models.UniqueConstraint(
                                fields=("round", "signed_by"), name="approval_one_per_person"
                            ),
                            models.UniqueConstraint(
                                fields=("round", "principal"), name="approval_one_per_principal"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("signed_by", models.F("submitted_by")), _negated=True),
                                    models.Q(("principal", models.F("submitted_by")), _negated=True),
                                ),
                                name="approval_not_by_the_submitter",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("auth_age_s__lte", 300)),
                                name="approval_signed_within_five_minutes",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("delegation__isnull", True), ("signed_by", models.F("principal"))
                                    ),
                                    models.Q(
                                        models.Q(("signed_by", models.F("principal")), _negated=True),
                                        ("delegation__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="approval_for_another_needs_a_delegation",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Decision",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("approve", "Approve"),
                                    ("approve_with_conditions", "Approve with conditions"),
                                    ("rework", "Send back for rework"),
                                    ("hold", "Hold until a date"),
                                    ("stop", "Stop the project"),
                                ],
                                max_length=24,
                            ),
                        ),
                        ("statement", models.TextField()),
                        ("reason", models.TextField(blank=True, max_length=2000)),
                        ("hold_until", models.DateField(null=True)),
                        (
                            "stop_reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("not_good_enough", "It is not good enough"),
                                    ("no_value", "It is not worth its cost"),
                                    ("risk", "The risk is too high"),
                                    ("data", "The data is missing or may not be used"),
                                    ("other_way", "Another way is better"),
                                    ("priority", "Something else comes first"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("lessons", models.TextField(blank=True, max_length=2000)),
                        ("decided_by_affiliation", models.CharField(max_length=12)),
                        ("signed_name", models.CharField(max_length=120)),
                        ("auth_method", models.CharField(max_length=30)),
                        ("auth_age_s", models.PositiveSmallIntegerField()),
                        ("second_factor", models.BooleanField()),
                        ("snapshot_sha256", models.CharField(max_length=64)),
                        ("ledger_seq", models.PositiveBigIntegerField()),
                        ("decided_at", models.DateTimeField()),
                        (
                            "decided_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "submitted_by",
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
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decisions",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "round",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decisions",
                                to="engagements.gateround",
                            ),
                        ),
                        (
                            "on_behalf_of",
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
                            models.UniqueConstraint(fields=("round",), name="decision_one_per_round"),
                            models.CheckConstraint(
                                condition=models.Q(("decided_by_affiliation", "client")),
                                name="decision_is_the_clients",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("decided_by", models.F("submitted_by")), _negated=True),
                                name="decision_not_by_the_submitter",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("auth_age_s__lte", 300)),
                                name="decision_signed_within_five_minutes",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("outcome", "hold"), _negated=True),
                                    ("hold_until__isnull", False),
                                    _connector="OR",
                                ),
                                name="decision_hold_has_a_date",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("outcome", "stop"), _negated=True),
                                    models.Q(
                                        models.Q(("stop_reason", ""), _negated=True),
                                        models.Q(("lessons", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="decision_stop_has_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Condition",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("criterion_key", models.CharField(max_length=20)),
                        ("text", models.CharField(max_length=400)),
                        ("due", models.DateField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("met", "Met"),
                                    ("lapsed", "Lapsed"),
                                    ("waived", "Waived"),
                                ],
                                default="open",
                                max_length=8,
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
                            "tenant",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="portal.tenant",
                            ),
                        ),
                        (
                            "decision",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="conditions",
                                to="engagements.decision",
                            ),
                        ),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="conditions",
                                to="engagements.engagement",
                            ),
                        ),
                        ("closed_at", models.DateTimeField(editable=False, null=True)),
                        (
                            "closed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("closing_link", models.CharField(blank=True, max_length=400)),
                        ("closing_note", models.CharField(blank=True, max_length=1000)),
                        ("lapsed_at", models.DateTimeField(editable=False, null=True)),
                        ("proposed_at", models.DateTimeField(editable=False, null=True)),
                        (
                            "proposed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("returned_reason", models.CharField(blank=True, max_length=600)),
                        ("waived_reason", models.CharField(blank=True, max_length=600)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("decision", "criterion_key"), name="condition_once_per_criterion"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "met"), _negated=True),
                                    models.Q(
                                        ("closed_at__isnull", False),
                                        ("closed_by__isnull", False),
                                        ("proposed_by__isnull", False),
                                        models.Q(("closing_note", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="condition_met_has_evidence_and_acceptance",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "waived"), _negated=True),
                                    models.Q(
                                        ("closed_at__isnull", False),
                                        ("closed_by__isnull", False),
                                        models.Q(("waived_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="condition_waived_has_a_reason",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["met", "waived"]),
                                    models.Q(("closed_at__isnull", True), ("closed_by__isnull", True)),
                                    _connector="OR",
                                ),
                                name="condition_unclosed_has_no_end",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("closed_by__isnull", True),
                                    ("proposed_by__isnull", True),
                                    models.Q(("closed_by", models.F("proposed_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="condition_not_accepted_by_who_handed_it_in",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EvidenceFile",
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
                        ("body", models.BinaryField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("size", models.PositiveIntegerField()),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="EvidenceItem",
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
                                related_name="evidence_items",
                                to="engagements.engagement",
                            ),
                        ),
                        ("title", models.CharField(max_length=160)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("file", "File"),
                                    ("link", "Link"),
                                    ("attestation", "A named person's statement"),
                                    ("drill", "Drill record"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("proves", models.SlugField(blank=True)),
                        (
                            "visibility",
                            models.CharField(
                                choices=[
                                    ("internal", "Internal: only the consultancy"),
                                    ("client", "Both sides"),
                                ],
                                max_length=8,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["tenant", "engagement"], name="evidence_of_engagement")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EvidenceVersion",
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
                                related_name="versions",
                                to="engagements.evidenceitem",
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        (
                            "about",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "strength",
                            models.CharField(
                                choices=[
                                    ("document", "Document or statement"),
                                    ("measured_once", "Measured once, with a date"),
                                    ("recurring", "Measured again and again"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("period_days", models.PositiveIntegerField(blank=True, null=True)),
                        ("note", models.TextField(blank=True, max_length=2000)),
                        ("url", models.URLField(blank=True, max_length=500)),
                        (
                            "value",
                            models.DecimalField(blank=True, decimal_places=6, max_digits=18, null=True),
                        ),
                        (
                            "unit",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("rate", "rate (0 to 1)"),
                                    ("difference", "difference of rates (−1 to 1)"),
                                    ("ratio", "ratio"),
                                    ("ms", "milliseconds"),
                                    ("minutes", "minutes"),
                                    ("months", "months"),
                                    ("money", "money"),
                                    ("count", "count"),
                                    ("level", "level (0 to 4)"),
                                    ("statement", "statement"),
                                    ("other", "other"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("drill", models.JSONField(blank=True, default=dict)),
                        (
                            "file",
                            portal.models.owned.TenantForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="engagements.evidencefile",
                            ),
                        ),
                        ("file_name", models.CharField(blank=True, max_length=200)),
                        ("media_type", models.CharField(blank=True, max_length=100)),
                        ("sha256", models.CharField(max_length=64)),
                        ("effective_from", models.DateField()),
                        ("effective_to", models.DateField(blank=True, null=True)),
                        ("received_at", models.DateTimeField()),
                        (
                            "handed_in_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("handed_in_side", models.CharField(max_length=12)),
                        (
                            "scan_state",
                            models.CharField(
                                choices=[
                                    ("not_scanned", "Not scanned"),
                                    ("waiting", "Waiting for the scanner"),
                                    ("clean", "Nothing found"),
                                    ("found", "The scanner found something"),
                                ],
                                default="not_scanned",
                                max_length=12,
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("received", "Received"),
                                    ("accepted", "Accepted"),
                                    ("returned", "Sent back"),
                                ],
                                default="received",
                                max_length=10,
                            ),
                        ),
                        (
                            "judged_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("judged_side", models.CharField(blank=True, max_length=12)),
                        ("judged_at", models.DateTimeField(null=True)),
                        ("judgement", models.TextField(blank=True, max_length=1000)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("item", "number"), name="evidence_version_number_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("judged_at__isnull", True),
                                        ("judged_by__isnull", True),
                                        ("status", "received"),
                                    ),
                                    models.Q(
                                        models.Q(("status", "received"), _negated=True),
                                        ("judged_at__isnull", False),
                                        ("judged_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="evidence_judged_iff_not_received",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("judged_side", ""),
                                    models.Q(("judged_side", models.F("handed_in_side")), _negated=True),
                                    _connector="OR",
                                ),
                                name="evidence_judged_by_the_other_side",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("period_days__gt", 0), ("strength", "recurring")),
                                    models.Q(
                                        models.Q(("strength", "recurring"), _negated=True),
                                        ("period_days__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="evidence_recurring_has_a_period",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("unit", ""), ("value__isnull", True)),
                                    models.Q(("value__isnull", False), models.Q(("unit", ""), _negated=True)),
                                    _connector="OR",
                                ),
                                name="evidence_value_has_a_unit",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("effective_to__isnull", True),
                                    ("effective_to__gt", models.F("effective_from")),
                                    _connector="OR",
                                ),
                                name="evidence_ends_after_it_begins",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EvidenceRequest",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("title", models.CharField(max_length=160)),
                        ("reason", models.TextField(blank=True, max_length=1000)),
                        (
                            "about",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        ("proves", models.SlugField(blank=True)),
                        ("due", models.DateField()),
                        ("withdrawn_at", models.DateTimeField(null=True)),
                        (
                            "asked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="evidence_requests",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "item",
                            portal.models.owned.TenantForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="requests",
                                to="engagements.evidenceitem",
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                null=True,
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
                            "withdrawn_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["tenant", "engagement"], name="evidence_request_of")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("withdrawn_at__isnull", True), ("withdrawn_by__isnull", True)),
                                    models.Q(
                                        ("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                name="evidence_request_withdrawn_by_somebody",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SuccessMetric",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("name", models.CharField(max_length=160)),
                        ("unit", models.CharField(blank=True, max_length=20)),
                        (
                            "aggregation",
                            models.CharField(
                                choices=[
                                    ("mean", "Mean"),
                                    ("median", "Median"),
                                    ("p95", "95th percentile"),
                                    ("rate", "Rate"),
                                    ("sum", "Sum"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "direction",
                            models.CharField(
                                choices=[("reduce", "Reduce"), ("raise", "Raise")], max_length=8
                            ),
                        ),
                        (
                            "target_kind",
                            models.CharField(
                                choices=[
                                    ("relative", "By a share of the baseline"),
                                    ("absolute", "To a value"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("target", models.DecimalField(decimal_places=6, max_digits=18)),
                        (
                            "baseline_value",
                            models.DecimalField(blank=True, decimal_places=6, max_digits=18, null=True),
                        ),
                        ("baseline_n", models.PositiveIntegerField(blank=True, null=True)),
                        ("baseline_from", models.DateField(blank=True, null=True)),
                        ("baseline_to", models.DateField(blank=True, null=True)),
                        ("baseline_source", models.CharField(blank=True, max_length=200)),
                        ("guardrails", models.JSONField(blank=True, default=list)),
                        ("sealed_at", models.DateTimeField(editable=False, null=True)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="success_metrics",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "sealed_by_client",
                            models.ForeignKey(
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "sealed_by_consultancy",
                            models.ForeignKey(
                                editable=False,
                                null=True,
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
                            models.UniqueConstraint(fields=("engagement",), name="metric_one_per_engagement"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("sealed_at__isnull", True),
                                    models.Q(
                                        ("baseline_from__isnull", False),
                                        ("baseline_n__isnull", False),
                                        ("baseline_to__isnull", False),
                                        ("baseline_value__isnull", False),
                                        ("sealed_by_client__isnull", False),
                                        ("sealed_by_consultancy__isnull", False),
                                        models.Q(("baseline_source", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="metric_sealed_by_both_with_baseline",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Observation",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("key", models.SlugField(max_length=60)),
                        (
                            "group",
                            models.CharField(
                                choices=[
                                    ("pilot", "With the AI system"),
                                    ("baseline", "Before it"),
                                    ("control", "Beside it, without"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("period", models.CharField(max_length=10)),
                        ("begins", models.DateField()),
                        ("ends", models.DateField()),
                        ("segment", models.CharField(blank=True, max_length=80)),
                        ("number", models.PositiveIntegerField()),
                        ("value", models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                        ("n", models.PositiveIntegerField(null=True)),
                        ("spread", models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("system_export", "Export of a system"),
                                    ("time_study", "Time study"),
                                    ("sample", "Sample, counted by hand"),
                                    ("survey", "Survey"),
                                    ("estimate", "Estimate"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=200)),
                        ("late", models.BooleanField()),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="observations",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "evidence",
                            portal.models.owned.TenantForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="engagements.evidenceitem",
                            ),
                        ),
                        (
                            "reported_by",
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
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("engagement", "key", "group", "period", "segment", "number"),
                                name="observation_version_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("ends__gte", models.F("begins"))),
                                name="observation_ends_after_it_begins",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("n__isnull", True), ("n__gt", 0), _connector="OR"),
                                name="observation_has_cases",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("spread__isnull", True), ("spread__gte", 0), _connector="OR"
                                ),
                                name="observation_spread_is_not_negative",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AdoptionCount",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("period", models.CharField(max_length=10)),
                        ("begins", models.DateField()),
                        ("ends", models.DateField()),
                        ("segment", models.CharField(blank=True, max_length=80)),
                        ("number", models.PositiveIntegerField()),
                        ("eligible", models.PositiveIntegerField()),
                        ("active", models.PositiveIntegerField()),
                        ("accepted", models.PositiveIntegerField(null=True)),
                        ("overridden", models.PositiveIntegerField(null=True)),
                        ("abandoned", models.PositiveIntegerField(null=True)),
                        ("reasons", models.JSONField(default=dict)),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("system_export", "Export of a system"),
                                    ("time_study", "Time study"),
                                    ("sample", "Sample, counted by hand"),
                                    ("survey", "Survey"),
                                    ("estimate", "Estimate"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=200)),
                        ("late", models.BooleanField()),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="adoption_counts",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "reported_by",
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
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("engagement", "period", "segment", "number"),
                                name="adoption_version_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("active__lte", models.F("eligible"))),
                                name="adoption_active_are_eligible",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("eligible__gt", 0)), name="adoption_somebody_is_eligible"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Incident",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("number", models.PositiveIntegerField()),
                        ("title", models.CharField(max_length=160)),
                        (
                            "severity",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (1, "1: people were harmed, or work stood still"),
                                    (2, "2: many cases were wrong or late"),
                                    (3, "3: single cases were wrong or late"),
                                    (4, "4: nobody was hindered"),
                                ]
                            ),
                        ),
                        (
                            "cause",
                            models.CharField(
                                choices=[
                                    ("model", "The model or its prompt"),
                                    ("data", "Data"),
                                    ("integration", "A connected system"),
                                    ("capacity", "Too much load"),
                                    ("people", "How it was used"),
                                    ("change", "A change that was made"),
                                    ("unknown", "Not known yet"),
                                ],
                                default="unknown",
                                max_length=12,
                            ),
                        ),
                        ("started_at", models.DateTimeField()),
                        ("detected_at", models.DateTimeField()),
                        ("mitigated_at", models.DateTimeField(null=True)),
                        ("resolved_at", models.DateTimeField(null=True)),
                        ("note", models.TextField(blank=True, max_length=2000)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="incidents",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "reported_by",
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
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("engagement", "number"), name="incident_number_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("detected_at__gte", models.F("started_at"))),
                                name="incident_is_seen_after_it_starts",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("mitigated_at__isnull", True),
                                        ("mitigated_at__gte", models.F("detected_at")),
                                        _connector="OR",
                                    ),
                                    models.Q(
                                        ("resolved_at__isnull", True),
                                        ("resolved_at__gte", models.F("detected_at")),
                                        _connector="OR",
                                    ),
                                ),
                                name="incident_is_mended_after_it_is_seen",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ParityCheck",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "aspect",
                            models.CharField(
                                choices=[
                                    ("sign_in", "Sign-in"),
                                    ("network", "Network"),
                                    ("data", "Data"),
                                    ("volume", "Volume"),
                                    ("roles", "Roles and rights"),
                                    ("devices", "Devices"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("same", "As in production"),
                                    ("harmless", "Differs, and it does not matter"),
                                    ("blocking", "Differs, and it blocks"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=400)),
                        ("looked_at", models.DateTimeField()),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="parity_checks",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "looked_by",
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
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("engagement", "aspect"), name="parity_aspect_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state", "same"), models.Q(("note", ""), _negated=True), _connector="OR"
                                ),
                                name="parity_difference_is_described",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PilotPlan",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("number", models.PositiveIntegerField()),
                        ("scope", models.TextField(max_length=1000)),
                        ("users", models.TextField(max_length=1000)),
                        ("environment", models.TextField(max_length=1000)),
                        ("begins", models.DateField()),
                        ("ends", models.DateField()),
                        ("exit_rules", models.TextField(max_length=1000)),
                        ("reason", models.TextField(blank=True, max_length=1000)),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="pilot_plans",
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
                            "written_by",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("engagement", "number"), name="pilot_plan_number_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("ends__gte", models.F("begins"))),
                                name="pilot_plan_ends_after_it_begins",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("number", 1), models.Q(("reason", ""), _negated=True), _connector="OR"
                                ),
                                name="pilot_plan_change_has_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Report",
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
                        ("subject", models.CharField(max_length=40)),
                        ("title", models.CharField(max_length=300)),
                        ("body", models.TextField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("size", models.PositiveIntegerField()),
                        (
                            "engagement",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reports",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "ordered_by",
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
                        "ordering": ["-created_at"],
                        "indexes": [models.Index(fields=["tenant", "sha256"], name="report_by_hash")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("engagement", "sha256"), name="report_content_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["evaluation", "readiness", "value_case"])),
                                name="report_kind_is_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReportFile",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("body", models.BinaryField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("size", models.PositiveIntegerField()),
                        (
                            "report",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="files",
                                to="engagements.report",
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
                            models.UniqueConstraint(fields=("report",), name="report_has_one_file")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Question",
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
                                related_name="questions",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "round",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="questions",
                                to="engagements.gateround",
                            ),
                        ),
                        ("text", models.CharField(max_length=1000)),
                        ("is_blocking", models.BooleanField()),
                        (
                            "asked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("answer", models.CharField(blank=True, max_length=2000)),
                        (
                            "answered_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("taken_back", models.BooleanField(default=False)),
                        ("closed_at", models.DateTimeField(editable=False, null=True)),
                    ],
                    options={
                        "ordering": ["asked_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("answer", ""),
                                        ("answered_by__isnull", True),
                                        ("closed_at__isnull", True),
                                        ("taken_back", False),
                                    ),
                                    models.Q(
                                        ("answer", ""),
                                        ("answered_by__isnull", True),
                                        ("closed_at__isnull", False),
                                        ("taken_back", True),
                                    ),
                                    models.Q(
                                        ("answered_by__isnull", False),
                                        ("closed_at__isnull", False),
                                        ("taken_back", False),
                                        models.Q(("answer", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="question_closed_by_an_answer_or_taken_back",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Reopening",
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
                                related_name="reopenings",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "gate",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reopenings",
                                to="engagements.gate",
                            ),
                        ),
                        ("round_number", models.PositiveSmallIntegerField()),
                        ("reason", models.CharField(max_length=1000)),
                        (
                            "reopened_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("downstream", models.JSONField(default=list)),
                    ],
                    options={
                        "ordering": ["created_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("gate", "round_number"), name="reopening_once_per_round"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True),
                                name="reopening_has_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EngagementTemplate",
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
                        ("version", models.CharField(max_length=20)),
                        ("title", models.CharField(max_length=120)),
                        ("body", models.TextField()),
                        ("sha256", models.CharField(max_length=64)),
                        (
                            "imported_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["title", "-created_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("tenant", "key", "version"), name="template_version_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Waiver",
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
                                related_name="waivers",
                                to="engagements.engagement",
                            ),
                        ),
                        (
                            "criterion",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="waivers",
                                to="engagements.criterion",
                            ),
                        ),
                        (
                            "round",
                            portal.models.owned.TenantForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="waivers",
                                to="engagements.gateround",
                            ),
                        ),
                        ("reason", models.CharField(max_length=600)),
                        ("compensating", models.CharField(max_length=600)),
                        (
                            "granted_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("granted_on", models.DateField()),
                        ("expires", models.DateField()),
                        ("warned_at", models.DateTimeField(editable=False, null=True)),
                        ("ended_at", models.DateTimeField(editable=False, null=True)),
                    ],
                    options={
                        "ordering": ["-created_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("expires__gt", models.F("granted_on")),
                                    (
                                        "expires__lte",
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("granted_on"),
                                            "+",
                                            models.Value(datetime.timedelta(days=180)),
                                        ),
                                    ),
                                ),
                                name="waiver_at_most_180_days",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("reason", ""), _negated=True),
                                    models.Q(("compensating", ""), _negated=True),
                                ),
                                name="waiver_has_reason_and_measure",
                            ),
                        ],
                    },
                ),
            ],
        ),
    ]
