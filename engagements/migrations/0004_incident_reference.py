"""The name that an incident has where it was noted first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("engagements", "0003_faults_and_frameworks")]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="reference",
            field=models.CharField(blank=True, default="", max_length=80),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("engagement", "reference"),
                name="incident_reference_once",
            ),
        ),
    ]
