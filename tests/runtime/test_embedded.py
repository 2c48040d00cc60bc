"""The embedded servers are real ones, and the role that the site uses is an ordinary owner."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def test_the_database_role_is_an_ordinary_owner():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False)
