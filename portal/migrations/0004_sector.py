"""The sector that a client works in, by which a portfolio is looked through."""

from django.db import migrations, models

from portal.vocabulary import Sector


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_tokens")]

    operations = [
        migrations.AddField(
            "tenant", "sector", models.CharField(blank=True, choices=Sector.choices, max_length=16)
        )
    ]
