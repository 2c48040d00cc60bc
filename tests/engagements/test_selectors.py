"""Portfolio and client home: what they say, at a constant number of queries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from engagements.selectors.activity import Happening, in_short
from engagements.selectors.home import client_home
from engagements.selectors.portfolio import portfolio
from engagements.services import criteria, gates
from portal import access
from portal.models import Tenant
from tests.engagements.conftest import (
    fresh,
    gate_of,
    measure_demo,
    open_set,
    pass_first_gate,
    seal_gate,
    start,
    submit_demo,
)


@pytest.mark.parametrize("n", [1, 3])
def test_the_portfolio_costs_ten_queries(world, scope, n, django_assert_num_queries):
    for _ in range(n):
        submit_demo(world, start(world))
    viewer = fresh(world.lead)
    access.of(viewer)
    with django_assert_num_queries(10):
        rows = portfolio(viewer, now=timezone.now())
        assert [len(row.verdicts) for row in rows] == [5] * n
        assert {(row.stage.name, row.gate.number, row.person.name) for row in rows} == {
            ("Demo", 1, "Margaret Osei")
        }
        assert all(row.expected_value is None for row in rows)


@pytest.mark.parametrize("n", [1, 3])
def test_the_client_home_costs_sixteen_queries(world, scope, n, django_assert_num_queries):
    Tenant.objects.filter(pk=world.harbor.pk).update(name="Harbor Mutual")
    for _ in range(n):
        submit_demo(world, start(world))
    viewer = fresh(world.sponsor)
    access.of(viewer)
    with django_assert_num_queries(16):
        home = client_home(viewer, now=timezone.now())
    assert [task.action for task in home.sign] == ["Read and decide"] * n
    assert [task.title for task in home.read] == ["Gate 0: approved"] * n


def test_whose_turn_it_is_at_every_step(world, engagement):
    def turn():
        row = portfolio(fresh(world.lead), now=timezone.now())[0]
        return row.court.side, row.court.what, row.person

    assert turn() == ("consultancy", "Propose the criteria", world.lead)
    pass_first_gate(world, engagement)
    draft = open_set(engagement, 1)
    criteria.bind(
        by=world.lead, criteria_set_id=draft.pk,
        binding={"target_sha256": "a" * 64, "dataset_sha256": "b" * 64, "grader_sha256s": ["c" * 64]},
    )  # fmt: skip
    criteria.propose(by=world.lead, criteria_set_id=draft.pk)
    assert turn() == ("client", "Seal the criteria", world.sponsor)
    assert client_home(fresh(world.sponsor), now=timezone.now()).sign[0].action == "Read and seal"
    criteria.seal(by=world.sponsor, criteria_set_id=draft.pk)
    assert turn() == ("consultancy", "Seal the criteria", world.lead)
    criteria.seal(by=world.lead, criteria_set_id=draft.pk)
    assert turn() == ("consultancy", "Measure and submit", world.lead)
    measure_demo(engagement)
    gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 1).pk)
    assert turn() == ("client", "Sign the decision", world.sponsor)


def test_a_member_reads_and_signs_nothing(world, demo_round):
    home = client_home(fresh(world.member), now=timezone.now())
    assert home.sign == ()
    assert home.read[0].title == "Gate 1 waits for its decision"


def test_an_outsider_has_an_empty_portfolio(world, demo_round):
    assert portfolio(fresh(world.outsider), now=timezone.now()) == []


def test_a_dry_run_says_what_is_in_the_way(world, engagement):
    pass_first_gate(world, engagement)
    seal_gate(world, engagement, 1)
    measure_demo(engagement, handed_over=86)
    row = portfolio(fresh(world.lead), now=timezone.now())[0]
    assert row.readiness.blocking == ("G1-6",)
    assert row.standing.rows[0].criterion.key == "G1-6"
    assert "more cases" in row.standing.rows[0].ruling.next_action


def test_the_same_thing_again_and_again_is_one_line() -> None:
    def one(seq: int, title: str) -> Happening:
        return Happening(seq, datetime(2026, 11, 22, tzinfo=UTC), title, "Jonas", False, (), "")

    lines = in_short([one(4, "Sealed"), one(3, "Drafted"), one(2, "Drafted"), one(1, "Started")], most=2)
    assert [(line.title, line.times) for line in lines] == [("Sealed", 1), ("Drafted", 2)]
