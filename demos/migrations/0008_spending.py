"""How much money the runs of a client may cost in a month."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.ids
from portal.walls import TenantWall


class Migration(migrations.Migration):
    dependencies = [
        ("demos", "0007_transcripts"),
        ("portal", "0006_mail_wishes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                    ("month", "Money of the month"),
                ],
                default="",
                max_length=8,
            ),
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
        TenantWall("SpendGuard"),
    ]
