"""Instants come back from PostgreSQL exactly, whatever way they are read."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, connection
from psycopg.postgres import types
from psycopg.pq import Format

from portal.timestamps import UtcLoader

pytestmark = pytest.mark.django_db

INSTANT = datetime(2026, 3, 29, 1, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("microseconds", [0, 1, 10, 100_000, 123_456, 999_999])
@pytest.mark.parametrize("years", [-1900, 0, 7900])
def test_an_instant_comes_back_as_it_was_stored(microseconds: int, years: int):
    sent = INSTANT.replace(year=INSTANT.year + years) + timedelta(microseconds=microseconds)
    assert _through_database("%s::timestamptz", sent) == sent


def test_every_connection_reads_them_the_fast_way():
    connection.ensure_connection()
    assert connection.connection.adapters.get_loader(types["timestamptz"].oid, Format.TEXT) is UtcLoader


def test_it_is_in_utc():
    assert _through_database("'2026-07-01 12:00+05:30'::timestamptz").tzinfo is UTC


@pytest.mark.parametrize("odd", ["infinity", "-infinity", "0044-03-15 12:00+00 BC", "12026-01-01 00:00+00"])
def test_what_no_datetime_can_hold_is_refused_as_by_django(odd: str):
    with pytest.raises(DataError):
        _through_database(f"'{odd}'::timestamptz")


def _through_database(sql: str, *values: object) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", values)
        found: datetime = cursor.fetchone()[0]
    return found
