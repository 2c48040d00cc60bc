"""Drafting criteria and bringing templates as pages: who may, what is shown, what a mistake says."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from engagements.catalogue import STANDARD
from engagements.models import Criterion, EngagementTemplate
from engagements.services.templates import import_template
from portal.errors import Forbidden, Invalid, NotFound
from portal.scope import tenant_scope
from tests.engagements.conftest import gate_of, open_set, seal_gate
from tests.engagements.test_criteria_services import GOOD


def place(engagement, number: int = 0) -> str:
    gate = gate_of(engagement, number)
    return f"/harbor/engagements/{engagement.public_id}/gates/{gate.public_id}/"


def draft_url(engagement, number: int = 0) -> str:
    return f"{place(engagement, number)}criteria/{open_set(engagement, number).public_id}/draft/"


def own(**changes) -> dict[str, str]:
    return {
        "key": "G0-9", "text": "The works council was told", "basis": "stated", "comparator": "ge_lower",
        "must": "on", "max_age_days": "90", "rationale": "",
    } | changes  # fmt: skip


@pytest.fixture
def lead(world, client):
    client.force_login(world.lead)
    return client


def test_the_draft_shows_its_criteria_in_order_and_what_was_not_taken(lead, engagement):
    page = lead.get(draft_url(engagement)).content.decode()
    assert page.index("G0-1") < page.index("G0-3") < page.index("G0-4") < page.index("G0-6")
    assert "Suggested and not taken" in page
    assert "G0-2" in page
    assert "G0-5" in page


def test_a_suggestion_is_added_by_one_button(lead, engagement):
    url = draft_url(engagement)
    assert lead.post(f"{url}suggested/", {"key": "G0-2"}).status_code == 302
    assert open_set_keys(engagement)[-1] == "G0-2"
    assert lead.post(f"{url}suggested/", {"key": "G7-1"}).status_code == 404


def open_set_keys(engagement) -> list[str]:
    rows = Criterion.objects.filter(criteria_set__gate=gate_of(engagement, 0)).order_by("order")
    return list(rows.values_list("key", flat=True))


@pytest.mark.parametrize(
    ("basis", "given", "stored"),
    [
        ("stated", {}, ("attestation", "exists_fresh", None, "statement")),
        ("brought", {}, ("evidence", "exists_fresh", None, "statement")),
        ("metric|pass_rate||rate", {"target": "90"}, ("metric", "ge_lower", "0.900000", "rate")),
        (
            "metric|load_p95_ms||ms",
            {"comparator": "le_upper", "target": "3000"},
            ("metric", "le_upper", "3000.000000", "ms"),
        ),
        (
            "comparison|quality_difference||difference",
            {"comparator": "noninferior", "margin": "2"},
            ("comparison", "noninferior", None, "difference"),
        ),
    ],
)
def test_an_own_criterion_is_stored_as_it_was_meant(lead, engagement, basis, given, stored):
    answer = lead.post(draft_url(engagement), own(basis=basis, **given))
    assert answer.status_code == 302, answer.content.decode()
    row = Criterion.objects.get(key="G0-9")
    target = None if row.target is None else str(row.target)
    assert (row.kind, row.comparator, target, row.unit) == stored


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"key": "G0-1"}, "G0-1 is asked for already"),
        ({"key": "G0 9!"}, "Write letters, digits and hyphens"),
        ({"basis": "metric|pass_rate||rate"}, "Write a number, such as 0.85."),
        ({"basis": "metric|pass_rate||rate", "target": "many"}, "Write a number"),
        ({"basis": "metric|pass_rate||rate", "target": "850"}, "Write a rate from 0 to 1"),
        ({"basis": "metric|pass_rate||rate", "target": "85", "comparator": "ge_point"}, "Choose a bound"),
        ({"basis": "metric|pass_rate||rate", "target": "85", "comparator": "within"}, "how much is allowed"),
        ({"basis": "nothing"}, "Select a valid choice"),
    ],
)
def test_what_is_not_right_is_said_and_nothing_is_stored(lead, engagement, given, words):
    answer = lead.post(draft_url(engagement), own(**given))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert open_set_keys(engagement) == ["G0-1", "G0-3", "G0-4", "G0-6"]


def test_a_criterion_is_moved_changed_and_taken_out(lead, engagement):
    open_set(engagement, 0)
    row = Criterion.objects.get(criteria_set__gate=gate_of(engagement, 0), key="G0-4")
    one = f"{place(engagement)}criteria/{row.public_id}/"
    assert lead.post(f"{one}move/", {"to": "up"}).status_code == 302
    assert open_set_keys(engagement) == ["G0-1", "G0-4", "G0-3", "G0-6"]
    assert (
        lead.post(one, {"text": "The data may be used", "must": "on", "max_age_days": "30"}).status_code
        == 302
    )
    row.refresh_from_db()
    assert (row.text, row.max_age_days) == ("The data may be used", 30)
    assert lead.post(f"{one}remove/").status_code == 302
    assert open_set_keys(engagement) == ["G0-1", "G0-3", "G0-6"]


def test_the_client_reads_the_gate_and_cannot_draft(world, client, engagement):
    url = draft_url(engagement)
    client.force_login(world.sponsor)
    assert client.get(url).status_code == 403
    assert client.post(url, own()).status_code == 403


def test_sealed_criteria_have_no_draft_page(world, lead, engagement):
    sealed = seal_gate(world, engagement, 0)
    assert lead.get(f"{place(engagement)}criteria/{sealed.public_id}/draft/").status_code == 409


def test_a_template_is_brought_chosen_and_taken_away_again(world, lead, engagement):
    file = SimpleUploadedFile("short.yaml", GOOD.encode())
    assert lead.post("/harbor/templates/", {"file": file}).status_code == 302
    stored = EngagementTemplate.objects.get()
    assert lead.get(f"/harbor/templates/{stored.public_id}.yaml").content.decode() == GOOD
    page = lead.get("/harbor/engagements/new/").content.decode()
    assert "One gate, version 1.0" in page
    lead.post("/harbor/engagements/new/", {"title": "Short work", "template": "1", "version": "0"})
    with tenant_scope([world.harbor.pk]):
        made = Criterion.objects.filter(criteria_set__engagement__title="Short work")
        assert [row.key for row in made] == ["A-1"]
        assert made[0].criteria_set.engagement.template_key == "short"


def test_an_engagement_can_be_taken_away_as_a_template_and_brought_again(world, lead, engagement):
    open_set(engagement, 1)
    text = lead.get(f"/harbor/engagements/{engagement.public_id}/template.yaml").content.decode()
    made = import_template(by=world.lead, tenant=world.harbor, text=text)
    assert (made.key, made.title) == (engagement.code.lower(), "Claims triage")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"a: [b", "no YAML that can be read"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"x" * 300_000, "larger than 256 KiB"),
        (GOOD.replace("kind: metric", "kind: mood").encode(), "/stages/0/criteria/0/kind"),
        (STANDARD.read_bytes(), "is that of the template which ships"),
    ],
)
def test_a_template_with_a_fault_is_refused_with_its_place_and_not_stored(lead, engagement, body, words):
    answer = lead.post("/harbor/templates/", {"file": SimpleUploadedFile("t.yaml", body)})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not EngagementTemplate.objects.exists()


def test_a_template_never_changes_and_only_a_lead_brings_one(world, engagement):
    with pytest.raises(Forbidden):
        import_template(by=world.sponsor, tenant=world.harbor, text=GOOD)
    with pytest.raises(NotFound):
        import_template(by=world.outsider, tenant=world.harbor, text=GOOD)
    row = import_template(by=world.lead, tenant=world.harbor, text=GOOD)
    with pytest.raises(Invalid, match="is there already"):
        import_template(by=world.lead, tenant=world.harbor, text=GOOD)
    for statement in (
        "UPDATE engagements_engagementtemplate SET title = 'x'",
        "DELETE FROM engagements_engagementtemplate",
    ):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert row.sha256


def test_the_shell_checks_and_brings_a_template(world, scope, tmp_path):
    file = tmp_path / "t.yaml"
    file.write_text(GOOD)
    out = StringIO()
    call_command("manage_templates", "check", str(file), stdout=out)
    who = ["--client", "harbor", "--by", world.lead.email]
    call_command("manage_templates", "import", str(file), *who, stdout=out)
    assert "short 1.0: 1 stages, 1 criteria" in out.getvalue()
    assert "can be chosen for Harbor Mutual" in out.getvalue()
    with pytest.raises(CommandError, match="is there already"):
        call_command("manage_templates", "import", str(file), *who)
    file.write_text("a: [")
    with pytest.raises(CommandError, match="no YAML"):
        call_command("manage_templates", "check", str(file))
