"""Shapes of what is typed on the pages of evaluations. Rules are in the services."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from demos.engine.variants import LABELS as CHANGE_LABELS
from demos.importing.mapping import Mapping
from demos.services.runs import Limits
from demos.vocabulary import CaseCategory, PersonalDataAction
from portal.errors import Invalid

KEY_SECRET = "target-key"  # noqa: S105  # the name under which the value is sealed


class RefusableForm(forms.Form):
    """A form that can show what a service refused, at the field it is about."""

    pointers: dict[str, str] = {}

    def show_refusal(self, refused: Invalid) -> None:
        """Put each error at its field; those about no field go on top."""
        for error in refused.errors or ():
            name = self.pointers.get(error.pointer, error.pointer.strip("/"))
            self.add_error(name if name in self.fields else None, error.detail)
        if not refused.errors:
            self.add_error(None, refused.detail)


class UploadForm(RefusableForm):
    """A file of cases and the name of the dataset it belongs to."""

    name = forms.CharField(
        max_length=120, label="Dataset", help_text="A new name, or one that gets a new version."
    )
    file = forms.FileField(
        label="File",
        help_text="CSV, JSONL or XLSX, up to 32 MB and 50,000 cases; or a test file of promptfoo.",
    )


class MappingForm(RefusableForm):
    """Which column becomes which part of a case."""

    pointers = {"/mapping/input": "input", "/mapping/expected": "expected"}

    input = forms.ChoiceField(label="What is asked")
    expected = forms.ChoiceField(label="Expected answer")
    context = forms.ChoiceField(required=False, label="Context")
    category = forms.ChoiceField(
        required=False, label="Category",
        help_text="Holds typical, edge, adversarial, out_of_scope or must_refuse.",
    )  # fmt: skip
    case_key = forms.ChoiceField(required=False, label="Key of the case")
    cluster = forms.ChoiceField(required=False, label="Cluster", help_text="Cases that belong together.")
    turns = forms.ChoiceField(
        required=False, label="Turns before the question",
        help_text='A JSON list: ["First I say this"], or objects with “say” and “checks”.',
    )  # fmt: skip
    checks = forms.ChoiceField(
        required=False, label="Checks of the case", help_text="A JSON list of kind and params of a grader."
    )
    sealed = forms.ChoiceField(
        required=False, label="Sealed", help_text="Yes: only the client’s people read this case."
    )
    slices = forms.MultipleChoiceField(
        required=False,
        label="Slices",
        widget=forms.CheckboxSelectMultiple,
        help_text="Groups with their own rate.",
    )

    def __init__(self, *args: Any, columns: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(column, column) for column in columns]
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField):
                field.choices = named if name == "slices" else [("", "not in the file"), *named]

    def mapping(self) -> Mapping:
        """The value that the import takes."""
        return Mapping(**{**self.cleaned_data, "slices": tuple(self.cleaned_data["slices"])})


class RunForm(RefusableForm):
    """What to run, and where it stops by itself."""

    pointers = {"/dataset_version": "dataset_version", "/graders": "graders", "/repeats": "repeats"}

    target_version = forms.ChoiceField(label="System under test")
    dataset_version = forms.ChoiceField(label="Cases")
    graders = forms.MultipleChoiceField(label="Graders", widget=forms.CheckboxSelectMultiple)
    repeats = forms.IntegerField(
        min_value=1, max_value=10, initial=1, label="Times each case is asked",
        help_text="A case passes when it passes every time.",
    )  # fmt: skip
    max_cost = forms.DecimalField(
        required=False, min_value=Decimal("0.01"), max_digits=18, decimal_places=4, label="Most money"
    )
    max_minutes = forms.IntegerField(required=False, min_value=1, max_value=10_080, label="Longest time")
    max_calls = forms.IntegerField(required=False, min_value=1, label="Most calls")
    max_tokens = forms.IntegerField(required=False, min_value=1, label="Most tokens", help_text="In and out.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for category in CaseCategory:
            self.fields[f"quota_{category}"] = forms.IntegerField(
                required=False, min_value=0, label=category.label
            )

    @property
    def quota_fields(self) -> list[forms.BoundField]:
        """The least number of cases by category."""
        return [self[f"quota_{category}"] for category in CaseCategory]

    def quotas(self) -> dict[str, int]:
        """Those that were filled in."""
        found = {str(category): self.cleaned_data[f"quota_{category}"] for category in CaseCategory}
        return {category: least for category, least in found.items() if least}

    def offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """What one may choose from in a field."""
        field = self.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(f"{name} offers no choice")
        field.choices = list(choices)

    def limits(self) -> Limits:
        """Where the run stops by itself."""
        minutes = self.cleaned_data["max_minutes"]
        return Limits(
            max_cost=self.cleaned_data["max_cost"],
            max_calls=self.cleaned_data["max_calls"],
            max_seconds=minutes * 60 if minutes else None,
            max_tokens=self.cleaned_data["max_tokens"],
        )


class ComparisonForm(RefusableForm):
    """Which two runs, and how large a difference would not matter."""

    before = forms.ChoiceField(label="Before")
    now = forms.ChoiceField(label="Now")
    margin = forms.DecimalField(
        min_value=0, max_value=50, initial=0, required=False, max_digits=4, decimal_places=2,
        label="A difference that would not matter",
        help_text="In points, such as 3. The page then also says whether “now” is no worse than that.",
    )  # fmt: skip

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        """The runs one may choose from."""
        for name in ("before", "now"):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = list(choices)


class PersonalDataForm(forms.Form):
    """What happens to cases with personal data."""

    action = forms.ChoiceField(
        label="Cases with personal data", choices=PersonalDataAction.choices, widget=forms.RadioSelect
    )


class VariantsForm(forms.Form):
    """Which messy variants of the accepted cases are made."""

    changes = forms.MultipleChoiceField(
        label="Changes", widget=forms.CheckboxSelectMultiple,
        choices=[(change.value, label) for change, label in CHANGE_LABELS.items()],
    )  # fmt: skip
    seed = forms.IntegerField(
        required=False, min_value=0, max_value=2**31, label="Seed",
        help_text="The same seed gives the same variants. Empty: drawn, and kept.",
    )  # fmt: skip


class CounterfactualForm(forms.Form):
    """Who is swapped for whom."""

    attribute = forms.CharField(
        max_length=30, label="What is swapped", help_text="Such as gender or district."
    )
    values = forms.CharField(
        max_length=20_000, label="Values and their terms", widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One value a line, terms in the same order: “woman: Emma, she, her”, “man: Paul, he, his”.",
    )  # fmt: skip

    def clean_values(self) -> dict[str, list[str]]:
        """The terms by value."""
        found: dict[str, list[str]] = {}
        for line in self.cleaned_data["values"].splitlines():
            value, colon, terms = line.partition(":")
            if line.strip() and not colon:
                raise forms.ValidationError(f"“{line.strip()[:40]}” has no colon between value and terms.")
            if line.strip():
                found[value.strip()] = [term.strip() for term in terms.split(",")]
        return found


class PlannerForm(forms.Form):
    """How many cases it takes: two rates in percent."""

    expected = forms.DecimalField(
        min_value=1, max_value=100, max_digits=5, decimal_places=2, label="Expected rate"
    )
    target = forms.DecimalField(
        min_value=1, max_value=100, max_digits=5, decimal_places=2, label="Rate to prove"
    )


def _percent(label: str, *, least: str = "0.01", most: str = "100", hint: str = "") -> forms.DecimalField:
    return forms.DecimalField(
        min_value=Decimal(least), max_value=Decimal(most), max_digits=6, decimal_places=3, label=label,
        help_text=hint,
    )  # fmt: skip


def _confidence() -> forms.TypedChoiceField:
    named = [(value, f"{value} %") for value in ("80", "90", "95", "99")]
    return forms.TypedChoiceField(label="Confidence", choices=named, initial="95", coerce=Decimal)


class RatePlanForm(forms.Form):
    """Which rate is to be proven, and how good the system is thought to be."""

    expected = _percent("Expected rate", hint="How many of 100 it gets right, as far as you know.")
    target = _percent("Rate to prove", most="99.99")
    confidence = _confidence()


class MorePlanForm(forms.Form):
    """What a run saw, and what it was to prove."""

    passed = forms.IntegerField(min_value=0, max_value=10_000_000, label="Cases right")
    n = forms.IntegerField(min_value=1, max_value=10_000_000, label="Cases asked")
    target = _percent("Rate to prove", most="99.99")

    def clean(self) -> dict[str, Any]:
        """No more can be right than were asked."""
        data = super().clean() or self.cleaned_data
        if not self.errors and data["passed"] > data["n"]:
            self.add_error("passed", "No more cases can be right than were asked.")
        return data


class ZeroPlanForm(forms.Form):
    """How rare a thing has to be shown to be."""

    upper = _percent("At most", most="99", hint="Of all cases: 5 means one in twenty.")
    confidence = _confidence()


class PairsPlanForm(forms.Form):
    """How large a difference two runs have to show, and how many cases change sides."""

    difference = _percent("Difference to find", most="99")
    flips = _percent("Cases that change sides", hint="As a share of all, such as 15.")

    def clean(self) -> dict[str, Any]:
        """A difference comes from cases that change sides."""
        data = super().clean() or self.cleaned_data
        if not self.errors and data["difference"] > data["flips"]:
            self.add_error("flips", "At least as many cases change sides as the difference is large.")
        return data


class ReviewRoundForm(RefusableForm):
    """How many answers two people are to judge."""

    size = forms.IntegerField(
        min_value=1, max_value=2_000, initial=60, label="Answers to review",
        help_text="Drawn at random. 59 without a severe one show at most 5 %; a judge model needs 50.",
    )  # fmt: skip


class RegradeForm(RefusableForm):
    """With which graders the stored answers are graded again, and why."""

    graders = forms.MultipleChoiceField(label="Graders", widget=forms.CheckboxSelectMultiple)
    note = forms.CharField(
        required=False, max_length=500, label="Why", help_text="Both sides read it beside the result."
    )


class PairJudgeForm(RefusableForm):
    """Which judge compares the answers of two runs."""

    judge = forms.ChoiceField(label="Judge", help_text="It reads each pair twice, the answers swapped.")


class JudgeForm(RefusableForm):
    """A judge model: which target it is, and by which rubric it judges."""

    pointers = {"/judge": "target_version"}

    name = forms.CharField(max_length=120, label="Name", help_text="What it judges: Polite and complete.")
    target_version = forms.ChoiceField(label="Judge", help_text="A registered system, not the judged one.")
    rubric = forms.CharField(
        max_length=8_000, label="Rubric", widget=forms.Textarea(attrs={"rows": 6}),
        help_text="What makes an answer right, and what makes it wrong. Any change makes another judge.",
    )  # fmt: skip
