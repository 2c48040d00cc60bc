"""Two runs of the same cases: what changed, whether it is real, and what a gate gets of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from demos.models import Comparison, DatasetVersion, Run
from demos.services.comparisons import compare_runs
from demos.services.targets import change_target, price_of, spec_of
from engagements.models import Measurement
from portal.errors import Forbidden, Invalid, NotFound
from portal.models import LedgerEntry
from tests.demos.finished import finished
from tests.personas import scope

pytestmark = pytest.mark.django_db


def compared(world, runs, **more) -> Comparison:
    with scope(world):
        return compare_runs(by=world.lead, before_id=runs[0].pk, now_id=runs[1].pk, **more)


def test_a_real_difference_is_called_real_with_the_published_figures(world, runs_of):
    """domain.md: 3 newly wrong and 12 put right of 100 is +1.3 to +16.3 points, p 0.035, mid-p 0.021."""
    found = compared(world, runs_of(100, set(range(12)), {50, 51, 52}))
    assert (found.n, found.b, found.c, found.verdict) == (100, 3, 12, "better")
    assert (round(found.low, 4), round(found.high, 4)) == (Decimal("0.0133"), Decimal("0.1632"))
    assert (round(found.p, 6), round(found.p_mid, 6)) == (0.035156, 0.021271)
    assert (found.both_right, found.both_wrong, found.passed_now) == (85, 0, 97)
    waits = next(row for row in found.others if row["key"] == "wait")
    assert (waits["difference"], waits["verdict"]) == (10.0, "worse")
    assert all(row["p_holm"] >= row["p"] for row in (*found.others, *found.slices))


def test_too_few_flips_cannot_be_told_and_the_page_says_how_many_cases_would(
    world, runs_of, client, engagement
):
    runs = runs_of(60, {1, 2, 3, 4, 5}, {1})
    found = compared(world, runs, margin=Decimal("0.03"))
    assert found.verdict == "cannot_tell"
    assert found.more_cases == 56
    assert found.noninferior is True
    client.force_login(world.client_member)
    address = f"/{world.tenant.slug}/engagements/{engagement.public_id}/comparisons/{found.public_id}/"
    page = client.get(address)
    assert "Cannot tell yet: about 56 more cases" in page.text
    assert "Not worse by more than" in page.text
    assert (
        page.text.index("Newly wrong")
        < page.text.index("Put right")
        < page.text.index("Beside the pass rate")
    )
    assert "run 2 on 3" in page.text
    assert "Swap" not in page.text


def test_a_comparison_feeds_gates_once_and_is_never_changed(world, runs_of):
    runs = runs_of(40, {1, 2}, {3})
    found = compared(world, runs)
    assert compared(world, runs) == found
    with scope(world):
        measured = Measurement.objects.get(key="quality_difference")
        assert (measured.source_kind, measured.source_id, measured.unit) == (
            "comparison",
            found.pk,
            "difference",
        )
        assert (measured.value, measured.low < 0 < measured.high) == (Decimal("0.025"), True)
        assert measured.started_at == runs[1].started_at
        assert measured.valid
        assert LedgerEntry.objects.filter(event="comparison.finished").count() == 1
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Comparison.objects.update(verdict="better")


def test_another_configuration_is_never_called_the_same_system(world, engagement, runs_of, client):
    first = runs_of(30, {1})[0]
    with scope(world):
        version = first.plan.target_version
        changed = change_target(
            by=world.lead, target_id=version.target_id, price=price_of(version),
            spec=spec_of(version).__class__(**{**_fields(spec_of(version)), "concurrency": 3}),
        )  # fmt: skip
        order = {
            "dataset_version_id": first.plan.dataset_version_id, "target_version_id": changed.pk,
            "grader_version_ids": [first.plan.plan_graders.get().grader_version_id],
        }  # fmt: skip
        cases = list(DatasetVersion.objects.get(pk=order["dataset_version_id"]).cases.order_by("position"))
        second = finished(world, engagement, order, cases, 2, {1})
        found = compare_runs(by=world.lead, before_id=first.pk, now_id=second.pk)
    assert (found.same_target, found.same_cases, found.same_graders) == (False, True, True)
    client.force_login(world.lead)
    page = client.get(
        f"/{world.tenant.slug}/engagements/{engagement.public_id}/comparisons/{found.public_id}/"
    )
    assert "Not the same system" in page.text
    assert "Cannot tell them apart: no case changed sides." in page.text


def _fields(spec: Any) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}


def test_what_cannot_be_compared_is_refused_in_a_sentence(world, runs_of):
    runs = runs_of(5, {1}, {2})
    with scope(world):
        with pytest.raises(Invalid, match="two different runs"):
            compare_runs(by=world.lead, before_id=runs[0].pk, now_id=runs[0].pk)
        with pytest.raises(Invalid, match="between 0 and 50 points"):
            compare_runs(by=world.lead, before_id=runs[0].pk, now_id=runs[1].pk, margin=Decimal(2))
        with pytest.raises(Forbidden):
            compare_runs(by=world.client_member, before_id=runs[0].pk, now_id=runs[1].pk)
        with pytest.raises(NotFound):
            compare_runs(by=world.outsider_lead, before_id=runs[0].pk, now_id=runs[1].pk)
        Run.objects.filter(pk=runs[0].pk).update(status="invalid")
        with pytest.raises(Invalid, match="only whole runs compare"):
            compare_runs(by=world.lead, before_id=runs[0].pk, now_id=runs[1].pk)


def test_runs_are_compared_in_the_browser(world, engagement, runs_of, client):
    runs = runs_of(30, {1, 2}, {3})
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}"
    client.force_login(world.lead)
    form = client.get(f"{base}/comparisons/new/?now={runs[1].public_id}").text
    assert f'value="{runs[1].public_id}" selected' in form
    same = {"before": runs[0].public_id, "now": runs[0].public_id, "margin": "3"}
    assert "Choose two different runs." in client.post(f"{base}/comparisons/new/", same).text
    answer = client.post(f"{base}/comparisons/new/", {**same, "now": runs[1].public_id})
    assert answer.status_code == 302
    with scope(world):
        assert Comparison.objects.get().margin == Decimal("0.03")
    listed = client.get(f"{base}/evaluations/").text
    assert "Run 2 against run 1" in listed
    client.force_login(world.client_member)
    assert client.get(f"{base}/comparisons/new/").status_code == 403
