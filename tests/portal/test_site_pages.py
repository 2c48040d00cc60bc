"""Home, portfolio, inbox, the check of a hash, and taking on a client, as their readers meet them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.models import Risk
from engagements.models import Engagement
from engagements.services.engagements import create_engagement
from portal import access, audit
from portal.delivery import inbox
from portal.events import EventType
from portal.models import Invitation, LedgerEntry, Notification, OutboxEvent, Tenant
from portal.site.selectors.portfolio import board
from portal.vocabulary import MfaPolicy
from tests.personas import World, person, scope

TOLD = EventType("test.asked", "Something to decide", audience="decide_gate")
NO_FILTER: dict[str, str] = {}


def _signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _tell(world: World) -> None:
    with scope(world):
        audit.record(actor=world.lead, event=TOLD, subject=world.tenant, path="/harbor-mutual/members/")
        inbox.deliver(OutboxEvent.objects.get(event=TOLD.name))


# Home


def test_a_stranger_is_asked_to_sign_in(db: None) -> None:
    for name in ("home", "portfolio", "inbox", "new_client"):
        answer = Client().get(reverse(name))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("persona", ["lead", "consultant", "reviewer", "org_admin"])
def test_the_consultancy_starts_from_the_portfolio(world: World, persona: str) -> None:
    answer = _signed_in(world.fresh(persona)).get("/", follow=True)

    assert answer.redirect_chain == [("/portfolio/", 302)]
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "persona", ["sponsor", "security", "expert", "client_member", "client_admin", "outsider_sponsor"]
)
def test_the_clients_people_start_from_what_waits_for_them(
    world: World, engagement: Engagement, persona: str
) -> None:
    answer = _signed_in(world.fresh(persona)).get("/")

    assert answer.status_code == 200
    page = answer.content.decode()
    assert "nothing waits for you" in page
    assert ("Harbor Mutual" in page) == (not persona.startswith("outsider"))


def test_a_client_is_told_how_many_of_the_consultancy_see_its_data(
    world: World, engagement: Engagement
) -> None:
    page = _signed_in(world.sponsor).get("/").content.decode()

    assert "3 people at Northlight can see your data" in page


def test_a_client_person_has_no_portfolio(world: World) -> None:
    answer = _signed_in(world.sponsor).get("/portfolio/")
    assert (answer.status_code, answer["Location"]) == (302, "/")


# Portfolio


def test_an_empty_portfolio_says_what_to_do(world: World) -> None:
    page = _signed_in(world.lead).get("/portfolio/").content.decode()

    assert "No engagement yet" in page
    assert "/clients/new/" in page


def test_the_portfolio_shows_where_an_engagement_stands(world: World, engagement: Engagement) -> None:
    page = _signed_in(world.lead).get("/portfolio/").content.decode()

    for words in ("1 engagement in work", "Claims triage", "Gate 0", "Jonas Lindqvist", "not evaluated"):
        assert words in page
    assert f"/harbor-mutual/engagements/{engagement.public_id}/" in page


def test_an_outsiders_portfolio_names_nothing_of_another_client(world: World, engagement: Engagement) -> None:
    page = _signed_in(world.outsider_lead).get("/portfolio/").content.decode()

    assert "Claims triage" not in page
    assert "Harbor Mutual" not in page


@pytest.mark.parametrize(
    ("query", "is_shown"),
    [
        ("", True),
        ("stage=pain_points", True),
        ("stage=demo", False),
        ("stage=over", False),
        ("court=consultancy", True),
        ("court=client", False),
        ("verdict=not_evaluated", True),
        ("verdict=not_met", False),
        ("verdict=ready", False),
        ("sort=waiting", True),
        ("sort=client", True),
        ("verdict=nonsense&court=nonsense&sort=nonsense", True),
    ],
)
def test_filters_show_what_they_say(world: World, engagement: Engagement, query: str, is_shown: bool) -> None:
    page = _signed_in(world.lead).get(f"/portfolio/?{query}").content.decode()

    assert ("Claims triage" in page) == is_shown
    assert ("Nothing fits these filters" in page) == (not is_shown)


def test_a_lead_can_be_chosen(world: World, engagement: Engagement) -> None:
    client = _signed_in(world.consultant)
    mine = client.get("/portfolio/", {"lead": world.lead.public_id}).content.decode()
    others = client.get("/portfolio/", {"lead": world.consultant.public_id}).content.decode()

    assert ("Claims triage" in mine, "Claims triage" in others) == (True, False)


def test_the_portfolio_is_looked_through_by_sector(world: World, engagement: Engagement) -> None:
    client = _signed_in(world.lead)
    assert 'name="sector"' not in client.get("/portfolio/").content.decode(), "nobody has said one"
    client.post(f"/{world.tenant.slug}/about/", {"sector": "insurance"})
    page = client.get("/portfolio/?sector=insurance").content.decode()
    assert '<option value="insurance" selected>Insurance</option>' in page
    assert "Claims triage" in page
    assert "Nothing fits these filters" in client.get("/portfolio/?sector=health").content.decode()


def test_the_sector_is_set_by_who_starts_engagements_and_stands_in_the_ledger(world: World) -> None:
    here = f"/{world.tenant.slug}/about/"
    for persona in ("consultant", "sponsor", "client_admin"):
        assert _signed_in(world.fresh(persona)).post(here, {"sector": "law"}).status_code == 403
    client = _signed_in(world.lead)
    assert client.post(here, {"sector": "piracy"}).status_code == 422
    assert client.post(here, {"sector": "law"}).status_code == 302
    world.tenant.refresh_from_db()
    assert world.tenant.sector == "law"
    with scope(world):
        assert LedgerEntry.objects.get(event="tenant.sector_set").facts == {"sector": "law"}


@pytest.mark.parametrize(
    ("risk", "shown"),
    [
        ({}, ["open"]),
        ({"likelihood": 3, "impact": 5}, ["open", "high"]),
        ({"likelihood": 5, "impact": 5, "residual_likelihood": 1, "residual_impact": 5}, ["open"]),
        ({"status": "closed", "closed_reason": "gone", "likelihood": 5, "impact": 5}, []),
        ({"status": "accepted", "acceptance_reason": "known"}, ["accepted"]),
    ],
)
def test_the_portfolio_is_looked_through_by_risk(
    world: World, engagement: Engagement, risk: dict[str, Any], shown: list[str]
) -> None:
    if risk.get("status") == "accepted":
        risk = {**risk, "accepted_by": world.sponsor, "accepted_until": timezone.now().date()}
    with scope(world):
        terms = {"title": "Late data", "likelihood": 2, "impact": 2, **risk}
        Risk.objects.create(tenant=world.tenant, engagement=engagement, **terms)
    client = _signed_in(world.lead)
    found = [
        kind
        for kind in ("open", "high", "accepted")
        if "Claims triage" in client.get(f"/portfolio/?risk={kind}").content.decode()
    ]
    assert found == shown


def test_the_portfolio_asks_as_often_for_three_as_for_one(
    world: World, engagement: Engagement, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        viewer = world.fresh("lead")
        access.of(viewer)
        with (
            scope(world),
            CaptureQueriesContext(
                connection,
            ) as seen,
        ):
            board(viewer, NO_FILTER, now=timezone.now())
        return len(seen)

    for_one = queries()
    with scope(world):
        for number in (2, 3):
            create_engagement(by=world.lead, tenant=world.tenant, title=f"Engagement {number}")

    assert queries() == for_one
    assert for_one <= 16


# Inbox


def test_the_inbox_shows_what_one_is_told_and_marks_it(world: World) -> None:
    _tell(world)
    client = _signed_in(world.sponsor)
    page = client.get("/inbox/").content.decode()
    assert "Something to decide" in page
    assert "1 not read yet" in page

    with scope(world):
        line = Notification.objects.get(user=world.sponsor)
    answer = client.post(reverse("read_one", args=[line.pk]), follow=True)

    assert "All read" in answer.content.decode()


def test_all_can_be_marked_at_once_and_only_ones_own(world: World) -> None:
    _tell(world)
    _signed_in(world.sponsor).post("/inbox/read/")

    with scope(world):
        unread = Notification.objects.filter(read_at__isnull=True)
        assert [line.user for line in unread] == [world.security]


def test_another_persons_line_is_not_there(world: World) -> None:
    _tell(world)
    with scope(world):
        theirs = Notification.objects.get(user=world.security)

    assert _signed_in(world.sponsor).post(reverse("read_one", args=[theirs.pk])).status_code == 404
    with scope(world):
        theirs.refresh_from_db()
        assert theirs.read_at is None


def test_an_empty_inbox_says_what_will_come(world: World) -> None:
    assert "Nothing here yet" in _signed_in(world.expired).get("/inbox/").content.decode()


# A new client

FORM = {
    "name": "Corvid Retail", "currency": "EUR", "mfa_policy": "second_factor", "title": "Returns mail",
    "problem_statement": "", "sponsor_email": "sam@corvid.example",
}  # fmt: skip


def test_a_lead_takes_on_a_client_with_its_engagement_and_sponsor(world: World) -> None:
    answer = _signed_in(world.lead).post("/clients/new/", FORM)

    tenant = Tenant.objects.get(slug="corvid-retail")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/corvid-retail/engagements/eng_")
    assert (tenant.currency, tenant.mfa_policy) == ("EUR", MfaPolicy.SECOND_FACTOR)
    assert Invitation.objects.get(tenant=tenant).email == "sam@corvid.example"
    from portal.scope import tenant_scope

    with tenant_scope([tenant.pk]):
        assert [row.title for row in Engagement.objects.all()] == ["Returns mail"]
        assert [entry.event for entry in LedgerEntry.objects.order_by("seq")] == [
            "tenant.created", "access.granted", "engagement.created", "member.invited",
        ]  # fmt: skip
        assert audit.broken_links(tenant.pk) == []


@pytest.mark.parametrize("persona", ["consultant", "reviewer"])
def test_without_the_office_of_a_lead_no_client_is_added(world: World, persona: str) -> None:
    answer = _signed_in(world.fresh(persona)).post("/clients/new/", FORM)

    assert answer.status_code == 403
    assert "Only a lead or an administrator" in answer.content.decode()
    assert not Tenant.objects.filter(name="Corvid Retail").exists()


def test_the_clients_people_add_no_client(world: World) -> None:
    assert _signed_in(world.sponsor).get("/clients/new/").status_code == 403


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "harbor mutual"}, "There is a client called harbor mutual already."),
        ({"title": ""}, "This field is required."),
        ({"sponsor_email": "lead"}, "Enter a valid email address."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(world: World, change: dict[str, str], told: str) -> None:
    before = Tenant.objects.count()
    answer = _signed_in(world.lead).post("/clients/new/", {**FORM, **change})

    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert Tenant.objects.count() == before


def test_a_sponsor_who_is_of_the_consultancy_is_refused_and_nothing_is_kept(world: World) -> None:
    answer = _signed_in(world.lead).post("/clients/new/", {**FORM, "sponsor_email": world.consultant.email})

    assert answer.status_code in {403, 422}
    assert not Tenant.objects.filter(name="Corvid Retail").exists()


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Inbox", "inbox-2"),
        ("42 Things", "things"),
        ("北極", "client"),
        ("Harbor-Mutual!", "harbor-mutual-2"),
    ],
)
def test_every_client_gets_an_address_of_its_own(world: World, name: str, slug: str) -> None:
    from portal.services.clients import add_client

    assert add_client(by=world.lead, name=name).slug == slug


# Checking a hash


def test_anybody_may_ask_for_a_hash(db: None) -> None:
    page = Client().get("/verify/", {"hash": "ab" * 32})

    assert page.status_code == 200
    assert "Not known." in page.content.decode()


@pytest.mark.parametrize("text", ["ab", "zz" * 32, "<script>", "ab" * 40])
def test_what_is_no_hash_is_told_so(db: None, text: str) -> None:
    page = Client().get("/verify/", {"hash": text}).content.decode()

    assert "A hash has 64 characters" in page
    assert "<script>" not in page


def test_asking_too_often_is_slowed_down(db: None) -> None:
    answers = [Client().get("/verify/", {"hash": "ab" * 32}).status_code for _ in range(62)]

    assert answers[0] == 200
    assert answers[-1] == 429


def test_nobody_in_particular_still_has_a_home(world: World) -> None:
    nobody = person("Nils Nobody", "client")
    assert "nothing waits for you" in _signed_in(nobody).get("/").content.decode()
