"""The shape of a value case as it is written on a page. Shares are written in per cent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from assessments.models import CostComponent, ValueCase
from assessments.rules.value import AT_START, EACH_YEAR, LINE_WORDS, CostLine
from assessments.services.value_case import BenefitFacts, CostFacts, ValueCaseFacts
from assessments.vocabulary import CostKind, EvidenceGrade
from portal.errors import Invalid

HUNDRED = Decimal(100)
GRADES = [
    ("", "Choose how it is known"),
    *((grade.value, f"{grade.label} ({grade.value})") for grade in EvidenceGrade),
]
SHARES = ("discount_rate", "coverage")


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together on the form, with their units."""

    title: str
    hint: str
    fields: list[tuple[forms.BoundField, str]]
    is_open: bool


class ValueCaseForm(forms.Form):
    """The frame, the cost side, and how much of each cost of today goes away."""

    cases_per_year = forms.DecimalField(
        label="Cases a year", min_value=0, max_digits=14, decimal_places=2,
        error_messages={"required": "Write how many cases there are in a year, such as 48000."},
    )  # fmt: skip
    coverage = forms.DecimalField(
        label="Share of cases in scope", min_value=0, max_digits=7, decimal_places=4, initial=100,
        help_text="What the system is never asked does not count.",
    )  # fmt: skip
    wrong_case_cost = forms.DecimalField(
        label="Extra cost of a wrong case", min_value=0, max_digits=18, decimal_places=4, initial=0,
        help_text="What it costs to find and mend one wrong answer.",
    )  # fmt: skip
    model_cost = forms.DecimalField(
        label="Expected model cost of a case", required=False, min_value=0, max_digits=18, decimal_places=6,
        help_text="Used until a run has measured it.",
    )  # fmt: skip
    demo_cost = forms.DecimalField(
        label="Cost of the demo", required=False, min_value=0, max_digits=18, decimal_places=4
    )
    horizon_months = forms.IntegerField(label="Months to look ahead", initial=36, min_value=1, max_value=120)
    discount_rate = forms.DecimalField(
        label="Discount rate a year", min_value=0, max_digits=7, decimal_places=4, initial=10
    )
    ramp_months = forms.IntegerField(
        label="Months until full use", initial=6, min_value=0, max_value=120,
        help_text="Use grows evenly until then.",
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    def __init__(self, *args: Any, components: Sequence[CostComponent], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.components = currency, components
        self.use_required_attribute = False
        for line in CostLine:
            words = LINE_WORDS[line].lower()
            for end in ("likely", "low", "high"):
                self.fields[f"{line}_{end}"] = _amount(f"{end.capitalize()}, {words}")
            self.fields[f"{line}_grade"] = forms.ChoiceField(
                label=f"Evidence, {words}", choices=GRADES, required=False
            )
            self.fields[f"{line}_source"] = forms.CharField(
                label=f"Source, {words}", max_length=200, required=False
            )
        for place in range(len(components)):
            for end, label in (("likely", "Goes away"), ("low", "At least"), ("high", "At most")):
                self.fields[f"b{place}_{end}"] = _amount(label)
            self.fields[f"b{place}_adoption"] = _amount("Share of people who use it")
            self.fields[f"b{place}_cashable"] = forms.BooleanField(
                label="Money is really saved, not only time", required=False
            )
            self.fields[f"b{place}_owner"] = forms.CharField(
                label="Who answers for it", max_length=120, required=False
            )

    def frame(self) -> list[tuple[forms.BoundField, str]]:
        units = {
            "cases_per_year": "cases", "coverage": "%", "wrong_case_cost": self.currency,
            "model_cost": self.currency, "demo_cost": self.currency, "horizon_months": "months",
            "discount_rate": "%", "ramp_months": "months",
        }  # fmt: skip
        return [(self[name], unit) for name, unit in units.items()]

    def cost_groups(self) -> Iterator[Group]:
        for line in CostLine:
            when = "at the start" if line in AT_START else "a year" if line in EACH_YEAR else "at the end"
            rows = [(self[f"{line}_{end}"], self.currency) for end in ("likely", "low", "high")]
            rows += [(self[f"{line}_{name}"], "") for name in ("grade", "source")]
            yield Group(LINE_WORDS[line], f"Paid {when}.", rows, _is_filled(rows))

    def benefit_groups(self) -> Iterator[Group]:
        for place, component in enumerate(self.components):
            rows = [(self[f"b{place}_{end}"], "%") for end in ("likely", "low", "high", "adoption")]
            rows += [(self[f"b{place}_{name}"], "") for name in ("owner", "cashable")]
            title = f"{component.pain_point.title}: {CostKind(component.kind).label.lower()}"
            hint = f"Costs {component.likely:,.0f} {self.currency} a year today."
            yield Group(title, hint, rows, _is_filled(rows[:4]))

    def clean(self) -> dict[str, Any]:
        """A cost or a benefit that was begun needs what it cannot do without."""
        for line in CostLine:
            if self._given(f"{line}_", ("likely", "low", "high", "grade", "source")):
                self._need(f"{line}_likely", "Write an amount, such as 85000.")
                self._need(f"{line}_grade", "Choose how this figure is known.")
        for place in range(len(self.components)):
            if self._given(f"b{place}_", ("likely", "low", "high")):
                self._need(f"b{place}_likely", "Write a share in per cent, such as 40.")
                self._need(f"b{place}_adoption", "Write a share in per cent, such as 70.")
        return self.cleaned_data

    def facts(self) -> ValueCaseFacts:
        data = self.cleaned_data
        names = ValueCaseFacts.__dataclass_fields__
        return ValueCaseFacts(
            **{name: data[name] / HUNDRED if name in SHARES else data[name] for name in names}
        )

    def costs(self) -> dict[CostLine, CostFacts]:
        data = self.cleaned_data
        return {
            line: CostFacts(
                *_ends(data, f"{line}_", Decimal(1)),
                grade=EvidenceGrade(data[f"{line}_grade"]),
                source=data[f"{line}_source"],
            )
            for line in CostLine
            if data.get(f"{line}_likely") is not None
        }

    def benefits(self) -> list[BenefitFacts]:
        data = self.cleaned_data
        return [
            BenefitFacts(
                component.pain_point_id,
                CostKind(component.kind),
                *_ends(data, f"b{place}_", HUNDRED),
                adoption=data[f"b{place}_adoption"] / HUNDRED,
                cashable=data[f"b{place}_cashable"],
                owner=data[f"b{place}_owner"],
            )
            for place, component in enumerate(self.components)
            if data.get(f"b{place}_likely") is not None
        ]

    def show_refusal(self, refused: Invalid) -> None:
        """Put what the service refused beside the field it names, or on top."""
        for fault in refused.errors:
            parts = fault.pointer.strip("/").split("/")
            name = "_".join(parts[1:]) if parts[0] == "costs" else parts[0]
            if parts[0] == "benefits" and len(parts) == 3:
                filled = [p for p in range(len(self.components)) if self[f"b{p}_likely"].value()]
                name = f"b{filled[int(parts[1])]}_{parts[2]}"
            self.add_error(name if name in self.fields else None, fault.detail)
        if not refused.errors:
            self.add_error(None, refused.detail)

    def keep_after(self, conflict: str, *, version: int) -> None:
        """Keep the text after somebody else's change; saved once more, it replaces that change knowingly."""
        self.data = {**dict(self.data.items()), "version": str(version)}
        self.add_error(None, f"{conflict} Your text is kept below; saving again replaces the other change.")

    def _given(self, start: str, names: Sequence[str]) -> bool:
        return any(self[f"{start}{name}"].value() not in (None, "") for name in names)

    def _need(self, name: str, sentence: str) -> None:
        if self.cleaned_data.get(name) in (None, "") and name not in self.errors:
            self.add_error(name, sentence)


def initial_case(case: ValueCase | None, components: Sequence[CostComponent]) -> dict[str, object]:
    """The form's values for the newest version; a frozen one is where the next number starts from."""
    if case is None:
        return {"version": 0}
    values: dict[str, object] = {
        name: _shown(getattr(case, name), HUNDRED if name in SHARES else Decimal(1))
        for name in ValueCaseFacts.__dataclass_fields__
    }
    values["version"] = 0 if case.is_frozen else case.version
    for line, cost in case.costs.items():
        values |= {f"{line}_{name}": cost[name] for name in ("likely", "low", "high", "grade", "source")}
    places = {(row.pain_point_id, row.kind): place for place, row in enumerate(components)}
    for row in case.benefits.all():
        place = places.get((row.pain_point_id, row.kind))
        if place is None:
            continue
        shares = {
            "likely": row.reduction, "low": row.reduction_low, "high": row.reduction_high,
            "adoption": row.adoption,
        }  # fmt: skip
        values |= {f"b{place}_{name}": _shown(share, HUNDRED) for name, share in shares.items()}
        values |= {f"b{place}_cashable": row.cashable, f"b{place}_owner": row.owner}
    return values


def _ends(data: dict[str, Any], start: str, whole: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """Low, likely and high; an end that was left empty is the likely value."""
    likely = data[f"{start}likely"]
    low, high = (
        likely if data[f"{start}{end}"] is None else data[f"{start}{end}"] for end in ("low", "high")
    )
    return low / whole, likely / whole, high / whole


def _is_filled(rows: Sequence[tuple[forms.BoundField, str]]) -> bool:
    return any(bound.value() not in (None, "", False) for bound, _ in rows)


def _amount(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, min_value=0, max_digits=20, decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": "Write a number, such as 40.", "min_value": "Write a number that is not negative.",
        },
    )  # fmt: skip


def _shown(number: Any, times: Decimal) -> str | None:
    if number is None:
        return None
    text = f"{Decimal(number) * times:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
