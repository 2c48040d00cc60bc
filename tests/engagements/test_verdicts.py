"""Verdicts: precedence, comparators, what would settle it, and the sentence that says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from engagements.rules import intervals, sentences
from engagements.rules.terms import (
    Reading,
    Terms,
    Waiver,
    binding_sha256,
    check_terms,
    choose_reading,
)
from engagements.rules.verdicts import readiness, verdict
from engagements.vocabulary import Comparator, CriterionKind, Reason, SourceKind, Unit, Verdict
from portal.errors import Invalid

SEALED = datetime(2026, 10, 26, 14, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 17, 11, 30, tzinfo=UTC)
BOUND = binding_sha256(target="a" * 64, dataset="b" * 64, graders=["c" * 64])

ASKED = Terms(
    key="G1-1",
    kind=CriterionKind.METRIC,
    must=True,
    comparator=Comparator.GE_LOWER,
    target=Decimal("0.85"),
    unit=Unit.RATE,
    confidence=Decimal("0.95"),
    source_key="pass_rate",
    min_n=100,
    binding_sha256=BOUND,
    max_age_days=90,
    currency="USD",
)


def wilson(k: int, n: int) -> tuple[Decimal, Decimal]:
    low, high = intervals.wilson_bounds(k / n, n, confidence=0.95)
    return Decimal(str(round(low, 12))), Decimal(str(round(high, 12)))


def rate(k: int, n: int, **changes) -> Reading:
    low, high = wilson(k, n)
    reading = Reading(
        key="pass_rate",
        value=Decimal(k) / n,
        unit=Unit.RATE,
        n=n,
        bound_low=low,
        bound_high=high,
        confidence=Decimal("0.95"),
        method="wilson",
        seed=None,
        slice="",
        source_kind=SourceKind.RUN,
        config_sha256=BOUND,
        started_at=SEALED + timedelta(days=1),
        measured_at=SEALED + timedelta(days=1, hours=1),
        valid=True,
    )
    return replace(reading, **changes)


def rule(terms: Terms = ASKED, reading: Reading | None = None, **changes):
    return verdict(terms, reading, **({"now": NOW, "sealed_at": SEALED} | changes))


# --- the bound decides, not the point (STA-02) ---------------------------------------------------


@pytest.mark.parametrize(
    ("k", "n", "target", "expected"),
    [
        (95, 100, "0.90", Verdict.MET),
        (184, 200, "0.85", Verdict.MET),
        (184, 200, "0.90", Verdict.INCONCLUSIVE),
        (190, 200, "0.90", Verdict.MET),
        (160, 200, "0.90", Verdict.NOT_MET),
        (276, 300, "0.90", Verdict.INCONCLUSIVE),
    ],
)
def test_a_rate_is_met_by_its_lower_bound(k, n, target, expected):
    assert rule(replace(ASKED, target=Decimal(target)), rate(k, n)).verdict is expected


def test_ten_out_of_ten_is_not_ninety_percent():
    ruling = rule(replace(ASKED, target=Decimal("0.90"), min_n=0), rate(10, 10))
    assert ruling.verdict is Verdict.INCONCLUSIVE


def test_met_says_what_was_right_how_sure_and_what_was_asked():
    assert rule(reading=rate(184, 200)).why.replace("\u00a0", " ") == (
        "184 of 200, 92.0 %. We can be 95 % sure that it is at least 88.3 %; at least 85 % was asked."
    )


def test_not_met_names_the_other_bound():
    ruling = rule(reading=rate(150, 200))
    assert (ruling.verdict, ruling.reason) == (Verdict.NOT_MET, Reason.BOUND_MISSES_TARGET)
    assert "at most 79.7" in ruling.why


# --- inconclusive says what would settle it (STA-06) ---------------------------------------------


def test_inconclusive_says_how_many_more_cases():
    terms = replace(ASKED, target=Decimal("0.80"), min_n=0)
    ruling = rule(terms, rate(43, 50))
    assert (ruling.verdict, ruling.more_cases) == (Verdict.INCONCLUSIVE, 71)
    assert ruling.why.replace("\u00a0", " ") == (
        "Cannot tell yet. 43 of 50, 86.0 % leaves room for 76.1 to 92.2 %; at least 80 % was asked."
    )
    assert ruling.next_action == "71 more cases at the same rate would settle it."


def test_a_rate_under_its_target_is_settled_as_not_met():
    ruling = rule(replace(ASKED, min_n=0), rate(40, 50))
    _, high = intervals.wilson_bounds(0.8, 50 + ruling.more_cases, confidence=0.95)
    assert ruling.verdict is Verdict.INCONCLUSIVE
    assert high < 0.85
    assert intervals.wilson_bounds(0.8, 49 + ruling.more_cases, confidence=0.95)[1] >= 0.85


def test_a_rate_equal_to_its_target_is_never_settled_by_more_cases():
    ruling = rule(replace(ASKED, target=Decimal("0.92")), rate(184, 200))
    assert (ruling.verdict, ruling.more_cases) == (Verdict.INCONCLUSIVE, None)
    assert ruling.next_action == "More cases at the same rate would not settle it."


def test_fewer_cases_than_agreed_is_inconclusive_however_good():
    ruling = rule(reading=rate(59, 59))
    assert (ruling.verdict, ruling.reason, ruling.more_cases) == (
        Verdict.INCONCLUSIVE, Reason.TOO_FEW_CASES, 41,
    )  # fmt: skip


def test_an_unknown_number_of_cases_is_not_enough_cases():
    assert rule(reading=replace(rate(184, 200), n=None)).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("limit", "n"), [("0.1", 29), ("0.05", 59), ("0.02", 149), ("0.01", 299), ("0.001", 2995)]
)
def test_clean_probes_needed_for_a_limit(limit, n):
    assert intervals.more_for_zero(0, Decimal(limit), confidence=Decimal("0.95")) == n


# --- the other comparators -----------------------------------------------------------------------

WAIT = replace(
    ASKED,
    comparator=Comparator.LE_UPPER,
    target=Decimal(8000),
    unit=Unit.MS,
    source_key="latency_p95_ms",
    min_n=0,
)


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        ("6400", "5900", "7600", Verdict.MET),
        ("6400", "5900", "8000", Verdict.MET),
        ("7400", "6900", "8600", Verdict.INCONCLUSIVE),
        ("9400", "8900", "9900", Verdict.NOT_MET),
        ("6400", "5900", None, Verdict.INCONCLUSIVE),
    ],
)
def test_a_wait_is_met_by_its_upper_bound(value, low, high, expected):
    reading = rate(
        184, 200, key="latency_p95_ms", value=Decimal(value), unit=Unit.MS, bound_low=Decimal(low),
        bound_high=None if high is None else Decimal(high), method="order_statistic",
    )  # fmt: skip
    assert rule(WAIT, reading).verdict is expected


def test_a_wait_over_too_few_cases_says_how_many_a_bound_needs():
    reading = rate(
        40, 40, key="latency_p95_ms", value=Decimal(6400), unit=Unit.MS, bound_low=None, bound_high=None
    )
    assert rule(WAIT, reading).more_cases == 19


@pytest.mark.parametrize(
    ("comparator", "value", "expected"),
    [
        (Comparator.GE_POINT, "0.80", Verdict.MET),
        (Comparator.GE_POINT, "0.79", Verdict.NOT_MET),
        (Comparator.LE_POINT, "0.80", Verdict.MET),
        (Comparator.LE_POINT, "0.81", Verdict.NOT_MET),
        (Comparator.EQ, "0.80", Verdict.MET),
        (Comparator.EQ, "0.81", Verdict.NOT_MET),
    ],
)
def test_point_comparators(comparator, value, expected):
    terms = replace(ASKED, must=False, comparator=comparator, target=Decimal("0.80"), min_n=0)
    assert rule(terms, rate(27, 32, value=Decimal(value))).verdict is expected


@pytest.mark.parametrize("comparator", [Comparator.GE_POINT, Comparator.LE_POINT])
def test_a_point_value_cannot_decide_a_must_criterion(comparator):
    with pytest.raises(Invalid, match="needs a bound"):
        check_terms(replace(ASKED, comparator=comparator))


ZERO = replace(
    ASKED, comparator=Comparator.ZERO_EVENTS, target=Decimal("0.05"), source_key="severe_wrong", min_n=0
)


@pytest.mark.parametrize(
    ("value", "n", "upper", "expected", "more"),
    [
        ("0", 59, "0.0495", Verdict.MET, None),
        ("0", 58, "0.0503", Verdict.INCONCLUSIVE, 1),
        ("0.01", 100, "0.047", Verdict.NOT_MET, None),
    ],
)
def test_none_seen_needs_enough_probes(value, n, upper, expected, more):
    reading = rate(
        0, n, key="severe_wrong", value=Decimal(value), bound_low=Decimal(0), bound_high=Decimal(upper)
    )
    ruling = rule(ZERO, reading)
    assert (ruling.verdict, ruling.more_cases) == (expected, more)


def test_none_seen_shows_the_finer_bound_where_rounding_hides_it():
    reading = rate(0, 59, key="severe_wrong", bound_low=Decimal(0), bound_high=Decimal("0.0495"))
    assert rule(ZERO, reading).why.replace("\u00a0", " ") == "None in 59, so at most 5.0 % (4.95)."


@pytest.mark.parametrize(("value", "expected"), [("1", Verdict.MET), ("0", Verdict.NOT_MET)])
def test_evidence_is_there_or_not(value, expected):
    terms = replace(
        ASKED,
        kind=CriterionKind.ATTESTATION,
        comparator=Comparator.EXISTS_FRESH,
        target=None,
        unit=Unit.STATEMENT,
    )
    reading = rate(1, 1, value=Decimal(value), unit=Unit.STATEMENT, source_kind=SourceKind.ATTESTATION)
    assert rule(terms, reading).verdict is expected


# --- missing, stale, partial, unsealed: never met (invariants 5 and 9) ---------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value": None}, Reason.NO_DATA),
        ({"measured_at": NOW - timedelta(days=91)}, Reason.STALE),
        ({"valid": False}, Reason.INVALID_SOURCE),
        ({"started_at": SEALED}, Reason.BEFORE_SEAL),
        ({"started_at": SEALED - timedelta(seconds=1)}, Reason.BEFORE_SEAL),
        ({"config_sha256": "f" * 64}, Reason.OTHER_BINDING),
        ({"unit": Unit.COUNT}, Reason.OTHER_UNIT),
        ({"confidence": Decimal("0.90")}, Reason.OTHER_CONFIDENCE),
    ],
)
@pytest.mark.parametrize("comparator", Comparator)
def test_what_does_not_count_is_not_evaluated(changes, reason, comparator):
    terms = replace(ASKED, comparator=comparator, must=False)
    ruling = rule(terms, rate(200, 200, **changes))
    assert (ruling.verdict, ruling.reason) == (Verdict.NOT_EVALUATED, reason)


def test_no_measurement_is_not_evaluated():
    assert rule(reading=None).reason is Reason.NO_DATA


def test_nothing_counts_before_the_seal():
    assert rule(reading=rate(200, 200), sealed_at=None).reason is Reason.NOT_SEALED


def test_a_criterion_bound_to_nothing_takes_no_run():
    assert rule(replace(ASKED, binding_sha256=""), rate(200, 200)).reason is Reason.OTHER_BINDING


# --- precedence ----------------------------------------------------------------------------------

WAIVER = Waiver(by="M. Osei", until=date(2027, 5, 31), why="traffic is under 50 a day")
STALE = rate(10, 200, measured_at=NOW - timedelta(days=91))
LADDER = [
    (Verdict.WAIVED, {"waiver": WAIVER, "not_applicable": "no such queue"}, STALE),
    (Verdict.NOT_APPLICABLE, {"not_applicable": "no such queue"}, STALE),
    (Verdict.NOT_EVALUATED, {}, STALE),
    (Verdict.INCONCLUSIVE, {}, rate(1, 59)),
    (Verdict.NOT_MET, {}, rate(10, 200)),
    (Verdict.MET, {}, rate(200, 200)),
]


@pytest.mark.parametrize(("expected", "extra", "reading"), LADDER, ids=[str(row[0]) for row in LADDER])
def test_precedence(expected, extra, reading):
    assert rule(reading=reading, **extra).verdict is expected


def test_precedence_is_the_order_of_the_words():
    assert [row[0] for row in LADDER] == [*list(Verdict)[:4], Verdict.NOT_MET, Verdict.MET]


def test_a_waiver_past_its_date_does_not_count():
    late = replace(WAIVER, until=NOW.date() - timedelta(days=1))
    assert rule(reading=None, waiver=late).verdict is Verdict.NOT_EVALUATED


# --- which measurement ---------------------------------------------------------------------------


def test_the_newest_eligible_reading_counts():
    older = rate(184, 200)
    newer = rate(170, 200, measured_at=older.measured_at + timedelta(days=2))
    broken = rate(200, 200, measured_at=older.measured_at + timedelta(days=3), valid=False)
    assert choose_reading(ASKED, [newer, broken, older], sealed_at=SEALED) is newer


def test_without_an_eligible_one_the_newest_says_why():
    early = rate(200, 200, started_at=SEALED - timedelta(days=2), measured_at=SEALED - timedelta(days=1))
    assert choose_reading(ASKED, [early], sealed_at=SEALED) is early


@pytest.mark.parametrize(
    "changes", [{"slice": "Travel"}, {"key": "error_rate"}, {"source_kind": SourceKind.ATTESTATION}]
)
def test_a_slice_another_figure_or_a_typed_one_never_feeds(changes):
    assert choose_reading(ASKED, [rate(200, 200, **changes)], sealed_at=SEALED) is None


def test_a_binding_is_one_hash_whatever_the_order_of_graders():
    one = binding_sha256(target="t", dataset="d", graders=["x", "y"])
    assert one == binding_sha256(target="t", dataset="d", graders=["y", "x"])
    assert one != binding_sha256(target="d", dataset="t", graders=["x", "y"])


# --- the gate ------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", Verdict)
def test_a_must_criterion_holds_the_gate_back_unless_cleared(given):
    state = readiness([("G1-1", True, Verdict.MET), ("G1-2", True, given)])
    assert state.ready is (given in {Verdict.MET, Verdict.WAIVED, Verdict.NOT_APPLICABLE})
    assert state.must_met == (2 if given == Verdict.MET else 1)


@pytest.mark.parametrize("given", Verdict)
def test_a_should_criterion_never_blocks_and_is_listed(given):
    state = readiness([("G1-1", True, Verdict.MET), ("G1-2", False, given)])
    assert state.ready
    assert state.blocking == ()
    assert bool(state.advising) is (given not in {Verdict.MET, Verdict.WAIVED, Verdict.NOT_APPLICABLE})


def test_a_gate_without_a_must_criterion_is_not_ready():
    assert not readiness([("G1-7", False, Verdict.MET)]).ready


@pytest.mark.parametrize(("value", "words"), [(Decimal(1), "there"), (Decimal(0), "not there")])
def test_a_statement_is_read_in_words_and_not_as_a_figure(value, words):
    asked = replace(ASKED, comparator=Comparator.EXISTS_FRESH, target=None, unit=Unit.STATEMENT)
    assert sentences.measured(rate(1, 1, value=value, unit=Unit.STATEMENT), asked) == words
