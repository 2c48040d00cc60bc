"""Who is told of each comment on a thing."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
from portal.walls import TenantWall


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0006_letterheads"),
        ("portal", "0004_sector"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Following",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("subject", models.CharField(max_length=40)),
                ("stopped_at", models.DateTimeField(null=True)),
                (
                    "engagement",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "person",
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
                    models.UniqueConstraint(fields=("engagement", "subject", "person"), name="following_once")
                ],
            },
        ),
        TenantWall("Following"),
    ]
