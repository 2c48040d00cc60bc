"""The pages of the map: what is shown, to whom, and what a wrong entry is told."""

import pytest

from assessments.models import PainPoint
from portal.scope import tenant_scope

GOOD = {
    "title": "Manual triage of new claims",
    "kind": "bottleneck",
    "cases_per_year": "12000",
    "rate_per_hour": "42",
    "labour_touch_minutes": "18",
    "labour_grade": "A",
    "labour_source": "Time study, October",
    "error_error_rate": "6",
    "error_cost_per_error": "35",
    "error_grade": "B",
    "error_source": "350 files",
    "rework_rework_share": "10",
    "rework_rework_minutes": "25",
    "rework_grade": "D",
    "version": "0",
}


def address(place, end=""):
    return f"/{place.tenant.slug}/engagements/{place.engagement.public_id}/pain-points/{end}"


@pytest.fixture
def signed_in(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def stored(place):
    with tenant_scope([place.tenant.pk]):
        return list(PainPoint.objects.prefetch_related("components"))


def test_an_empty_map_teaches_what_a_pain_point_is(harbor, signed_in):
    page = signed_in(harbor.lead).get(address(harbor))

    assert page.status_code == 200
    assert "No pain point yet" in page.text
    assert "Add the first pain point" in page.text


def test_a_member_sees_the_map_and_the_reason_why_nothing_can_be_added(harbor, signed_in):
    signed_in(harbor.lead).post(address(harbor, "new/"), GOOD)

    page = signed_in(harbor.member).get(address(harbor))

    assert "Manual triage of new claims" in page.text
    assert "does not let you map pain points" in page.text


def test_a_pain_point_is_added_and_its_cost_explained(harbor, signed_in):
    browser = signed_in(harbor.lead)

    answer = browser.post(address(harbor, "new/"), GOOD)

    assert answer.status_code == 302
    page = browser.get(address(harbor)).text
    for text in ("$197,400", "$151,200", "12,000 × 18\u00a0min ÷ 60 × $42.00", "10.6\u00a0%", "single guess"):
        assert text in page, text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "Write a title, such as Manual triage of new claims."),
        ({"labour_touch_minutes": "about 18"}, "Write a number, such as 18."),
        ({"labour_touch_minutes": ""}, "Write a number, such as 18."),
        ({"cases_per_year": ""}, "Write a number, such as 21000."),
        ({"labour_grade": ""}, "Choose how this figure is known."),
        ({"labour_source": ""}, "Say where the number comes from, or choose “single guess”."),
        ({"error_error_rate": "106"}, "A share is at most the whole: 100 %."),
        ({"labour_low": "1", "labour_high": "2"}, "has to lie between low and high"),
    ],
)
def test_a_wrong_entry_is_named_and_nothing_is_stored(harbor, signed_in, changes, sentence):
    answer = signed_in(harbor.lead).post(address(harbor, "new/"), GOOD | changes)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert stored(harbor) == []


def test_a_pain_point_without_any_cost_is_refused(harbor, signed_in):
    only_words = {key: GOOD[key] for key in ("title", "kind", "version")}

    answer = signed_in(harbor.lead).post(address(harbor, "new/"), only_words)

    assert answer.status_code == 422
    assert "Claim at least one cost" in answer.text


def test_the_form_shows_what_is_stored_and_changes_it(harbor, signed_in):
    browser = signed_in(harbor.lead)
    browser.post(address(harbor, "new/"), GOOD)
    (point,) = stored(harbor)

    page = browser.get(address(harbor, f"{point.public_id}/")).text
    assert 'value="12000"' in page
    assert 'value="6"' in page
    answer = browser.post(
        address(harbor, f"{point.public_id}/"), GOOD | {"version": "1", "labour_touch_minutes": "9"}
    )

    assert answer.status_code == 302
    (point,) = stored(harbor)
    assert point.version == 2
    assert {row.kind: row.likely for row in point.components.all()}["labour"] == 75_600


def test_a_change_that_came_second_keeps_its_text_and_says_so(harbor, signed_in):
    browser = signed_in(harbor.lead)
    browser.post(address(harbor, "new/"), GOOD)
    (point,) = stored(harbor)
    there = address(harbor, f"{point.public_id}/")
    browser.post(there, GOOD | {"version": "1", "title": "First"})

    late = browser.post(there, GOOD | {"version": "1", "title": "Second"})

    assert late.status_code == 422
    assert "somebody else changed this pain point" in late.text
    assert 'value="Second"' in late.text
    assert stored(harbor)[0].title == "First"
    assert browser.post(there, GOOD | {"version": "2", "title": "Second"}).status_code == 302


@pytest.mark.parametrize(
    ("who", "status"), [("lead", 200), ("expert", 200), ("member", 403), ("reviewer", 403)]
)
def test_who_may_open_the_form(harbor, signed_in, who, status):
    assert signed_in(getattr(harbor, who)).get(address(harbor, "new/")).status_code == status


def test_an_outsider_finds_nothing(harbor, other, signed_in):
    browser = signed_in(other.outsider)

    assert browser.get(address(harbor)).status_code == 404
    mixed = f"/{other.tenant.slug}/engagements/{harbor.engagement.public_id}/pain-points/"
    assert browser.get(mixed).status_code == 404


def test_a_visitor_is_asked_to_sign_in(harbor, client):
    assert client.get(address(harbor)).status_code == 302
