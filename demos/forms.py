"""Shapes of what is typed on the pages of evaluations. Rules are in the services."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
from django import forms

from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.pricing import Price
from demos.engine.targets.spec import Header, TargetKind, TargetSpec, Timeouts
from demos.importing.mapping import Mapping
from demos.services.runs import Limits
from portal.errors import Invalid

KEY_SECRET = "target-key"  # noqa: S105  # the name under which the value is sealed
KINDS = [
    (TargetKind.OPENAI_CHAT.value, "Chat completions (OpenAI-compatible)"),
    (TargetKind.GENERIC_JSON.value, "Any JSON over HTTP"),
]


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


class TargetForm(RefusableForm):
    """A target of either kind. The key is written only: it is never shown again."""

    pointers = {"/config": "template"}

    name = forms.CharField(max_length=120, label="Name", help_text="As both sides call it: Triage assistant.")
    kind = forms.ChoiceField(choices=KINDS, label="How it is asked", widget=forms.RadioSelect)
    url = forms.CharField(
        max_length=2000,
        label="Address",
        help_text="The whole address, such as https://…/v1/chat/completions.",
    )
    model = forms.CharField(
        max_length=200, required=False, label="Model", help_text="Chat only: the model's name."
    )
    system = forms.CharField(
        required=False, max_length=20_000, label="System message", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Chat only: what the model is told before each question.",
    )  # fmt: skip
    template = forms.CharField(
        required=False, max_length=20_000, label="Request as JSON", widget=forms.Textarea(attrs={"rows": 4}),
        help_text='JSON only: {"question": "{{question}}"}. Also {{context}}, {{case_id}}, {{category}}. '
        "Chat: further fields of the body.",
    )  # fmt: skip
    answer_path = forms.CharField(
        max_length=300, required=False, label="Where the answer stands",
        help_text="JSON only: a JSONPath such as $.answer.",
    )  # fmt: skip
    key = forms.CharField(
        required=False, max_length=4000, label="Key", strip=True,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text="Sent as a bearer token. Stored sealed, never shown. Empty: none, or the old key.",
    )  # fmt: skip
    timeout_s = forms.IntegerField(
        min_value=1, max_value=3600, initial=60, label="Longest wait for one answer", help_text="In seconds."
    )
    concurrency = forms.IntegerField(min_value=1, max_value=512, initial=4, label="Questions at a time")
    per_million_in = forms.DecimalField(
        min_value=0, required=False, label="Price per million tokens in", max_digits=18, decimal_places=6
    )
    per_million_out = forms.DecimalField(
        min_value=0, required=False, label="Price per million tokens out", max_digits=18, decimal_places=6
    )
    per_call = forms.DecimalField(
        min_value=0, required=False, label="Price per call", max_digits=18, decimal_places=6
    )

    def __init__(self, *args: Any, currency: str, has_key: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.has_key = currency, has_key

    def clean_template(self) -> Any:
        """Parsed JSON, or None when empty."""
        text = self.cleaned_data["template"].strip()
        if not text:
            return None
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as problem:
            raise forms.ValidationError(
                f"This is not JSON: {problem.msg} at character {problem.colno}."
            ) from None

    def clean(self) -> dict[str, Any]:
        """The engine checks the description as a whole."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.spec(secret=KEY_SECRET)
            except ValueError as problem:
                self.add_error("url" if "address" in str(problem) else None, str(problem))
        return data

    def spec(self, *, secret: str) -> TargetSpec:
        """The engine's description. Raises ValueError with a sentence."""
        data = self.cleaned_data
        headers = (Header("Authorization", "Bearer ", secret),) if data["key"] or self.has_key else ()
        total = float(data["timeout_s"])
        return TargetSpec(
            kind=TargetKind(data["kind"]),
            url=data["url"].strip(),
            model=data["model"].strip(),
            system=data["system"],
            template=data["template"],
            answer_path=data["answer_path"].strip(),
            headers=headers,
            timeouts=Timeouts(connect_s=min(10.0, total), first_byte_s=total, total_s=total),
            concurrency=data["concurrency"],
        )

    def price(self) -> Price:
        """What one attempt costs, in the currency of the engagement."""
        data = self.cleaned_data
        zero = Decimal(0)
        return Price(
            self.currency,
            data["per_million_in"] or zero,
            data["per_million_out"] or zero,
            data["per_call"] or zero,
        )


class UploadForm(RefusableForm):
    """A file of cases and the name of the dataset it belongs to."""

    name = forms.CharField(
        max_length=120, label="Dataset", help_text="A new name, or one that gets a new version."
    )
    file = forms.FileField(label="File", help_text="CSV, JSONL or XLSX, up to 32 MB and 50,000 cases.")


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


class GraderForm(RefusableForm):
    """One grader. Which fields count depends on the kind."""

    name = forms.CharField(max_length=120, label="Name", help_text="What it finds right: Right category.")
    kind = forms.ChoiceField(
        label="Kind",
        widget=forms.RadioSelect,
        choices=[
            (GraderKind.EXACT.value, "The expected text, letter for letter"),
            (GraderKind.NORMALISED.value, "The expected text, whatever case, spaces and punctuation"),
            (GraderKind.CONTAINS.value, "The answer contains the expected text, or the words below"),
            (GraderKind.REGEX.value, "The answer matches a pattern"),
            (GraderKind.NUMBER.value, "The expected number, within a tolerance"),
        ],
    )
    words = forms.CharField(
        required=False, label="Words that must all occur", widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Contains only: one a line. Empty: the expected answer.",
    )  # fmt: skip
    pattern = forms.CharField(required=False, max_length=500, label="Pattern", help_text="Pattern only.")
    absolute = forms.DecimalField(
        required=False, min_value=0, label="Tolerance", help_text="Number only: give or take."
    )
    must = forms.BooleanField(
        required=False, label="A case fails when this grader fails, whatever the others say"
    )

    def spec(self) -> GraderSpec:
        """The engine's value."""
        data = self.cleaned_data
        kind = GraderKind(data["kind"])
        params: dict[str, Any] = {}
        words = [line.strip() for line in data["words"].splitlines() if line.strip()]
        if kind is GraderKind.CONTAINS and words:
            params["all"] = words
        if kind is GraderKind.REGEX:
            params["pattern"] = data["pattern"]
        if kind is GraderKind.NUMBER and data["absolute"] is not None:
            params["absolute"] = str(data["absolute"])
        return GraderSpec(kind, params, must=data["must"])


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

    def offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """What one may choose from in a field."""
        field = self.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(f"{name} offers no choice")
        field.choices = list(choices)

    def limits(self) -> Limits:
        """Where the run stops by itself."""
        minutes = self.cleaned_data["max_minutes"]
        return Limits(max_cost=self.cleaned_data["max_cost"], max_seconds=minutes * 60 if minutes else None)


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
