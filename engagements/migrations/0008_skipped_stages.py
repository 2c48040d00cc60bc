"""Usual stages that an engagement leaves out keep the reason that its template gave."""

from django.db import migrations, models

from portal.walls import FrozenWhen


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0007_following"),
    ]

    operations = [
        migrations.AddField(
            model_name="engagement",
            name="skipped_stages",
            field=models.JSONField(default=list, editable=False),
        ),
        FrozenWhen(
            "Engagement", "TG_OP = 'UPDATE' AND OLD.skipped_stages IS DISTINCT FROM NEW.skipped_stages"
        ),
    ]
