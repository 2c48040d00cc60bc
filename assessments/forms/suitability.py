"""The shape of the seven checks and of the inputs of the other two rankings, as written on a page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from assessments.models import PainPoint
from assessments.rules.suitability import QUESTIONS, Check, Said
from assessments.services.suitability import ScreeningFacts
from portal.errors import Invalid

ANSWERS = [(Said.YES.value, "Yes"), (Said.NO.value, "No"), (Said.UNKNOWN.value, "Not known")]
RANKS = ("urgency", "risk_reduction", "reach", "impact")


class SuitabilityForm(forms.Form):
    """Seven answers, a note, whether the demo takes this one up, and four numbers for the rankings."""

    note = forms.CharField(label="Reasons", widget=forms.Textarea, max_length=2000, required=False)
    chosen = forms.BooleanField(label="The demo takes up this pain point", required=False)
    urgency = forms.DecimalField(
        label="Urgency, 0 to 10", required=False, min_value=0, max_value=10, max_digits=3, decimal_places=1,
        help_text="WSJF: how much waiting hurts.",
    )  # fmt: skip
    risk_reduction = forms.DecimalField(
        label="Risk reduced, 0 to 10", required=False, min_value=0, max_value=10, max_digits=3,
        decimal_places=1, help_text="WSJF: what it makes safer or possible.",
    )  # fmt: skip
    reach = forms.DecimalField(
        label="Cases a year it reaches", required=False, min_value=0, max_digits=14, decimal_places=2,
        help_text="RICE: reach.",
    )  # fmt: skip
    impact = forms.DecimalField(
        label="Impact on each, 0.25 to 3", required=False, min_value=0, max_value=3, max_digits=4,
        decimal_places=2, help_text="RICE: 0.25 is hardly felt, 1 is clear, 3 changes the work.",
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        for check in Check:
            self.fields[check.value] = forms.ChoiceField(
                label=QUESTIONS[check], choices=ANSWERS, widget=forms.RadioSelect,
                error_messages={"required": "Choose an answer; “not known” is one too."},
            )  # fmt: skip

    def checks(self) -> list[forms.BoundField]:
        return [self[check.value] for check in Check]

    def numbers(self) -> list[forms.BoundField]:
        return [self[name] for name in RANKS]

    def facts(self) -> ScreeningFacts:
        data = self.cleaned_data
        numbers: dict[str, Decimal | None] = {name: data[name] for name in RANKS}
        answers = {check: Said(data[check.value]) for check in Check}
        return ScreeningFacts(answers, note=data["note"], chosen=data["chosen"], **numbers)

    def show_refusal(self, refused: Invalid) -> None:
        for fault in refused.errors:
            name = fault.pointer.rsplit("/", maxsplit=1)[-1]
            self.add_error(name if name in self.fields else None, fault.detail)
        if not refused.errors:
            self.add_error(None, refused.detail)


def initial_screening(point: PainPoint) -> dict[str, object]:
    """The form's values for a stored pain point."""
    names = ("chosen", *RANKS, "version")
    return {**point.suitability, "note": point.suitability_note} | {n: getattr(point, n) for n in names}
