"""Everything that the engine's second part stores: prices, sealed cases, variants, the switch."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
from portal.walls import AppendOnly, TenantLink, TenantWall


class Migration(migrations.Migration):
    dependencies = [
        ("demos", "0004_comparisons"),
        ("engagements", "0003_actions_of_the_method"),
        ("portal", "0003_actions_of_the_method"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PersonalDataRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
            ],
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("name", models.CharField(max_length=120)),
                ("currency", models.CharField(max_length=3)),
                ("version", models.PositiveIntegerField(default=1)),
            ],
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("number", models.PositiveIntegerField()),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("source", models.CharField(blank=True, max_length=300)),
                ("content_sha256", models.CharField(max_length=64)),
            ],
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
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
        migrations.AddField(
            model_name="personaldatarule",
            name="engagement",
            field=portal.models.owned.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="engagements.engagement"
            ),
        ),
        migrations.AddField(
            model_name="personaldatarule",
            name="set_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="personaldatarule",
            name="tenant",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="portal.tenant",
            ),
        ),
        migrations.AddField(
            model_name="priceline",
            name="tenant",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="portal.tenant",
            ),
        ),
        migrations.AddField(
            model_name="pricetable",
            name="engagement",
            field=portal.models.owned.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="price_tables",
                to="engagements.engagement",
            ),
        ),
        migrations.AddField(
            model_name="pricetable",
            name="tenant",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="portal.tenant",
            ),
        ),
        migrations.AddField(
            model_name="priceversion",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="priceversion",
            name="table",
            field=portal.models.owned.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="demos.pricetable"
            ),
        ),
        migrations.AddField(
            model_name="priceversion",
            name="tenant",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="portal.tenant",
            ),
        ),
        migrations.AddField(
            model_name="priceline",
            name="price_version",
            field=portal.models.owned.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="demos.priceversion"
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
        migrations.AddField(
            model_name="sealedlook",
            name="dataset",
            field=portal.models.owned.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="looks", to="demos.dataset"
            ),
        ),
        migrations.AddField(
            model_name="sealedlook",
            name="run",
            field=portal.models.owned.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="looks", to="demos.run"
            ),
        ),
        migrations.AddField(
            model_name="sealedlook",
            name="seen_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="sealedlook",
            name="tenant",
            field=models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="portal.tenant",
            ),
        ),
        migrations.AddConstraint(
            model_name="personaldatarule",
            constraint=models.UniqueConstraint(
                fields=("engagement",), name="personal_data_rule_is_one_for_engagement"
            ),
        ),
        migrations.AddConstraint(
            model_name="pricetable",
            constraint=models.UniqueConstraint(
                fields=("engagement", "name"), name="price_table_name_is_unique_in_engagement"
            ),
        ),
        migrations.AddConstraint(
            model_name="priceversion",
            constraint=models.UniqueConstraint(
                fields=("table", "number"), name="price_version_number_is_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="priceversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                ),
                name="price_version_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="priceline",
            constraint=models.UniqueConstraint(
                fields=("price_version", "model", "price_class"), name="price_line_is_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="priceline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="price_is_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="sealedlook",
            constraint=models.UniqueConstraint(fields=("run",), name="sealed_look_is_counted_once_a_run"),
        ),
        *(
            TenantWall(model)
            for model in ("PriceTable", "PriceVersion", "PriceLine", "PersonalDataRule", "SealedLook")
        ),
        *(AppendOnly(model) for model in ("PriceVersion", "PriceLine", "SealedLook")),
        TenantLink("Case", "variant_of"),
        TenantLink("CaseReview", "carried_from"),
        TenantLink("EvaluationPlan", "price_version"),
    ]
