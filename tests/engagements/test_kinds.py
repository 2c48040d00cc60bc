"""Every kind of criterion and every comparator: which verdict, why, and from which source."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagements.rules import sentences
from engagements.rules.terms import SOURCES, Reading, Terms, binding_sha256, check_terms, choose_reading
from engagements.rules.verdicts import verdict
from engagements.vocabulary import (
    NEEDS_MARGIN,
    NEEDS_NO_TARGET,
    POINT_COMPARATORS,
    Comparator,
    CriterionKind,
    Reason,
    SourceKind,
    Unit,
    Verdict,
)
from portal.errors import Invalid

SEALED = datetime(2026, 10, 26, 14, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 17, 11, 30, tzinfo=UTC)
BOUND = binding_sha256(target="a" * 64, dataset="b" * 64, graders=["c" * 64])
D = Decimal
C, K, U, R, V = Comparator, CriterionKind, Unit, Reason, Verdict


def terms(kind, comparator, target, unit, **changes) -> Terms:
    values = {
        "key": "G-1", "kind": kind, "must": comparator not in POINT_COMPARATORS, "comparator": comparator,
        "target": None if target is None else D(target), "unit": unit, "confidence": D("0.95"),
        "source_key": "figure", "binding_sha256": BOUND, "max_age_days": 90, "currency": "USD",
    }  # fmt: skip
    return Terms(**(values | changes))


def reading(asked: Terms, value, low=None, high=None, n: int | None = 100, **changes) -> Reading:
    def number(figure):
        return None if figure is None else D(figure)

    source = sorted(asked.sources)[0] if asked.source is None else asked.source
    values = {
        "key": asked.source_key, "value": number(value), "unit": asked.unit, "n": n, "bound_low": number(low),
        "bound_high": number(high), "confidence": D("0.95"), "method": "m", "seed": None,
        "slice": asked.source_slice, "source_kind": source, "config_sha256": BOUND,
        "started_at": NOW - timedelta(days=3), "measured_at": NOW - timedelta(days=3), "valid": True,
    }  # fmt: skip
    return Reading(**(values | changes))


def rule(asked: Terms, found: Reading | None):
    return verdict(asked, found, now=NOW, sealed_at=SEALED)


NOT_WORSE = terms(K.COMPARISON, C.NONINFERIOR, None, U.DIFFERENCE, margin=D("0.03"))
BETTER = terms(K.COMPARISON, C.SUPERIOR, None, U.DIFFERENCE)
BETTER_BY_5 = terms(K.COMPARISON, C.SUPERIOR, "0.05", U.DIFFERENCE)
WITHIN = terms(K.METRIC, C.WITHIN, "0.50", U.RATE, margin=D("0.05"))
LEVEL = terms(K.LEVEL, C.LEVEL_GE, 3, U.LEVEL)
NONE_BELOW = terms(K.LEVEL, C.EQ, 0, U.COUNT, source_slice="gate-1")
PAYBACK = terms(K.VALUE, C.LE_UPPER, 24, U.MONTHS)
GAIN = terms(K.VALUE, C.GE_LOWER, 5, U.RATIO)
RISK = terms(K.RISK, C.LE_UPPER, 12, U.COUNT)
CONDITIONS = terms(K.CONDITION, C.EQ, 0, U.COUNT)
DRILL = terms(K.EVIDENCE, C.LE_UPPER, 30, U.MINUTES)
THERE = terms(K.EVIDENCE, C.EXISTS_FRESH, None, U.STATEMENT)
SAID = terms(K.ATTESTATION, C.EXISTS_FRESH, None, U.STATEMENT)
NO_LEAKS = terms(K.METRIC, C.ZERO_EVENTS, "0.05", U.RATE)

TABLE = [
    (NOT_WORSE, ("-0.01", "-0.02", "0.00"), V.MET, R.NOT_WORSE),
    (NOT_WORSE, ("-0.01", "-0.03", "0.01"), V.MET, R.NOT_WORSE),  # the margin itself is allowed
    (NOT_WORSE, ("-0.02", "-0.05", "0.01"), V.INCONCLUSIVE, R.STRADDLES),
    (NOT_WORSE, ("-0.08", "-0.12", "-0.04"), V.NOT_MET, R.WORSE),
    (BETTER, ("0.09", "0.02", "0.16"), V.MET, R.BETTER),
    (BETTER, ("0.04", "-0.01", "0.09"), V.INCONCLUSIVE, R.STRADDLES),
    (BETTER, ("0.04", "0.00", "0.08"), V.INCONCLUSIVE, R.STRADDLES),  # a bound at 0 is not better
    (BETTER, ("-0.04", "-0.08", "0.00"), V.NOT_MET, R.NOT_BETTER),
    (BETTER_BY_5, ("0.09", "0.06", "0.12"), V.MET, R.BETTER),
    (BETTER_BY_5, ("0.09", "0.02", "0.16"), V.INCONCLUSIVE, R.STRADDLES),
    (WITHIN, ("0.50", "0.46", "0.54"), V.MET, R.WITHIN_LIMITS),
    (WITHIN, ("0.50", "0.44", "0.54"), V.INCONCLUSIVE, R.STRADDLES),
    (WITHIN, ("0.70", "0.66", "0.74"), V.NOT_MET, R.OUTSIDE_LIMITS),
    (WITHIN, ("0.30", "0.26", "0.34"), V.NOT_MET, R.OUTSIDE_LIMITS),
    (LEVEL, ("3", None, None), V.MET, R.LEVEL_REACHED),
    (LEVEL, ("2", None, None), V.NOT_MET, R.LEVEL_MISSED),
    (NONE_BELOW, ("0", None, None), V.MET, R.EQUAL),
    (NONE_BELOW, ("2", None, None), V.NOT_MET, R.NOT_EQUAL),
    (PAYBACK, ("24", None, None), V.MET, R.BOUND_REACHES_TARGET),
    (PAYBACK, ("37.56", None, None), V.NOT_MET, R.BOUND_MISSES_TARGET),
    (PAYBACK, ("20", "14", "31"), V.INCONCLUSIVE, R.STRADDLES),  # with an interval, the bound decides
    (GAIN, ("7.2", None, None), V.MET, R.BOUND_REACHES_TARGET),
    (GAIN, ("4.9", None, None), V.NOT_MET, R.BOUND_MISSES_TARGET),
    (RISK, ("12", None, None), V.MET, R.BOUND_REACHES_TARGET),
    (RISK, ("16", None, None), V.NOT_MET, R.BOUND_MISSES_TARGET),
    (CONDITIONS, ("0", None, None), V.MET, R.EQUAL),
    (CONDITIONS, ("1", None, None), V.NOT_MET, R.NOT_EQUAL),
    (DRILL, ("22", None, None), V.MET, R.BOUND_REACHES_TARGET),
    (DRILL, ("45", None, None), V.NOT_MET, R.BOUND_MISSES_TARGET),
    (THERE, ("1", None, None), V.MET, R.PRESENT),
    (THERE, ("0", None, None), V.NOT_MET, R.ABSENT),
    (SAID, ("1", None, None), V.MET, R.PRESENT),
    (NO_LEAKS, ("0", "0", "0.0495"), V.MET, R.NONE_SEEN),
    (NO_LEAKS, ("0", "0", "0.0951"), V.INCONCLUSIVE, R.TOO_FEW_CASES),
    (NO_LEAKS, ("0.01", "0.001", "0.03"), V.NOT_MET, R.EVENT_SEEN),
]


@pytest.mark.parametrize(("asked", "figures", "given_verdict", "reason"), TABLE)
def test_each_comparator_rules_as_its_table_says(asked, figures, given_verdict, reason):
    ruling = rule(asked, reading(asked, *figures))
    assert (ruling.verdict, ruling.reason) == (given_verdict, reason)
    assert ruling.why.endswith(".")
    assert ruling.why == ruling.why.strip()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (NOT_WORSE, "not worse by more than 3\u00a0points"),
        (BETTER, "better"),
        (BETTER_BY_5, "better by more than 5\u00a0points"),
        (WITHIN, "within 5\u00a0% of 50\u00a0%"),
        (LEVEL, "level\u00a03 or higher"),
        (NONE_BELOW, "none"),
        (PAYBACK, "at most 24\u00a0months"),
        (GAIN, "at least 5 times"),
        (RISK, "at most 12"),
        (DRILL, "at most 30\u00a0minutes"),
        (THERE, "there and fresh"),
        (
            replace(GAIN, target=None, target_source_key="break_even_pass_rate"),
            "at least the break even pass rate",
        ),
    ],
)
def test_what_is_asked_reads_as_a_sentence_part(asked, words):
    assert sentences.asked(asked) == words


def test_a_comparison_says_how_sure_and_on_how_many_cases():
    ruling = rule(NOT_WORSE, reading(NOT_WORSE, "-0.01", "-0.02", "0.00", n=200))
    assert ruling.why.replace("\u00a0", " ") == (
        "−1.0 points on 200 cases. We can be 95 % sure that it is at least −2.0 points; "
        "not worse by more than 3 points was asked."
    )


def test_a_computed_figure_without_bounds_is_exact_and_a_sampled_one_is_not():
    sampled = replace(PAYBACK, kind=K.METRIC, source=SourceKind.SERIES)
    assert rule(PAYBACK, reading(PAYBACK, "20")).verdict == V.MET
    assert rule(sampled, reading(sampled, "20")).verdict == V.INCONCLUSIVE


def test_a_target_that_is_not_fixed_yet_is_never_met():
    asked = replace(GAIN, target=None, target_source_key="break_even_pass_rate")
    ruling = rule(asked, reading(asked, "9"))
    assert (ruling.verdict, ruling.reason) == (V.NOT_EVALUATED, R.NO_TARGET)
    assert ruling.next_action == "Measure the break even pass rate; it is the target."


@pytest.mark.parametrize("kind", CriterionKind)
@pytest.mark.parametrize("source", SourceKind)
def test_a_criterion_reads_only_the_sources_of_its_kind(kind, source):
    asked = terms(kind, C.GE_LOWER, "0.5", U.RATE)
    found = choose_reading(asked, [reading(asked, "0.9", "0.8", "1", source_kind=source)], sealed_at=SEALED)
    assert (found is not None) == (source in SOURCES[kind])


def test_a_criterion_that_names_its_source_reads_no_other():
    asked = terms(K.METRIC, C.GE_LOWER, "0.5", U.RATE, source=SourceKind.RUN)
    other = reading(asked, "0.9", "0.8", "1", source_kind=SourceKind.SERIES)
    assert choose_reading(asked, [other], sealed_at=SEALED) is None


def test_a_criterion_of_a_slice_reads_that_slice_alone():
    gate_2 = reading(NONE_BELOW, 0, slice="gate-2")
    gate_1 = reading(NONE_BELOW, 3)
    assert choose_reading(NONE_BELOW, [gate_2, gate_1], sealed_at=SEALED) is gate_1
    assert choose_reading(replace(NONE_BELOW, source_slice=""), [gate_2, gate_1], sealed_at=SEALED) is None


@pytest.mark.parametrize("source", [SourceKind.RUN, SourceKind.COMPARISON])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"started_at": SEALED}, R.BEFORE_SEAL),
        ({"config_sha256": "0" * 64}, R.OTHER_BINDING),
        ({"valid": False}, R.INVALID_SOURCE),
        ({"measured_at": NOW - timedelta(days=91)}, R.STALE),
        ({"unit": U.COUNT}, R.OTHER_UNIT),
        ({"confidence": D("0.9")}, R.OTHER_CONFIDENCE),
        ({"value": None}, R.NO_DATA),
    ],
)
def test_a_run_or_comparison_that_does_not_count_says_why(source, changes, reason):
    asked = replace(NOT_WORSE, source=source)
    ruling = rule(asked, replace(reading(asked, "0.01", "0.00", "0.02"), **changes))
    assert (ruling.verdict, ruling.reason) == (V.NOT_EVALUATED, reason)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"comparator": C.WITHIN, "margin": None}, "/margin"),
        ({"comparator": C.NONINFERIOR, "margin": D(-1)}, "/margin"),
        ({"comparator": C.LEVEL_GE, "unit": U.LEVEL, "target": D("2.5")}, "/target"),
        ({"unit": U.DIFFERENCE, "target": D(5)}, "/target"),
        ({"unit": U.RATE, "target": D(85)}, "/target"),
        ({"target": None}, "/target"),
        ({"source": SourceKind.RISK}, "/source"),
        ({"comparator": C.GE_POINT}, "/comparator"),
    ],
)
def test_parts_of_a_criterion_that_do_not_fit_are_refused_by_name(changes, pointer):
    with pytest.raises(Invalid) as refused:
        check_terms(replace(terms(K.METRIC, C.GE_LOWER, "0.5", U.RATE), **changes))
    assert [fault.pointer for fault in refused.value.errors] == [pointer]


numbers = st.decimals("-1", "1", places=3)
readings = st.builds(
    lambda value, low, high, n, age, valid, early: {
        "value": value, "bound_low": low, "bound_high": high, "n": n, "valid": valid,
        "measured_at": NOW - timedelta(days=age),
        "started_at": SEALED if early else NOW - timedelta(days=min(age, 20)),
    },
    st.none() | numbers, st.none() | numbers, st.none() | numbers, st.none() | st.integers(0, 500),
    st.integers(0, 200), st.booleans(), st.booleans(),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(Comparator)), st.sampled_from(list(CriterionKind)), readings)
def test_missing_stale_partial_or_early_data_is_never_met_whatever_is_asked(comparator, kind, figures):
    target = None if comparator in NEEDS_NO_TARGET else D("0.5")
    margin = D("0.1") if comparator in NEEDS_MARGIN else None
    asked = terms(kind, comparator, target, U.OTHER, margin=margin, min_n=30)
    source = SourceKind.RUN if SourceKind.RUN in asked.sources else sorted(asked.sources)[0]
    found = replace(reading(asked, "0.9", source_kind=source), **figures)
    ruling = rule(asked, found)
    useless = (
        found.value is None
        or not found.valid
        or found.measured_at < NOW - timedelta(days=90)
        or (source == SourceKind.RUN and found.started_at <= SEALED)
    )
    if useless:
        assert ruling.verdict == V.NOT_EVALUATED
    elif comparator != C.EXISTS_FRESH and (found.n or 0) < 30:
        assert ruling.verdict == V.INCONCLUSIVE
    assert ruling.why
