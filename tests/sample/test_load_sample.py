"""Loading the sample: once, through the services, and it stands before the demo gate."""

import io
import json
import stat
from decimal import Decimal

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from assessments.models import PainPoint
from demos.models import DatasetVersion, Run, TestAuthorisation
from demos.selectors.datasets import review_counts
from engagements.catalogue import default_template
from engagements.models import CriteriaSet, Decision, Engagement, Measurement, Stage
from portal.audit import broken_links
from portal.management.story.cast import BRIGHTWATER, CAST, HARBOR, member, people_file
from portal.models import Tenant, User
from portal.scope import tenant_scope

pytestmark = pytest.mark.django_db


def load(*flags):
    words = io.StringIO()
    call_command("load_sample", *flags, stdout=words)
    return words.getvalue()


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """Loaded once, taken back after the last of these tests."""
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "VAR_DIR", tmp_path_factory.mktemp("var"))
        patch.delenv("GATEHOUSE_SAMPLE_URL", raising=False)
        load()
        yield Tenant.objects.get(slug=HARBOR)
        transaction.set_rollback(True)


@pytest.fixture
def harbor(loaded):
    with tenant_scope([loaded.pk]):
        yield loaded


def test_printing_people_before_loading_prints_nothing_and_loads_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "VAR_DIR", tmp_path)

    assert load("--print-people") == ""
    assert not Tenant.objects.exists()


def test_the_engagement_has_passed_the_first_gate_and_stands_before_the_demo_gate(harbor):
    stages = list(Stage.objects.filter(engagement__code="HM-01").values_list("kind", "status"))

    assert stages[:3] == [
        ("pain_points", "passed"),
        ("demo", "in_progress"),
        ("pilot", "not_started"),
    ]
    assert Decision.objects.get().decided_by == member("Margaret Osei")
    assert CriteriaSet.objects.get(gate__number=1).status == "sealed"
    assert not Run.objects.exists()


def test_the_demo_gate_asks_what_the_standard_template_asks_but_for_severe_wrong_answers(harbor):
    asked = [row.key for row in CriteriaSet.objects.get(gate__number=1).criteria.order_by("order")]
    assert asked == [row.key for row in default_template().criteria(1) if row.key != "G1-4"]
    allowed = TestAuthorisation.objects.get()
    assert (allowed.kinds, allowed.signed_by) == (["privacy"], member("Ifeoma Eze"))


def test_the_five_pain_points_cost_what_their_formulas_say(harbor):
    assert PainPoint.objects.count() == 5
    newest = Measurement.objects.filter(key="pain_point_annual_cost").latest("created_at")
    assert newest.value == Decimal("1170383.3333")


def test_every_case_is_accepted_by_the_clients_expert(harbor):
    counts = review_counts(DatasetVersion.objects.get())

    assert (counts.accepted, counts.open) == (121, 0)


def test_the_ledger_is_whole(harbor):
    assert broken_links(harbor.pk) == []


def test_a_second_loading_changes_nothing(harbor):
    before = Engagement.objects.get().version, User.objects.count()

    assert "loaded already" in load()

    assert (Engagement.objects.get().version, User.objects.count()) == before


def test_the_password_works_is_printed_and_nobody_else_can_read_its_file(harbor):
    password = json.loads(people_file().read_text())["password"]

    printed = load("--print-people")

    assert stat.S_IMODE(people_file().stat().st_mode) == 0o600
    assert password in printed
    for person in CAST:
        assert person.email in printed
    assert member("Margaret Osei").check_password(password)


def test_without_the_sample_system_the_second_client_waits_before_its_run(harbor):
    tenant = Tenant.objects.get(slug=BRIGHTWATER)
    with tenant_scope([tenant.pk]):
        stages = Stage.objects.filter(status="in_progress").values_list("kind", flat=True)
        assert list(stages) == ["demo"]
        assert not Run.objects.exists()
        assert CriteriaSet.objects.get(gate__number=1).status == "sealed"
