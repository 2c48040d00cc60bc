"""Invariant 12 of the domain: at the database, by page, by API and from the shell.

What a door has no verb for is stated as such: 404 or 405. The other numbers are in the files beside.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from demos.allowances import Allowance
from demos.engine.arrivals import Guards, Step, StepKind
from demos.models import (
    LoadTest,
    PrivacyTest,
    TargetVersion,
    TestAuthorisation,
)
from demos.services import authorisations, load_tests, privacy_tests
from demos.services.load_tests import LoadOrder
from demos.services.targets import spec_of
from demos.vocabulary import AllowedTest
from portal import ids
from portal.errors import Forbidden
from portal.services.signing import SigningProof
from tests.doors import browser_of, by_sql, refused_by_the_database, send, shell
from tests.personas import PASSWORD, scope

pytestmark = pytest.mark.django_db
KINDS = ("load", "privacy")
TWO_SECONDS = LoadOrder((Step(StepKind.RATE, 20, 2),), 2_000.0, Guards())


@pytest.fixture(autouse=True)
def _nothing_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("celery.app.base.Celery.send_task", lambda *args, **options: None)


def base(world: Any, engagement: Any) -> str:
    return f"/{world.tenant.slug}/engagements/{engagement.public_id}/"


# --- 12: no load or privacy test without a permission that covers host, kind, rate and time -------------


@pytest.fixture
def order(world, prepared):
    """A target with accepted cases, inside the client's walls."""
    ready = prepared([f"question {n}" for n in range(3)])
    with scope(world):
        yield ready


def allow(world: Any, order: Any, **changes: Any) -> TestAuthorisation:
    version = TargetVersion.objects.get(pk=order["target_version_id"])
    now = timezone.now()
    fields: dict[str, Any] = {
        "hosts": ("{}:{}".format(*spec_of(version).host),), "kinds": tuple(map(AllowedTest, KINDS)),
        "starts": now - timedelta(minutes=1), "ends": now + timedelta(hours=1), "max_per_second": 100,
        "max_requests": 2_000,
    }  # fmt: skip
    return authorisations.sign_authorisation(
        by=world.sponsor, target_id=version.target_id, allowance=Allowance(**(fields | changes)),
        signed_name=world.sponsor.name, proof=SigningProof("code", 20, second_factor=True),
    )  # fmt: skip


LOAD = """
from uuid import UUID
from demos.services.load_tests import start_load_test
from tests.demos.test_invariants_by_every_door import TWO_SECONDS
from portal.models import User
start_load_test(by=User.objects.get(pk=who), engagement_id=UUID(key), target_version_id=UUID(target),
                dataset_version_id=UUID(cases), order=TWO_SECONDS)
"""
PRIVACY = """
from uuid import UUID
from demos.services.privacy_tests import start_privacy_test
from portal.models import User
start_privacy_test(by=User.objects.get(pk=who), engagement_id=UUID(key), target_version_id=UUID(target))
"""


def start_by(door: str, kind: str, world: Any, order: Any) -> bool:
    """Whether the door starts a test: 20 calls a second for two seconds, or every probe once."""
    target = TargetVersion.objects.select_related("target__engagement").get(pk=order["target_version_id"])
    engagement, cases = target.target.engagement, ids.encode("dsv", order["dataset_version_id"])
    client = browser_of(world.lead)
    if door == "page":
        given = {
            "target_version": target.public_id, "dataset_version": cases, "steps": "20 a second, 2",
            "target_p95_s": "2", "max_error_percent": "50", "max_wait_s": "30",
        }  # fmt: skip
        path = "load/new/" if kind == "load" else "privacy/"
        answer = client.post(base(world, engagement) + path, given)
        return bool(answer.status_code == 302)
    if door == "api":
        body = {
            "target_version": target.public_id, "dataset_version": cases, "target_p95_ms": 2000,
            "steps": [{"kind": "rate", "level": 20, "seconds": 2}],
        }  # fmt: skip
        if kind == "privacy":
            body = {"target_version": target.public_id}
        answer = send(client, "post", f"engagements/{engagement.public_id}/{kind}-tests", body)
        assert answer.status_code in {202, 403}, answer.content
        return bool(answer.status_code == 202)
    here = {"who": world.lead.pk, "key": engagement.pk, "target": target.pk}
    try:
        shell(LOAD if kind == "load" else PRIVACY, **here, cases=order["dataset_version_id"])
    except Forbidden:
        return False
    return True


SOON = timezone.now() + timedelta(hours=2)
NOT_COVERING = {
    "no permission": None,
    "another kind": {"kinds": (AllowedTest.FAULT,)},
    "another host": {"hosts": ("elsewhere.example:443",)},
    "a slower rate": {"kinds": (AllowedTest.LOAD,), "max_per_second": 1},  # a privacy test keeps to any
    "fewer requests": {"max_requests": 5},
    "a later time": {
        "starts": timezone.now() + timedelta(hours=2),
        "ends": timezone.now() + timedelta(hours=3),
    },
}


@pytest.mark.parametrize("door", ["page", "api", "shell"])
def test_12_no_test_starts_without_a_permission_that_covers_it_by_any_door(world, order, door):
    for name, changes in NOT_COVERING.items():
        if changes is not None:
            allow(world, order, **changes)
        for kind in KINDS:
            assert not start_by(door, kind, world, order), (name, kind)
    assert not LoadTest.objects.exists()
    assert not PrivacyTest.objects.exists()
    allow(world, order)
    assert [start_by(door, kind, world, order) for kind in KINDS] == [True, True]


def test_12_nobody_allows_a_test_over_the_api_nor_the_consultancy_by_page(world, engagement, order):
    for who in (world.sponsor, world.lead):
        answer = send(browser_of(who), "post", f"engagements/{engagement.public_id}/test-permissions")
        assert answer.status_code == 403
    target = TargetVersion.objects.get(pk=order["target_version_id"]).target
    given = {
        "target": target.public_id, "kinds": ["load"], "starts": "2026-01-01T00:00",
        "ends": f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M}", "max_per_second": "9",
        "max_requests": "9", "signed_name": world.lead.name,
    }  # fmt: skip
    browser = Client()
    browser.post(reverse("account_login"), {"login": world.lead.email, "password": PASSWORD})
    answer = browser.post(base(world, engagement) + "permissions/", given)
    assert answer.status_code == 403
    assert not TestAuthorisation.objects.exists()


@pytest.fixture
def queued(world, engagement, order):
    """A load test and a privacy test that wait for their worker, by kind."""
    allow(world, order)
    key, version = engagement.pk, order["target_version_id"]
    load = load_tests.start_load_test(
        by=world.lead, engagement_id=key, target_version_id=version,
        dataset_version_id=order["dataset_version_id"],
        order=TWO_SECONDS,
    )  # fmt: skip
    privacy = privacy_tests.start_privacy_test(by=world.lead, engagement_id=key, target_version_id=version)
    return {"load": load, "privacy": privacy}


def copy_of(row: Any, **changes: Any) -> Any:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.local_fields}
    ended = {"status": "failed", "finished_at": timezone.now()}
    return type(row)(**(values | {"id": ids.uuid7(), "number": row.number + 1} | ended | changes))


@pytest.mark.parametrize("kind", KINDS)
def test_12_the_database_takes_no_test_that_no_permission_covers(world, order, queued, kind):
    row = queued[kind]
    copy_of(row).save(force_insert=True)  # covered
    for changes in NOT_COVERING.values():
        if changes is not None:
            bad = allow(world, order, **changes)
            refused_by_the_database(
                lambda b=bad: copy_of(row, authorisation_id=b.pk, number=9).save(force_insert=True),
                "no permission",
            )
    for over in ({"peak_per_second": 101}, {"most_requests": 2_001}):
        refused_by_the_database(
            lambda o=over: copy_of(row, number=9, **o).save(force_insert=True), "no permission"
        )


@pytest.mark.parametrize("kind", KINDS)
def test_12_what_a_permission_covered_is_not_widened_afterwards(world, order, queued, kind):
    row, other = queued[kind], allow(world, order, max_per_second=5_000)
    table = row._meta.db_table
    changes = {"peak_per_second": 5_000, "most_requests": 1, "authorisation_id": other.pk}
    for column, value in changes.items():
        statement = f"UPDATE {table} SET {column} = %s WHERE id = %s"
        refused_by_the_database(lambda s=statement, v=value: by_sql(s, v, row.pk), "does not change")
    signed = "UPDATE demos_testauthorisation SET {} WHERE id = %s"
    for change in ("ends = ends + '1 day'", "max_requests = 9", "kinds = '[]'", "hosts = '[\"x:1\"]'"):
        refused_by_the_database(lambda c=change: by_sql(signed.format(c), other.pk), "append-only")
    code = "from demos.models import TestAuthorisation as T\nT.objects.update(max_per_second=9)\n"
    refused_by_the_database(lambda: shell(code), "append-only")


def take_up(row: Any) -> None:
    """What a worker does with a test that waits."""
    work = load_tests.execute_load_test if isinstance(row, LoadTest) else privacy_tests.execute_privacy_test
    work(tenant_id=row.tenant_id, test_id=row.pk)
    row.refresh_from_db()


@pytest.mark.parametrize("how", ["revoked", "halted"])
@pytest.mark.parametrize("kind", KINDS)
def test_12_a_test_that_waits_does_not_begin_when_its_permission_is_gone(world, queued, kind, how, answering):
    row = queued[kind]
    if how == "revoked":
        authorisations.revoke_authorisation(by=world.sponsor, authorisation_id=row.authorisation_id)
    else:
        by_sql("UPDATE demos_target SET halted_at = now(), halted_by_id = %s", world.sponsor.pk)
    begin = f"UPDATE {row._meta.db_table} SET status = 'running' WHERE id = %s"
    refused_by_the_database(lambda: by_sql(begin, row.pk), "does not hold any more")
    take_up(row)
    assert (row.status, answering.asked) == ("stopped", [])


@pytest.mark.parametrize("kind", KINDS)
def test_12_a_test_does_not_begin_after_the_window_and_one_under_way_is_told_to_stop(
    world, queued, kind, answering
):
    row = queued[kind]
    assert authorisations.still_holds(row.authorisation_id) == ""
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(hours=1)):
        assert authorisations.still_holds(row.authorisation_id) == "The permission’s time is over."
        take_up(row)
    assert (row.status, row.reason, answering.asked) == ("stopped", "The permission’s time is over.", [])
