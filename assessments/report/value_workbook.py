"""The value case as a workbook: inputs typed in, everything else a live formula over them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from assessments.rules.value import AT_START, EACH_YEAR, CostLine
from assessments.selectors.value_case import ValuePage
from portal.spreadsheets import safe_cell

BOLD = Font(bold=True)
MONEY, SHARE = "#,##0.00", "0.0%"


def workbook_bytes(page: ValuePage, *, title: str, currency: str) -> bytes:
    """Three sheets: Benefits and Costs hold what was typed in, Result recomputes from them."""
    book = Workbook()
    result = book.active
    if not isinstance(result, Worksheet):
        raise TypeError("a new workbook has a sheet")
    result.title = "Result"
    last_benefit = _benefits(book.create_sheet("Benefits"), page)
    places = _costs(book.create_sheet("Costs"), page)
    _result(result, page, last_benefit, places, heading=f"{title}, version {page.case.number}, {currency}")
    months = book.create_sheet("Months")
    _months(months, page.case.horizon_months)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _row(sheet: Worksheet, *cells: Any) -> int:
    """Append a row; text that somebody typed was made safe, formulas are ours."""
    sheet.append(list(cells))
    return int(sheet.max_row)


def _head(sheet: Worksheet, *words: str) -> None:
    sheet.append(list(words))
    for cell in sheet[sheet.max_row]:
        cell.font = BOLD
    for column in "ABCDEFGH":
        sheet.column_dimensions[column].width = 22


def _benefits(sheet: Worksheet, page: ValuePage) -> int:
    _head(sheet, "Benefit", "Cost a year", "Goes away", "Adoption", "Cashable", "Evidence", "Owner", "Saving")
    for benefit in page.terms.benefits:
        at = sheet.max_row + 1
        _row(
            sheet, safe_cell(benefit.name), benefit.cost.likely, benefit.reduction.likely, benefit.adoption,
            "yes" if benefit.cashable else "no", str(benefit.grade.value), safe_cell(benefit.owner),
            f"=B{at}*C{at}*D{at}*Result!$B$3",
        )  # fmt: skip
        for column, form in (("B", MONEY), ("C", SHARE), ("D", SHARE), ("H", MONEY)):
            sheet[f"{column}{at}"].number_format = form
    return int(sheet.max_row)


def _costs(sheet: Worksheet, page: ValuePage) -> dict[CostLine, str]:
    """Write each line; answers where its likely amount stands."""
    _head(sheet, "Cost", "Likely", "Low", "High", "Paid", "Evidence", "Source")
    places = {}
    for row in page.costs:
        at = _row(
            sheet, row.name, row.likely, row.low, row.high, row.when, str(row.grade.value),
            safe_cell(row.source),
        )  # fmt: skip
        for column in "BCD":
            sheet[f"{column}{at}"].number_format = MONEY
        places[row.line] = f"Costs!$B${at}"
    return places


def _result(
    sheet: Worksheet, page: ValuePage, last_benefit: int, places: dict[CostLine, str], *, heading: str
) -> None:
    case, terms = page.case, page.terms
    start = "+".join(places[line] for line in AT_START if line in places) or "0"
    fixed = "+".join(places[line] for line in EACH_YEAR if line in places) or "0"
    at_end = places.get(CostLine.EXIT, "0")
    model = terms.model_cost
    years = -(-case.horizon_months // 12)
    worth = f"=SUM(Months!D2:D{case.horizon_months + 1})-B10-B15/(1+B7)^{years}"
    _head(sheet, safe_cell(heading))
    rows: list[tuple[str, Any, str]] = [
        ("Cases a year", case.cases_per_year, "#,##0"),
        ("Share of cases in scope", case.coverage, SHARE),
        ("Extra cost of a wrong case", case.wrong_case_cost, MONEY),
        ("Model cost of a case", "not measured" if model is None else model, "0.0000"),
        ("Months to look ahead", case.horizon_months, "0"),
        ("Discount rate a year", case.discount_rate, SHARE),
        ("Months until full use", case.ramp_months, "0"),
        ("Saving a year at full use", f"=SUM(Benefits!H2:H{last_benefit})", MONEY),
        ("Paid at the start", f"={start}", MONEY),
        ("Fixed cost a year", f"={fixed}", MONEY),
        ("Model usage a year", "=0" if model is None else "=B2*B3*B5", MONEY),
        ("Running cost a year", "=B11+B12", MONEY),
        ("Net a year at full use", "=B9-B13", MONEY),
        ("Paid at the end", f"={at_end}", MONEY),
        ("Net present value", worth, MONEY),
        ("Payback in months without ramp", '=IF(B14>0,B10/(B14/12),"never")', "0.00"),
    ]  # fmt: skip
    if model is not None and page.totals.break_even is not None:
        rows.append(("Break-even pass rate", "=(B11/(B2*B3)+B4+B5)/(B9/(B2*B3)+B4)", SHARE))
    for label, value, form in rows:
        at = _row(sheet, label, value)
        sheet[f"B{at}"].number_format = form
    sheet.column_dimensions["A"].width = 34


def _months(sheet: Worksheet, horizon: int) -> None:
    _head(sheet, "Month", "Share of full use", "Net", "Discounted")
    for month in range(1, horizon + 1):
        at = month + 1
        _row(
            sheet, month, f"=IF(Result!$B$8>A{at},A{at}/Result!$B$8,1)",
            f"=(Result!$B$9*B{at}-Result!$B$13)/12", f"=C{at}/(1+Result!$B$7)^{-(-month // 12)}",
        )  # fmt: skip
