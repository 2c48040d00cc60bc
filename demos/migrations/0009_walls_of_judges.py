"""Row-level security on judge models and their words; versions, words and calibrations cannot be changed."""

from django.db import migrations

from portal.walls import AppendOnly, TenantWall

TABLES = ("JudgeVersion", "Judging", "JudgeOpinion", "JudgeCalibration")
FROZEN = ("JudgeVersion", "JudgeOpinion", "JudgeCalibration")


class Migration(migrations.Migration):
    dependencies = [("demos", "0008_judges")]

    operations = [*(TenantWall(model) for model in TABLES), *(AppendOnly(model) for model in FROZEN)]
