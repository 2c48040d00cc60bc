"""Every list of evaluations leaves by its page’s rights, harmless to a spreadsheet, written in the ledger."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.pricing import Price
from demos.models import (
    FaultAttestation,
    FaultReport,
    PrivacyFinding,
    RunSchedule,
    ScheduledStart,
    TextDeletion,
)
from demos.selectors.taken import LISTS
from demos.services import graders, load_tests, prices, privacy_tests, probe_reports, targets
from demos.services.comparisons import compare_runs
from demos.services.disputes import dispute_grade
from demos.services.reviews import ask_for_reviews
from demos.vocabulary import AllowedTest, PriceClass, ReviewLabel
from portal.models import LedgerEntry
from tests.demos.conftest import spec_for
from tests.demos.test_invariants_by_every_door import TWO_SECONDS, allow
from tests.doors import browser_of
from tests.personas import scope

pytestmark = pytest.mark.django_db
EVIL = '=HYPERLINK("http://x","y")'
STARTS = ("=", "+", "-", "@")
NAMES = [name for name, _, _ in LISTS]
OWN_WORDS = {
    "systems", "graders", "datasets", "prices", "schedules", "schedule-starts", "load-tests", "privacy-tests",
    "privacy-findings", "test-permissions", "disputes",
}  # fmt: skip
"""Lists into which somebody's own words come."""


@pytest.fixture
def told(world, engagement, runs_of, monkeypatch):
    """Every list has a row, and where somebody's own words stand, they begin as a formula does."""
    monkeypatch.setattr("celery.app.base.Celery.send_task", lambda *args, **options: None)
    first, second = runs_of(4, {1}, {2})
    with scope(world):
        here = {"by": world.lead, "engagement_id": engagement.pk}
        owned = {"tenant": world.tenant, "engagement": engagement}
        version = targets.register_target(
            **here, name=EVIL, spec=spec_for("http://127.0.0.1:9/ask"), price=Price("USD")
        )
        graders.store_grader(**here, name=EVIL, spec=GraderSpec(GraderKind.EXACT))
        line = prices.Line("+model", next(iter(PriceClass)), Decimal(3))
        prices.store_prices(
            **here, name=EVIL, valid_from=timezone.now().date(), valid_to=None, lines=[line],
            source="@list",
        )  # fmt: skip
        schedule = RunSchedule.objects.create(
            **owned, name=EVIL, target=version.target, dataset_version=first.plan.dataset_version,
            accepted_run=first, interval_days=7, due_at=timezone.now(), owner=world.lead, is_on=False,
        )  # fmt: skip
        compared = compare_runs(by=world.lead, before_id=first.pk, now_id=second.pk)
        ScheduledStart.objects.create(
            tenant=world.tenant, schedule=schedule, due_at=timezone.now(), run=second, comparison=compared
        )
        order = {"target_version_id": version.pk}
        signed = allow(world, order, kinds=tuple(AllowedTest))
        _fault_test(owned, version, signed)
        test = load_tests.start_load_test(
            **here, **order, dataset_version_id=first.plan.dataset_version_id, order=TWO_SECONDS
        )
        waits = {"p50": 1.5, "p95": 2.5, "p99": None}
        step = {
            "kind": "rate", "level": 20.0, "seconds": 2.0, "offered": 40, "done": 40, "errors": 0,
            "dropped": 0, "error_rate": 0.0, "per_second": 20.0, "waits": waits, "bounds": waits,
            "reason": "", "position": 0, "passed": 0, "graded": 0,
        }  # fmt: skip
        test.result = {"steps": [step], "knee": None, "recovered_s": None, "echo_p50_ms": 1.0}
        test.status, test.reason = "finished", EVIL
        test.finished_at = test.created_at
        test.save()
        privacy = privacy_tests.start_privacy_test(**here, **order)
        PrivacyFinding.objects.create(
            tenant=world.tenant, test=privacy, kind="prompt_leak", probe=EVIL, count=1, sample_sha256="a" * 64
        )
        evals = b'{"entry_type": "eval", "probe": "dan.Ablation", "detector": "a.B", "passed": 9, "total": 9}'
        probe_reports.import_garak(**here, **order, file=io.BytesIO(evals))
        ask_for_reviews(by=world.lead, run_id=second.pk, size=2)  # a drawn answer would hide its dispute
        failed = first.attempts.filter(passed=False).get()
        dispute_grade(by=world.expert, attempt_id=failed.pk, says=ReviewLabel.RIGHT, reason=EVIL)
        TextDeletion.objects.create(
            **owned, run=second, retention_days=1, attempts=4, regrades=0, opinions=0, ids_sha256="b" * 64
        )
    world.engagement = engagement
    return world


def _fault_test(owned: dict[str, Any], version: Any, signed: Any) -> None:
    """One reset that was given up, and what somebody said of it."""
    one_reset = {"fault": "reset", "requests": 1, "retried": 0, "recovered": 0, "most_tries": 1}
    report = FaultReport.objects.create(
        **owned, number=1, authorisation=signed, target_version=version, content_sha256="c" * 64,
        upstream="127.0.0.1:9", plan={}, started_at=signed.created_at, finished_at=signed.created_at,
        requests=1, tries=1, peak_per_second=1, untouched=0, retries_after_limit=0, too_early=0,
        by_fault=[one_reset | {"shortest_gap_s": None, "middle_gap_s": None}], too_often=0,
        imported_by=signed.signed_by,
    )  # fmt: skip
    FaultAttestation.objects.create(
        tenant=owned["tenant"], report=report, fault="reset", said="honest", note=EVIL,
        said_by=signed.signed_by,
    )  # fmt: skip


def take(world: Any, person: Any, name: str, form: str = "csv", **query: str) -> Any:
    base = f"/{world.tenant.slug}/engagements/{world.engagement.public_id}"
    return browser_of(person).get(f"{base}/lists/{name}/", {"form": form, **query})


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))


def is_formula(cell: str) -> bool:
    return cell.startswith(STARTS) and not cell.lstrip("-").replace(".", "").isdigit()


def test_each_list_has_its_rows_in_three_forms_and_no_cell_is_a_formula(told):
    for name, columns, _ in LISTS:
        rows = rows_of(take(told, told.lead, name))
        assert rows, name
        cells = [cell for row in rows for cell in row.values()]
        assert [cell for cell in cells if is_formula(cell)] == [], name
        lines = [json.loads(line) for line in b"".join(take(told, told.lead, name, "jsonl")).splitlines()]
        assert (len(lines), {tuple(line) for line in lines}) == (len(rows), {columns}), name
        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(take(told, told.lead, name, "xlsx")))).active
        assert sheet.max_row == len(rows) + 1, name
        assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line), name
        own = any("HYPERLINK" in cell or "model" in cell for cell in cells)
        assert own or name not in OWN_WORDS - {"datasets"}, name
    with scope(told):
        found = (
            LedgerEntry.objects.filter(event="list.exported").order_by("seq").values_list("facts", flat=True)
        )
        assert [fact["list"] for fact in found] == [name for name in NAMES for _ in range(3)]


def test_the_other_client_and_who_has_no_place_gets_none_of_them(told):
    for name in NAMES:
        for who in (told.outsider_lead, told.outsider_sponsor, told.expired, told.org_admin):
            assert take(told, who, name).status_code == 404, (name, who.name)
        assert take(told, told.sponsor, name).status_code == 200, name


def test_a_list_says_what_its_page_says(told):
    load = rows_of(take(told, told.lead, "load-steps", test="1"))[0]
    assert (load["p95_ms"], load["p99_ms"], load["level"]) == ("2.5", "", "20.0")
    assert rows_of(take(told, told.lead, "load-steps", test="2")) == []
    assert rows_of(take(told, told.lead, "privacy-findings", test="x")) == []
    review = rows_of(take(told, told.lead, "reviews"))[0]
    assert (review["settled"], review["agreement"]) == ("0", "")
    start = rows_of(take(told, told.lead, "schedule-starts"))[0]
    assert (start["run"], start["compared_with_run"], start["n"]) == ("2", "1", "4")
    permission = rows_of(take(told, told.lead, "test-permissions"))[0]
    assert (permission["state"], permission["signed_by"]) == ("in force", told.sponsor.name)
    assert "I, Margaret Osei, allow" in permission["statement"]


PAGES = {
    "prices": ["prices"], "schedules": ["schedules", "schedule-starts"], "load": ["load-tests"],
    "privacy": ["privacy-tests", "probe-results"], "permissions": ["test-permissions"],
    "reviews": ["reviews", "disputes"],
    "texts": ["text-deletions"], "evaluations": ["systems", "datasets", "graders", "comparisons"],
}  # fmt: skip


def test_the_page_of_a_list_offers_it_in_three_forms(told):
    base = f"/{told.tenant.slug}/engagements/{told.engagement.public_id}"
    browser = browser_of(told.sponsor)
    for address, names in PAGES.items():
        shown = browser.get(f"{base}/{address}/").text
        for name in names:
            for form in ("csv", "xlsx", "jsonl"):
                assert f"{base}/lists/{name}/?form={form}" in shown, (name, form)


def test_the_page_of_a_load_test_offers_its_own_steps(told):
    base = f"/{told.tenant.slug}/engagements/{told.engagement.public_id}"
    with scope(told):
        test = told.engagement.load_tests.get()
    shown = browser_of(told.lead).get(f"{base}/load/{test.public_id}/").text
    assert f"{base}/lists/load-steps/?test=1&amp;form=csv" in shown
