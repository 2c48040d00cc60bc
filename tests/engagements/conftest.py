"""Two clients, their people, and an engagement of the first that is ready to be worked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction
from django.utils import timezone

from engagements.models import CriteriaSet, Engagement, Gate
from engagements.rules import intervals
from engagements.rules.metrics import Baseline, Guardrail, MetricTerms
from engagements.rules.terms import binding_sha256
from engagements.services import criteria, gates, measurements, metrics
from engagements.services.engagements import create_engagement
from engagements.vocabulary import Aggregation, Direction, TargetKind
from portal import grants, ids
from portal.models import Tenant, User
from portal.roles import Role
from portal.scope import tenant_scope

BINDING = {"target_sha256": "a" * 64, "dataset_sha256": "b" * 64, "grader_sha256s": ["c" * 64], "label": "v7"}
CONFIG = binding_sha256(target="a" * 64, dataset="b" * 64, graders=["c" * 64])

AGREED = {0: ("G0-1", "G0-3", "G0-4", "G0-6"), 1: ("G1-1", "G1-2", "G1-6", "G1-7", "G1-8")}


@dataclass(frozen=True)
class Shown:
    """A proof of who one is, as fresh as a test wants it."""

    method: str = "password"
    age_s: float = 10
    second_factor: bool = False


def person(name: str, affiliation: str, **extra) -> User:
    email = f"{name.lower().replace(' ', '.')}@example.test"
    return User.objects.create_user(
        email, "correct horse battery", name=name, affiliation=affiliation, **extra
    )


def make_world() -> SimpleNamespace:
    harbor = Tenant.objects.create(name="Harbor Mutual", slug="harbor", mfa_policy="password")
    other = Tenant.objects.create(name="Other Works", slug="other", mfa_policy="password")
    people = {
        "lead": (person("Jonas Lindqvist", "consultancy", org_role="lead"), harbor, Role.LEAD),
        "consultant": (person("Amira Haddad", "consultancy"), harbor, Role.CONSULTANT),
        "sponsor": (person("Margaret Osei", "client"), harbor, Role.CLIENT_SPONSOR),
        "security": (person("Sam Okoro", "client"), harbor, Role.CLIENT_SECURITY),
        "member": (person("Dana Ruiz", "client"), harbor, Role.CLIENT_MEMBER),
        "auditor": (person("Ada Audit", "auditor"), harbor, Role.AUDITOR),
        "outsider": (person("Olga Other", "client"), other, Role.CLIENT_SPONSOR),
    }
    for user, tenant, role in people.values():
        grants.add_member(user, tenant, role)
    return SimpleNamespace(harbor=harbor, other=other, **{name: row[0] for name, row in people.items()})


def fresh(user: User) -> User:
    """The same person without anything remembered."""
    return User.objects.get(pk=user.pk)


def metric_terms(**changes) -> MetricTerms:
    values = {
        "name": "time from first notice to the right handler", "unit": "h", "aggregation": Aggregation.MEDIAN,
        "direction": Direction.REDUCE, "target_kind": TargetKind.RELATIVE, "target": Decimal("0.40"),
        "baseline": Baseline(Decimal(26), 4120, date(2026, 9, 1), date(2026, 10, 11), "claim log"),
        "guardrails": (Guardrail("satisfaction", True, Decimal("4.2")),),
    }  # fmt: skip
    return MetricTerms(**(values | changes))


def gate_of(engagement: Engagement, number: int) -> Gate:
    return Gate.objects.get(engagement=engagement, number=number)


def open_set(engagement: Engagement, number: int) -> CriteriaSet:
    """The draft of a gate, cut to the few criteria that these tests bring evidence for."""
    draft = CriteriaSet.objects.get(gate__engagement=engagement, gate__number=number, status="draft")
    if number in AGREED and draft.number == 1:
        draft.criteria.exclude(key__in=AGREED[number]).delete()
    return draft


def seal_gate(world, engagement: Engagement, number: int) -> CriteriaSet:
    draft = open_set(engagement, number)
    if number:
        criteria.bind(by=world.lead, criteria_set_id=draft.pk, binding=BINDING)
    criteria.propose(by=world.lead, criteria_set_id=draft.pk)
    criteria.seal(by=world.lead, criteria_set_id=draft.pk)
    return criteria.seal(by=world.sponsor, criteria_set_id=draft.pk)


def measure(engagement: Engagement, key: str, k: int, n: int, **changes):
    low, high = intervals.wilson_bounds(k / n, n, confidence=0.95)
    two_low, two_high = intervals.wilson_bounds(k / n, n, confidence=0.975)
    now = timezone.now()
    values = {
        "by": None, "engagement_id": engagement.pk, "key": key, "value": Decimal(k) / n, "unit": "rate",
        "n": n,
        "low": Decimal(two_low), "high": Decimal(two_high), "bound_low": Decimal(low),
        "bound_high": Decimal(high), "confidence": Decimal("0.95"), "method": "wilson", "seed": None,
        "slice": "",
        "source_kind": "run", "source_id": ids.uuid7(), "config_sha256": CONFIG, "started_at": now,
        "measured_at": now, "valid": True,
    }  # fmt: skip
    return measurements.record_measurement(**(values | changes))


def measure_demo(engagement: Engagement, *, passed: int = 184, handed_over: int = 98) -> None:
    """What a demo run brings: every key that the demo gate reads."""
    measure(engagement, "pass_rate", passed, 200)
    measure(engagement, "out_of_scope_pass_rate", handed_over, 100)
    measure(engagement, "worst_slice_pass_rate", 27, 32, slice="Travel")
    money = {"unit": "money", "method": "bootstrap", "low": Decimal("0.11"), "high": Decimal("0.13")}
    measure(engagement, "cost_per_success", 1, 200, **money, value=Decimal("0.12"),
            bound_low=Decimal("0.115"), bound_high=Decimal("0.125"))  # fmt: skip
    wait = {"unit": "ms", "method": "order_statistic", "low": Decimal(5800), "high": Decimal(7700)}
    measure(engagement, "latency_p95_ms", 1, 200, **wait, value=Decimal(6400),
            bound_low=Decimal(5900), bound_high=Decimal(7600))  # fmt: skip


def pass_first_gate(world, engagement: Engagement) -> None:
    """Everything up to the signed pain-point gate."""
    from engagements.rules.decisions import DecisionTerms
    from engagements.vocabulary import Outcome

    metrics.save_success_metric(by=world.lead, engagement_id=engagement.pk, metric=metric_terms())
    metrics.seal_success_metric(by=world.lead, engagement_id=engagement.pk)
    metrics.seal_success_metric(by=world.sponsor, engagement_id=engagement.pk)
    share = Decimal("0.142")
    measure(engagement, "d_grade_share", 1, 3, value=share, low=None, high=None, bound_low=share,
            bound_high=share, method="sum", source_kind="value_case", config_sha256="")  # fmt: skip
    for key in ("case_data_allowed", "stop_rule_agreed"):
        measurements.record_statement(by=world.lead, engagement_id=engagement.pk, key=key, holds=True)
    seal_gate(world, engagement, 0)
    row = gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 0).pk)
    gates.decide_gate(
        by=world.sponsor, round_id=row.pk, proof=Shown(),
        terms=DecisionTerms(Outcome.APPROVE, signed_name="Margaret Osei"),
    )  # fmt: skip


def start(world, **changes) -> Engagement:
    return create_engagement(
        **(
            {"by": world.lead, "tenant": world.harbor, "title": "Claims triage", "sponsor": world.sponsor}
            | changes
        )
    )


def submit_demo(world, engagement: Engagement, **changes):
    """A demo gate before its decision: sealed, measured, submitted a moment later."""
    pass_first_gate(world, engagement)
    seal_gate(world, engagement, 1)
    measure_demo(engagement, **changes)
    return gates.submit_round(
        by=world.lead, gate_id=gate_of(engagement, 1).pk, next_step="A pilot for $62,000."
    )


@contextmanager
def in_days(days: int) -> Iterator[None]:
    """Let the clock of the services be ahead."""
    ahead = timezone.now() + timedelta(days=days)
    with mock.patch("django.utils.timezone.now", return_value=ahead):
        yield


LAYERS = ("kept_world", "kept_engagement", "kept_demo_round")
"""What the tests of a file share: each is stored once, on top of the one before, below every test itself."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In each file, who needs more comes later: what is kept for it would be in the way of the others."""
    files: dict[Any, list[int]] = {}
    for place, item in enumerate(items):
        files.setdefault(item.path, []).append(place)
    for places in files.values():
        for place, item in zip(places, sorted((items[one] for one in places), key=_layers), strict=True):
            items[place] = item


def _layers(item: pytest.Item) -> int:
    return len(set(LAYERS) & set(getattr(item, "fixturenames", ())))


@contextmanager
def _kept(blocker: Any, make: Callable[[], Any]) -> Iterator[Any]:
    """What ``make`` stores, sound by every constraint, is there until the file's last test."""
    with blocker.unblock(), transaction.atomic():
        made = make()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield made
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def kept_world(django_db_setup, django_db_blocker):
    with _kept(django_db_blocker, make_world) as made:
        yield made


@pytest.fixture(scope="module")
def kept_engagement(kept_world, django_db_blocker):
    with _kept(django_db_blocker, lambda: in_harbor(kept_world, start)) as made:
        yield made


@pytest.fixture(scope="module")
def kept_demo_round(kept_world, kept_engagement, django_db_blocker):
    with _kept(django_db_blocker, lambda: in_harbor(kept_world, submit_demo, kept_engagement)) as made:
        yield made


def in_harbor(world: SimpleNamespace, verb: Callable[..., Any], *more: Any) -> Any:
    """``verb`` in the first client's scope, with copies, so that what is kept stays as it was made."""
    with tenant_scope([world.harbor.pk]):
        return verb(*deepcopy((world, *more)))


@pytest.fixture
def world(kept_world, db):
    return deepcopy(kept_world)


@pytest.fixture
def scope(world):
    """The first client's scope, open for the whole test."""
    with tenant_scope([world.harbor.pk]):
        yield world.harbor


@pytest.fixture
def engagement(kept_engagement, world, scope):
    return deepcopy(kept_engagement)


@pytest.fixture
def demo_round(kept_demo_round, engagement):
    return deepcopy(kept_demo_round)


def later(days: int) -> date:
    return timezone.now().date() + timedelta(days=days)
