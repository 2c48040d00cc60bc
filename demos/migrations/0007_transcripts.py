"""What is kept of texts, for how long; attempts and grades let their texts go when that time is over."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.ids
import portal.models.owned
from portal.walls import AppendOnly, OnlyEmptied, TenantWall

GRADES = """SELECT coalesce(jsonb_agg(g || jsonb_build_object('reason', '', 'error',
    CASE WHEN coalesce(g->>'error', '') = '' THEN '' ELSE 'deleted' END) ORDER BY n), '[]'::jsonb)
    FROM jsonb_array_elements(OLD.grades) WITH ORDINALITY AS e(g, n)"""
OVER = """EXISTS (SELECT 1 FROM demos_run r JOIN demos_transcriptpolicy p ON p.engagement_id = r.engagement_id
    WHERE r.id = {run} AND r.finished_at < clock_timestamp() - make_interval(days => p.retention_days))"""


def words(column: str) -> str:
    return f"CASE WHEN OLD.{column} = '' THEN '' ELSE 'deleted' END"


ATTEMPT = {
    "answer": "NULL", "reason": "''", "request_excerpt": "''", "response_excerpt": "''", "found": "NULL",
    "kept": "'deleted'", "grades": GRADES, "grader_error": words("grader_error"),
    "error_detail": words("error_detail"),
}  # fmt: skip
REGRADE = {"reason": "''", "grades": GRADES, "grader_error": words("grader_error")}
OPINION = {"reason": "''", "error": words("error")}


class Migration(migrations.Migration):
    dependencies = [
        ("demos", "0006_schedules"),
        ("engagements", "0007_evidence_requests"),
        ("portal", "0005_reset_requests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='attempt',
            name='answer_chars',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='attempt',
            name='answer_sha256',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='attempt',
            name='kept',
            field=models.CharField(choices=[('full', 'Kept'), ('masked', 'Kept, personal data blacked out'), ('hash', 'Not kept'), ('deleted', 'Deleted')], default='full', max_length=8),
        ),
        migrations.CreateModel(
            name='TextDeletion',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('retention_days', models.PositiveSmallIntegerField()),
                ('attempts', models.PositiveIntegerField()),
                ('regrades', models.PositiveIntegerField()),
                ('opinions', models.PositiveIntegerField()),
                ('first_at', models.DateTimeField(null=True)),
                ('last_at', models.DateTimeField(null=True)),
                ('ids_sha256', models.CharField(max_length=64)),
                ('engagement', portal.models.owned.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='text_deletions', to='engagements.engagement')),
                ('run', portal.models.owned.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='text_deletions', to='demos.run')),
                ('tenant', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='portal.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run',), name='texts_of_a_run_are_deleted_once')],
            },
        ),
        migrations.CreateModel(
            name='TranscriptPolicy',
            fields=[
                ('id', models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('mode', models.CharField(choices=[('full', 'Everything'), ('masked', 'Everything, with personal data blacked out'), ('hash', 'Only length and SHA-256 of each answer')], max_length=8)),
                ('retention_days', models.PositiveSmallIntegerField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('engagement', portal.models.owned.TenantForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='engagements.engagement')),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tenant', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='portal.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('engagement',), name='transcript_policy_is_one_for_engagement'), models.CheckConstraint(condition=models.Q(('retention_days__isnull', True), ('retention_days__gte', 1), _connector='OR'), name='texts_are_kept_a_day_at_least')],
            },
        ),
        *(TenantWall(model) for model in ("TranscriptPolicy", "TextDeletion")),
        AppendOnly("TextDeletion"),
        OnlyEmptied("Attempt", ATTEMPT, OVER.format(run="OLD.run_id")),
        OnlyEmptied(
            "Regrade", REGRADE,
            OVER.format(run="(SELECT run_id FROM demos_resultversion WHERE id = OLD.result_version_id)"),
        ),
        OnlyEmptied(
            "JudgeOpinion", OPINION,
            OVER.format(run="(SELECT run_id FROM demos_judging WHERE id = OLD.judging_id)"),
        ),
    ]  # fmt: skip
