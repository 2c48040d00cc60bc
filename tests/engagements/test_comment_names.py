"""Comments without names: the other side reads the side by every door; nobody is uncovered later (COL-01)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from engagements.models import Comment
from engagements.services.comments import edit_comment, resolve_thread, write_comment
from engagements.services.following import set_following
from portal.bylines import byline
from portal.errors import Forbidden, NotFound
from portal.models import LedgerEntry, Tenant
from portal.services.clients import show_names
from portal.services.delivery import deliver_waiting
from portal.vocabulary import Visibility
from tests.engagements.conftest import fresh, start

NAME, ID = "Dana Ruiz", "member"
SIDE = "Somebody at Harbor Mutual"


@pytest.fixture
def work(world, scope):
    return start(world)


@pytest.fixture
def said(world, work) -> Comment:
    """An expert of the client speaks under the rule, puts it otherwise, and settles it; the lead follows."""
    set_following(by=world.lead, engagement_id=work.pk, subject=work.public_id, follows=True)
    show_names(by=world.sponsor, tenant_id=world.harbor.pk, shown=False)
    row = say(world.member, work, mentions=[world.lead.pk])
    edit_comment(by=world.member, comment_id=row.pk, body="The baseline is wrong")
    reply = say(world.consultant, work, "Thank you", thread_id=row.pk)
    assert reply.masked
    return resolve_thread(by=world.member, comment_id=row.pk)


def say(by: Any, work: Any, body: str = "Is the baseline right?", **more: Any) -> Comment:
    return write_comment(
        by=fresh(by), engagement_id=work.pk, subject=work.public_id, body=body,
        visibility=Visibility.CLIENT, **more,
    )  # fmt: skip


def told_of_it(page: str) -> str:
    """What a page tells of comments: threads, activity and ledger, without the list of people to mention."""
    found = re.findall(r"<article.*?</article>|<ol class=\"timeline.*?</ol>|<tbody.*?</tbody>", page, re.S)
    return " ".join(re.sub(r"<(fieldset|select).*?</\1>", "", part, flags=re.S) for part in found)


def doors(person: Any, work: Any) -> dict[str, str]:
    """Everything that tells ``person`` of comments."""
    browser = Client()
    browser.force_login(person)
    base = f"/harbor/engagements/{work.public_id}/"
    pages = {
        page: told_of_it(browser.get(page).text) for page in (base, f"{base}comments/", f"{base}ledger/")
    }
    files = {
        name: _csv(browser.get(name))
        for name in (
            f"{base}lists/comments/?form=csv&view=all",
            f"{base}lists/ledger/?form=csv",
            "/inbox/file/?form=csv",
        )
    }
    api = {
        name: json.dumps(browser.get(name).json(), ensure_ascii=False)
        for name in (f"/api/v1/engagements/{work.public_id}/comments", "/api/v1/ledger?limit=200")
    }
    return {**pages, "/inbox/": browser.get("/inbox/").text, **files, **api}


def _csv(answer: Any) -> str:
    assert answer["Content-Type"].startswith("text/csv")
    return b"".join(answer).decode()


def test_the_other_side_reads_the_side_by_every_door(world, work, said):
    deliver_waiting()
    for door, text in doors(world.lead, work).items():
        assert NAME not in text, door
        assert world.member.public_id not in text, door
    told = doors(world.lead, work)
    assert SIDE in told[f"/harbor/engagements/{work.public_id}/ledger/"]
    assert SIDE in told[f"/harbor/engagements/{work.public_id}/lists/comments/?form=csv&view=all"]
    assert SIDE in told["/inbox/"]
    assert f'"id": null, "name": "{SIDE}"' in told[f"/api/v1/engagements/{work.public_id}/comments"]


def test_ones_own_side_and_an_auditor_read_names(world, work, said):
    mine = doors(world.sponsor, work)
    assert NAME in mine[f"/harbor/engagements/{work.public_id}/lists/comments/?form=csv&view=all"]
    assert "Somebody at the consultancy" in mine[f"/api/v1/engagements/{work.public_id}/comments"]
    assert byline(world.auditor, world.member, masked=True, client=world.harbor) == NAME
    assert byline(world.auditor, world.lead, masked=True, client=world.harbor) == world.lead.name


def test_the_ledger_keeps_who_it_was_and_the_mail_names_nobody(world, work, said, mailoutbox):
    entry = LedgerEntry.objects.get(event="comment.written", subject=said.public_id)
    assert (entry.actor_id, entry.facts["masked"]) == (world.member.pk, True)
    deliver_waiting()
    assert mailoutbox
    assert not any(NAME in letter.body + letter.subject for letter in mailoutbox)


def test_a_later_rule_uncovers_nobody_and_covers_nobody_who_spoke_before(world, work, said):
    show_names(by=world.sponsor, tenant_id=world.harbor.pk, shown=True)
    after = say(world.security, work, "I say this with my name")
    told = doors(world.lead, work)[f"/harbor/engagements/{work.public_id}/lists/comments/?form=csv&view=all"]
    assert NAME not in told
    assert world.security.name in told
    assert not after.masked


def test_the_sponsor_sets_the_rule_on_the_page_of_comments_and_nobody_else_does(world, work):
    page = f"/harbor/engagements/{work.public_id}/comments/names/"
    for who, status in ((world.lead, 403), (world.member, 403), (world.outsider, 404)):
        browser = Client()
        browser.force_login(who)
        assert browser.post(page, {"names": "none"}).status_code == status
    with pytest.raises((Forbidden, NotFound)):
        show_names(by=world.lead, tenant_id=world.harbor.pk, shown=False)
    browser = Client()
    browser.force_login(world.sponsor)
    assert browser.post(page, {"names": "none"}).status_code == 302
    assert Tenant.objects.get(pk=world.harbor.pk).comments_without_names
    assert "Write with names from now on" in browser.get(page.removesuffix("names/")).text
    entry = LedgerEntry.objects.get(event="tenant.comment_names_changed")
    assert entry.facts == {"comments_without_names": True}
