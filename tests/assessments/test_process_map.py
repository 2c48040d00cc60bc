"""The process map: where the work waits, steps from a file, and its pages."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from assessments.models import PainPoint, ProcessStep
from assessments.rules.process import StepFacts, bottlenecks, read_csv, utilisation
from assessments.services.process_map import add_step, remove_step
from portal.errors import WrongMoment
from portal.scope import tenant_scope

GOOD = """process,name,actor,system,volume_per_year,touch_minutes,wait_minutes,error_rate,grade,source
Claims,Read,Clerk,Mail,48000,4,30,7%,A,Time study
Claims,Sort,Clerk,Desk,48000,7,1500,0.02,D,
"""


def step(**numbers):
    return StepFacts("Claims", "x", **{name: Decimal(value) for name, value in numbers.items()})


def test_the_step_with_most_of_the_waiting_is_marked_with_its_arithmetic():
    marks = bottlenecks([step(wait_minutes=30), step(wait_minutes=90)])
    assert marks[0] == []
    assert marks[1] == ["Most waiting: 90 of 120 min, 75.0\u00a0% of all waiting."]


def test_the_busiest_step_is_marked_with_its_arithmetic():
    busy = step(volume_per_year=6000, touch_minutes=10, hours_per_year=1250)
    calm = step(volume_per_year=6000, touch_minutes=5, hours_per_year=1250)
    assert utilisation(busy) == Decimal("0.8")
    assert "80.0\u00a0%" in bottlenecks([calm, busy])[1][0]


def test_without_measured_waiting_nothing_is_marked():
    assert bottlenecks([step(), step()]) == [[], []]
    assert utilisation(step()) is None


def test_steps_are_read_from_a_file_with_shares_and_grades():
    steps, faults = read_csv(GOOD)
    assert faults == []
    assert [row.error_rate for row in steps] == [Decimal("0.07"), Decimal("0.02")]
    assert (steps[0].evidence or {})["touch_minutes"] == {"grade": "A", "source": "Time study"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,2", "The first line has to name the columns"),
        ("process,name\n", "no step"),
        ("process,name\n,x", "Line 2: “process” is empty."),
        ("process,name,touch_minutes\nA,x,many", "Line 2: “touch_minutes” is no number: many."),
        ("process,name,error_rate\nA,x,7", "“error_rate” is a share"),
        ("process,name,touch_minutes,grade\nA,x,7,A", "say in “source”"),
        ("process,name,grade\nA,x,Z", "“grade” is A, B, C or D."),
        ("process,name\nA,x,y", "more cells than columns"),
        ("process,name,touch_minutes\nA,x,NaN", "from 0 to one billion"),
    ],
)
def test_a_wrong_line_is_named(text, sentence):
    assert any(sentence in fault for fault in read_csv(text)[1])


def test_a_map_is_imported_changed_and_shown(harbor, client):
    client.force_login(harbor.lead)
    there = f"/{harbor.tenant.slug}/engagements/{harbor.engagement.public_id}/process-map/"
    assert "No step yet" in client.get(there).text

    wrong = SimpleUploadedFile("steps.csv", GOOD.replace("7%", "7").encode())
    refused = client.post(f"{there}import/", {"file": wrong})
    assert refused.status_code == 422
    assert "Line 2:" in refused.text

    right = SimpleUploadedFile("steps.csv", GOOD.encode())
    assert client.post(f"{there}import/", {"file": right}).status_code == 302
    page = client.get(there).text
    assert "Bottleneck: Sort." in page
    with tenant_scope([harbor.tenant.pk]):
        row = ProcessStep.objects.get(name="Read")
    assert 'value="48000"' in client.get(f"{there}{row.public_id}/").text
    changed = {
        "process": "Claims", "name": "Read it", "version": "1", "touch_minutes": "5",
        "touch_minutes_grade": "D",
    }  # fmt: skip
    assert client.post(f"{there}{row.public_id}/", changed).status_code == 302
    assert client.post(f"{there}{row.public_id}/", changed).status_code == 422
    assert client.post(f"{there}{row.public_id}/take-out/").status_code == 302
    with tenant_scope([harbor.tenant.pk]):
        assert [step.name for step in ProcessStep.objects.all()] == ["Sort"]
    client.force_login(harbor.member)
    assert client.get(there).status_code == 200
    assert client.get(f"{there}new/").status_code == 403


def test_a_pain_point_hangs_on_a_step_and_the_map_says_where_it_hurts_most(harbor, client):
    client.force_login(harbor.lead)
    here = f"/{harbor.tenant.slug}/engagements/{harbor.engagement.public_id}/"
    with tenant_scope([harbor.tenant.pk]):
        read, sort = (
            add_step(by=harbor.lead, engagement_id=harbor.engagement.pk, facts=StepFacts("Claims", name))
            for name in ("Read", "Sort")
        )
    start = client.get(f"{here}pain-points/new/?step={sort.public_id}").text
    assert f'<option value="{sort.public_id}" selected>Claims: Sort</option>' in start
    written = {
        "title": "Sorting twice", "kind": "bottleneck", "process_step": sort.public_id, "version": "0",
        "cases_per_year": "12000", "rate_per_hour": "42", "labour_touch_minutes": "18", "labour_grade": "D",
    }  # fmt: skip
    wrong = client.post(f"{here}pain-points/new/", {**written, "process_step": "stp_of_nobody"})
    assert wrong.status_code == 422
    assert client.post(f"{here}pain-points/new/", written).status_code == 302

    page = client.get(f"{here}process-map/").text
    assert "It hurts most at Sort:" in page
    assert "$151,200 a year" in page
    assert f"#{sort.public_id}" in client.get(f"{here}pain-points/").text
    with tenant_scope([harbor.tenant.pk]):
        point = PainPoint.objects.get()
        assert point.process_step == sort
        with pytest.raises(WrongMoment):
            remove_step(by=harbor.lead, step_id=sort.pk)
    assert "Take “Sorting twice” out" in client.get(f"{here}pain-points/{point.public_id}/").text
    out = f"{here}pain-points/{point.public_id}/take-out/"
    assert "somebody else changed" in client.post(out, {"version": "9"}, follow=True).text
    assert "is off the map" in client.post(out, {"version": "1"}, follow=True).text
    with tenant_scope([harbor.tenant.pk]):
        remove_step(by=harbor.lead, step_id=sort.pk)
        assert list(ProcessStep.objects.all()) == [read]
