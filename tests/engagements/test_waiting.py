"""What waits for whom and for how long; each side is told once a week, and nothing of another client."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from unittest import mock

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from engagements.rules.decisions import ConditionTerms
from engagements.rules.waiting import age_in_words, days_waiting, first_comes, late_in_words, week_begins
from engagements.selectors.engagements import visible_engagements
from engagements.selectors.waiting import waiting_for
from engagements.services import criteria, digests
from engagements.services.evidence import Given, hand_in
from engagements.services.evidence_requests import Wanted, ask_for_evidence
from engagements.services.metrics import save_success_metric
from engagements.services.questions import ask_question
from engagements.vocabulary import EvidenceKind, Outcome, Side
from portal import grants
from portal.models import MailWishes, Notification, OutboxEvent
from portal.roles import Role
from portal.scope import tenant_scope
from portal.services.delivery import deliver_waiting
from portal.vocabulary import Visibility
from tests.engagements.conftest import fresh, later, metric_terms, start, submit_demo
from tests.engagements.test_conditions import sign

MONDAY = datetime(2026, 11, 23, 6, tzinfo=UTC)


def what(viewer, **only):
    """``[(side, what)]`` that the viewer reads, in order."""
    now = timezone.now()
    found = waiting_for(fresh(viewer), list(visible_engagements(fresh(viewer))), now=now)
    return [(one.side.value, one.what) for one in found]


@pytest.mark.parametrize(
    ("since", "days", "words"),
    [
        (None, None, ""),
        (MONDAY, 0, "since today"),
        (MONDAY - timedelta(days=1), 1, "for 1 day"),
        (MONDAY - timedelta(days=12, hours=3), 12, "for 12 days"),
        (MONDAY + timedelta(days=2), 0, "since today"),
    ],
)
def test_how_long_something_has_waited(since, days, words):
    assert days_waiting(since, now=MONDAY) == days
    assert age_in_words(days) == words


@pytest.mark.parametrize(
    ("days", "words"), [(0, "due today"), (1, "due in 1 day"), (9, "due in 9 days"), (-1, "1 day late")]
)
def test_how_late_something_is(days, words):
    today = MONDAY.date()
    assert late_in_words(today + timedelta(days=days), today=today) == words
    assert late_in_words(None, today=today) == ""


def test_what_is_late_comes_first_then_the_nearest_date_then_the_oldest():
    today = MONDAY.date()
    rows = [
        (MONDAY, None),
        (MONDAY - timedelta(days=3), None),
        (None, date(2026, 12, 1)),
        (MONDAY, date(2026, 11, 2)),
    ]
    assert sorted(rows, key=lambda row: first_comes(*row, today=today)) == [
        rows[3],
        rows[2],
        rows[1],
        rows[0],
    ]


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        (MONDAY, MONDAY),
        (MONDAY - timedelta(minutes=1), MONDAY),
        (MONDAY + timedelta(days=6, hours=17), MONDAY),
        (MONDAY + timedelta(days=7), MONDAY + timedelta(days=7)),
    ],
)
def test_a_week_begins_on_monday_at_six(now, begins):
    assert week_begins(now) == begins


def test_each_step_of_a_gate_waits_for_the_side_whose_turn_it_is(world, engagement):
    assert what(world.lead) == [("consultancy", "Propose the criteria, gate 0")]
    draft = engagement.gates.get(number=0).criteria_sets.get()
    criteria.propose(by=world.lead, criteria_set_id=draft.pk)
    assert what(world.sponsor) == [("client", "Seal the criteria, gate 0")]
    save_success_metric(by=world.lead, engagement_id=engagement.pk, metric=metric_terms())
    assert ("consultancy", "Seal the success metric") in what(world.sponsor)
    assert ("client", "Seal the success metric") in what(world.sponsor)


def test_a_signature_a_question_and_a_condition_wait(world, engagement):
    row = submit_demo(world, engagement, handed_over=86)
    ask_question(by=world.sponsor, round_id=row.pk, text="Was travel in it?", is_blocking=False)
    assert what(world.member) == [
        ("client", "Sign the decision, gate 1"), ("consultancy", "Answer a question about gate 1"),
    ]  # fmt: skip
    promise = ConditionTerms("G1-6", "Hand-over shown on more cases", later(14))
    sign(world, row, Outcome.APPROVE_WITH_CONDITIONS, conditions=[promise])
    assert ("consultancy", "Hand in what meets a condition of gate 1") in what(world.member)


def test_a_hold_whose_date_has_come_waits_for_the_consultancy(world, engagement):
    row = submit_demo(world, engagement)
    sign(world, row, Outcome.HOLD, hold_until=later(5))
    assert what(world.lead) == []
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=6)):
        assert what(world.lead) == [("consultancy", "Go on after the hold of gate 1")]


def test_evidence_waits_for_who_sends_it_then_for_who_judges_it(world, engagement):
    wanted = Wanted("Duty roster", later(9), "A page is enough.")
    ask_for_evidence(by=world.consultant, engagement_id=engagement.pk, wanted=wanted)
    given = Given(effective_from=timezone.now().date(), file_name="a.txt", body=b"a")
    for title, seen in (("Access matrix", Visibility.CLIENT), ("Zebra margin", Visibility.INTERNAL)):
        hand_in(
            by=world.consultant, engagement_id=engagement.pk, title=title, kind=EvidenceKind.FILE,
            given=given, visibility=seen,
        )  # fmt: skip
    ours = [row for row in what(world.member) if "evidence" in row[1]]
    assert ours == [
        ("client", "Send evidence that was asked for"),
        ("client", "Accept or send back evidence"),
    ]


def test_what_is_internal_reaches_no_client_on_page_list_or_api(world, engagement, client):
    given = Given(effective_from=timezone.now().date(), file_name="a.txt", body=b"a")
    hand_in(
        by=world.consultant, engagement_id=engagement.pk, title="Zebra margin", kind=EvidenceKind.FILE,
        given=given, visibility=Visibility.INTERNAL,
    )  # fmt: skip
    place = f"/harbor/engagements/{engagement.public_id}/"
    pages = ["/harbor/waiting/", f"{place}waiting/", f"{place}lists/waiting/?form=csv",
             f"/api/v1/engagements/{engagement.public_id}/waiting"]  # fmt: skip
    for who, reads in (("lead", True), ("sponsor", False), ("auditor", False)):
        client.force_login(getattr(world, who))
        for page in pages:
            answer = client.get(page)
            body = b"".join(answer) if answer.streaming else answer.content
            assert answer.status_code == 200
            assert (b"Zebra margin" in body) == reads, (who, page)


def test_the_page_shows_the_own_side_first_with_age_and_date(world, demo_round, client):
    client.force_login(world.sponsor)
    page = client.get("/harbor/waiting/").text
    assert page.index("For Harbor Mutual") < page.index('id="side-consultancy"')
    assert "Sign the decision, gate 1" in page
    assert "due in 10 days" in page
    assert "Nothing waits for the other side." in page


def test_the_api_says_side_age_and_date(world, demo_round, client):
    client.force_login(world.lead)
    url = f"/api/v1/engagements/{demo_round.engagement.public_id}/waiting"
    items = client.get(url).json()["items"]
    assert [(row["side"], row["what"], row["days"]) for row in items] == [
        ("client", "Sign the decision, gate 1", 0)
    ]
    assert items[0]["due"] == later(10).isoformat()


def test_reading_costs_the_same_for_one_engagement_and_for_three(world, scope):
    def cost() -> int:
        viewer = fresh(world.lead)
        engagements = list(visible_engagements(viewer))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            waiting_for(viewer, engagements, now=timezone.now())
        return len(seen)

    start(world)
    one = cost()
    start(world, title="Second")
    start(world, title="Third")
    assert cost() == one


# --- the week's mail -----------------------------------------------------------------------------


def tell(world, now=MONDAY + timedelta(hours=1)):
    with tenant_scope([world.harbor.pk]):
        return digests.tell_what_waits(tenant_id=world.harbor.pk, now=now)


@pytest.fixture
def told(world, engagement):
    """Something waits for either side, and something of another client for its people."""
    wanted = Wanted("Zebra roster", later(9), "Zebra words.")
    ask_for_evidence(by=world.consultant, engagement_id=engagement.pk, wanted=wanted)
    with tenant_scope([world.other.pk]):
        grants.add_member(world.lead, world.other, Role.LEAD)
        start(
            world, by=fresh(world.lead), tenant=world.other, sponsor=None, title="Other work", code="OTHER-9"
        )
    OutboxEvent.objects.filter(dispatched_at=None).update(dispatched_at=timezone.now())
    Notification.objects.update(mailed_at=timezone.now())
    mail.outbox.clear()


def test_each_side_is_mailed_its_own_part_without_a_word_of_the_clients(world, told):
    assert tell(world) == 2
    deliver_waiting(tenant_id=world.harbor.pk)
    letters = {letter.to[0].split("@")[0]: letter for letter in mail.outbox}
    assert set(letters) == {
        "jonas.lindqvist", "amira.haddad", "margaret.osei", "sam.okoro", "dana.ruiz",
    }  # fmt: skip
    ours, theirs = letters["jonas.lindqvist"].body, letters["dana.ruiz"].body
    assert "- HM-01: propose the criteria, gate 0 (since today)" in ours
    assert "- HM-01: send evidence that was asked for (since today, due in 9 days)" in theirs
    assert "propose" not in theirs
    assert "/harbor/waiting/" in theirs
    for letter in mail.outbox:
        assert "Zebra" not in letter.subject + letter.body
        assert "OTHER-9" not in letter.subject + letter.body


def test_it_goes_out_once_a_week_and_not_before_monday_at_six(world, told):
    monday, told_of = week_begins(timezone.now()) + timedelta(days=7), []
    for after in (
        timedelta(minutes=-1),
        timedelta(),
        timedelta(hours=1),
        timedelta(days=6),
        timedelta(days=7),
    ):
        with mock.patch("django.utils.timezone.now", return_value=monday + after):
            told_of.append(tell(world, now=monday + after))
    assert told_of == [0, 2, 0, 0, 2]


def test_a_side_for_which_nothing_waits_is_not_told(world, engagement):
    assert tell(world) == 1
    assert list(OutboxEvent.objects.filter(event__startswith="waiting.").values_list("event", flat=True)) == [
        "waiting.for_consultancy"
    ]


@pytest.mark.parametrize(("channel", "mails", "lines"), [("off", 0, 0), ("inbox", 0, 1), ("mail", 1, 1)])
def test_the_wishes_of_a_person_hold_for_the_weeks_mail_too(world, told, channel, mails, lines):
    MailWishes.objects.create(user=world.member, channels={"waiting": channel})
    tell(world)
    deliver_waiting(tenant_id=world.harbor.pk)
    assert sum(letter.to == [world.member.email] for letter in mail.outbox) == mails
    rows = Notification.objects.filter(user=world.member, event__event__startswith="waiting.")
    assert rows.count() == lines


def test_who_sees_no_engagement_with_something_open_gets_no_mail(world, told):
    tell(world)
    event = OutboxEvent.objects.get(event="waiting.for_client")
    assert digests.lines(event, fresh(world.outsider)) == []
    assert all(
        one.side == Side.CLIENT for one in digests.mine(world.member, world.harbor.pk, now=timezone.now())
    )
