"""Evidence, criteria of every kind, several signatures, conditions, waivers, questions, templates, comments."""

import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import engagements.models.engagement
import portal.ids
import portal.models.owned

WALLS_OPEN_FOR_APPROVERS = """
ALTER TABLE engagements_gate NO FORCE ROW LEVEL SECURITY;
UPDATE engagements_gate SET approver_roles = jsonb_build_array(approver_role);
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE engagements_gate FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0002_walls"),
        ("portal", "0003_hosts_keys_and_heads"),
        ("portal", "__first__"),
    ]

    operations = [
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
                        choices=[("internal", "Internal: only the consultancy"), ("client", "Both sides")],
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
                "indexes": [models.Index(fields=["engagement", "subject"], name="comment_on_subject")],
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
                                    models.F("starts_on"), "+", models.Value(datetime.timedelta(days=90))
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
                        choices=[("internal", "Internal: only the consultancy"), ("client", "Both sides")],
                        max_length=8,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "engagement"], name="evidence_of_engagement")],
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
                    models.UniqueConstraint(fields=("gate", "round_number"), name="reopening_once_per_round"),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="reopening_has_a_reason"
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
                    models.UniqueConstraint(fields=("tenant", "key", "version"), name="template_version_once")
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
                                    models.F("granted_on"), "+", models.Value(datetime.timedelta(days=180))
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
                    models.UniqueConstraint(fields=("round", "signed_by"), name="approval_one_per_person"),
                    models.UniqueConstraint(fields=("round", "principal"), name="approval_one_per_principal"),
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
                            models.Q(("delegation__isnull", True), ("signed_by", models.F("principal"))),
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
                        base_field=models.CharField(max_length=20), blank=True, default=list, size=None
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
                ("value", models.DecimalField(blank=True, decimal_places=6, max_digits=18, null=True)),
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
                    models.UniqueConstraint(fields=("item", "number"), name="evidence_version_number_once"),
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
        migrations.AlterModelOptions(
            name="engagement",
            options={
                "default_permissions": (),
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
            },
        ),
        migrations.RemoveConstraint(
            model_name="criterion",
            name="criterion_has_a_target",
        ),
        migrations.AddField(
            model_name="condition",
            name="closed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="condition",
            name="closed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="condition",
            name="closing_link",
            field=models.CharField(blank=True, max_length=400),
        ),
        migrations.AddField(
            model_name="condition",
            name="closing_note",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name="condition",
            name="lapsed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="condition",
            name="proposed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="condition",
            name="proposed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="condition",
            name="returned_reason",
            field=models.CharField(blank=True, max_length=600),
        ),
        migrations.AddField(
            model_name="condition",
            name="waived_reason",
            field=models.CharField(blank=True, max_length=600),
        ),
        migrations.AddField(
            model_name="criterion",
            name="margin",
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=24, null=True),
        ),
        migrations.AddField(
            model_name="criterion",
            name="source",
            field=models.CharField(
                blank=True,
                choices=[
                    ("run", "Run"),
                    ("comparison", "Comparison of two runs"),
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
        migrations.AddField(
            model_name="criterion",
            name="source_slice",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="criterion",
            name="target_source_key",
            field=models.SlugField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="decision",
            name="on_behalf_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="engagement",
            name="template_key",
            field=models.SlugField(default="standard", max_length=40),
        ),
        migrations.AddField(
            model_name="gate",
            name="approval",
            field=models.CharField(
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
        migrations.AddField(
            model_name="gate",
            name="approver_roles",
            field=models.JSONField(default=engagements.models.engagement.sponsor_alone),
        ),
        migrations.AddField(
            model_name="gate",
            name="quorum",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="gateround",
            name="end_reason",
            field=models.CharField(blank=True, editable=False, max_length=600),
        ),
        migrations.AddField(
            model_name="gateround",
            name="paused_days",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="gateround",
            name="paused_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="criterion",
            name="comparator",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="criterion",
            name="kind",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="criterion",
            name="unit",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="criterionresult",
            name="reason",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="measurement",
            name="source_kind",
            field=models.CharField(
                choices=[
                    ("run", "Run"),
                    ("comparison", "Comparison of two runs"),
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
        migrations.AlterField(
            model_name="measurement",
            name="unit",
            field=models.CharField(
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
        migrations.RunSQL(WALLS_OPEN_FOR_APPROVERS, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name="gate",
            name="approver_role",
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["met", "waived"]),
                    models.Q(("closed_at__isnull", True), ("closed_by__isnull", True)),
                    _connector="OR",
                ),
                name="condition_unclosed_has_no_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_by__isnull", True),
                    ("proposed_by__isnull", True),
                    models.Q(("closed_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="condition_not_accepted_by_who_handed_it_in",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("target__isnull", False),
                    ("comparator__in", ("exists_fresh", "noninferior", "superior")),
                    models.Q(("target_source_key", ""), _negated=True),
                    _connector="OR",
                ),
                name="criterion_has_a_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("comparator__in", ("within", "noninferior")), _negated=True),
                    ("margin__gte", 0),
                    _connector="OR",
                ),
                name="criterion_margin_where_needed",
            ),
        ),
        migrations.AddConstraint(
            model_name="gate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approval", "quorum"), ("quorum__gte", 2), ("quorum__isnull", False)),
                    models.Q(models.Q(("approval", "quorum"), _negated=True), ("quorum__isnull", True)),
                    _connector="OR",
                ),
                name="gate_quorum_counts_two_or_more",
            ),
        ),
        migrations.AddConstraint(
            model_name="gateround",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("paused_since__isnull", False), ("status", "clarification")),
                    models.Q(
                        models.Q(("status", "clarification"), _negated=True), ("paused_since__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="round_clock_stands_only_while_an_answer_is_owed",
            ),
        ),
    ]
