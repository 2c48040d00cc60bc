"""Figures of a pilot from the page, a file and the API to the verdict of its gate; nothing is overwritten."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from engagements.models import AdoptionCount, Measurement, Observation, PilotPlan
from engagements.pilot_words import Aspect, Cause, FigureSource, Group, Parity, Severity
from engagements.rules.metrics import Guardrail
from engagements.rules.periods import read_period
from engagements.rules.pilot import Figure, read_csv
from engagements.selectors.pilot import newest_measurements
from engagements.selectors.verdicts import standing_of
from engagements.services import adoption, incidents, metrics, parity, pilot_plans
from engagements.services.evidence import Given, hand_in
from engagements.services.pilot import report_figures
from engagements.vocabulary import Verdict
from portal.errors import Forbidden, Invalid, NotFound, VersionConflict, WrongMoment
from portal.models import LedgerEntry, OutboxEvent
from portal.vocabulary import Visibility
from tests.engagements.conftest import gate_of, metric_terms, start

CSV = "metric,period,value,n,source,note\n"


def week(back: int) -> str:
    """The week that ended ``back`` weeks before the last one that is over."""
    today = timezone.now().date()
    year, number, _ = (today - timedelta(days=today.isoweekday() + 7 * back)).isocalendar()
    return f"{year}-W{number:02}"


def figure(key, back, value, **changes):
    said = {"n": 400, "source": FigureSource.SYSTEM_EXPORT} | changes
    number = None if value is None else Decimal(str(value))
    return Figure(key=key, period=read_period(week(back)), value=number, **said)


def series(key, *values, **changes):
    """One figure a week, the last value for the week that is over."""
    return [figure(key, len(values) - 1 - place, value, **changes) for place, value in enumerate(values)]


@pytest.fixture
def piloted(world, scope):
    """Its metric is sealed: 26 h, 40 % less, satisfaction stays above 4.2, errors under 7 %."""
    engagement = start(world)
    rails = (Guardrail("satisfaction", True, Decimal("4.2")), Guardrail("errors", False, Decimal(7), "%"))
    metrics.save_success_metric(
        by=world.lead, engagement_id=engagement.pk, metric=metric_terms(guardrails=rails)
    )
    for person in (world.lead, world.sponsor):
        metrics.seal_success_metric(by=person, engagement_id=engagement.pk)
    return engagement


def report(world, engagement, *figures, by=None):
    return report_figures(by=by or world.lead, engagement_id=engagement.pk, figures=list(figures))


def measured(engagement, key):
    return newest_measurements(engagement.pk, [key]).get(key)


def verdicts(world, engagement):
    """The pilot gate as it would be ruled on, sealed now."""
    gate = gate_of(engagement, 2)
    criteria_set = gate.criteria_sets.get()
    criteria_set.criteria.exclude(key__in=["G2-1", "G2-2", "G2-8", "G2-9", "G2-12", "G2-13"]).delete()
    type(criteria_set).objects.filter(pk=criteria_set.pk).update(
        status="sealed", sealed_at=timezone.now(), sealed_by_consultancy=world.lead,
        sealed_by_client=world.sponsor, content_sha256="0" * 64,
    )  # fmt: skip
    return {row.criterion.key: row.ruling for row in standing_of(gate, now=timezone.now()).rows}


def good(key="success_metric"):
    return series(key, 15.1, 14.6, 15.0, 14.2, 14.4, 14.8)


def test_figures_of_a_pilot_give_its_gate_a_verdict(world, piloted):
    told = report(
        world,
        piloted,
        *good(),
        *series("guardrail_1", 4.4, 4.5, 4.4, 4.5),
        *series("guardrail_2", 5.1, 5.0, 5.2, 5.1),
    )
    assert (told.stored, told.corrected, told.unchanged) == (14, 0, 0)
    use = adoption.Use(
        read_period(week(0)), 40, 33, 800, 60, 5, {"wrong": 40, "habit": 20}, FigureSource.SYSTEM_EXPORT
    )
    adoption.report_use(by=world.member, engagement_id=piloted.pk, use=use)
    incidents.confirm_log(by=world.security, engagement_id=piloted.pk)
    for aspect in Aspect:
        parity.compare_aspect(by=world.lead, engagement_id=piloted.pk, aspect=aspect, state=Parity.SAME)
    found = verdicts(world, piloted)
    assert {key: row.verdict for key, row in found.items()} == {
        "G2-1": Verdict.MET, "G2-2": Verdict.MET, "G2-8": Verdict.MET, "G2-9": Verdict.MET,
        "G2-12": Verdict.MET, "G2-13": Verdict.NOT_EVALUATED,
    }  # fmt: skip
    change = measured(piloted, "success_metric_change")
    assert change.value == pytest.approx(Decimal("14.683333") / 26 - 1, abs=Decimal("1e-6"))
    assert (change.method, change.seed, change.n) == (
        "before and after, bootstrap over periods",
        20260101,
        2400,
    )
    assert found["G2-1"].bound_low > 1
    assert measured(piloted, "active_share").bound_low < Decimal("0.75")


def test_few_periods_are_not_enough_and_a_target_that_is_missed_is_said(world, piloted):
    report(world, piloted, *series("success_metric", 15, 14, 15))
    assert measured(piloted, "success_metric_progress").bound_low is None
    found = verdicts(world, piloted)
    assert found["G2-1"].verdict == Verdict.INCONCLUSIVE
    assert found["G2-2"].verdict == Verdict.NOT_EVALUATED
    assert found["G2-12"].verdict == Verdict.NOT_EVALUATED


def test_two_periods_outside_a_guardrail_mark_the_metric_as_not_met_and_are_announced_once(world, piloted):
    report(world, piloted, *good(), figure("guardrail_2", 1, 9))
    assert measured(piloted, "success_metric_progress").value > 1
    report(world, piloted, figure("guardrail_2", 0, 9.5))
    assert measured(piloted, "success_metric_progress").value == 0
    assert measured(piloted, "success_metric_change").value < Decimal("-0.4")
    report(world, piloted, figure("guardrail_1", 0, 4.5))
    assert LedgerEntry.objects.filter(event="pilot.guardrail_breached").count() == 1
    assert OutboxEvent.objects.filter(event="pilot.guardrail_breached").count() == 1
    assert verdicts(world, piloted)["G2-1"].verdict == Verdict.NOT_MET


def test_a_correction_is_a_new_version_and_the_same_words_again_are_none(world, piloted):
    report(world, piloted, *good())
    again = report(world, piloted, *good())
    assert (again.stored, again.unchanged) == (0, 6)
    assert LedgerEntry.objects.filter(event="pilot.figures_reported").count() == 1
    before = measured(piloted, "success_metric_change").value
    told = report(world, piloted, figure("success_metric", 0, 26))
    assert (told.stored, told.corrected) == (1, 1)
    assert measured(piloted, "success_metric_change").value > before
    rows = Observation.objects.filter(key="success_metric", period=week(0)).order_by("number")
    assert [(row.number, row.value) for row in rows] == [(1, Decimal("14.8")), (2, Decimal(26))]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(value=1)


def test_what_is_taken_back_no_longer_feeds_the_gate(world, piloted):
    report(world, piloted, *series("guardrail_1", 4.5, 4.5, 4.5, 4.5), *series("guardrail_2", 5, 5, 5, 5))
    assert measured(piloted, "guardrails_broken").value == 0
    report(world, piloted, *series("guardrail_2", None, None, None, None))
    assert measured(piloted, "guardrails_broken").value is None
    assert verdicts(world, piloted)["G2-2"].verdict == Verdict.NOT_EVALUATED


def test_an_estimate_and_a_segment_are_shown_and_feed_nothing(world, piloted):
    guess = {"source": FigureSource.ESTIMATE, "note": "Dana Ruiz"}
    report(
        world,
        piloted,
        *series("success_metric", 5, 5, 5, 5, **guess),
        *series("success_metric", 5, segment="Leeds"),
    )
    assert Observation.objects.count() == 5
    assert measured(piloted, "success_metric_progress") is None


def test_a_group_beside_makes_it_a_difference_in_differences(world, piloted):
    before = [figure("success_metric", back, 26, group=Group.CONTROL) for back in range(9, 5, -1)]
    beside = series("success_metric", 24, 24, 24, 24, group=Group.CONTROL)
    report(world, piloted, *series("success_metric", 13, 13, 13, 13), *before, *beside)
    change = measured(piloted, "success_metric_change")
    assert change.method.startswith("difference in differences")
    assert change.value == pytest.approx(Decimal((13 - 24) / 26), abs=Decimal("1e-6"))


def test_one_wrong_figure_and_nothing_is_stored(world, piloted):
    with pytest.raises(Invalid) as refused:
        report(
            world,
            piloted,
            figure("success_metric", 0, 15),
            figure("unheard", 0, 1),
            figure("success_metric", -1, 1),
        )
    assert [fault.pointer for fault in refused.value.errors] == ["/figures/2/metric", "/figures/3/period"]
    assert not Observation.objects.exists()
    assert not Measurement.objects.filter(source_kind="series").exists()


def test_internal_evidence_is_not_named_beside_a_figure_that_the_client_reads(world, piloted):
    given = Given(effective_from=date(2026, 11, 1), note="Our own look at it")
    version = hand_in(
        by=world.lead, engagement_id=piloted.pk, title="Zebra", kind="attestation", given=given,
        visibility=Visibility.INTERNAL,
    )  # fmt: skip
    figures = [figure("success_metric", 0, 15)]
    with pytest.raises(Invalid) as refused:
        report_figures(by=world.lead, engagement_id=piloted.pk, figures=figures, evidence=version.item)
    assert refused.value.errors[0].pointer == "/evidence"


def test_a_file_that_is_read_twice_changes_nothing_whatever_its_digits(world, piloted):
    for stored in (1, 0):
        rows, faults = read_csv(f"{CSV}success_metric,{week(0)},15.123456789,400,survey,x\n")
        assert faults == []
        assert report(world, piloted, *(row for _, row in rows)).stored == stored


def test_who_may_report(world, piloted):
    report(world, piloted, figure("success_metric", 0, 15), by=world.member)
    with pytest.raises(Forbidden):
        report(world, piloted, figure("success_metric", 1, 15), by=world.auditor)
    with pytest.raises(NotFound):
        report(world, piloted, figure("success_metric", 1, 15), by=world.outsider)
    type(piloted).objects.filter(pk=piloted.pk).update(status="stopped")
    with pytest.raises(WrongMoment):
        report(world, piloted, figure("success_metric", 1, 15))


def test_before_the_metric_is_sealed_its_figures_are_not_taken(world, engagement):
    with pytest.raises(Invalid, match="Nothing was stored"):
        report(world, engagement, figure("success_metric", 0, 15))


def test_late_figures_are_flagged(world, piloted):
    assert report(world, piloted, figure("success_metric", 4, 15), figure("success_metric", 0, 15)).late == 1
    assert Observation.objects.get(period=week(4)).late


def test_a_figure_that_a_criterion_asks_for_by_name_has_the_bounds_of_its_sample(world, piloted):
    report(world, piloted, figure("service_level_attained", 0, 99.6, n=10_080))
    found = measured(piloted, "service_level_attained")
    assert (found.value, found.unit) == (Decimal("0.996"), "rate")
    assert Decimal("0.994") < found.bound_low < Decimal("0.996")


def test_the_cost_of_a_case_stands_against_the_forecast(world, piloted):
    from tests.engagements.conftest import measure

    exact = {"value": Decimal("0.02"), "unit": "money", "source_kind": "value_case", "bound_low": None,
             "bound_high": None, "low": None, "high": None}  # fmt: skip
    measure(piloted, "forecast_cost_per_case", 1, 2, **exact)
    report(world, piloted, *series("cost_per_case", 0.022, 0.021, 0.023, 0.022))
    assert measured(piloted, "cost_over_forecast").value == Decimal("1.1")
    assert verdicts(world, piloted)["G2-13"].verdict == Verdict.MET


def test_use_is_counted_by_people_and_a_correction_is_kept(world, piloted):
    def use(**changes):
        values = {"period": read_period(week(0)), "eligible": 40, "active": 20, "accepted": 10,
                  "overridden": 4, "abandoned": None, "reasons": {"wrong": 4},
                  "source": FigureSource.SYSTEM_EXPORT}  # fmt: skip
        return adoption.Use(**(values | changes))

    wrong = ({"active": 41}, {"eligible": 0, "active": 0}, {"reasons": {"wrong": 5}}, {"reasons": {"x": 1}})
    for changes in (*wrong, {"period": read_period("2099-01")}):
        with pytest.raises(Invalid):
            adoption.report_use(by=world.lead, engagement_id=piloted.pk, use=use(**changes))
    adoption.report_use(by=world.lead, engagement_id=piloted.pk, use=use())
    adoption.report_use(by=world.lead, engagement_id=piloted.pk, use=use(active=30))
    assert AdoptionCount.objects.count() == 2
    share = measured(piloted, "active_share")
    assert (share.value, share.n) == (Decimal("0.75"), 40)


def test_an_open_grave_incident_blocks_and_an_empty_log_proves_nothing(world, piloted):
    now = timezone.now()
    facts = incidents.IncidentFacts("It stood still", Severity.CRITICAL, Cause.UNKNOWN, now, now)
    assert measured(piloted, "open_severe_incidents") is None
    row = incidents.log_incident(by=world.member, engagement_id=piloted.pk, facts=facts)
    assert measured(piloted, "open_severe_incidents").value == 1
    mended = incidents.IncidentFacts(
        "It stood still", Severity.CRITICAL, Cause.DATA, now, now, None, timezone.now()
    )
    with pytest.raises(VersionConflict):
        incidents.change_incident(by=world.lead, incident_id=row.pk, version=9, facts=mended)
    incidents.change_incident(by=world.lead, incident_id=row.pk, version=1, facts=mended)
    assert measured(piloted, "open_severe_incidents").value == 0
    early = incidents.IncidentFacts("x", Severity.MINOR, Cause.DATA, now, now - timedelta(hours=1))
    with pytest.raises(Invalid):
        incidents.log_incident(by=world.lead, engagement_id=piloted.pk, facts=early)


def test_parity_counts_once_all_respects_are_compared_and_a_difference_is_described(world, piloted):
    def compare(aspect, state, note="", version=0):
        parity.compare_aspect(
            by=world.lead, engagement_id=piloted.pk, aspect=aspect, state=state, note=note, version=version
        )

    with pytest.raises(Invalid):
        compare(Aspect.SIGN_IN, Parity.BLOCKING)
    compare(Aspect.SIGN_IN, Parity.BLOCKING, "Local accounts, no single sign-on")
    assert measured(piloted, "open_parity_gaps") is None
    for aspect in Aspect:
        if aspect != Aspect.SIGN_IN:
            compare(aspect, Parity.SAME)
    assert measured(piloted, "open_parity_gaps").value == 1
    with pytest.raises(VersionConflict):
        compare(Aspect.SIGN_IN, Parity.SAME)
    compare(Aspect.SIGN_IN, Parity.SAME, version=1)
    assert measured(piloted, "open_parity_gaps").value == 0


def test_a_plan_is_amended_with_a_reason_and_keeps_its_first_version(world, piloted):
    def facts(**changes):
        values = {"scope": "Motor", "users": "40 adjusters", "environment": "Their cloud",
                  "begins": date(2026, 12, 1), "ends": date(2027, 2, 26),
                  "exit_rules": "Two weeks over 9 % misrouted"}  # fmt: skip
        return pilot_plans.PlanFacts(**(values | changes))

    plan = {"by": world.lead, "engagement_id": piloted.pk}
    with pytest.raises(Invalid):
        pilot_plans.plan_pilot(**plan, facts=facts(ends=date(2026, 11, 1)))
    pilot_plans.plan_pilot(**plan, facts=facts())
    with pytest.raises(Invalid, match="Put right"):
        pilot_plans.plan_pilot(**plan, facts=facts(), version=1)
    with pytest.raises(VersionConflict):
        pilot_plans.plan_pilot(**plan, facts=facts(reason="Holidays"))
    pilot_plans.plan_pilot(**plan, facts=facts(reason="Holidays", ends=date(2027, 3, 5)), version=1)
    assert list(PilotPlan.objects.order_by("number").values_list("number", "reason")) == [
        (1, ""),
        (2, "Holidays"),
    ]
    with pytest.raises(Forbidden):
        pilot_plans.plan_pilot(by=world.member, engagement_id=piloted.pk, facts=facts(reason="x"), version=2)
