"""The test of a connection keeps what to do about its failure, beside what happened."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("demos", "0004_walls_of_engine_and_judgement")]

    operations = [
        migrations.AddField(
            model_name="targetexchange", name="way_out", field=models.TextField(blank=True, default="")
        ),
    ]
