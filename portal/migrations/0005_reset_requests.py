"""Who asked for a new password waits here for the mail."""

from django.db import migrations, models

import portal.ids


class Migration(migrations.Migration):
    dependencies = [("portal", "0004_walls_of_hosts_keys_and_heads")]

    operations = [
        migrations.CreateModel(
            name="ResetRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
