"""COL-04: what is asked for stands on one list; the client sends it from there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from engagements.models import EvidenceRequest, EvidenceVersion
from engagements.rules.requests import HandedIn, state_of
from engagements.selectors.evidence_requests import request_lines, state_of_request, visible_requests
from engagements.services import evidence as evidence_service
from engagements.services.engagements import create_engagement
from engagements.services.evidence import Given
from engagements.services.evidence_requests import Wanted, answer_request, ask_for_evidence, withdraw_request
from engagements.vocabulary import EvidenceKind, EvidenceStatus, RequestStatus, Side
from portal.errors import Forbidden, Invalid, NotFound, SegregationOfDuties, WrongMoment
from portal.models import LedgerEntry, OutboxEvent
from portal.site.selectors.for_you import for_you
from tests.personas import build_world, scope

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 a restore test"
TODAY = timezone.now().date()
RECEIVED, RETURNED = EvidenceStatus.RECEIVED, EvidenceStatus.RETURNED
MONDAY, TUESDAY = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def world(db):
    """Both clients with everybody of the cast."""
    return build_world()


@pytest.fixture
def engagement(world):
    with scope(world):
        yield create_engagement(
            by=world.lead, tenant=world.tenant, title="Claims triage", sponsor=world.sponsor
        )


def ask(world, engagement, **changes):
    terms = {"title": "Restore test", "due": TODAY + timedelta(days=7), "about": ("E09-2",), **changes}
    return ask_for_evidence(by=world.consultant, engagement_id=engagement.pk, wanted=Wanted(**terms))


def file(**changes):
    return Given(**{"effective_from": TODAY, "file_name": "restore.pdf", "body": PDF, **changes})


def page_of(engagement, tail=""):
    return f"/{engagement.tenant.slug}/engagements/{engagement.public_id}/evidence/requests/{tail}"


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize(
    ("handed_in", "withdrawn", "status", "side", "since"),
    [
        (None, None, RequestStatus.ASKED, Side.CLIENT, MONDAY),
        (HandedIn(RECEIVED, TUESDAY, None), None, RequestStatus.RECEIVED, Side.CONSULTANCY, TUESDAY),
        (HandedIn(RECEIVED, TUESDAY, None, True), None, RequestStatus.RECEIVED, Side.CLIENT, TUESDAY),
        (HandedIn(RETURNED, MONDAY, TUESDAY), None, RequestStatus.RETURNED, Side.CLIENT, TUESDAY),
        (HandedIn(EvidenceStatus.ACCEPTED, MONDAY, TUESDAY), None, RequestStatus.ACCEPTED, None, TUESDAY),
        (HandedIn(EvidenceStatus.RECEIVED, MONDAY, None), TUESDAY, RequestStatus.WITHDRAWN, None, TUESDAY),
    ],
)  # fmt: skip
def test_how_far_a_request_has_come_and_whose_turn_it_is(handed_in, withdrawn, status, side, since):
    state = state_of(MONDAY, withdrawn, handed_in)
    assert (state.status, state.side, state.since) == (status, side, since)


def test_only_what_has_to_be_handed_in_is_late():
    day = TUESDAY.date() + timedelta(days=3)
    assert state_of(MONDAY, None, None).days_late(TUESDAY.date(), today=day) == 3
    received = HandedIn(EvidenceStatus.RECEIVED, TUESDAY, None)
    assert state_of(MONDAY, None, received).days_late(TUESDAY.date(), today=day) == 0


def test_from_asked_over_sent_back_to_accepted_it_stays_one_item(world, engagement):
    row = ask(world, engagement)
    first = answer_request(by=world.client_member, request_id=row.pk, given=file())
    evidence_service.send_back(by=world.consultant, version_id=first.pk, judgement="Of last year.")
    row.refresh_from_db()
    assert state_of_request(row).status == RequestStatus.RETURNED

    second = answer_request(by=world.expert, request_id=row.pk, given=file(body=PDF + b" of this year"))
    evidence_service.accept(by=world.consultant, version_id=second.pk)
    assert (second.item_id, second.number, second.about) == (first.item_id, 2, ["E09-2"])
    row.refresh_from_db()
    assert state_of_request(row).status == RequestStatus.ACCEPTED
    with pytest.raises(WrongMoment, match="accepted"):
        answer_request(by=world.expert, request_id=row.pk, given=file())


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"file_name": "", "body": b"", "url": "https://wiki.example/restore"}, EvidenceKind.LINK),
        ({"file_name": "", "body": b"", "note": "We restored it on Monday."}, EvidenceKind.ATTESTATION),
    ],
)
def test_who_has_no_file_sends_a_link_or_a_sentence(world, engagement, given, kind):
    version = answer_request(
        by=world.client_member, request_id=ask(world, engagement).pk, given=file(**given)
    )
    assert version.item.kind == kind


def test_an_empty_answer_stores_nothing_and_says_what_would_do(world, engagement):
    row = ask(world, engagement)
    with pytest.raises(Invalid, match="Choose a file, or give a link or a sentence"):
        answer_request(by=world.client_member, request_id=row.pk, given=file(file_name="", body=b""))
    assert not EvidenceVersion.objects.exists()


def test_the_consultancy_does_not_answer_itself_and_the_client_does_not_ask(world, engagement):
    row = ask(world, engagement)
    with pytest.raises(SegregationOfDuties):
        answer_request(by=world.consultant, request_id=row.pk, given=file())
    with pytest.raises(Forbidden):
        ask_for_evidence(by=world.sponsor, engagement_id=engagement.pk, wanted=Wanted("Mine", TODAY))
    with pytest.raises(Forbidden):
        withdraw_request(by=world.client_member, request_id=row.pk)
    with pytest.raises(NotFound):
        answer_request(by=world.outsider_lead, request_id=row.pk, given=file())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": " "}, "what should be shown"),
        ({"due": TODAY - timedelta(days=1)}, "not over"),
        ({"about": ("no key!",)}, "no key such as"),
    ],
)
def test_a_request_that_cannot_be_met_is_not_made(world, engagement, changes, words):
    with pytest.raises(Invalid, match=words):
        ask(world, engagement, **changes)
    assert not EvidenceRequest.objects.exists()


def test_only_people_of_the_client_are_asked(world, engagement):
    with pytest.raises(Invalid, match="somebody of the client"):
        ask(world, engagement, person_id=world.consultant.pk)
    with pytest.raises(Invalid, match="somebody of the client"):
        ask(world, engagement, person_id=world.outsider_lead.pk)


def test_who_is_asked_finds_it_first_and_nobody_else_does(world, engagement):
    ask(world, engagement, person_id=world.expert.pk)
    ask(world, engagement, title="Anybody can send this")
    now = timezone.now()
    assert [task.title for task in for_you(world.expert, now=now).answer] == [
        "Asked for: Restore test",
        "Asked for: Anybody can send this",
    ]
    assert [task.title for task in for_you(world.client_member, now=now).answer] == [
        "Asked for: Anybody can send this"
    ]


def test_the_ledger_holds_no_words_of_a_request(world, engagement):
    row = ask(world, engagement, title="Zebra", reason="Zebra too", person_id=world.expert.pk)
    withdraw_request(by=world.lead, request_id=row.pk)
    entries = LedgerEntry.objects.filter(subject=row.public_id).order_by("seq")
    assert [entry.event for entry in entries] == ["evidence.asked_of", "evidence.request_withdrawn"]
    assert "Zebra" not in str([entry.facts for entry in entries])
    assert OutboxEvent.objects.filter(event="evidence.asked_of").exists()


def test_a_request_keeps_its_words_in_the_database(world, engagement):
    row = ask(world, engagement)
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        EvidenceRequest.objects.filter(pk=row.pk).update(title="Something else")
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        EvidenceRequest.objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize("n", [1, 4])
def test_listing_requests_costs_two_queries(world, engagement, n, django_assert_num_queries):
    for number in range(n):
        row = ask(world, engagement, title=f"Request {number}")
        answer_request(by=world.client_member, request_id=row.pk, given=file())
    rows = visible_requests(world.consultant, engagement.pk)
    with django_assert_num_queries(2):
        assert len(request_lines(rows, today=TODAY)) == n


def test_the_client_sends_a_file_from_the_list_without_javascript(world, engagement):
    row = ask(world, engagement, reason="The pilot needs it.")
    client = signed_in(world.client_member)
    assert "The pilot needs it." in client.get(page_of(engagement)).text
    there = page_of(engagement, f"{row.public_id}/send/")

    refused = client.post(there, {})
    assert (refused.status_code, "Choose a file, or give a link or a sentence" in refused.text) == (422, True)
    sent = client.post(there, {"file": SimpleUploadedFile("restore.pdf", PDF)}, follow=True)
    assert "waits for the consultancy to accept it" in sent.text
    assert EvidenceVersion.objects.get().handed_in_by == world.client_member


def test_staff_ask_and_withdraw_on_pages(world, engagement):
    client = signed_in(world.consultant)
    form = {"title": "Data map", "due": TODAY.isoformat(), "person": str(world.expert.pk)}
    assert client.get(page_of(engagement, "new/")).status_code == 200
    assert client.post(page_of(engagement, "new/"), {"title": ""}).status_code == 422
    page = client.post(page_of(engagement, "new/"), form, follow=True).text
    assert "Data map" in page
    row = EvidenceRequest.objects.get()
    client.post(page_of(engagement, f"{row.public_id}/withdraw/"))
    again = client.post(page_of(engagement, f"{row.public_id}/withdraw/"))
    assert (again.status_code, "closed already" in again.text) == (422, True)
