"""A table that grew by thousands is planned for as it is now, not as it was."""

from __future__ import annotations

import pytest
from django.db import connection

from portal.bulk import MANY, note_many_rows
from portal.models import User

pytestmark = pytest.mark.django_db


def planned_rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'portal_user'")
        return cursor.fetchone()[0]


def people(count):
    User.objects.bulk_create(User(email=f"p{n}@example.test", name="P") for n in range(count))


def test_many_rows_are_told_to_the_planner_after_commit(django_capture_on_commit_callbacks):
    before = planned_rows()
    with django_capture_on_commit_callbacks(execute=True) as told:
        people(MANY)
        note_many_rows(User, MANY)
        assert planned_rows() == before
    assert len(told) == 1
    assert planned_rows() >= MANY


def test_a_few_rows_are_left_to_autovacuum(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as told:
        note_many_rows(User, MANY - 1)
    assert told == []
