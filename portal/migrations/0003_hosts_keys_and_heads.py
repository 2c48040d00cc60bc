"""Hosts of each client, keys that let a request be sent twice, and where each ledger ends."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import portal.ids


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0002_walls"),
    ]

    operations = [
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="portal.apitoken"
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
                    models.UniqueConstraint(fields=("token", "key"), name="idempotency_key_once_per_token"),
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
        migrations.AlterModelOptions(
            name="tenant",
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
        migrations.AddField(
            model_name="tenant",
            name="allowed_hosts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=253), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="judges_may_sign",
            field=models.BooleanField(default=False),
        ),
    ]
