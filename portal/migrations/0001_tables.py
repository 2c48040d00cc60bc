"""The tables of people, tenants, grants, the ledger, the outbox, keys and secrets."""

import datetime

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
import portal.schema_steps


class Migration(migrations.Migration):
    replaces = [
        ("portal", "0001_initial"),
        ("portal", "0003_hosts_keys_and_heads"),
        ("portal", "0004_walls_of_hosts_keys_and_heads"),
        ("portal", "0005_reset_requests"),
        ("portal", "0006_mail_wishes"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        portal.schema_steps.CreateTables(
            models=[
                migrations.CreateModel(
                    name="Tenant",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        (
                            "slug",
                            models.SlugField(
                                max_length=60,
                                unique=True,
                                validators=[django.core.validators.RegexValidator("^[a-z][a-z0-9-]+$")],
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("active", "Active"),
                                    ("suspended", "Suspended"),
                                    ("closing", "Closing"),
                                    ("closed", "Closed"),
                                ],
                                default="active",
                                max_length=12,
                            ),
                        ),
                        ("country", models.CharField(blank=True, max_length=2)),
                        ("currency", models.CharField(default="USD", max_length=3)),
                        ("locale", models.CharField(default="en", max_length=10)),
                        (
                            "mfa_policy",
                            models.CharField(
                                choices=[
                                    ("password", "A password is enough"),
                                    ("second_factor", "A second factor is needed"),
                                ],
                                default="second_factor",
                                max_length=16,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "allowed_hosts",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=253),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        ("judges_may_sign", models.BooleanField(default=False)),
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
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "slug__in",
                                        [
                                            "accounts",
                                            "api",
                                            "assets",
                                            "clients",
                                            "components",
                                            "healthz",
                                            "inbox",
                                            "invitations",
                                            "portfolio",
                                            "problems",
                                            "readyz",
                                            "set-up",
                                            "staff",
                                            "static",
                                            "verify",
                                        ],
                                    ),
                                    _negated=True,
                                ),
                                name="tenant_slug_is_not_reserved",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ApiToken",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        (
                            "kind",
                            models.CharField(choices=[("pat", "Personal"), ("svc", "Service")], max_length=3),
                        ),
                        ("token_sha256", models.CharField(max_length=64, unique=True)),
                        ("last4", models.CharField(max_length=4)),
                        (
                            "scopes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40), size=None
                            ),
                        ),
                        ("expires", models.DateTimeField()),
                        ("last_used", models.DateTimeField(blank=True, null=True)),
                        ("revoked_at", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="api_tokens",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="api_tokens",
                                to="portal.tenant",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="IdempotencyRecord",
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
                            "token",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="portal.apitoken",
                            ),
                        ),
                        ("key", models.CharField(max_length=128)),
                        ("request_sha256", models.CharField(max_length=64)),
                        ("locked_until", models.DateTimeField()),
                        ("status", models.PositiveSmallIntegerField(null=True)),
                        ("headers", models.JSONField(default=dict)),
                        ("body", models.BinaryField(default=b"")),
                        ("expires", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [models.Index(fields=["expires"], name="idempotency_expires")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("token", "key"), name="idempotency_key_once_per_token"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__isnull", True),
                                    models.Q(("status__gte", 200), ("status__lt", 300)),
                                    _connector="OR",
                                ),
                                name="idempotency_status_is_an_accepted_one",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerEntry",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("seq", models.PositiveBigIntegerField()),
                        ("at", models.DateTimeField()),
                        ("actor_affiliation", models.CharField(max_length=12)),
                        ("event", models.CharField(max_length=60)),
                        ("subject", models.CharField(max_length=40)),
                        ("engagement_id", models.UUIDField(null=True)),
                        ("facts", models.JSONField()),
                        ("prev_sha256", models.CharField(max_length=64)),
                        ("sha256", models.CharField(max_length=64)),
                        (
                            "actor",
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
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["tenant", "engagement_id", "seq"], name="ledger_by_engagement"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant", "seq"), name="ledger_seq_is_unique")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerHead",
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
                        ("seq", models.PositiveBigIntegerField()),
                        ("sha256", models.CharField(max_length=64)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("tenant",), name="ledger_head_once_per_tenant")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OutboxEvent",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("event", models.CharField(max_length=60)),
                        ("subject", models.CharField(max_length=40)),
                        ("engagement_id", models.UUIDField(null=True)),
                        ("facts", models.JSONField()),
                        ("path", models.CharField(blank=True, max_length=300)),
                        ("dispatched_at", models.DateTimeField(null=True)),
                        (
                            "actor",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "entry",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="portal.ledgerentry",
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
                                condition=models.Q(("dispatched_at__isnull", True)),
                                fields=["tenant", "created_at"],
                                name="outbox_waiting",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Notification",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("read_at", models.DateTimeField(null=True)),
                        ("mailed_at", models.DateTimeField(null=True)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "event",
                            portal.models.owned.TenantForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="notifications",
                                to="portal.outboxevent",
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
                            "mail",
                            models.CharField(
                                choices=[
                                    ("single", "A mail of its own"),
                                    ("digest", "A line in the day's mail"),
                                    ("none", "No mail"),
                                ],
                                default="single",
                                max_length=6,
                            ),
                        ),
                        ("mail_after", models.DateTimeField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["user", "-created_at"], name="notification_of_user"),
                            models.Index(
                                condition=models.Q(
                                    ("mail_after__isnull", False),
                                    ("mailed_at__isnull", True),
                                    models.Q(("mail", "none"), _negated=True),
                                ),
                                fields=["tenant", "mail_after"],
                                name="notification_mail_waits",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("event", "user"), name="notification_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MailWishes",
                    fields=[
                        (
                            "user",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="mail_wishes",
                                serialize=False,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("channels", models.JSONField(default=dict)),
                        ("zone", models.CharField(default="UTC", max_length=60)),
                        ("quiet_from", models.TimeField(null=True)),
                        ("quiet_until", models.TimeField(null=True)),
                        ("digest_at", models.TimeField(default=datetime.time(8, 0))),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("quiet_from__isnull", True), ("quiet_until__isnull", True)),
                                    models.Q(
                                        ("quiet_from__isnull", False),
                                        ("quiet_until__isnull", False),
                                        models.Q(("quiet_from", models.F("quiet_until")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="quiet_hours_begin_and_end",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Membership",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
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
                        ("starts", models.DateTimeField()),
                        ("ends", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "group",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="memberships",
                                to="auth.group",
                            ),
                        ),
                        (
                            "invited_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="memberships",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="memberships",
                                to="portal.tenant",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("user", "tenant", "role"), name="membership_once_per_role"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends__isnull", True), ("ends__gte", models.F("starts")), _connector="OR"
                                ),
                                name="membership_ends_after_it_starts",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Invitation",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("engagement_id", models.UUIDField(blank=True, null=True)),
                        ("email", models.EmailField(max_length=254)),
                        ("name", models.CharField(blank=True, max_length=120)),
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
                        ("token_sha256", models.CharField(max_length=64, unique=True)),
                        ("expires", models.DateTimeField()),
                        ("accepted_at", models.DateTimeField(blank=True, null=True)),
                        ("revoked_at", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "invited_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invitations",
                                to="portal.tenant",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="TenantGroupPermission",
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
                                on_delete=django.db.models.deletion.CASCADE, to="portal.tenant"
                            ),
                        ),
                        (
                            "group",
                            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group"),
                        ),
                        (
                            "permission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, to="auth.permission"
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "unique_together": {("group", "permission", "content_object")},
                    },
                ),
                migrations.CreateModel(
                    name="ResetRequest",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("email", models.EmailField(max_length=254, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Secret",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("name", models.SlugField(max_length=60)),
                        ("key_id", models.CharField(max_length=16)),
                        ("ciphertext", models.BinaryField()),
                        ("rotated_at", models.DateTimeField()),
                        ("last_used", models.DateTimeField(null=True)),
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
                            models.UniqueConstraint(fields=("tenant", "name"), name="secret_name_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="User",
                    fields=[
                        ("password", models.CharField(max_length=128, verbose_name="password")),
                        (
                            "last_login",
                            models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                        ),
                        (
                            "is_superuser",
                            models.BooleanField(
                                default=False,
                                help_text="Designates that this user has all permissions without explicitly assigning them.",
                                verbose_name="superuser status",
                            ),
                        ),
                        (
                            "id",
                            models.UUIDField(
                                default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("email", models.EmailField(max_length=254)),
                        ("name", models.CharField(max_length=120)),
                        (
                            "affiliation",
                            models.CharField(
                                choices=[
                                    ("consultancy", "Consultancy"),
                                    ("client", "Client"),
                                    ("auditor", "Auditor"),
                                    ("service", "Service account"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "org_role",
                            models.CharField(
                                blank=True,
                                choices=[("", "None"), ("org_admin", "Administrator"), ("lead", "Lead")],
                                default="",
                                max_length=12,
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "groups",
                            models.ManyToManyField(
                                blank=True,
                                help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.group",
                                verbose_name="groups",
                            ),
                        ),
                        (
                            "user_permissions",
                            models.ManyToManyField(
                                blank=True,
                                help_text="Specific permissions for this user.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.permission",
                                verbose_name="user permissions",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("email"), name="user_email_is_unique"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("org_role", ""), ("affiliation", "consultancy"), _connector="OR"
                                ),
                                name="user_org_role_only_in_the_consultancy",
                            ),
                        ],
                    },
                ),
            ],
        ),
    ]
