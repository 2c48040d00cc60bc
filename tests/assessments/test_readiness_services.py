"""Answering, verifying, challenging; evidence; frameworks; what is paid into gates. On the real database."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import yaml
from django.db import DatabaseError, transaction
from django.utils import timezone

from assessments.catalogue import DEFAULT
from assessments.models import Answer, AnswerStep, FrameworkVersion, QuestionVersion, Risk
from assessments.selectors.snapshot import readiness_section
from assessments.selectors.standing import standing_of
from assessments.services import answers
from assessments.services.assessment import preview_upgrade, start_assessment, upgrade
from assessments.services.frameworks import export_framework, import_framework, publish_framework
from assessments.services.interview import Heard, hold_interview
from assessments.services.measured import refresh, refresh_every
from assessments.services.sections import assign_section, settle_section, submit_section
from assessments.vocabulary import AnswerStatus, SectionStatus, VersionStatus
from engagements.models import Measurement
from engagements.services.evidence import Given, accept, hand_in
from engagements.services.measurements import record_measurement
from engagements.vocabulary import EvidenceKind, EvidenceStrength, SourceKind, Unit
from portal import ids
from portal.errors import Forbidden, Invalid, NotFound, SegregationOfDuties, VersionConflict, WrongMoment
from portal.models import LedgerEntry
from tests.personas import scope

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()


@pytest.fixture
def house(world, engagement):
    """An assessment that has begun, inside the client's walls."""
    with scope(world):
        world.engagement = engagement
        world.assessment = start_assessment(by=world.lead, engagement_id=engagement.pk)
        yield world


def show(house, key, strength, *, age=1, period=None, by=None, judge=None):
    version = hand_in(
        by=by or house.consultant, engagement_id=house.engagement.pk, title=f"Shows {key}",
        kind=EvidenceKind.FILE,
        given=Given(
            effective_from=TODAY - timedelta(days=age), about=(key,), strength=EvidenceStrength(strength),
            period_days=period, file_name="a.txt", body=b"shown",
        ),
    )  # fmt: skip
    return accept(by=judge or house.expert, version_id=version.pk)


def level(house, key):
    standing = standing_of(house.assessment, today=TODAY)
    return next(row.level for row in standing.questions if row.question.key == key)


def claim(house, key, wanted, by=None):
    return answers.claim(
        by=by or house.consultant, engagement_id=house.engagement.pk, question=key, level=wanted
    )


def verify(house, key, wanted, by=None):
    return answers.verify(
        by=by or house.expert, engagement_id=house.engagement.pk, question=key, level=wanted
    )


def paid(house, key, part=""):
    row = Measurement.objects.filter(key=key, slice=part).order_by("-measured_at")[0]
    return row.value, row.bound_low, row.bound_high, row.unit


def test_a_claim_counts_1_until_evidence_is_accepted_and_falls_back_when_it_expires(house):
    claim(house, "E05-2", 3)
    assert level(house, "E05-2") == 1
    show(house, "E05-2", "document")
    assert level(house, "E05-2") == 2
    show(house, "E05-2", "measured_once", age=80)
    assert level(house, "E05-2") == 3
    later = standing_of(house.assessment, today=TODAY + timedelta(days=10))
    assert next(row.level for row in later.questions if row.question.key == "E05-2") == 2


def test_nobody_verifies_the_own_sides_answer_and_never_above_the_evidence(house):
    claim(house, "E05-2", 3)
    for person in (house.consultant, house.reviewer):
        with pytest.raises((SegregationOfDuties, Forbidden)):
            verify(house, "E05-2", 1, by=person)
    with pytest.raises(Invalid, match="allows level 1"):
        verify(house, "E05-2", 2)
    with pytest.raises(Forbidden):
        verify(house, "E05-2", 1, by=house.client_member)
    show(house, "E05-2", "document")
    assert verify(house, "E05-2", 2).status == AnswerStatus.VERIFIED
    assert level(house, "E05-2") == 2


def test_a_challenge_counts_until_its_side_says_that_it_is_settled(house):
    claim(house, "E05-2", 3)
    show(house, "E05-2", "measured_once")
    verify(house, "E05-2", 3)
    answers.challenge(
        by=house.security,
        engagement_id=house.engagement.pk,
        question="E05-2",
        level=1,
        reason="Not for late data",
    )
    assert level(house, "E05-2") == 1
    claim(house, "E05-2", 3)
    assert (level(house, "E05-2"), Answer.objects.get().status) == (1, AnswerStatus.CHALLENGED)
    verify(house, "E05-2", 3, by=house.expert)
    assert level(house, "E05-2") == 3
    assert [step.move for step in AnswerStep.objects.order_by("at")] == [
        "claim", "verify", "challenge", "claim", "verify",
    ]  # fmt: skip


def test_the_side_that_verified_cannot_answer_instead(house):
    claim(house, "E05-2", 1)
    with pytest.raises(SegregationOfDuties):
        claim(house, "E05-2", 0, by=house.expert)


def test_two_people_who_answer_at_once_do_not_overwrite_each_other(house):
    first = claim(house, "E05-2", 1)
    claim(house, "E05-2", 2)
    with pytest.raises(VersionConflict):
        answers.claim(
            by=house.lead,
            engagement_id=house.engagement.pk,
            question="E05-2",
            level=0,
            version=first.version - 1,
        )


@pytest.mark.parametrize("key", ["E02-1", "E04-2", "E09-3", "E15-1"])
def test_four_elements_always_apply_in_the_service_and_at_the_database(house, key):
    with pytest.raises(Invalid, match="always applies"):
        answers.propose_not_applicable(
            by=house.lead, engagement_id=house.engagement.pk, question=key, reason="We have none"
        )
    claim(house, key, 1)
    with pytest.raises(DatabaseError), transaction.atomic():
        Answer.objects.update(status=AnswerStatus.NA_PROPOSED)


def test_not_applicable_needs_a_reason_and_the_other_side(house):
    place = {"engagement_id": house.engagement.pk, "question": "E10-3"}
    with pytest.raises(Invalid):
        answers.propose_not_applicable(by=house.lead, reason=" ", **place)
    answers.propose_not_applicable(by=house.lead, reason="One region by contract", **place)
    with pytest.raises(SegregationOfDuties):
        answers.settle_not_applicable(by=house.reviewer, agreed=True, **place)
    answers.settle_not_applicable(by=house.expert, agreed=True, **place)
    assert Answer.objects.get().status == AnswerStatus.NOT_APPLICABLE
    with pytest.raises(DatabaseError), transaction.atomic():
        Answer.objects.update(na_agreed_side="consultancy")


def test_the_database_refuses_a_verification_by_the_same_side_and_any_deletion(house):
    claim(house, "E05-2", 1)
    for change in (
        lambda: Answer.objects.update(verified_level=1, verified_by=house.lead, verified_side="consultancy"),
        lambda: Answer.objects.update(claimed_level=5),
        lambda: Answer.objects.all().delete(),
        lambda: AnswerStep.objects.update(level=4),
        lambda: FrameworkVersion.objects.update(body="{}"),
        lambda: QuestionVersion.objects.update(core=False),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_readiness_is_the_weakest_link_and_is_unknown_while_an_element_is(house):
    standing = standing_of(house.assessment, today=TODAY)
    assert (standing.level, len(standing.below(1))) == (None, 15)
    assert paid(house, "readiness_level")[0] is None
    for question in standing.questions:
        if question.question.core:
            claim(house, question.question.key, 1)
    claim(house, "E13-1", 0)
    assert paid(house, "readiness_level") == (0, 0, 0, Unit.LEVEL)
    assert paid(house, "element_level", "E13") == (0, 0, 0, Unit.LEVEL)
    assert paid(house, "elements_below_target", "gate-1") == (6, 6, 6, Unit.COUNT)
    assert paid(house, "elements_below_target_gate_2") == (15, 15, 15, Unit.COUNT)
    changes = LedgerEntry.objects.filter(event="assessment.readiness_changed")
    assert [entry.facts["level"] for entry in changes.order_by("seq")] == [1, 0]


def test_levels_are_stored_only_when_they_change(house):
    claim(house, "E05-2", 1)
    before = Measurement.objects.count()
    claim(house, "E05-2", 1)
    assert Measurement.objects.count() == before


def test_the_snapshot_names_everybody_who_judged(house):
    claim(house, "E05-2", 3)
    show(house, "E05-2", "measured_once", judge=house.security)
    verify(house, "E05-2", 3)
    section = readiness_section(house.engagement.pk, 1) or {}
    assert set(section["judges"]) == {str(house.expert.pk), str(house.security.pk)}
    assert section["targets"]["E05"] == 2
    assert section["vector"]["E05"] is None


def test_a_measurement_answers_a_question_and_can_be_challenged(house):
    now = timezone.now()
    low, high = Decimal("0.11"), Decimal("0.13")
    record_measurement(
        by=None, engagement_id=house.engagement.pk, key="cost_per_success", value=Decimal("0.12"),
        unit="money", n=200, low=low, high=high, bound_low=low, bound_high=high, confidence=Decimal("0.95"),
        method="bootstrap", seed=1, slice="", source_kind=SourceKind.RUN, source_id=ids.uuid7(),
        config_sha256="", started_at=now, measured_at=now, valid=True,
    )  # fmt: skip
    for _ in range(2):
        refresh(engagement_id=house.engagement.pk)
    answer = Answer.objects.get()
    assert (answer.question.key, answer.status, answer.measured_level) == ("E01-3", "measured", 3)
    assert (level(house, "E01-3"), answer.steps.count()) == (3, 1)
    later = standing_of(house.assessment, today=TODAY + timedelta(days=90))
    assert next(row.level for row in later.questions if row.question.key == "E01-3") is None
    answers.challenge(
        by=house.lead, engagement_id=house.engagement.pk, question="E01-3", level=2, reason="Old prices"
    )
    assert level(house, "E01-3") == 2


def test_an_interview_answers_at_most_1_and_opens_the_risks_of_what_nobody_knew(house):
    to_ask = hold_interview(
        by=house.lead, engagement_id=house.engagement.pk,
        heard={"RQ1": (Heard.NOBODY, "We have one tester."), "RQ7": (Heard.SAID, "About ten cents.")},
    )  # fmt: skip
    found = dict(Answer.objects.values_list("question__key", "claimed_level"))
    assert (found["E03-1"], found["E01-1"]) == (0, 1)
    assert set(found.values()) == {0, 1}
    assert to_ask[0].key == "E03-1"
    assert list(Risk.objects.values_list("catalogue", flat=True)) == ["R01"]
    claim(house, "E01-1", 2)
    hold_interview(by=house.lead, engagement_id=house.engagement.pk, heard={"RQ7": (Heard.NOBODY, "")})
    assert Answer.objects.get(question__key="E01-1").claimed_level == 2


def _next_version(**changes):
    raw = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    raw["version"] = "1.1.0"
    questions = raw["areas"][0]["elements"][0]["questions"]
    questions[0]["text"] = "Which step hurts most?"
    questions[1] |= {"key": "E01-9", "replaces": "E01-2"}
    raw |= changes
    return yaml.safe_dump(raw)


def test_a_newer_framework_takes_over_what_reads_the_same_and_destroys_nothing(house):
    for key in ("E01-1", "E01-2", "E05-2"):
        claim(house, key, 2)
    draft = import_framework(by=house.lead, tenant=house.tenant, text=_next_version())
    with pytest.raises(Invalid):
        preview_upgrade(by=house.lead, engagement_id=house.engagement.pk, framework_version_id=draft.pk)
    version = publish_framework(by=house.lead, version_id=draft.pk)
    plan = upgrade(by=house.lead, engagement_id=house.engagement.pk, framework_version_id=version.pk)
    assert [question.key for question in plan.carried] == ["E01-9", "E05-2"]
    assert plan.left_behind == ("E01-1",)
    assert len(plan.to_answer) == 60
    house.assessment.refresh_from_db()
    assert (level(house, "E01-1"), level(house, "E01-9"), level(house, "E05-2")) == (None, 1, 1)
    assert Answer.objects.count() == 5
    with pytest.raises(WrongMoment):
        upgrade(by=house.lead, engagement_id=house.engagement.pk, framework_version_id=version.pk)


def test_a_published_number_keeps_its_words(house):
    with pytest.raises(WrongMoment, match="newer number"):
        import_framework(by=house.lead, tenant=house.tenant, text=_next_version(version="1.0.0"))
    same = import_framework(by=house.lead, tenant=house.tenant, text=DEFAULT.read_text(encoding="utf-8"))
    assert same.status == VersionStatus.PUBLISHED
    name, text = export_framework(by=house.client_member, version_id=same.pk)
    assert name == "gatehouse-1.0.0.yaml"
    assert import_framework(by=house.lead, tenant=house.tenant, text=text).pk == same.pk
    with pytest.raises(Forbidden):
        import_framework(by=house.sponsor, tenant=house.tenant, text=_next_version())
    with pytest.raises(NotFound):
        export_framework(by=house.outsider_lead, version_id=same.pk)


def test_a_section_is_answered_by_the_person_who_was_asked(house):
    place = {"engagement_id": house.engagement.pk, "element": "E05"}
    with pytest.raises(Invalid):
        assign_section(by=house.lead, person=house.reviewer, due=TODAY - timedelta(days=1), **place)
    section = assign_section(by=house.lead, person=house.client_member, due=TODAY, **place)
    with pytest.raises(Forbidden):
        submit_section(by=house.expert, section_id=section.pk)
    submit_section(by=house.client_member, section_id=section.pk)
    with pytest.raises(Invalid):
        settle_section(by=house.lead, section_id=section.pk, done=False)
    settle_section(by=house.lead, section_id=section.pk, done=False, note="E05-3 has no answer.")
    submit_section(by=house.client_member, section_id=section.pk)
    assert settle_section(by=house.lead, section_id=section.pk, done=True).status == SectionStatus.DONE


def test_what_was_measured_is_looked_at_after_the_commit_once(
    house, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(
        "celery.current_app.send_task", lambda name, **more: sent.append((name, more["args"]))
    )
    claim(house, "E05-2", 2)
    with django_capture_on_commit_callbacks(execute=True):
        show(house, "E05-2", "document")
        show(house, "E05-3", "document")
    asked = [args for name, args in sent if name == "assessments.refresh"]
    assert asked == [[str(house.tenant.pk), str(house.engagement.pk)]]


def test_the_hourly_look_lets_an_acceptance_end_and_records_what_expired(world, engagement):
    with scope(world):
        world.engagement = engagement
        world.assessment = start_assessment(by=world.lead, engagement_id=engagement.pk)
        for question in standing_of(world.assessment, today=TODAY).questions:
            if question.question.core:
                claim(world, question.question.key, 2)
        show(world, "E05-2", "document", age=89)
    refresh_every()
    with scope(world):
        assert paid(world, "element_level", "E05")[0] == 1
        assert LedgerEntry.objects.filter(event="assessment.readiness_changed").count() == 1
