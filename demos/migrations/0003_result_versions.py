"""A result may have later versions: figures say to which one they belong."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("demos", "0002_walls")]

    operations = [
        migrations.AddField(
            model_name="metricresult",
            name="result_version",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.RemoveConstraint(model_name="metricresult", name="metric_result_is_unique"),
        migrations.AddConstraint(
            model_name="metricresult",
            constraint=models.UniqueConstraint(
                fields=("run", "result_version", "key", "slice"), name="metric_result_is_unique"
            ),
        ),
    ]
