"""The shape of a process step, and of a CSV file of steps, as written on a page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from assessments.forms.pain_points import GRADES
from assessments.models import ProcessStep
from assessments.rules.process import NUMBERS, WORDS, StepFacts, read_csv
from portal.errors import Invalid

HUNDRED = Decimal(100)
LARGEST_FILE = 1_000_000
UNITS = {
    "volume_per_year": "cases", "touch_minutes": "min", "wait_minutes": "min", "error_rate": "%",
    "hours_per_year": "h",
}  # fmt: skip


class StepForm(forms.Form):
    """Who does what with what, and five numbers with grade and source."""

    process = forms.CharField(
        max_length=120, error_messages={"required": "Write the process, such as New claims."}
    )
    name = forms.CharField(
        label="Step", max_length=120, error_messages={"required": "Write the step, such as Read and sort."}
    )
    actor = forms.CharField(label="Who does it", max_length=120, required=False)
    system = forms.CharField(label="System", max_length=120, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        for name, label in NUMBERS.items():
            most = 100 if name == "error_rate" else None
            self.fields[name] = forms.DecimalField(
                label=label, required=False, min_value=0, max_value=most, max_digits=12, decimal_places=2,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )  # fmt: skip
            low = label.lower()
            self.fields[f"{name}_grade"] = forms.ChoiceField(
                label=f"Evidence, {low}", choices=GRADES, required=False
            )
            self.fields[f"{name}_source"] = forms.CharField(
                label=f"Source, {low}", max_length=200, required=False
            )

    def words(self) -> list[forms.BoundField]:
        return [self[name] for name in WORDS]

    def numbers(self) -> list[tuple[forms.BoundField, str, forms.BoundField, forms.BoundField]]:
        return [(self[n], UNITS[n], self[f"{n}_grade"], self[f"{n}_source"]) for n in NUMBERS]

    def facts(self) -> StepFacts:
        data = self.cleaned_data
        values = {name: data[name] for name in NUMBERS}
        if values["error_rate"] is not None:
            values["error_rate"] /= HUNDRED
        evidence = {
            name: {"grade": data[f"{name}_grade"], "source": data[f"{name}_source"]}
            for name, value in values.items()
            if value is not None
        }
        return StepFacts(**{name: data[name] for name in WORDS}, **values, evidence=evidence)

    def show_refusal(self, refused: Invalid) -> None:
        for fault in refused.errors:
            name = fault.pointer.strip("/")
            self.add_error(name if name in self.fields else None, fault.detail)
        if not refused.errors:
            self.add_error(None, refused.detail)


class StepsFileForm(forms.Form):
    """A CSV file of steps; every line that is wrong is named."""

    file = forms.FileField(label="CSV file", error_messages={"required": "Choose a CSV file."})

    def clean_file(self) -> list[StepFacts]:
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 1 MB.")
        try:
            text = upload.read().decode()
        except UnicodeDecodeError:
            raise forms.ValidationError("The file is not UTF-8 text. Save it as “CSV UTF-8”.") from None
        steps, faults = read_csv(text)
        if faults:
            raise forms.ValidationError([*faults[:20], *(["More lines are wrong."] if faults[20:] else [])])
        return steps


def initial_step(step: ProcessStep) -> dict[str, object]:
    """The form's values for a stored step."""
    values: dict[str, object] = {name: getattr(step, name) for name in (*WORDS, "version")}
    for name in NUMBERS:
        number = getattr(step, name)
        if number is not None:
            number = number * HUNDRED if name == "error_rate" else number
            text = f"{number:f}"
            values[name] = text.rstrip("0").rstrip(".") if "." in text else text
        said = step.evidence.get(name, {})
        values |= {f"{name}_grade": said.get("grade", ""), f"{name}_source": said.get("source", "")}
    return values
