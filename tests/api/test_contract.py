"""Every operation of the OpenAPI document, asked what the document allows and what it does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import Site, build_site
from tests.portal.conftest import build_house

pytestmark = pytest.mark.django_db
COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """The test's own connection stays open over requests, as Django's test client has it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


schema = schemathesis.openapi.from_path(COMMITTED)
schema.app = get_wsgi_application()


@pytest.fixture(scope="module")
def place(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    """Built once; the tests are marked django_db, so a test's writes are gone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build_site(build_house())
        transaction.set_rollback(True)


@schema.parametrize()
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_promises(case: schemathesis.Case, place: Site) -> None:
    if "engagement_id" in case.path_parameters:
        case.path_parameters["engagement_id"] = place.engagement.public_id
    case.call_and_validate(headers={"Authorization": f"Bearer {place.text}"}, checks=CHECKS)


@pytest.mark.parametrize("address", ["engagements", "ledger", "nowhere"])
def test_a_method_that_no_address_takes_is_a_problem_too(place: Site, address: str) -> None:
    caller = Client(headers={"Authorization": f"Bearer {place.text}"}, enforce_csrf_checks=True)
    answer = caller.options(f"/api/v1/{address}")
    assert answer.status_code == (404 if address == "nowhere" else 405)
    assert answer["Content-Type"] == "application/problem+json"
    assert caller.post("/api/v1/nowhere", {}, content_type="application/json").status_code == 404
