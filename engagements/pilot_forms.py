"""The shape of what is reported from a pilot, as typed or in a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from engagements.forms import PlainForm
from engagements.models import EvidenceItem, Incident, PilotPlan
from engagements.pilot_words import Aspect, Cause, FigureSource, Group, OverrideReason, Parity, Severity
from engagements.rules.periods import HOW, Period, read_period
from engagements.rules.pilot import Figure, Wanted, read_csv
from engagements.services.adoption import Use
from engagements.services.incidents import IncidentFacts
from engagements.services.pilot_plans import PlanFacts

LARGEST_FILE = 1_000_000
_TEXT = forms.Textarea
_DAY = forms.DateInput(attrs={"type": "date"})
_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
SOURCES = [
    (FigureSource.SYSTEM_EXPORT.value, "Export of a system: all cases, grade A"),
    (FigureSource.TIME_STUDY.value, "Time study: somebody stood by with a clock, grade B"),
    (FigureSource.SAMPLE.value, "Sample: counted by hand over some of the cases, grade B"),
    (FigureSource.SURVEY.value, "Survey: people were asked, grade B"),
    (FigureSource.ESTIMATE.value, "Estimate: shown with grade D, and no gate counts it"),
]


class PeriodField(forms.CharField):
    """A week, month or day, as a Period."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=10, help_text=HOW, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_period(text)
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None


class FigureForm(PlainForm):
    """One figure of one period."""

    metric = forms.ChoiceField(label="What was measured")
    period = PeriodField(error_messages={"required": "Write the period, such as 2026-W46."})
    value = forms.DecimalField(
        max_digits=18, decimal_places=6, required=False,
        help_text="In the unit of the metric. Leave it empty to take back what was reported for this period.",
    )  # fmt: skip
    n = forms.IntegerField(label="Number of cases", required=False, help_text="Over how many it was taken.")
    spread = forms.DecimalField(
        label="Standard deviation", max_digits=18, decimal_places=6, required=False,
        help_text="Of the single cases, where it is known.",
    )  # fmt: skip
    group = forms.ChoiceField(choices=Group.choices, initial=Group.PILOT, widget=forms.RadioSelect)
    segment = forms.CharField(
        max_length=80, required=False,
        help_text="A part, such as one office. Gates read the whole: leave it empty for that.",
    )  # fmt: skip
    source = forms.ChoiceField(
        label="Where it comes from",
        choices=SOURCES,
        initial=FigureSource.SYSTEM_EXPORT,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label="Which one", max_length=200, required=False, help_text="Such as claims system, report 14."
    )
    evidence = forms.ChoiceField(
        required=False, help_text="What was handed in and shows it. Leave it empty where there is none."
    )

    def __init__(
        self, *args: Any, wanted: Mapping[str, Wanted], evidence: Iterable[EvidenceItem], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.items = {item.public_id: item for item in evidence}
        metrics = [
            (key, f"{one.name[:1].upper()}{one.name[1:]}{f', in {one.unit}' if one.unit else ''}")
            for key, one in wanted.items()
        ]
        self.fields["metric"].choices = metrics  # type: ignore[attr-defined]  # a ChoiceField
        items = [("", "None"), *((key, row.title) for key, row in self.items.items())]
        self.fields["evidence"].choices = items  # type: ignore[attr-defined]  # a ChoiceField

    def figure(self) -> Figure:
        data = self.cleaned_data
        return Figure(
            key=data["metric"], period=data["period"], value=data["value"], n=data["n"],
            spread=data["spread"], group=Group(data["group"]), segment=data["segment"].strip(),
            source=FigureSource(data["source"]), note=data["note"].strip(),
        )  # fmt: skip

    def evidence_chosen(self) -> EvidenceItem | None:
        return self.items.get(self.cleaned_data["evidence"])


class FiguresFileForm(forms.Form):
    """A CSV file, or its text once it was looked at. Every line that is wrong is named."""

    use_required_attribute = False
    file = forms.FileField(label="CSV file", error_messages={"required": "Choose a CSV file."})
    text = forms.CharField(required=False, widget=forms.HiddenInput, max_length=LARGEST_FILE, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("text")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        text, upload = data.get("text") or "", data.get("file")
        if upload is not None:
            text = _decoded(upload)
        if not text:
            return data
        figures, faults = read_csv(text)
        if faults:
            self.refuse(faults)
        return {**data, "text": text, "figures": figures}

    def refuse(self, faults: list[str]) -> None:
        """Name at most 20 faults beside the file."""
        for sentence in [*faults[:20], *(["More lines are wrong."] if faults[20:] else [])]:
            self.add_error("file", sentence)


def _decoded(upload: Any) -> str:
    if upload.size > LARGEST_FILE:
        raise forms.ValidationError({"file": "The file is larger than 1 MB."})
    try:
        text: str = upload.read().decode()
    except UnicodeDecodeError:
        raise forms.ValidationError({"file": "The file is not UTF-8 text. Save it as “CSV UTF-8”."}) from None
    if "\x00" in text:
        raise forms.ValidationError({"file": "This is no text."})
    return text


class UseForm(PlainForm):
    """Who could use it and who did, in one period."""

    period = PeriodField(error_messages={"required": "Write the period, such as 2026-W46."})
    segment = forms.CharField(
        label="Group of people", max_length=80, required=False,
        help_text="Leave it empty for all of them: the gate reads the whole.",
    )  # fmt: skip
    eligible = forms.IntegerField(label="People who could use it")
    active = forms.IntegerField(label="People who did")
    accepted = forms.IntegerField(label="Answers taken over", required=False)
    overridden = forms.IntegerField(label="Answers overridden", required=False)
    abandoned = forms.IntegerField(label="Cases given up half-way", required=False)
    source = forms.ChoiceField(
        label="Where it comes from",
        choices=SOURCES,
        initial=FigureSource.SYSTEM_EXPORT,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label="Which one", max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, label in OverrideReason.choices:
            self.fields[f"reason_{code}"] = forms.IntegerField(
                label=f"Overridden: {label[:1].lower()}{label[1:]}", required=False, min_value=0
            )

    def use(self) -> Use:
        data = self.cleaned_data
        said = {code: data[f"reason_{code}"] for code in OverrideReason.values}
        period: Period = data["period"]
        return Use(
            period=period, eligible=data["eligible"], active=data["active"], accepted=data["accepted"],
            overridden=data["overridden"], abandoned=data["abandoned"],
            reasons={code: count for code, count in said.items() if count},
            source=FigureSource(data["source"]), segment=data["segment"].strip(),
            note=data["note"].strip(),
        )  # fmt: skip


class IncidentForm(PlainForm):
    """What went wrong, when it was seen, when it was mended."""

    title = forms.CharField(label="What happened", max_length=160)
    severity = forms.TypedChoiceField(choices=Severity.choices, coerce=int, widget=forms.RadioSelect)
    cause = forms.ChoiceField(choices=Cause.choices, initial=Cause.UNKNOWN)
    started_at = forms.DateTimeField(label="It began (UTC)", widget=_MOMENT)
    detected_at = forms.DateTimeField(label="It was seen (UTC)", widget=_MOMENT)
    mitigated_at = forms.DateTimeField(label="It hurt no more (UTC)", widget=_MOMENT, required=False)
    resolved_at = forms.DateTimeField(
        label="It was mended (UTC)",
        widget=_MOMENT,
        required=False,
        help_text="Leave it empty while it is open.",
    )
    note = forms.CharField(label="What was done", max_length=2000, required=False, widget=_TEXT)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    def facts(self) -> IncidentFacts:
        data = self.cleaned_data
        return IncidentFacts(
            title=data["title"], severity=Severity(data["severity"]), cause=Cause(data["cause"]),
            started_at=data["started_at"], detected_at=data["detected_at"], mitigated_at=data["mitigated_at"],
            resolved_at=data["resolved_at"], note=data["note"],
        )  # fmt: skip


def initial_incident(row: Incident) -> dict[str, object]:
    """The form's values for a stored incident."""
    names = (
        "title",
        "severity",
        "cause",
        "started_at",
        "detected_at",
        "mitigated_at",
        "resolved_at",
        "note",
        "version",
    )
    return {name: getattr(row, name) for name in names}


class ParityForm(PlainForm):
    """How one respect compares with production."""

    aspect = forms.ChoiceField(choices=Aspect.choices, widget=forms.HiddenInput)
    state = forms.ChoiceField(
        label="Compared with production", choices=Parity.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(label="What differs", max_length=400, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)


class PlanForm(PlainForm):
    """What the pilot is."""

    scope = forms.CharField(
        max_length=1000, widget=_TEXT, help_text="Which cases go through it, and which do not."
    )
    users = forms.CharField(label="People", max_length=1000, widget=_TEXT, help_text="Who uses it, how many.")
    environment = forms.CharField(max_length=1000, widget=_TEXT, help_text="Where it runs, with whose data.")
    begins = forms.DateField(label="From", widget=_DAY)
    ends = forms.DateField(label="Until", widget=_DAY)
    exit_rules = forms.CharField(
        label="What ends it early", max_length=1000, widget=_TEXT,
        help_text="Which result stops it, and who says so.",
    )  # fmt: skip
    reason = forms.CharField(label="Why the plan changes", max_length=1000, widget=_TEXT)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    def __init__(self, *args: Any, is_change: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_change:
            del self.fields["reason"]

    def facts(self) -> PlanFacts:
        data = self.cleaned_data
        names = ("scope", "users", "environment", "begins", "ends", "exit_rules")
        return PlanFacts(**{name: data[name] for name in names}, reason=data.get("reason", ""))


def initial_plan(row: PilotPlan) -> dict[str, object]:
    """The form's values for the plan that holds."""
    names = ("scope", "users", "environment", "begins", "ends", "exit_rules")
    return {**{name: getattr(row, name) for name in names}, "version": row.number}


def last_week() -> str:
    """The week that ended last, as a period is written."""
    today = timezone.now().date()
    year, week, _ = (today - timedelta(days=today.isoweekday())).isocalendar()
    return f"{year}-W{week:02}"


def shown_decimal(value: Decimal | None) -> str:
    """A stored number without the zeros behind it; "" for none."""
    return "" if value is None else f"{value.normalize():f}"
