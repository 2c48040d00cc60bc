"""Pages of readiness and risks: what they say, to whom, and what they store."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from assessments.catalogue import DEFAULT
from assessments.models import Answer, FrameworkVersion, Risk
from assessments.services import answers
from assessments.services.assessment import start_assessment
from assessments.services.sections import assign_section
from assessments.vocabulary import AnswerStatus, RiskStatus
from engagements.services.evidence import Given, accept, hand_in
from engagements.vocabulary import EvidenceKind
from tests.personas import scope

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()
VIEWS = ("", "plan/", "plan.csv", "consistency/", "crosswalk/", "sections/", "framework/", "E05/", "E05-2/")


@pytest.fixture
def house(world, engagement):
    world.engagement = engagement
    world.base = f"/harbor-mutual/engagements/{engagement.public_id}/"
    return world


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def begin(house):
    with scope(house):
        return start_assessment(by=house.lead, engagement_id=house.engagement.pk)


def claim(house, key, level):
    with scope(house):
        answers.claim(by=house.consultant, engagement_id=house.engagement.pk, question=key, level=level)


def text_of(answer):
    return answer.content.decode()


def test_who_may_begins_the_assessment_and_others_read_why_not(house):
    page = f"{house.base}readiness/"
    assert "does not let you" in text_of(browser(house.sponsor).get(page))
    lead = browser(house.lead)
    assert "Begin the assessment" in text_of(lead.get(page))
    begun = lead.post(f"{page}start/", {"gate": "1", "framework": ""}, follow=True)
    assert "Nothing is assessed yet." in text_of(begun)
    assert lead.post(f"{page}start/", {"gate": "1", "framework": ""}).status_code == 409


@pytest.mark.parametrize("person", ["lead", "sponsor"])
def test_every_view_of_readiness_is_there_for_both_sides(house, person):
    begin(house)
    claim(house, "E05-2", 2)
    claim(house, "E01-1", 0)
    client = browser(getattr(house, person))
    found = {view: client.get(f"{house.base}readiness/{view}").status_code for view in VIEWS}
    assert found == dict.fromkeys(VIEWS, 200)


def test_the_page_says_the_weakest_link_first_and_no_mean(house):
    assessment = begin(house)
    with scope(house):
        keys = [q.key for q in assessment.framework_version.content().questions() if q.core]
    for key in keys:
        claim(house, key, 1)
    page = text_of(browser(house.sponsor).get(f"{house.base}readiness/"))
    assert "5 of 15 elements hold gate 1 back." in page
    assert "E01 is at 1 and needs 2. No other element can make up for it." in page
    assert "not shown: it would hide the weak one" in page
    assert 'aria-label="E05 Data pipeline integrity: level 1, needs 2, below target"' in page


def test_the_number_of_queries_does_not_grow_with_the_answers(house, django_assert_max_num_queries):
    begin(house)
    lead = browser(house.lead)
    lead.get(f"{house.base}readiness/")
    for key in ("E01-1", "E01-2", "E05-1", "E05-2"):
        claim(house, key, 1)
    with django_assert_max_num_queries(30):
        lead.get(f"{house.base}readiness/")


def test_one_side_answers_and_the_other_verifies_on_the_page(house):
    begin(house)
    ours, theirs = browser(house.consultant), browser(house.expert)
    page = f"{house.base}readiness/E05-2/"
    assert ours.post(f"{page}claim/", {"level": "9"}).status_code == 422
    stored = ours.post(f"{page}claim/", {"level": "2", "note": "Rules for late data"}, follow=True)
    assert "Without accepted evidence a claim counts as level 1." in text_of(stored)
    assert "Your own side answered this" in text_of(ours.get(page))
    assert "Verify its answer, or challenge it." in text_of(theirs.get(page))
    refused = theirs.post(f"{page}verify/", {"level": "2", "move": "verify"})
    assert (refused.status_code, "evidence allows level 1" in text_of(refused)) == (422, True)
    with scope(house):
        version = hand_in(
            by=house.consultant, engagement_id=house.engagement.pk, title="Rules", kind=EvidenceKind.FILE,
            given=Given(effective_from=TODAY, about=("E05-2",), file_name="r.txt", body=b"rules"),
        )  # fmt: skip
        accept(by=house.security, version_id=version.pk)
    theirs.post(f"{page}verify/", {"level": "2", "move": "verify"})
    with scope(house):
        assert Answer.objects.get().status == AnswerStatus.VERIFIED
    theirs.post(f"{page}verify/", {"level": "1", "move": "challenge", "reason": "Late data was lost."})
    assert "Late data was lost." in text_of(ours.get(page))
    lower = theirs.post(f"{page}verify/", {"level": "3", "move": "challenge", "reason": "x"})
    assert lower.status_code == 422


def test_not_applicable_is_agreed_on_the_page(house):
    begin(house)
    page = f"{house.base}readiness/E10-3/"
    browser(house.lead).post(f"{page}not-applicable/", {"reason": "One region by contract"})
    theirs = browser(house.expert)
    assert "Agree that it does not apply" in text_of(theirs.get(page))
    agreed = theirs.post(f"{page}not-applicable/", {"move": "agree"}, follow=True)
    assert "Both sides agreed that it does not apply." in text_of(agreed)
    assert "It does not apply here" not in text_of(theirs.get(f"{house.base}readiness/E02-1/"))


def test_a_member_sees_only_the_section_that_was_asked_of_them(house):
    begin(house)
    member = browser(house.client_member)
    with scope(house):
        assign_section(
            by=house.lead,
            engagement_id=house.engagement.pk,
            element="E05",
            person=house.client_member,
            due=TODAY,
        )
    assert member.get(f"{house.base}readiness/").status_code == 302
    mine = text_of(member.get(f"{house.base}readiness/mine/"))
    assert ("E05-2" in mine, "E01-1" in mine) == (True, False)
    assert member.get(f"{house.base}readiness/E05-2/").status_code == 200
    for hidden in ("E01/", "E01-1/", "plan/", "consistency/", "sections/", "interview/"):
        assert member.get(f"{house.base}readiness/{hidden}").status_code == 404
    assert member.post(f"{house.base}readiness/E01-1/claim/", {"level": "1"}).status_code == 404


def test_what_is_asked_of_a_person_stands_on_the_first_page(house):
    begin(house)
    with scope(house):
        assign_section(
            by=house.lead, engagement_id=house.engagement.pk, element="E05", person=house.expert, due=TODAY
        )
        hand_in(
            by=house.consultant, engagement_id=house.engagement.pk, title="Rules", kind=EvidenceKind.FILE,
            given=Given(effective_from=TODAY, about=("E05-2",), file_name="r.txt", body=b"rules"),
        )  # fmt: skip
    home = text_of(browser(house.expert).get("/"))
    assert "Questions on Data pipeline integrity" in home
    assert "Evidence to accept: Rules" in home
    for person in (house.client_member, house.sponsor):  # who accepts evidence does not sign on it
        assert "Evidence to accept" not in text_of(browser(person).get("/"))


def test_the_interview_says_what_to_ask_next(house):
    begin(house)
    lead = browser(house.lead)
    page = f"{house.base}readiness/interview/"
    assert lead.post(page, {}).status_code == 422
    told = text_of(lead.post(page, {"RQ1": "nobody", "RQ1-words": "We have one tester."}))
    assert "Ask these next" in told
    assert "E03-1" in told
    assert "R01" in text_of(lead.get(f"{house.base}risks/"))


def test_the_consistency_page_links_to_the_form_that_mends_each(house):
    begin(house)
    claim(house, "E05-2", 3)
    lead = browser(house.lead)
    page = text_of(lead.get(f"{house.base}readiness/consistency/"))
    assert "E05-2 says level 3, and nothing was accepted that shows it." in page
    form = lead.get(f"{house.base}evidence/new/?about=E05-2")
    assert '<option value="E05-2" selected>' in text_of(form)


def test_the_plan_is_a_spreadsheet_that_no_client_word_can_turn_into_a_formula(house):
    begin(house)
    answer = browser(house.lead).get(f"{house.base}readiness/plan.csv?gate=2")
    lines = text_of(answer).splitlines()
    assert lines[0].startswith("question,text")
    assert not any(line.startswith(("=", "+", "@")) for line in lines)
    assert 'filename="readiness-plan-gate-2.csv"' in answer["Content-Disposition"]


def test_a_framework_is_imported_published_and_taken_into_use_on_pages(house):
    begin(house)
    claim(house, "E05-2", 1)
    lead = browser(house.lead)
    here = "/harbor-mutual/frameworks/"
    broken = lead.post(here, {"text": "key: x"})
    assert (broken.status_code, "required property" in text_of(broken)) == (422, True)
    newer = DEFAULT.read_text(encoding="utf-8").replace('version: "1.0.0"', 'version: "1.1.0"')
    newer = newer.replace("no figure", "nobody knows")
    lead.post(here, {"file": SimpleUploadedFile("f.yaml", newer.encode())})
    with scope(house):
        version = FrameworkVersion.objects.get(number="1.1.0")
    lead.post(f"{here}{version.public_id}/publish/")
    choose = f"{house.base}readiness/framework/"
    assert "1\u00a0answer" in text_of(lead.get(f"{choose}?to={version.public_id}")) or "1 answer" in text_of(
        lead.get(f"{choose}?to={version.public_id}")
    )
    assert lead.post(choose, {"to": version.public_id}).status_code == 302
    assert "1.1.0" in text_of(lead.get(f"{house.base}readiness/"))
    assert browser(house.sponsor).get(f"{here}{version.public_id}/export.yaml").status_code == 200


def test_a_risk_is_kept_by_staff_and_accepted_by_the_client(house):
    lead, sponsor = browser(house.lead), browser(house.sponsor)
    here = f"{house.base}risks/"
    assert "No risk yet" in text_of(lead.get(here))
    form = {"title": "Staff object late", "likelihood": "3", "impact": "4", "response": "", "owner": ""}
    assert lead.post(f"{here}new/?from=R29", {**form, "residual_impact": "2"}).status_code == 422
    lead.post(f"{here}new/?from=R29", form)
    with scope(house):
        risk = Risk.objects.get()
    assert (risk.catalogue, risk.elements) == ("R29", ["E15"])
    page = f"{here}{risk.public_id}/"
    assert "Only the client" in text_of(lead.get(page))
    until = (TODAY + timedelta(days=60)).isoformat()
    assert lead.post(f"{page}accept/", {"until": until, "reason": "x"}).status_code == 403
    assert sponsor.post(f"{page}accept/", {"until": TODAY.isoformat(), "reason": "x"}).status_code == 422
    sponsor.post(f"{page}accept/", {"until": until, "reason": "Ten people in one office"})
    with scope(house):
        assert Risk.objects.get().status == RiskStatus.ACCEPTED
    stale = lead.post(page, {**form, "title": "x", "version": "1"})
    assert "somebody else changed this risk" in text_of(stale)


def test_a_question_is_talked_about_on_its_page_before_anybody_answered_it(house):
    begin(house)
    there, sponsor = f"{house.base}readiness/E05-2/", browser(house.sponsor)
    subject = re.findall(r'name="subject" value="(rdq_\w+)"', text_of(sponsor.get(there)))
    sponsor.post(
        f"{house.base}comments/write/", {"subject": subject[0], "body": "Late by how much?", "back": there}
    )
    assert "Late by how much?" in text_of(sponsor.get(there))
    assert "Late by how much?" not in text_of(sponsor.get(f"{house.base}readiness/E05-1/"))
    assert "readiness question" in text_of(sponsor.get(f"{house.base}comments/"))
