"""Row-level security on reviews, disputes and later results; none of them can be changed."""

from django.db import migrations

from portal.walls import AppendOnly, TenantWall

TABLES = (
    "ReviewRound", "ReviewItem", "HumanReview", "ResultVersion", "Regrade", "Dispute", "DisputeRuling",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("demos", "0006_second_opinions")]

    operations = [*(TenantWall(model) for model in TABLES), *(AppendOnly(model) for model in TABLES)]
