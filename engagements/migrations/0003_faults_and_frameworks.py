"""Why a report could not be printed; the readiness framework that an engagement's template names."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import portal.ids
import portal.models.owned
from portal.walls import FrozenWhen, TenantWall


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0002_walls"),
        ("portal", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="engagement",
            name="framework",
            field=models.CharField(blank=True, default="", max_length=80),
        ),
        migrations.CreateModel(
            name="ReportFault",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("reason", models.CharField(max_length=300)),
                ("again_at", models.DateTimeField(editable=False, null=True)),
                (
                    "again_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "report",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="faults",
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
                "ordering": ["created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(again_at__isnull=True),
                        fields=("report",),
                        name="report_at_most_one_open_fault",
                    ),
                    models.CheckConstraint(
                        condition=Q(again_at__isnull=True, again_by__isnull=True)
                        | Q(again_at__isnull=False, again_by__isnull=False),
                        name="report_printed_again_by_somebody",
                    ),
                ],
            },
        ),
        TenantWall("ReportFault"),
        FrozenWhen("ReportFault", "OLD.again_at IS NOT NULL"),
    ]
