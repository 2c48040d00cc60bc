"""The report of one version of a value case: what it comes to, why, and how sure that is."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from functools import partial
from uuid import UUID

from django.utils import timezone

from assessments.models import ValueCase
from assessments.selectors.value_case import ValuePage, value_page
from engagements.models import Engagement
from engagements.report import blocks
from engagements.report.blocks import Block, Content
from engagements.rules.canonical import canonical
from engagements.rules.letterhead import Section
from portal import access, figures, ids
from portal.errors import NotFound
from portal.figures import percent
from portal.models import User

GRADES = "Evidence: A measured, B sampled, C agreed by two experts, D one person’s guess."
NOT_GIVEN = "not estimated"


SECTIONS = (
    Section("case", "What one case brings"),
    Section("benefits", "What goes away"),
    Section("costs", "What it costs", kept=True),
    Section("certainty", "How sure that is", kept=True),
    Section("drivers", "What moves it most"),
)


def write_value_case(viewer: User, engagement: Engagement, subject: str) -> Content:
    """The version with the public id ``subject``, or the newest. Raises NotFound."""
    page = value_page(viewer, engagement, case_id=_key(subject) if subject else None)
    if page is None:
        raise NotFound("Nobody has written a value case yet.")
    case, currency = page.case, engagement.currency
    state = f"frozen at gate {case.gate_number}" if case.is_frozen else "a draft that no gate has frozen"
    use = f"after {case.ramp_months} months" if case.ramp_months else "from the start"
    return Content(
        subject=case.public_id,
        title=f"Value case, version {case.number}",
        headline=_headline(page, currency),
        lead=f"Version {case.number}, {state}. Looked at over {case.horizon_months} months, discounted at "
        f"{percent(case.discount_rate)} a year, with full use {use}.",
        frozen_at=case.frozen_at or timezone.now(),
        blocks=[
            *_key_figures(page, currency),
            *_one_case(page, currency),
            *_benefits(page, currency),
            *_costs(page, currency),
            *_certainty(page, currency),
        ],
        basis=[("Terms and totals of the version", _fingerprint(case))],
    )


def may_read_value_case(viewer: User, engagement: Engagement) -> bool:
    """Who sees the engagement sees what it is worth."""
    return bool(access.of(viewer).can("see_engagement", engagement))


def _key(subject: str) -> UUID:
    try:
        return ids.decode("vac", subject)
    except ValueError:
        raise NotFound from None


def _fingerprint(case: ValueCase) -> str:
    kept = {"id": case.public_id, "version": case.version, "costs": case.costs, "totals": case.totals}
    return hashlib.sha256(canonical(kept).encode()).hexdigest()


def _headline(page: ValuePage, currency: str) -> str:
    found, months = page.totals, page.case.horizon_months
    worth = figures.money(found.npv, currency)
    if found.loses:
        return f"At its likely values this case loses money: it is worth {worth} over {months}\u00a0months."
    return f"At its likely values this case is worth {worth} over {months}\u00a0months."


def _key_figures(page: ValuePage, currency: str) -> list[Block]:
    found, rate = page.totals, percent(page.case.discount_rate)
    say = partial(_money, currency=currency)
    pays = "never" if found.payback_months is None else f"{figures.fixed(found.payback_months, 1)} months"
    roi = "cannot be said" if found.roi is None else percent(found.roi)
    return [
        blocks.figures(
            ("Saving a year, at full use", say(found.saving), f"{say(found.cashable)} of it in money"),
            ("Paid at the start", say(found.investment), f"then {say(found.running)} a year"),
            ("Payback", pays, "until what came in covers what was paid"),
            ("Net present value", say(found.npv), f"{page.case.horizon_months} months at {rate} a year"),
            ("Return on all costs", roi, "over the whole time"),
            ("Saving after the evidence discount", say(found.adjusted), "a year; a policy, no statistic"),
        )
    ]


def _one_case(page: ValuePage, currency: str) -> list[Block]:
    found, measured = page.totals, page.measured
    rows = [blocks.heading("What one case brings", key="case")]
    if found.net_per_case is None:
        told = "No run has measured how often the system is right and what a right answer costs."
        if found.break_even is not None and page.terms.model_cost is not None:
            cost = figures.money(page.terms.model_cost, currency, per_case=True)
            share = percent(found.break_even)
            told += f" At an expected {cost} a case it has to be right in {share} of the cases."
        return [*rows, blocks.callout(told, tone="not_evaluated")]
    net = figures.money(found.net_per_case, currency, per_case=True)
    tone = "not_met" if found.net_per_case < 0 else "ink"
    told = f"{net} a case, wrong answers and the model counted, before fixed costs."
    if found.net_per_case < 0:
        told += " Every further case costs more than it brings."
    rows.append(blocks.callout(told, tone=tone))
    proven = figures.bound(measured.pass_low, lower=True)
    rows.append(
        blocks.words(
            f"Measured: right in {percent(measured.pass_rate)} of {measured.n} cases, {proven} with 95 % "
            f"confidence. Break-even: {percent(found.break_even)} of the cases right. {_safety(page)}"
        )
    )
    return rows


def _safety(page: ValuePage) -> str:
    if page.is_safe is None:
        return "Whether that is enough is not known."
    if page.is_safe:
        return "The proven rate lies above break-even."
    return "It is not proven that it is right often enough: the lower bound lies below break-even."


def _benefits(page: ValuePage, currency: str) -> list[Block]:
    rows = [
        (
            f"{row.terms.name} ({row.terms.owner or 'no owner named'})",
            _money(row.terms.cost.likely, currency),
            percent(row.terms.reduction.likely),
            percent(row.terms.adoption),
            _money(row.saving, currency),
            "money" if row.terms.cashable else "time only",
            row.terms.grade.value,
        )
        for row in page.benefits
    ]
    columns = ("Cost of today", "A year", "Goes away", "Adoption", "Saving", "Kind", "Evidence")
    return [
        blocks.heading("What goes away", key="benefits"),
        blocks.words(
            "Each benefit is a part of one cost of today, so that no cost is saved twice. Saving = cost × "
            f"goes away × adoption × {percent(page.case.coverage)} of the cases in scope. {GRADES}",
            quiet=True,
        ),
        blocks.table(columns, rows, right=(1, 2, 3, 4), shares=(1, 0, 0, 0, 0, 0, 0)),
    ]


def _costs(page: ValuePage, currency: str) -> list[Block]:
    rows = [
        (
            row.name,
            row.when,
            _range(row.low, row.high, currency),
            _money(row.likely, currency),
            row.grade.value,
            row.source or "a single guess",
        )
        for row in page.costs
    ]
    rows.append(_model_usage(page, currency))
    columns = ("Cost", "Paid", "Low to high", "Likely", "Evidence", "Source")
    return [
        blocks.heading("What it costs", key="costs"),
        blocks.table(columns, rows, right=(2, 3), shares=(3, 0, 0, 0, 0, 4)),
    ]


def _range(low: Decimal, high: Decimal, currency: str) -> str:
    return NOT_GIVEN if low == high else f"{_money(low, currency)} to {_money(high, currency)}"


def _model_usage(page: ValuePage, currency: str) -> tuple[str, str, str, str, str, str]:
    used = page.totals.model_usage
    if used is None or page.terms.model_cost is None:
        return ("Model usage", "a year", NOT_GIVEN, figures.NOT_MEASURED, "none", "no run yet")
    each = f"{figures.money(page.terms.model_cost, currency, per_case=True)} a case"
    measured = page.measured.model_cost is not None
    source = f"newest run: {each}" if measured else f"expected: {each}"
    return ("Model usage", "a year", NOT_GIVEN, _money(used, currency), "A" if measured else "D", source)


def _certainty(page: ValuePage, currency: str) -> list[Block]:
    spread = page.case.totals["spread"]
    low, middle, high = (_money(Decimal(str(spread[key])), currency) for key in ("p10", "p50", "p90"))
    lost = percent(Decimal(str(spread["loses"])))
    found: list[Block] = [
        blocks.heading("How sure that is", key="certainty"),
        blocks.figures(
            ("Low (P10)", low, "1 draw in 10 is worth less"),
            ("Middle (P50)", middle, "half of the draws"),
            ("High (P90)", high, "1 draw in 10 is worth more"),
        ),
        blocks.words(
            f"Net present value in {spread['draws']:,} draws; it loses in {lost} of them. Each number with a "
            "range is drawn between its low and its high, each on its own. What nobody gave a range does not "
            f"vary, so the truth spreads wider. Seed {spread['seed']}.",
            quiet=True,
        ),
    ]
    drivers = [
        (row.name, row.at_low, row.at_high, _money(row.at_low, currency), _money(row.at_high, currency))
        for row in page.drivers
    ]
    if drivers:
        found += [
            blocks.heading("What moves it most", key="drivers"),
            blocks.swings(page.totals.npv, drivers),
        ]
    return found


def _money(amount: Decimal, currency: str) -> str:
    return figures.money(amount, currency)
