"""What is said inside the consultancy stays there: in pages, lists, inbox, mail and the API."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from engagements.models import Comment
from engagements.selectors.comments import threads_on, visible_comments
from engagements.services.comments import edit_comment, resolve_thread, write_comment
from engagements.services.criteria import amend
from engagements.services.evidence import Given, hand_in
from engagements.services.following import set_following
from engagements.services.metrics import save_success_metric
from engagements.vocabulary import EvidenceKind
from portal.errors import Forbidden, Invalid, NotFound, WrongMoment
from portal.models import LedgerEntry, Notification
from portal.services.delivery import deliver_waiting
from portal.vocabulary import Visibility
from tests.engagements.conftest import fresh, gate_of, metric_terms, seal_gate, start

SECRET = "Quagga: their data owner stalls"


@pytest.fixture
def work(world, scope):
    return start(world)


def say(by, work, body="Is the baseline right?", visibility=Visibility.CLIENT, **more):
    return write_comment(
        by=by, engagement_id=work.pk, subject=work.public_id, body=body, visibility=visibility, **more
    )


def test_an_internal_comment_is_there_for_the_consultancy_and_not_for_the_client(world, work):
    say(world.consultant, work, SECRET, Visibility.INTERNAL)
    assert [c.body for c in visible_comments(fresh(world.lead), work)] == [SECRET]
    for persona in (world.sponsor, world.security, world.member):
        assert not visible_comments(fresh(persona), work).exists()


def test_no_page_of_the_client_holds_it_and_no_page_counts_it(world, work):
    said = say(world.consultant, work, SECRET, Visibility.INTERNAL)
    browser = Client()
    browser.force_login(world.sponsor)
    base = f"/{world.harbor.slug}/engagements/{work.public_id}/"
    for page in ("/", "/inbox/", base, f"{base}comments/", f"{base}gates/", f"{base}ledger/"):
        text = browser.get(page).content.decode()
        assert "Quagga" not in text, page
        assert said.public_id not in text, page
    assert "0 open threads" in browser.get(f"{base}comments/").content.decode()


def test_the_clients_words_are_for_both_sides_whatever_is_asked(world, work):
    assert say(world.sponsor, work, visibility=Visibility.INTERNAL).visibility == Visibility.CLIENT
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(author=world.sponsor).update(visibility=Visibility.INTERNAL)


def test_a_reply_to_an_internal_comment_stays_internal_and_the_client_cannot_reply(world, work):
    first = say(world.lead, work, SECRET, Visibility.INTERNAL)
    reply = say(world.consultant, work, "Agreed", Visibility.CLIENT, thread_id=first.pk)
    assert reply.visibility == Visibility.INTERNAL
    with pytest.raises(NotFound):
        say(fresh(world.sponsor), work, thread_id=first.pk)


def test_a_thread_holds_its_replies_and_is_resolved_once(world, work):
    first = say(world.lead, work)
    say(world.sponsor, work, "Yes", thread_id=first.pk)
    (thread,) = threads_on(fresh(world.sponsor), work, work.public_id)
    assert [reply.body for reply in thread.replies] == ["Yes"]
    resolve_thread(by=world.sponsor, comment_id=first.pk)
    with pytest.raises(WrongMoment):
        resolve_thread(by=world.lead, comment_id=first.pk)
    with pytest.raises(WrongMoment):
        say(world.lead, work, "One more", thread_id=first.pk)


def test_only_its_author_changes_a_comment_and_the_change_is_marked(world, work):
    said = say(world.lead, work)
    with pytest.raises(Forbidden):
        edit_comment(by=world.consultant, comment_id=said.pk, body="No")
    assert edit_comment(by=world.lead, comment_id=said.pk, body="Better").edited_at is not None


@pytest.mark.parametrize("body", ["", "  \n", "x" * 4001])
def test_an_empty_or_endless_comment_is_not_stored(world, work, body):
    with pytest.raises(Invalid, match="4,000"):
        say(world.lead, work, body)
    assert not Comment.objects.exists()


def test_what_is_not_of_the_engagement_cannot_be_talked_about(world, work):
    for subject in ("run_" + "0" * 26, "nonsense", "eng_" + "0" * 26):
        with pytest.raises(NotFound):
            write_comment(
                by=world.lead, engagement_id=work.pk, subject=subject, body="x", visibility=Visibility.CLIENT
            )


def test_a_mention_reaches_who_can_read_it_by_inbox_and_by_mail_without_its_words(world, work):
    say(world.lead, work, SECRET, mentions=[world.sponsor.pk])
    deliver_waiting(tenant_id=world.harbor.pk)
    (line,) = Notification.objects.filter(user=world.sponsor, event__event="comment.mentioned")
    assert line.mailed_at is not None
    (letter,) = [one for one in mail.outbox if "mentioned" in one.subject]
    assert letter.to == [world.sponsor.email]
    assert "Quagga" not in letter.subject + letter.body


@pytest.mark.parametrize("who", ["sponsor", "outsider"])
def test_a_mention_cannot_reach_who_may_not_read_it(world, work, who):
    wrong = getattr(world, who)
    visibility = Visibility.INTERNAL if who == "sponsor" else Visibility.CLIENT
    with pytest.raises(Invalid, match="Name only people who can read"), transaction.atomic():
        say(world.lead, work, SECRET, visibility, mentions=[wrong.pk])
    assert not Comment.objects.exists()


def test_the_ledger_says_that_something_was_said_and_not_what(world, work):
    say(world.lead, work, SECRET, Visibility.INTERNAL)
    entry = LedgerEntry.objects.filter(event="comment.written").get()
    assert entry.facts == {"about": "eng", "internal": True, "reply": False}


def test_the_page_keeps_the_words_that_were_refused(world, work):
    browser = Client()
    browser.force_login(world.sponsor)
    base = f"/{world.harbor.slug}/engagements/{work.public_id}/"
    answer = browser.post(f"{base}comments/write/", {"subject": work.public_id, "body": "", "back": base})
    assert answer.status_code == 422
    answer = browser.post(
        f"{base}comments/write/",
        {"subject": work.public_id, "body": "Good", "back": "https://elsewhere.example/"},
    )
    assert answer["Location"] == f"{base}#comments"
    assert "Good" in browser.get(base).content.decode()


def test_the_success_metric_is_talked_about_on_its_page(world, work):
    metric = save_success_metric(by=world.lead, engagement_id=work.pk, metric=metric_terms())
    there = f"/{world.harbor.slug}/engagements/{work.public_id}/success-metric/"
    client = Client()
    client.force_login(world.sponsor)
    said = client.post(
        f"/{world.harbor.slug}/engagements/{work.public_id}/comments/write/",
        {"subject": metric.public_id, "body": "Why the median?", "visibility": "client", "back": there},
    )
    assert said.status_code == 302
    assert "Why the median?" in client.get(there).text


def test_a_criterion_is_talked_about_on_its_page_and_the_thread_outlives_an_amendment(world, work):
    gate, row = gate_of(work, 1), seal_gate(world, work, 1).criteria.first()
    client = Client()
    client.force_login(world.sponsor)
    base = f"/{world.harbor.slug}/engagements/{work.public_id}/"
    there = f"{base}gates/{gate.public_id}/criteria/{row.public_id}/about/"
    assert row.text in client.get(there).text
    assert there in client.get(f"{base}gates/{gate.public_id}/").text  # a way there
    client.post(f"{base}comments/write/", {"subject": row.public_id, "body": "Why so many?", "back": there})
    assert "Why so many?" in client.get(there).text
    newer = amend(by=world.lead, gate_id=gate.pk, reason="A month of data").criteria.get(key=row.key)
    assert newer.pk != row.pk
    assert "Why so many?" in client.get(there.replace(row.public_id, newer.public_id)).text


def test_evidence_is_talked_about_and_what_is_internal_stays_so_whatever_is_chosen(world, work):
    terms = Given(effective_from=timezone.now().date(), url="https://rota.example/page")
    shared = hand_in(
        by=world.lead, engagement_id=work.pk, given=terms, title="Rota", kind=EvidenceKind.LINK
    ).item
    hidden = hand_in(
        by=world.lead, engagement_id=work.pk, given=terms, title="Notes", kind=EvidenceKind.LINK,
        visibility=Visibility.INTERNAL,
    ).item  # fmt: skip
    about = {"engagement_id": work.pk, "visibility": Visibility.CLIENT}
    said = write_comment(by=world.sponsor, subject=shared.public_id, body="Who wrote it?", **about)
    assert said.visibility == Visibility.CLIENT
    with pytest.raises(NotFound):
        write_comment(by=world.sponsor, subject=hidden.public_id, body="I see it", **about)
    kept = write_comment(by=world.lead, subject=hidden.public_id, body=SECRET, **about)
    assert kept.visibility == Visibility.INTERNAL
    client = Client()
    client.force_login(world.sponsor)
    page = client.get(f"/{world.harbor.slug}/engagements/{work.public_id}/evidence/{shared.public_id}/")
    assert "Who wrote it?" in page.text


def test_its_author_puts_it_otherwise_on_the_page_and_nobody_else_does(world, work):
    said = say(world.sponsor, work, "Wat?")
    base = f"/{world.harbor.slug}/engagements/{work.public_id}/"
    client = Client()
    client.force_login(world.sponsor)
    assert "In other words" in client.get(base).text
    client.post(f"{base}comments/{said.public_id}/edit/", {"body": "What?", "back": base})
    assert "changed" in client.get(base).text
    client.force_login(world.lead)
    assert "In other words" not in client.get(base).text
    refused = client.post(f"{base}comments/{said.public_id}/edit/", {"body": "No", "back": base})
    assert refused.status_code == 403
    said.refresh_from_db()
    assert said.body == "What?"


def told(persona):
    """The news that this person was told of, by event."""
    rows = LedgerEntry.objects.filter(event__startswith="comment.news", facts__person=persona.public_id)
    return [row.event for row in rows.order_by("seq")]


def test_who_follows_a_thing_is_told_of_each_comment_and_its_author_is_not(world, work):
    set_following(by=world.sponsor, engagement_id=work.pk, subject=work.public_id, follows=True)
    say(world.lead, work)
    say(world.sponsor, work, "Yes")
    assert told(world.sponsor) == ["comment.news"]
    assert told(world.lead) == ["comment.news"], "who wrote follows from then on"
    set_following(by=world.sponsor, engagement_id=work.pk, subject=work.public_id, follows=False)
    say(world.sponsor, work, "And this")
    say(world.lead, work, "More")
    assert told(world.sponsor) == ["comment.news"], "writing does not begin again what was stopped"


def test_an_internal_comment_reaches_no_follower_of_the_client(world, work):
    for persona in (world.sponsor, world.consultant):
        set_following(by=persona, engagement_id=work.pk, subject=work.public_id, follows=True)
    say(world.lead, work, SECRET, Visibility.INTERNAL)
    assert told(world.sponsor) == []
    assert told(world.consultant) == ["comment.news_internally"]
    with transaction.atomic():
        deliver_waiting()
    assert not Notification.objects.filter(user=world.sponsor).exists()


def test_who_is_mentioned_is_told_once(world, work):
    set_following(by=world.sponsor, engagement_id=work.pk, subject=work.public_id, follows=True)
    say(world.lead, work, mentions=[world.sponsor.pk])
    assert told(world.sponsor) == []
    assert LedgerEntry.objects.filter(event="comment.mentioned").count() == 1


def test_nobody_follows_what_is_not_there(world, work):
    for subject in ("run_nothing", "eng_x", ""):
        with pytest.raises(NotFound):
            set_following(by=world.sponsor, engagement_id=work.pk, subject=subject, follows=True)


def test_following_begins_and_ends_on_the_page_and_over_the_api(world, work):
    browser = Client()
    browser.force_login(world.sponsor)
    base = f"/{world.harbor.slug}/engagements/{work.public_id}/"
    gate = gate_of(work, 1)
    here = f"{base}gates/{gate.public_id}/"
    sent = {"subject": gate.public_id, "back": here, "follows": "yes"}
    assert "Be told of each comment here." in browser.get(here).text
    page = browser.post(f"{base}comments/follow/", sent, follow=True).text
    assert "You are told of each comment on this." in page
    assert "Stop following" in page
    url = f"/api/v1/engagements/{work.public_id}/following"
    body = {"subject": gate.public_id, "follows": False}
    assert browser.post(url, body, content_type="application/json").json() == body
    assert "Be told of each comment here." in browser.get(here).text
    missing = {"subject": "gat_nothing", "follows": True}
    assert browser.post(url, missing, content_type="application/json").status_code == 404
