"""The pages of the value case, and the workbook whose formulas come to the same numbers."""

import io
import re
from decimal import Decimal

import openpyxl
import pytest

from assessments.models import ValueCase
from assessments.services.pain_points import PainPointFacts, map_pain_point
from assessments.vocabulary import PainKind
from portal.scope import tenant_scope
from tests.assessments.test_value_case import ERROR, LABOUR, save

FORM = {
    "cases_per_year": "12000", "coverage": "100", "wrong_case_cost": "2", "horizon_months": "36",
    "discount_rate": "10", "ramp_months": "0", "version": "0", "build_likely": "85000", "build_grade": "C",
    "build_source": "two offers", "staff_likely": "24000", "staff_grade": "D", "b0_likely": "40",
    "b0_low": "25", "b0_high": "50", "b0_adoption": "70", "b0_cashable": "on", "b1_likely": "50",
    "b1_adoption": "70",
}  # fmt: skip


def address(place, end=""):
    return f"/{place.tenant.slug}/engagements/{place.engagement.public_id}/value-case/{end}"


@pytest.fixture
def point(harbor):
    with tenant_scope([harbor.tenant.pk]):
        return map_pain_point(
            by=harbor.lead,
            engagement_id=harbor.engagement.pk,
            facts=PainPointFacts("=Manual triage", PainKind.BOTTLENECK),
            components=[LABOUR, ERROR],
        )


def test_an_empty_page_teaches_and_points_to_the_pain_points(harbor, client):
    client.force_login(harbor.lead)
    page = client.get(address(harbor)).text
    assert "No value case yet" in page
    assert "map one with its costs first" in page


def test_a_losing_case_is_written_in_the_browser_and_the_page_says_that_it_loses(harbor, point, client):
    client.force_login(harbor.lead)
    answer = client.post(address(harbor, "edit/"), FORM)
    assert answer.status_code == 302

    page = client.get(address(harbor)).text
    for text in ("this case loses money", "−$17,467", "37.6 months", "$51,156", "Not measured.", "P10"):
        assert text in page, text
    client.force_login(harbor.member)
    assert client.get(address(harbor)).status_code == 200
    assert client.get(address(harbor, "edit/")).status_code == 403
    client.force_login(harbor.lead)
    assert 'value="85000"' in client.get(address(harbor, "edit/")).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"b0_high": "120"}, "from 0 to 100"),
        ({"b0_adoption": ""}, "Write a share in per cent, such as 70."),
        ({"build_grade": ""}, "Choose how this figure is known."),
        ({"build_likely": "", "build_grade": "", "build_source": ""}, "Say what building it costs"),
        ({"staff_low": "30000"}, "Low, likely and high have to stand in this order"),
        ({"cases_per_year": "many"}, "Enter a number"),
    ],
)
def test_a_wrong_entry_is_named_and_nothing_is_stored(harbor, point, client, changes, sentence):
    client.force_login(harbor.lead)
    answer = client.post(address(harbor, "edit/"), FORM | changes)

    assert answer.status_code == 422
    assert sentence in answer.text
    with tenant_scope([harbor.tenant.pk]):
        assert not ValueCase.objects.exists()


def test_the_formulas_of_the_workbook_come_to_the_numbers_of_the_page(harbor, point, client):
    with tenant_scope([harbor.tenant.pk]):
        case = save(harbor, point)
    client.force_login(harbor.lead)
    book = openpyxl.load_workbook(io.BytesIO(client.get(address(harbor, "workbook.xlsx")).content))

    answers = {book["Result"][f"A{row}"].value: worth(book, "Result", f"B{row}") for row in range(2, 18)}
    assert answers["Saving a year at full use"] == pytest.approx(51_156)
    assert answers["Net present value"] == pytest.approx(float(Decimal(case.totals["npv"])))
    assert answers["Payback in months without ramp"] == pytest.approx(37.56, abs=0.005)
    assert book["Benefits"]["A2"].value == "'=Manual triage, labour"


def worth(book, sheet, cell):
    """What a cell comes to: a very small reader of the formulas that the workbook uses."""
    value = book[sheet][cell].value
    if not isinstance(value, str) or not value.startswith("="):
        return value

    def add_up(found):
        page, (first, last) = found[1], (int(found[3]), int(found[4]))
        return str(sum(worth(book, page, f"{found[2]}{row}") for row in range(first, last + 1)))

    def look_up(found):
        return f"({worth(book, found[1] or sheet, found[2] + found[3])!r})"

    text = re.sub(r"SUM\((\w+)!([A-Z])(\d+):[A-Z](\d+)\)", add_up, value[1:])
    text = re.sub(r"(?:(\w+)!)?\$?([A-Z])\$?(\d+)(?![\d.])", look_up, text)
    text = re.sub(r"IF\((.+?),(.+),(.+)\)", r"((\2) if (\1) else (\3))", text)
    return eval(text.replace("^", "**"), {"__builtins__": {}, "Decimal": Decimal})  # noqa: S307  # our own formulas


def test_the_seven_checks_are_answered_on_a_page_and_shown_with_their_reasons(harbor, point, client):
    client.force_login(harbor.lead)
    there = f"/{harbor.tenant.slug}/engagements/{harbor.engagement.public_id}/pain-points/"
    checks = dict.fromkeys(("errors", "data", "truth", "person", "volume", "legal"), "yes")
    answers = {**checks, "rules": "yes", "version": "1", "chosen": "on"}
    assert client.get(f"{there}{point.public_id}/suitability/").status_code == 200
    assert client.post(f"{there}{point.public_id}/suitability/", {"version": "1"}).status_code == 422

    assert client.post(f"{there}{point.public_id}/suitability/", answers).status_code == 302
    page = client.get(there).text
    assert "<b>Chosen.</b> Calls for: plain automation" in page
    assert "Fixed rules settle it" in page


def test_the_overview_says_in_one_line_that_the_case_loses(harbor, point, client):
    with tenant_scope([harbor.tenant.pk]):
        save(harbor, point)
    client.force_login(harbor.member)
    page = client.get(f"/{harbor.tenant.slug}/engagements/{harbor.engagement.public_id}/").text
    assert "It loses:" in page
    assert "37.6 months" in page
