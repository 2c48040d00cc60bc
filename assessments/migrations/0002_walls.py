"""The walls of the map of pain points."""

from django.db import migrations

from portal.walls import TenantWall


class Migration(migrations.Migration):
    dependencies = [("assessments", "0001_initial"), ("engagements", "0002_walls")]

    operations = [TenantWall("PainPoint"), TenantWall("CostComponent")]
