"""Invariants 10 and 11 of the domain: at the database, by page, by API and from the shell.

What a door has no verb for is stated as such: 404 or 405. The other numbers are in the files beside.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from assessments.models import Answer, Benefit, ValueCase
from assessments.services import answers
from assessments.services.assessment import start_assessment
from assessments.services.pain_points import PainPointFacts, map_pain_point
from assessments.services.value_case import BenefitFacts, save_value_case
from assessments.vocabulary import CostKind, PainKind
from engagements.models import Measurement
from engagements.services.evidence import Given, accept, hand_in
from engagements.vocabulary import EvidenceKind, EvidenceStrength
from portal import ids
from portal.errors import Invalid
from tests.api.test_value import case_of
from tests.assessments.test_value_case import COSTS, ERROR, FRAME, LABOUR
from tests.assessments.test_value_pages import FORM
from tests.doors import NO_SUCH_VERB, UNSAFE, browser_of, by_sql, refused_by_the_database, send, shell
from tests.personas import scope

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()
CORE = "E05-2"


def base(engagement: Any) -> str:
    return f"/harbor-mutual/engagements/{engagement.public_id}/"


# --- 10: verified ≤ evidence, element ≤ each core question, readiness ≤ each element ----------------


@pytest.fixture
def answered(world, engagement):
    """Every question is claimed at 4, nothing is shown: each counts 1."""
    with scope(world):
        assessment = start_assessment(by=world.lead, engagement_id=engagement.pk)
        now = timezone.now()
        Answer.objects.bulk_create(
            Answer(
                tenant=world.tenant, assessment=assessment, engagement=engagement, question=question,
                status="claimed", claimed_level=4, claimed_by=world.consultant, claimed_side="consultancy",
                claimed_at=now,
            )
            for question in assessment.framework_version.questions.exclude(key=CORE)
        )  # fmt: skip
        answers.claim(by=world.consultant, engagement_id=engagement.pk, question=CORE, level=4)
        yield assessment


def show(world, engagement, *, strength="document", age=1, period=None) -> None:
    given = Given(
        effective_from=TODAY - timedelta(days=age), about=(CORE,), strength=EvidenceStrength(strength),
        period_days=period, file_name="a.txt", body=b"shown",
    )  # fmt: skip
    made = hand_in(
        by=world.consultant, engagement_id=engagement.pk, title=strength, kind=EvidenceKind.FILE, given=given
    )
    accept(by=world.expert, version_id=made.pk)


VERIFY = """
from assessments.services import answers
from portal.models import User
answers.verify(by=User.objects.get(pk=who), engagement_id=key, question="E05-2", level=int(level))
"""
SQL = """UPDATE assessments_answer SET verified_level = %s, verified_by_id = %s, verified_side = 'client',
    verified_at = now() WHERE id = %s"""


def verify_by(door: str, world: Any, engagement: Any, level: int) -> int:
    """200 for done, or the status that the door answers with."""
    if door == "page":
        address = f"{base(engagement)}readiness/{CORE}/verify/"
        answer = browser_of(world.expert).post(address, {"level": str(level), "move": "verify"})
        return 200 if answer.status_code == 302 else answer.status_code
    try:
        shell(VERIFY, who=world.expert.pk, key=engagement.pk, level=level)
    except Invalid as refused:
        return refused.status
    return 200


@pytest.mark.parametrize("door", ["page", "shell"])
def test_10_nobody_verifies_above_the_evidence_by_any_door(world, engagement, answered, door):
    assert verify_by(door, world, engagement, 2) == 422
    show(world, engagement)
    assert [verify_by(door, world, engagement, level) for level in (3, 2)] == [422, 200]
    assert Answer.objects.get(question__key=CORE).verified_level == 2


def test_10_the_api_verifies_nothing_and_says_what_counts(world, engagement, answered):
    client, address = browser_of(world.expert), f"engagements/{engagement.public_id}"
    answer = Answer.objects.get(question__key=CORE)
    for place in ("answers", f"answers/{CORE}", f"answers/{CORE}/verification", answer.public_id):
        for method in ("put", "patch", "delete") if place == "answers" else UNSAFE:
            given = {"verified": 4, "level": 4}
            assert send(client, method, f"{address}/{place}", given).status_code in NO_SUCH_VERB, place
    ours = browser_of(world.consultant)
    claim: dict[str, Any] = {"question": CORE, "level": 4, "verified_level": 4}
    assert send(ours, "post", f"{address}/answers", claim).json()["level"] == 1
    answer.refresh_from_db()
    assert answer.verified_level is None
    whole = send(client, "get", f"{address}/readiness").json()
    assert (whole["level"], {row["level"] for row in whole["elements"]}) == (1, {1})


@pytest.mark.parametrize(
    ("shown", "allowed"),
    [
        ({}, 2),
        ({"strength": "measured_once"}, 3),
        ({"strength": "measured_once", "age": 400}, 1),
        ({"strength": "recurring", "period": 30}, 4),
        ({"strength": "recurring", "period": 30, "age": 31}, 3),
    ],
)
def test_10_the_database_takes_no_verification_above_the_evidence(
    world, engagement, answered, shown, allowed
):
    row = Answer.objects.get(question__key=CORE)
    refused_by_the_database(lambda: by_sql(SQL, 2, world.expert.pk, row.pk), "allows level 1, not 2")
    show(world, engagement, **shown)
    if allowed < 4:
        refused_by_the_database(lambda: by_sql(SQL, allowed + 1, world.expert.pk, row.pk), "evidence allows")
    by_sql(SQL, allowed, world.expert.pk, row.pk)
    row.refresh_from_db()
    assert row.verified_level == allowed
    if allowed < 4:
        refused_by_the_database(
            lambda: by_sql("UPDATE assessments_answer SET verified_level = 4 WHERE id = %s", row.pk)
        )


def test_10_a_verification_is_not_brought_in_with_a_new_answer(world, engagement, answered):
    row = Answer.objects.get(question__key=CORE)
    row.pk, row.assessment_id, row._state.adding = ids.uuid7(), answered.pk, True
    row.question = answered.framework_version.questions.exclude(key=CORE).first()
    row.verified_level, row.verified_by, row.verified_side = 4, world.expert, "client"
    for row.verified_at in (None, timezone.now()):
        refused_by_the_database(lambda: row.save(force_insert=True), "evidence allows")


def test_10_readiness_is_its_weakest_link_by_every_door(world, engagement, answered):
    figure = Measurement.objects.get(key="readiness_level", value__isnull=False)
    assert figure.value == 1
    assert ">1<" in browser_of(world.sponsor).get(f"{base(engagement)}readiness/").text.replace(" ", "")
    elements = Measurement.objects.filter(key="element_level").exclude(value=None)
    assert {row.value for row in elements} == {Decimal(1)}
    for source in (figure, elements.get(slice="E05")):
        source.pk = ids.uuid7()
        source.value = source.bound_low = source.bound_high = Decimal(2)
        refused_by_the_database(lambda s=source: s.save(force_insert=True), "weakest core question")
        source.value = source.bound_low = source.bound_high = Decimal(1)
        source.save(force_insert=True)
    client, address = browser_of(world.lead), f"engagements/{engagement.public_id}/readiness"
    for method in UNSAFE:
        assert send(client, method, address, {"level": 4}).status_code == 405


def test_10_what_is_not_assessed_has_no_level_at_the_database(world, engagement):
    with scope(world):
        start_assessment(by=world.lead, engagement_id=engagement.pk)
        answers.claim(by=world.consultant, engagement_id=engagement.pk, question=CORE, level=4)
        unknown = Measurement.objects.filter(key__in=["readiness_level", "element_level"])
        assert set(unknown.values_list("value", flat=True)) == {None}
        row = unknown.filter(key="readiness_level").first()
        assert row is not None
        row.pk, row.value, row.valid = ids.uuid7(), Decimal(0), True
        refused_by_the_database(lambda: row.save(force_insert=True), "weakest core question")


# --- 11: no cost is saved twice ------------------------------------------------------------------------


@pytest.fixture
def point(world, engagement):
    with scope(world):
        yield map_pain_point(
            by=world.lead, engagement_id=engagement.pk, components=[LABOUR, ERROR],
            facts=PainPointFacts("Manual triage", PainKind.BOTTLENECK),
        )  # fmt: skip


def half(point: Any, share: str) -> BenefitFacts:
    part = Decimal(share)
    return BenefitFacts(point.pk, CostKind.LABOUR, part, part, part, Decimal("0.7"), cashable=True)


SAVE = """
from decimal import Decimal
from assessments.services.value_case import BenefitFacts, save_value_case
from portal.models import User
from tests.assessments.test_value_case import COSTS, FRAME
gains = [BenefitFacts(point, "labour", Decimal(s), Decimal(s), Decimal(s), Decimal(1), cashable=True)
         for s in shares.split()]
save_value_case(by=User.objects.get(pk=who), engagement_id=key, version=0, facts=FRAME, costs=COSTS,
                benefits=gains)
"""


def test_11_no_cost_is_saved_twice_from_the_shell(world, engagement, point):
    here = {"who": world.lead.pk, "key": engagement.pk}
    code = f"from uuid import UUID\npoint = UUID('{point.pk}')\n{SAVE}"
    with pytest.raises(Invalid, match="Put right"):
        shell(code, **here, shares="0.6 0.41")
    assert not ValueCase.objects.exists()
    shell(code, **here, shares="0.6 0.4")
    assert Benefit.objects.count() == 2


def test_11_no_cost_is_saved_twice_by_api(world, engagement, point):
    client, address = browser_of(world.lead), f"engagements/{engagement.public_id}/value-cases"
    whole = case_of(point.public_id)
    twice = whole | {"benefits": [*whole["benefits"], whole["benefits"][0] | {"high": "0.51"}]}
    refused = send(client, "post", address, twice)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "twice")
    assert not ValueCase.objects.exists()
    made = send(client, "post", address, whole)
    assert made.status_code == 201
    again = client.put(
        f"/api/v1/value-cases/{made.json()['id']}", twice, content_type="application/json",
        headers={"If-Match": made["ETag"]},
    )  # fmt: skip
    assert (again.status_code, Benefit.objects.count()) == (422, 2)


def test_11_the_page_asks_once_for_each_cost_and_at_most_all_of_it(world, engagement, point):
    client, address = browser_of(world.lead), f"{base(engagement)}value-case/edit/"
    shown = client.get(address).text
    assert [shown.count(f'name="b{n}_likely"') for n in range(3)] == [1, 1, 0]
    assert client.post(address, FORM | {"b0_likely": "100", "b0_high": "101"}).status_code == 422
    assert not ValueCase.objects.exists()
    more = {"b2_likely": "90", "b2_low": "90", "b2_high": "90", "b2_adoption": "70"}
    assert client.post(address, FORM | more).status_code == 302
    assert sorted(Benefit.objects.values_list("kind", flat=True)) == ["error", "labour"]


def test_11_the_database_takes_no_more_than_the_whole_of_a_cost(world, engagement, point):
    case = save_value_case(
        by=world.lead, engagement_id=engagement.pk, version=0, facts=FRAME, costs=COSTS,
        benefits=[half(point, "0.6"), half(point, "0.4")],
    )  # fmt: skip
    one, other = case.benefits.order_by("reduction")
    more = "UPDATE assessments_benefit SET reduction_high = 0.41 WHERE id = %s"
    refused_by_the_database(lambda: by_sql(more, one.pk), "more than the whole")
    one.pk = ids.uuid7()
    refused_by_the_database(lambda: one.save(force_insert=True), "more than the whole")
    over = "UPDATE assessments_benefit SET reduction_high = 1.01 WHERE id = %s"
    refused_by_the_database(lambda: by_sql(over, other.pk))
    low = "UPDATE assessments_benefit SET reduction_high = reduction_low - 0.01 WHERE id = %s"
    refused_by_the_database(lambda: by_sql(low, other.pk))
