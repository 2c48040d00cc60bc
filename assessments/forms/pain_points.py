"""The shape of a pain point as it is written on a page. Business rules are in the service.

Cases a year and the cost of an hour stand once and serve every kind of cost that needs them. A kind of
cost is claimed as soon as one of its own fields is filled in. Shares are written in per cent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from assessments.models import PainPoint, ProcessStep
from assessments.rules.costs import INPUTS, Component
from assessments.rules.sentences import formula_in_words
from assessments.services.pain_points import PainPointFacts
from assessments.vocabulary import CostKind, EvidenceGrade, PainKind
from portal import ids
from portal.errors import Invalid

HUNDRED = Decimal(100)
SHARED = ("cases_per_year", "rate_per_hour")
EXAMPLES = {"cases": "21000", "min": "18", "h": "6.5", "share": "6", "events": "0.5", "money": "42.50"}
GRADES = [
    ("", "Choose how it is known"),
    *((grade.value, f"{grade.label} ({grade.value})") for grade in EvidenceGrade),
]
UNITS = {"cases": "cases", "min": "min", "h": "h", "share": "%", "events": "events"}
KIND_WORDS = {
    PainKind.BOTTLENECK: "work waits here",
    PainKind.ERROR_COST: "mistakes are paid for",
    PainKind.RESOURCE_DRAIN: "people do what a machine could",
    PainKind.COMPLIANCE_EXPOSURE: "a rule may be broken",
    PainKind.LOST_REVENUE: "business goes elsewhere",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of cost on the form: its fields with their units, and its formula in words."""

    kind: CostKind
    formula: str
    fields: list[tuple[forms.BoundField, str]]
    is_claimed: bool


class PainPointForm(forms.Form):
    """Title, kind, and the costs claimed."""

    title = forms.CharField(
        max_length=120,
        help_text="As the people who do the work would say it.",
        error_messages={"required": "Write a title, such as Manual triage of new claims."},
    )
    kind = forms.ChoiceField(
        choices=[(kind.value, f"{kind.label}: {words}") for kind, words in KIND_WORDS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what kind of pain it is."},
    )
    process_step = forms.ChoiceField(label="Step of the process map", required=False)
    step = forms.CharField(
        label="Step in words", max_length=200, required=False,
        help_text="From where to where, such as first notice to first handler.",
    )  # fmt: skip
    owner = forms.CharField(
        label="Owner", max_length=120, required=False, help_text="Who at the client answers for this step."
    )
    effort_days = forms.DecimalField(
        label="Effort to settle it", required=False, max_digits=8, decimal_places=1
    )
    description = forms.CharField(label="Note", widget=forms.Textarea, max_length=4000, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    def __init__(self, *args: Any, currency: str, steps: Sequence[ProcessStep] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(step.public_id, f"{step.process}: {step.name}") for step in steps]
        self.fields["process_step"].choices = [("", "None"), *choices]  # type: ignore[attr-defined]  # it is one of choices
        if not steps:
            del self.fields["process_step"]
        self.currency = currency
        self.use_required_attribute = False
        for kind in CostKind:
            self._add_part(kind)
        self.order_fields(["title", "kind", "process_step", "step", "owner", "effort_days", *SHARED])

    def _add_part(self, kind: CostKind) -> None:
        for field in INPUTS[kind]:
            name = _name(kind, field.key)
            if name not in self.fields:
                self.fields[name] = _number_field(field.label, field.unit)
        self.fields[f"{kind}_grade"] = forms.ChoiceField(
            label=f"Evidence, {kind.label.lower()}", choices=GRADES, required=False
        )
        self.fields[f"{kind}_source"] = forms.CharField(
            label=f"Source, {kind.label.lower()}",
            max_length=200,
            required=False,
            help_text="Where the numbers come from, and when.",
        )
        self.fields[f"{kind}_low"] = _number_field(f"Low estimate a year, {kind.label.lower()}", "money")
        self.fields[f"{kind}_high"] = _number_field(f"High estimate a year, {kind.label.lower()}", "money")

    def parts(self) -> Iterator[Part]:
        """The kinds of cost in the order of the form, for the template."""
        for kind in CostKind:
            rows = [
                (self[_name(kind, field.key)], UNITS.get(field.unit, self.currency))
                for field in INPUTS[kind]
                if field.key not in SHARED
            ]
            rows += [(self[f"{kind}_{end}"], self.currency) for end in ("low", "high")]
            rows += [(self[f"{kind}_{name}"], "") for name in ("grade", "source")]
            claimed = any(bound.value() not in (None, "") for bound, _ in rows)
            yield Part(kind, formula_in_words(kind), rows, claimed)

    def mark_needed(self) -> None:
        """For drawing only: what a claimed cost cannot do without is not called optional."""
        for kind in CostKind:
            for name in (f"{kind}_grade", *(_name(kind, field.key) for field in INPUTS[kind])):
                self.fields[name].required = True

    def shared(self) -> list[tuple[forms.BoundField, str]]:
        """The two numbers that several kinds of cost use."""
        return [(self["cases_per_year"], "cases"), (self["rate_per_hour"], self.currency)]

    def facts(self) -> PainPointFacts:
        """What was written about the pain point itself. Call after ``is_valid()``."""
        data = self.cleaned_data
        return PainPointFacts(
            title=data["title"],
            kind=PainKind(data["kind"]),
            step=data["step"],
            description=data["description"],
            owner=data["owner"],
            effort_days=data["effort_days"],
            process_step_id=ids.decode("stp", chosen) if (chosen := data.get("process_step")) else None,
        )

    def components(self) -> list[Component]:
        """The costs claimed, numbers as stored (shares 0 to 1). Call after ``is_valid()``."""
        return [
            Component(
                kind=part.kind,
                inputs=self._inputs(part.kind),
                grade=EvidenceGrade(self.cleaned_data[f"{part.kind}_grade"]),
                source=self.cleaned_data[f"{part.kind}_source"],
                low=self.cleaned_data[f"{part.kind}_low"],
                high=self.cleaned_data[f"{part.kind}_high"],
            )
            for part in self.parts()
            if part.is_claimed
        ]

    def clean(self) -> dict[str, Any]:
        """A claimed cost needs all its numbers and a grade."""
        for part in self.parts():
            if not part.is_claimed:
                continue
            if not self.cleaned_data.get(f"{part.kind}_grade") and f"{part.kind}_grade" not in self.errors:
                self.add_error(f"{part.kind}_grade", "Choose how this figure is known.")
            for field in INPUTS[part.kind]:
                name = _name(part.kind, field.key)
                if self.cleaned_data.get(name) is None and name not in self.errors:
                    self.add_error(name, _number_words(field.unit))
        return self.cleaned_data

    def show_refusal(self, refused: Invalid) -> None:
        """Put what the service refused beside the fields it names."""
        for fault in refused.errors:
            name = self._field_of(fault.pointer)
            if name in self.errors:
                continue
            self.add_error(name, fault.detail)
        if not refused.errors:
            self.add_error(None, refused.detail)

    def keep_after(self, conflict: str, *, version: int) -> None:
        """Keep the text after somebody else's change; saved once more, it replaces that change knowingly."""
        self.data = {**dict(self.data.items()), "version": str(version)}
        self.add_error(None, f"{conflict} Your text is kept below; saving again replaces the other change.")

    def _field_of(self, pointer: str) -> str | None:
        last = pointer.rsplit("/", maxsplit=1)[-1]
        kind = pointer.removeprefix("/components/").split("/", maxsplit=1)[0]
        for name in (last, f"{kind}_{last}"):
            if name in self.fields:
                return name
        return None

    def _inputs(self, kind: CostKind) -> dict[str, Decimal]:
        numbers: dict[str, Decimal] = {}
        for field in INPUTS[kind]:
            value = self.cleaned_data[_name(kind, field.key)]
            numbers[field.key] = value / HUNDRED if field.unit == "share" else value
        return numbers


def initial_of(pain_point: PainPoint) -> dict[str, object]:
    """The form's values for a stored pain point."""
    values: dict[str, object] = {
        name: getattr(pain_point, name)
        for name in ("title", "kind", "step", "owner", "effort_days", "description", "version")
    }
    if pain_point.process_step_id is not None:
        values["process_step"] = ids.encode("stp", pain_point.process_step_id)
    for row in pain_point.components.all():
        kind = CostKind(row.kind)
        for field in INPUTS[kind]:
            number = row.numbers[field.key]
            values[_name(kind, field.key)] = _shown(number * HUNDRED if field.unit == "share" else number)
        values |= {f"{kind}_{name}": getattr(row, name) for name in ("grade", "source")}
        for end in ("low", "high"):
            amount = getattr(row, end)
            values[f"{kind}_{end}"] = None if amount is None else _shown(amount)
    return values


def _name(kind: CostKind, key: str) -> str:
    return key if key in SHARED else f"{kind}_{key}"


def _number_words(unit: str) -> str:
    return f"Write a number, such as {EXAMPLES[unit]}."


def _number_field(label: str, unit: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_digits=20,
        decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": _number_words(unit), "min_value": "Write a number that is not negative."},
    )


def _shown(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
