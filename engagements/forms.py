"""The shape of what is written on pages. Business rules are in the services."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from engagements.evidence import BindingChoice
from engagements.models import SuccessMetric
from engagements.rules.decisions import ConditionTerms, DecisionTerms
from engagements.rules.metrics import Baseline, Guardrail, MetricTerms
from engagements.vocabulary import (
    Aggregation,
    Direction,
    Outcome,
    StopReason,
    TargetKind,
)
from portal.errors import Invalid
from portal.models import User

HUNDRED = Decimal(100)
GUARDRAILS = 3
NUMBER = {"invalid": "Write a number, such as 26.5."}
_DAY = forms.DateInput(attrs={"type": "date"})


class PlainForm(forms.Form):
    """A form that leaves the words about errors to the page, and takes over those of a service."""

    use_required_attribute = False

    def show_refusal(self, refused: Invalid) -> None:
        """Put each fault of a service beside its field; what has no field goes on top."""
        for fault in refused.errors:
            name = re.sub(r"[^a-z0-9]+", "_", fault.pointer.strip("/").lower()).strip("_")
            self.add_error(name if name in self.fields else None, fault.detail)
        if not refused.errors:
            self.add_error(None, refused.detail)


class EngagementForm(PlainForm):
    """A new engagement, or the facts of one that goes on."""

    title = forms.CharField(max_length=120, help_text="As people will call it, such as Claims triage.")
    problem_statement = forms.CharField(
        label="The problem", max_length=2000, required=False, widget=forms.Textarea,
        help_text="What hurts today, in the words of the people who do the work.",
    )  # fmt: skip
    sponsor = forms.ChoiceField(
        required=False, help_text="Who signs the gates. Somebody who is invited later can be chosen then."
    )
    code = forms.CharField(
        max_length=20, required=False, help_text="Leave it empty for the next free one, such as HM-01."
    )
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    def __init__(
        self, *args: Any, sponsors: Sequence[User], is_new: bool, templates: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people = {person.public_id: person for person in sponsors}
        choices = [("", "Nobody yet"), *((key, person.name) for key, person in self.people.items())]
        self.fields["sponsor"] = forms.ChoiceField(
            choices=choices, required=False, help_text=self.fields["sponsor"].help_text
        )
        if not is_new:
            del self.fields["code"]
        if len(templates) > 1:
            self.fields["template"] = forms.ChoiceField(
                choices=[(str(place), label) for place, label in enumerate(templates)],
                help_text="Stages, gates, criteria, framework, risks and pilot metrics are copied from it.",
            )

    def sponsor_chosen(self) -> User | None:
        return self.people.get(self.cleaned_data["sponsor"])


class SuccessMetricForm(PlainForm):
    """The success metric. Relative targets are written in per cent."""

    name = forms.CharField(
        label="What has to move", max_length=160,
        help_text="Such as: time from first notice to the right handler.",
    )  # fmt: skip
    direction = forms.ChoiceField(choices=Direction.choices, widget=forms.RadioSelect)
    aggregation = forms.ChoiceField(label="Counted as", choices=Aggregation.choices)
    unit = forms.CharField(max_length=20, required=False, help_text="Such as h, %, cases a day.")
    target_kind = forms.ChoiceField(label="Target", choices=TargetKind.choices, widget=forms.RadioSelect)
    target = forms.DecimalField(
        label="By how much, or to which value", max_digits=16, decimal_places=4, error_messages=NUMBER,
        help_text="By a share: write 40 for 40 %. To a value: write it in the unit above.",
    )  # fmt: skip
    baseline_value = forms.DecimalField(
        label="Today", required=False, max_digits=16, decimal_places=4, error_messages=NUMBER,
        help_text="A target without a baseline cannot be sealed.",
    )  # fmt: skip
    baseline_n = forms.IntegerField(label="Over how many cases", required=False, min_value=1)
    baseline_from = forms.DateField(label="Counted from", required=False, widget=_DAY)
    baseline_to = forms.DateField(label="Counted to", required=False, widget=_DAY)
    baseline_source = forms.CharField(
        label="Source", max_length=200, required=False, help_text="Where the figure comes from."
    )
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, GUARDRAILS + 1):
            self.fields[f"rail_{number}_name"] = forms.CharField(
                label="What must not suffer", max_length=80, required=False
            )
            self.fields[f"rail_{number}_side"] = forms.ChoiceField(
                label="Stays", choices=[("above", "above"), ("under", "under")], required=False
            )
            self.fields[f"rail_{number}_limit"] = forms.DecimalField(
                label="Limit", required=False, max_digits=16, decimal_places=4, error_messages=NUMBER
            )
            self.fields[f"rail_{number}_unit"] = forms.CharField(label="Unit", max_length=20, required=False)

    def rails(self) -> list[list[forms.BoundField]]:
        """The guardrails' fields, one row each."""
        parts = ("name", "side", "limit", "unit")
        return [[self[f"rail_{n}_{part}"] for part in parts] for n in range(1, GUARDRAILS + 1)]

    def clean(self) -> dict[str, Any]:
        """A guardrail that is named has its limit."""
        data = self.cleaned_data
        for number in range(1, GUARDRAILS + 1):
            limit = f"rail_{number}_limit"
            if data.get(f"rail_{number}_name") and data.get(limit) is None and limit not in self.errors:
                self.add_error(limit, "Write the limit that it has to keep.")
        return data

    def metric(self) -> MetricTerms:
        """Call after ``is_valid()``."""
        data = self.cleaned_data
        relative = data["target_kind"] == TargetKind.RELATIVE
        return MetricTerms(
            name=data["name"],
            unit=data["unit"],
            aggregation=Aggregation(data["aggregation"]),
            direction=Direction(data["direction"]),
            target_kind=TargetKind(data["target_kind"]),
            target=data["target"] / HUNDRED if relative else data["target"],
            baseline=Baseline(
                data["baseline_value"],
                data["baseline_n"],
                data["baseline_from"],
                data["baseline_to"],
                data["baseline_source"],
            ),
            guardrails=tuple(
                Guardrail(
                    data[f"rail_{n}_name"],
                    data[f"rail_{n}_side"] == "above",
                    data[f"rail_{n}_limit"],
                    data[f"rail_{n}_unit"],
                )
                for n in range(1, GUARDRAILS + 1)
                if data[f"rail_{n}_name"]
            ),
        )


def initial_metric(row: SuccessMetric) -> dict[str, Any]:
    """The form's values for a stored metric."""
    relative = row.target_kind == TargetKind.RELATIVE
    names = ("name", "direction", "aggregation", "unit", "target_kind", "baseline_n", "baseline_from",
             "baseline_to", "baseline_source", "version")  # fmt: skip
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    values["target"] = plain(row.target * HUNDRED if relative else row.target)
    values["baseline_value"] = None if row.baseline_value is None else plain(row.baseline_value)
    for number, rail in enumerate(row.guardrails[:GUARDRAILS], start=1):
        values |= {
            f"rail_{number}_name": rail["name"],
            f"rail_{number}_side": "above" if rail["above"] else "under",
            f"rail_{number}_limit": plain(Decimal(rail["limit"])),
            f"rail_{number}_unit": rail["unit"],
        }
    return values


class BindingForm(PlainForm):
    """Which target, cases and graders may feed the measured criteria."""

    choice = forms.ChoiceField(label="What will be measured", widget=forms.RadioSelect)

    def __init__(self, *args: Any, choices: Sequence[BindingChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = list(choices)
        self.fields["choice"] = forms.ChoiceField(
            label="What will be measured",
            widget=forms.RadioSelect,
            choices=[(str(place), choice.label) for place, choice in enumerate(self.offered)],
            error_messages={"required": "Choose what will be measured."},
        )

    def binding(self) -> dict[str, Any]:
        """Call after ``is_valid()``."""
        chosen = self.offered[int(self.cleaned_data["choice"])]
        return {
            "target_sha256": chosen.target_sha256,
            "dataset_sha256": chosen.dataset_sha256,
            "grader_sha256s": list(chosen.grader_sha256s),
            "label": chosen.label,
        }


class SubmitForm(PlainForm):
    """What goes with a gate when it is handed in."""

    next_step = forms.CharField(
        label="What comes next, and what it costs", max_length=600, required=False, widget=forms.Textarea,
        help_text="Such as: a pilot with 40 adjusters until 26 February for $62,000.",
    )  # fmt: skip
    due = forms.DateField(label="Decide by", widget=_DAY)


@dataclass(frozen=True, slots=True)
class ConditionFields:
    """The fields of one condition, and the criterion that it settles."""

    key: str
    text: forms.BoundField
    due: forms.BoundField
    owner: forms.BoundField


class DecisionForm(PlainForm):
    """The signature. Conditions have their fields for each unmet must-criterion."""

    outcome = forms.ChoiceField(
        choices=Outcome.choices, error_messages={"required": "Choose what you decide."}
    )
    reason = forms.CharField(
        label="What has to be done differently", max_length=2000, required=False, widget=forms.Textarea
    )
    hold_until = forms.DateField(label="Hold until", required=False, widget=_DAY)
    stop_reason = forms.ChoiceField(
        label="Why it stops", choices=[("", "Choose a reason"), *StopReason.choices], required=False
    )
    lessons = forms.CharField(
        label="What was learned", max_length=2000, required=False, widget=forms.Textarea
    )
    signed_name = forms.CharField(
        label="Type your full name to sign", max_length=120,
        error_messages={"required": "Type your full name."},
    )  # fmt: skip
    has_read = forms.BooleanField(
        label="I have read the worst answers and what is not proven.",
        error_messages={"required": "Say that you have read what is not proven."},
    )

    def __init__(
        self, *args: Any, blocking: Sequence[str], owners: Sequence[User] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.blocking = list(blocking)
        self.owners = {person.public_id: person.pk for person in owners}
        people = [("", "The lead"), *((person.public_id, person.name) for person in owners)]
        for key in self.blocking:
            self.fields[f"{_slug(key)}_text"] = forms.CharField(
                label=f"Condition for {key}", max_length=400, required=False, widget=forms.Textarea
            )
            self.fields[f"{_slug(key)}_due"] = forms.DateField(label="Due", required=False, widget=_DAY)
            self.fields[f"{_slug(key)}_owner"] = forms.ChoiceField(
                label="Who answers for it", choices=people, required=False
            )

    def show_refusal(self, refused: Invalid) -> None:
        """As its base, with the pointers of conditions led to their fields."""
        for fault in refused.errors:
            parts = fault.pointer.strip("/").split("/")
            name: str | None = parts[0]
            if parts[0] == "conditions":
                last = parts[-1] if parts[-1] in ("due", "owner") else "text"
                name = f"{_slug(parts[1])}_{last}"
            self.add_error(name if name in self.fields else None, fault.detail)

    def conditions(self) -> list[ConditionFields]:
        return [
            ConditionFields(key, *(self[f"{_slug(key)}_{part}"] for part in ("text", "due", "owner")))
            for key in self.blocking
        ]

    def clean(self) -> dict[str, Any]:
        """A condition has a date."""
        data = self.cleaned_data
        if data.get("outcome") == Outcome.APPROVE_WITH_CONDITIONS:
            for key in self.blocking:
                name = f"{_slug(key)}_due"
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, "Choose until when.")
        return data

    def terms(self) -> DecisionTerms:
        """Call after ``is_valid()``. Only the fields of the chosen outcome count."""
        data = self.cleaned_data
        outcome = Outcome(data["outcome"])
        conditions: list[ConditionTerms] = []
        if outcome == Outcome.APPROVE_WITH_CONDITIONS:
            conditions = [
                ConditionTerms(
                    key,
                    data[f"{_slug(key)}_text"],
                    data[f"{_slug(key)}_due"],
                    self.owners.get(data[f"{_slug(key)}_owner"]),
                )
                for key in self.blocking
            ]
        return DecisionTerms(
            outcome=outcome,
            signed_name=data["signed_name"],
            reason=data["reason"] if outcome == Outcome.REWORK else "",
            hold_until=data["hold_until"] if outcome == Outcome.HOLD else None,
            stop_reason=data["stop_reason"] if outcome == Outcome.STOP else "",
            lessons=data["lessons"] if outcome == Outcome.STOP else "",
            conditions=conditions,
        )


def suggested_conditions(
    results: Sequence[dict[str, Any]], blocking: Sequence[str], due: date
) -> dict[str, Any]:
    """A first wording for each condition: what would settle the criterion."""
    found: dict[str, Any] = {}
    for row in results:
        if row["key"] in blocking:
            found[f"{_slug(row['key'])}_text"] = f"{row['text']}: {row['asked']}."
            found[f"{_slug(row['key'])}_due"] = due
    return found


def _slug(key: str) -> str:
    return "c_" + re.sub(r"[^a-z0-9]+", "_", key.lower())


def plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
