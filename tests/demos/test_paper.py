"""The report of a run: its newest result, nothing of sealed cases, and a look that is counted."""

from __future__ import annotations

import pytest
from django.db import connection

from demos.figures import figures_of
from demos.models import Case, Run, SealedLook
from demos.services.results import outcomes, store_figures
from engagements.report.paper import render_report_pdf
from engagements.services.reports import order_report
from portal.errors import WrongMoment
from tests.demos.finished import runs_of
from tests.personas import scope

__all__ = ["runs_of"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(world, runs_of) -> Run:
    """60 cases, 5 of them wrong."""
    (made,) = runs_of(60, {3, 17, 29, 41, 55})
    with scope(world):
        store_figures(made, figures_of(outcomes(made), seed=1), version=1)
    return made


def order(world, run, by):
    return order_report(by=by, engagement_id=run.engagement_id, kind="evaluation", subject=run.public_id)


def test_the_report_says_what_is_proven_and_tells_wrong_answers_first(world, run):
    with scope(world):
        report = order(world, run, world.client_member)
        assert order(world, run, world.lead) == report
    content = report.content()
    assert content["headline"].startswith(
        "55 of 60 cases were right. We can be 95\u00a0% sure that it is at least"
    )
    told = [block for block in content["blocks"] if block["type"] == "answer"]
    assert told[0]["answered"] == "run 1 on 3"
    assert len(told) == 5
    names = [name for name, _ in content["basis"]]
    assert names[0] == "Plan"
    assert names[-1] == "Figures, result 1"
    body = render_report_pdf(report)
    body = render_report_pdf(report)
    assert body == render_report_pdf(report)


def test_sealed_cases_are_never_told_and_the_report_counts_as_a_look(world, run):
    with scope(world):
        with connection.cursor() as cursor:  # what no service can do: the guard is lifted for the test
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE demos_case DISABLE TRIGGER USER")
            Case.objects.filter(attempts__run=run, attempts__position__in=[3, 17]).update(sealed=True)
            cursor.execute("ALTER TABLE demos_case ENABLE TRIGGER USER")
        report = order(world, run, world.lead)
        told = [block["answered"] for block in report.content()["blocks"] if block["type"] == "answer"]
        assert told == ["run 1 on 29", "run 1 on 41", "run 1 on 55"]
        assert SealedLook.objects.filter(run=run).count() == 1


def test_a_run_that_did_not_finish_has_no_report(world, run):
    with scope(world):
        Run.objects.filter(pk=run.pk).update(status="invalid")
        with pytest.raises(WrongMoment, match="a part proves nothing"):
            order(world, run, world.lead)
