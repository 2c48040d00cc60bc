"""A template brings framework, first risks and pilot metrics; an engagement leaves as one."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.db import DatabaseError, transaction

from assessments.models import Assessment, Risk
from assessments.services.assessment import start_assessment
from assessments.services.frameworks import import_framework, publish_framework
from assessments.services.risks import close_risk
from engagements.catalogue import default_template, read_template
from engagements.models import Engagement, EngagementTemplate, SuccessMetric
from engagements.rules.brief import brief
from engagements.selectors.templates import as_template, chosen
from engagements.services.templates import import_template
from portal.errors import Invalid
from portal.models import LedgerEntry
from tests.engagements.conftest import metric_terms, start

DOCS = Path(settings.BASE_DIR) / "docs" / "templates.md"


def full(**changes) -> str:
    """The example of the docs, with parts replaced or, by None, left out."""
    found = re.search(r"```yaml\n(.*?)```", DOCS.read_text(), re.S)
    assert found
    raw = yaml.safe_load(found[1]) | changes
    return yaml.safe_dump({name: part for name, part in raw.items() if part is not None})


@pytest.fixture
def begun(world, scope):
    """An engagement from the template of the docs."""
    made = import_template(by=world.lead, tenant=world.harbor, text=full())
    return start(world, template=read_template(made.body))


def test_risks_of_the_template_stand_on_the_register_from_the_first_day(begun):
    rows = [
        (row.catalogue, row.title, row.likelihood, row.impact, row.plan)
        for row in Risk.objects.order_by("pk")
    ]
    assert rows == [
        ("R02", "Provider quota or 429 stops service", 4, 4, ""),
        ("R03", "Cost explodes with retries or long context", 2, 4, "A cap on tokens per mail."),
        ("", "Two languages in one mail", 3, 2, ""),
    ]
    assert LedgerEntry.objects.filter(event="risk.opened", engagement_id=begun.pk).count() == 3


def test_the_success_metric_is_a_draft_with_guardrails_and_no_baseline(begun):
    row = SuccessMetric.objects.get(engagement=begun)
    terms = row.terms()
    assert (terms.name, terms.target, terms.unit) == (metric_terms().name, Decimal("0.4"), "h")
    assert [(rail.name, rail.above, rail.limit) for rail in terms.guardrails] == [
        ("satisfaction", True, Decimal("4.2"))
    ]
    assert (terms.baseline.value, row.sealed_at) == (None, None)


def test_the_assessment_begins_with_the_framework_that_the_template_names(world, scope):
    from assessments.catalogue import DEFAULT

    text = DEFAULT.read_text().replace("key: gatehouse\n", "key: our-own\n", 1)
    assert "key: our-own" in text
    with pytest.raises(Invalid, match=r"our-own 1\.0\.0 is not published"):
        import_template(
            by=world.lead, tenant=world.harbor, text=full(framework={"key": "our-own", "version": "1.0.0"})
        )
    version = import_framework(by=world.lead, tenant=world.harbor, text=text)
    publish_framework(by=world.lead, version_id=version.pk)
    made = import_template(
        by=world.lead, tenant=world.harbor, text=full(framework={"key": "our-own", "version": "1.0.0"})
    )
    engagement = start(world, template=read_template(made.body))
    start_assessment(by=world.lead, engagement_id=engagement.pk)
    assert Assessment.objects.get(engagement=engagement).framework_version == version


def test_an_engagement_leaves_as_a_template_and_starts_another_like_itself(world, begun):
    close_risk(by=world.lead, risk_id=Risk.objects.get(catalogue="R02").pk, reason="A second provider.")
    text = as_template(begun)
    assert "baseline" not in text
    made = import_template(by=world.lead, tenant=world.harbor, text=text)
    second = start(world, title="Second work", template=chosen(world.harbor.pk, made.key, ""))
    risks = Risk.objects.filter(engagement=second).order_by("pk")
    assert list(risks.values_list("catalogue", "likelihood", "plan")) == [
        ("R03", 2, "A cap on tokens per mail."), ("", 3, ""),
    ]  # fmt: skip
    assert second.framework == "gatehouse 1.0.0"
    assert (
        SuccessMetric.objects.get(engagement=second).terms()
        == SuccessMetric.objects.get(engagement=begun).terms()
    )
    assert (
        as_template(second)
        .replace(second.code.lower(), begun.code.lower())
        .replace("Second work", begun.title)
        == text
    )


def test_the_template_that_ships_names_its_framework_and_opens_nothing(engagement):
    shipped = default_template()
    assert (shipped.framework, shipped.risks, shipped.metric) == ("gatehouse 1.0.0", (), None)
    assert engagement.framework == "gatehouse 1.0.0"
    assert not Risk.objects.exists()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"risks": [{"catalogue": "R99"}]}, "/risks/0/catalogue"),
        ({"risks": [{"catalogue": "R02"}, {"catalogue": "R02"}]}, "/risks/1/catalogue"),
        ({"risks": [{"title": "Half said"}]}, "/risks/0"),
        ({"risks": [{"title": "x", "likelihood": 6, "impact": 1}]}, "/risks/0/likelihood"),
        ({"framework": {"key": "gatehouse"}}, "/framework"),
        ({"framework": {"key": "gatehouse", "version": "9.9.9"}}, "/framework"),
        ({"pilot": {"guardrails": []}}, "/pilot"),
    ],
)
def test_a_part_with_a_fault_is_refused_with_its_place_and_nothing_is_stored(world, scope, changes, pointer):
    with pytest.raises(Invalid) as refused:
        import_template(by=world.lead, tenant=world.harbor, text=full(**changes))
    assert pointer in [fault.pointer for fault in refused.value.errors]
    assert not EngagementTemplate.objects.exists()


def test_a_metric_that_makes_no_sense_is_refused_with_its_place():
    raw = yaml.safe_load(full())
    raw["pilot"]["metric"]["target"] = 1.4
    with pytest.raises(Invalid) as refused:
        read_template(yaml.safe_dump(raw))
    assert [fault.pointer for fault in refused.value.errors] == ["/pilot/metric/target"]


def test_the_page_says_what_a_template_starts_with(world, begun, client):
    client.force_login(world.lead)
    page = client.get("/harbor/templates/").text
    assert "framework gatehouse 1.0.0" in page
    assert "3 risks, time from first notice to the right handler with 1 guardrail" in page


def test_the_api_brings_a_template_starts_from_it_and_takes_it_out(world, scope, client):
    client.force_login(world.lead)
    sent = {"content_type": "application/json"}
    made = client.post("/api/v1/engagement-templates", {"text": full(), "client": "harbor"}, **sent)
    assert made.status_code == 201
    assert client.get(made.json()["id"].join(("/api/v1/engagement-templates/", ""))).json()["text"] == full()
    listed = client.get("/api/v1/engagement-templates").json()["items"]
    assert [row["key"] for row in listed] == ["mail-triage"]
    body = {"title": "Mail", "template": "mail-triage", "client": "harbor"}
    began = client.post("/api/v1/engagements", body, **sent)
    assert began.status_code == 201
    assert Engagement.objects.get(title="Mail").template_key == "mail-triage"
    text = client.get(f"/api/v1/engagements/{began.json()['id']}/template").json()["text"]
    assert yaml.safe_load(text)["risks"][2]["title"] == "Two languages in one mail"

    fault = client.post(
        "/api/v1/engagement-templates", {"text": full(risks=[{}]), "client": "harbor"}, **sent
    )
    assert (fault.status_code, fault.json()["errors"][0]["pointer"]) == (422, "/risks/0")
    assert client.post("/api/v1/engagements", body | {"template": "nobodys"}, **sent).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("sponsor", 403), ("consultant", 403), ("outsider", 404)])
def test_who_does_not_keep_templates_brings_and_reads_none(world, begun, client, who, status):
    client.force_login(getattr(world, who))
    body = {"text": full(version="1.1"), "client": "harbor"}
    answer = client.post("/api/v1/engagement-templates", body, content_type="application/json")
    assert answer.status_code == status
    assert client.get("/api/v1/engagement-templates").json()["items"] == []
    assert client.get(f"/api/v1/engagements/{begun.public_id}/template").status_code == status


# --- a usual stage that is left out says why (GAT-01) --------------------------------------------


def test_a_usual_stage_that_is_left_out_needs_a_reason(world, scope):
    with pytest.raises(Invalid) as refused:
        import_template(by=world.lead, tenant=world.harbor, text=full(skipped=None))
    named = [one.detail.split(" is not")[0] for one in refused.value.errors]
    assert named == ["Pain points", "Pilot", "Deployment", "Benefits"]
    assert not EngagementTemplate.objects.exists()


def test_a_stage_is_not_there_and_left_out_at_once():
    with pytest.raises(Invalid, match="Demo is among the stages and cannot be skipped as well"):
        read_template(full(skipped=[{"kind": "demo", "reason": "It was shown at the fair."}]))


def test_why_a_stage_is_left_out_is_read_on_page_in_api_and_ledger(begun, world, client):
    assert [row["name"] for row in begun.skipped_stages] == ["Pain points", "Pilot", "Deployment", "Benefits"]
    client.force_login(world.sponsor)
    page = client.get(f"/harbor/engagements/{begun.public_id}/").text
    line = page[page.index('<ol class="stages') :]
    assert line.index("Pain points") < line.index(">Demo<") < line.index("Deployment")
    assert "<b>Left out: Pilot.</b> Mail is sorted beside people from the first day" in page
    given = client.get(f"/api/v1/engagements/{begun.public_id}").json()["skipped_stages"]
    assert given == begun.skipped_stages
    entry = LedgerEntry.objects.get(event="engagement.created", engagement_id=begun.pk)
    assert entry.facts["skipped"] == "Pain points, Pilot, Deployment, Benefits"


def test_a_template_from_before_reasons_still_starts_an_engagement_that_says_so(world, scope):
    begun = start(world, template=read_template(full(skipped=None)))
    assert {row["reason"] for row in begun.skipped_stages} == {""}


def test_what_was_left_out_is_never_rewritten(begun):
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        Engagement.objects.filter(pk=begun.pk).update(skipped_stages=[])


def test_the_brief_tells_the_sponsor_which_stage_was_left_out_and_why(demo_round):
    frozen = demo_round.snapshot.content()
    assert frozen["skipped_stages"] == []
    told = brief({**frozen, "skipped_stages": [
        {"kind": "pilot", "name": "Pilot", "reason": "It runs beside people from the first day."},
        {"kind": "benefits", "name": "Benefits", "reason": ""},
    ]})["not_proven"]  # fmt: skip
    assert "Pilot is left out: It runs beside people from the first day." in told
    assert "Benefits is left out: no reason was given." in told


def test_a_template_renames_stages_and_has_two_of_one_kind(world, scope):
    raw = yaml.safe_load(full())
    second = {**raw["stages"][0], "name": "Second demo, with live mail", "gate": 2}
    begun = start(world, template=read_template(full(stages=[raw["stages"][0], second])))
    assert list(begun.stages.values_list("name", "kind")) == [
        (raw["stages"][0]["name"], "demo"), ("Second demo, with live mail", "demo"),
    ]  # fmt: skip
