"""The pages of a pilot: figures, a file of them, use, incidents, environment, plan."""

import csv
import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from engagements.models import Observation
from engagements.pilot_words import Cause, FigureSource, Severity
from engagements.rules.periods import read_period
from engagements.services import adoption, incidents
from tests.engagements.test_pilot import CSV, good, piloted, report, series, week

__all__ = ["piloted"]


def test_the_pages_show_report_import_and_refuse(world, piloted, client):
    client.force_login(world.consultant)
    here = f"/harbor/engagements/{piloted.public_id}/pilot/"
    assert "Not measured yet." in client.get(here).text
    form = {"metric": "success_metric", "period": week(0), "value": "15.2", "n": "410", "group": "pilot",
            "source": "system_export", "note": "report 14"}  # fmt: skip
    assert "is not over yet" in client.post(f"{here}report/", {**form, "period": "2099-01"}).text
    assert client.post(f"{here}report/", {**form, "value": "many"}).status_code == 422
    assert client.post(f"{here}report/", form).status_code == 302
    wrong = SimpleUploadedFile("f.csv", f"{CSV}success_metric,2099-01,1,4,survey,\n".encode())
    refused = client.post(f"{here}import/", {"file": wrong})
    assert (refused.status_code, "Line 2: 2099-01 is not over yet" in refused.text) == (422, True)
    lines = "".join(
        f"success_metric,{week(back)},1{back}.5,400,system_export,report\n" for back in (4, 3, 2, 1)
    )
    look = client.post(f"{here}import/", {"file": SimpleUploadedFile("f.csv", (CSV + lines).encode())})
    assert (look.status_code, "Store 4 figures" in look.text, Observation.objects.count()) == (200, True, 1)
    assert client.post(f"{here}import/", {"text": CSV + lines, "store": "1"}).status_code == 302
    assert Observation.objects.count() == 5
    page = client.get(here).text
    assert "of the agreed improvement was reached" in page
    assert "Before and after, with no group beside it" in page
    assert "report 14" in client.get(f"{here}series/?metric=success_metric").text
    client.force_login(world.member)
    for rest in (
        "",
        "series/",
        "report/",
        "import/",
        "use/",
        "use/report/",
        "incidents/",
        "incidents/new/",
        "environment/",
        "plan/",
    ):
        assert client.get(here + rest).status_code == 200, rest
    assert client.get(f"{here}plan/edit/").status_code == 403


def test_use_incidents_environment_and_plan_are_kept_on_pages(world, piloted, client):
    client.force_login(world.lead)
    here = f"/harbor/engagements/{piloted.public_id}/pilot/"
    use = {
        "period": week(0),
        "eligible": "40",
        "active": "41",
        "source": "survey",
        "reason_wrong": "1",
        "overridden": "2",
    }
    assert "More people used it" in client.post(f"{here}use/report/", use).text
    assert client.post(f"{here}use/report/", {**use, "active": "30"}).status_code == 302
    assert "75.0\u00a0%" in client.get(f"{here}use/").text
    incident = {"title": "Stood still", "severity": "1", "cause": "data", "started_at": "2026-11-02T10:00",
                "detected_at": "2026-11-02T10:30", "version": "0"}  # fmt: skip
    assert client.post(f"{here}incidents/new/", incident).status_code == 302
    log = client.get(f"{here}incidents/").text
    assert "30.0\u00a0min" in log
    key = piloted.incidents.get().public_id
    assert client.post(f"{here}incidents/{key}/", {**incident, "version": "7"}).status_code == 422
    mended = {**incident, "version": "1", "resolved_at": "2026-11-02T12:00"}
    assert client.post(f"{here}incidents/{key}/", mended).status_code == 302
    client.post(f"{here}incidents/complete/")
    assert "No incident of the highest severity is open" in client.get(f"{here}incidents/").text
    blocked = {"aspect": "sign_in", "state": "blocking", "note": "", "version": "0"}
    assert "Sign-in: say what differs" in client.post(f"{here}environment/", blocked).text
    assert client.post(f"{here}environment/", {**blocked, "note": "Local accounts"}).status_code == 302
    assert "Local accounts" in client.get(f"{here}environment/").text
    plan = {"scope": "Motor", "users": "40", "environment": "Theirs", "begins": "2026-12-01",
            "ends": "2027-02-26", "exit_rules": "Worse", "version": "0"}  # fmt: skip
    assert client.post(f"{here}plan/edit/", plan).status_code == 302
    assert "40" in client.get(f"{here}plan/").text
    assert client.post(f"{here}plan/edit/", plan).status_code == 422


def test_use_and_incidents_leave_as_files_that_are_safe_to_open(world, piloted, client):
    """What nobody counted is empty, not 0; who has no place there gets nothing."""
    now = timezone.now()
    facts = incidents.IncidentFacts(
        "=cmd()", Severity.MAJOR, Cause.DATA, now, now, note="+1", reference="INC-204"
    )
    incidents.log_incident(by=world.lead, engagement_id=piloted.pk, facts=facts)
    use = adoption.Use(
        period=read_period("2026-W40"), eligible=20, active=12, accepted=None, overridden=3, abandoned=None,
        reasons={"wrong": 2}, source=FigureSource.SYSTEM_EXPORT, note="@sum",
    )  # fmt: skip
    adoption.report_use(by=world.lead, engagement_id=piloted.pk, use=use)

    def line(name):
        here = f"/{world.harbor.slug}/engagements/{piloted.public_id}/lists/{name}/"
        client.force_login(world.outsider)
        assert client.get(here).status_code == 404
        client.force_login(world.member)
        text = b"".join(client.get(here).streaming_content).decode("utf-8-sig")
        (row,) = csv.DictReader(io.StringIO(text))
        return row

    logged, counted = line("incidents"), line("pilot-use")
    assert (logged["what"], logged["note"], logged["reference"]) == ("'=cmd()", "'+1", "INC-204")
    assert logged["mended"] == ""
    assert (counted["could_use_it"], counted["used_it"], counted["taken_over"]) == ("20", "12", "")
    assert (counted["overridden_wrong"], counted["overridden_habit"], counted["note"]) == ("2", "0", "'@sum")


def test_figures_of_the_pilot_and_all_that_came_in_leave_as_files(world, piloted, client):
    report(world, piloted, *good(), *series("guardrail_1", 4.5, note="=sum(A1)"))
    here = f"/{world.harbor.slug}/engagements/{piloted.public_id}/"

    def lines(name, **query):
        text = b"".join(client.get(f"{here}lists/{name}/", query).streaming_content).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    for name in ("pilot-figures", "measurements"):
        client.force_login(world.outsider)
        assert client.get(f"{here}lists/{name}/").status_code == 404
    client.force_login(world.member)
    assert [len(lines("pilot-figures", metric=key)) for key in ("success_metric", "x", "")] == [6, 0, 7]
    (rail,) = lines("pilot-figures", metric="guardrail_1")
    assert (rail["value"], rail["note"], rail["spread"]) == ("4.500000", "'=sum(A1)", "")
    (change,) = lines("measurements", key="success_metric_change")
    assert (change["value"][:6], change["source"], change["valid"]) == ("-0.435", "series", "true")
    (broken,) = lines("measurements", key="guardrails_broken")
    assert (broken["value"], broken["n"]) == ("", "")
    shown = client.get(f"{here}pilot/series/?metric=guardrail_1").text
    assert "lists/pilot-figures/?metric=guardrail_1&amp;form=csv" in shown
