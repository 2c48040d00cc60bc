"""One side stands by one version of the plan of a pilot."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
from portal.walls import AppendOnly, RefusedUnless, TenantWall

NEWEST = """NOT EXISTS (SELECT 1 FROM engagements_pilotplan read JOIN engagements_pilotplan later
    ON later.engagement_id = read.engagement_id AND later.number > read.number WHERE read.id = NEW.plan_id)"""
OF_ITS_SIDE = (
    "EXISTS (SELECT 1 FROM portal_user u WHERE u.id = NEW.sealed_by_id AND u.affiliation = NEW.side)"
)


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0004_incident_reference"),
        ("portal", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PilotPlanSeal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "side",
                    models.CharField(
                        choices=[("consultancy", "Consultancy"), ("client", "Client")], max_length=12
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
                    "plan",
                    portal.models.owned.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seals",
                        to="engagements.pilotplan",
                    ),
                ),
                (
                    "sealed_by",
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
                    models.UniqueConstraint(fields=("plan", "side"), name="pilot_plan_sealed_once_a_side")
                ],
            },
        ),
        TenantWall("PilotPlanSeal"),
        AppendOnly("PilotPlanSeal"),
        RefusedUnless(
            "PilotPlanSeal",
            f"{NEWEST} AND {OF_ITS_SIDE}",
            "a side seals the newest plan, by a person of its side",
        ),
    ]
