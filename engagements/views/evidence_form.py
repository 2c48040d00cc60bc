"""The shape of what somebody hands in: one form for each kind of evidence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from engagements.forms import PlainForm
from engagements.rules.drill import Drill
from engagements.services.evidence import Given
from engagements.vocabulary import EvidenceKind, EvidenceStrength, Unit
from portal.vocabulary import Visibility

_DAY = forms.DateInput(attrs={"type": "date"})
ONLY_FOR = {
    "file": EvidenceKind.FILE, "url": EvidenceKind.LINK, "scenario": EvidenceKind.DRILL,
    "participants": EvidenceKind.DRILL, "detected": EvidenceKind.DRILL, "decided": EvidenceKind.DRILL,
    "minutes": EvidenceKind.DRILL, "outcome": EvidenceKind.DRILL,
}  # fmt: skip
NEEDED = {
    EvidenceKind.FILE: {"file": "Choose a file that is not empty."},
    EvidenceKind.LINK: {"url": "Write the whole address, such as https://wiki.example/page."},
    EvidenceKind.ATTESTATION: {"note": "Write the statement in one or two sentences."},
    EvidenceKind.DRILL: {
        "scenario": "Say what was pretended to break.",
        "participants": "Name who took part.",
        "outcome": "Say how it came out, also where it failed.",
    },
}
"""What each kind cannot do without, and what is said where it is missing."""
STRENGTHS = [
    ("document", "A document: a rule, a list, a plan, written down and owned"),
    ("measured_once", "Measured once: a dated result on this system"),
    ("recurring", "Measured again and again: by itself, in a fixed rhythm"),
]


class EvidenceForm(PlainForm):
    """What is handed in. Fields that belong to another kind are left out."""

    title = forms.CharField(max_length=160, help_text="What it shows, such as Restore test of the index.")
    file = forms.FileField(required=False, help_text="PDF, picture, Office file, CSV, JSON or text.")
    url = forms.URLField(
        label="Address", max_length=500, required=False, assume_scheme="https",
        help_text="Where both sides can read it. What lies behind a link can change: a file is stronger.",
    )  # fmt: skip
    scenario = forms.CharField(
        label="What was pretended to break", max_length=400, required=False,
        help_text="Such as: the model answers nothing from 10:00 on.",
    )  # fmt: skip
    participants = forms.CharField(label="Who took part", max_length=400, required=False)
    detected = forms.DecimalField(
        label="Noticed after", max_digits=10, decimal_places=2, required=False,
        help_text="From the start of the drill. Leave a time empty if nobody looked.",
    )  # fmt: skip
    decided = forms.DecimalField(
        label="Decided after", max_digits=10, decimal_places=2, required=False,
        help_text="Until somebody said what to do.",
    )  # fmt: skip
    minutes = forms.DecimalField(
        label="Restored after", max_digits=10, decimal_places=2, required=False,
        help_text="Until all worked again as agreed. Criteria read this time.",
    )  # fmt: skip
    outcome = forms.CharField(
        label="How it came out", max_length=1000, required=False, widget=forms.Textarea,
        help_text="Also what did not work.",
    )  # fmt: skip
    note = forms.CharField(label="Note", max_length=2000, required=False, widget=forms.Textarea)
    strength = forms.ChoiceField(
        label="What kind of proof it is", choices=STRENGTHS, widget=forms.RadioSelect
    )
    period_days = forms.IntegerField(
        label="Measured every", min_value=1, required=False, help_text="Only for what repeats itself."
    )
    effective_from = forms.DateField(label="Day that it speaks of", widget=_DAY)
    effective_to = forms.DateField(
        label="Holds until", required=False, widget=_DAY,
        help_text="Leave it empty where the question’s own age limit is enough.",
    )  # fmt: skip
    about = forms.MultipleChoiceField(
        label="Speaks to", required=False, help_text="Hold Ctrl or ⌘ to choose several."
    )
    proves = forms.SlugField(
        label="Name for criteria", max_length=50, required=False,
        help_text="A gate’s criterion can ask for it by this name, such as rollback_drill.",
    )  # fmt: skip
    value = forms.DecimalField(
        label="Figure that it shows", max_digits=12, decimal_places=4, required=False,
        help_text="Such as 92 for a share of 92 %, or 0 for a count. Criteria read it under the name above.",
    )  # fmt: skip
    unit = forms.ChoiceField(
        label="What the figure is", required=False,
        choices=[("", "No figure"), ("rate", "A share in %"), ("count", "A count")],
    )  # fmt: skip
    visibility = forms.ChoiceField(choices=Visibility.choices, required=False)

    def __init__(
        self, *args: Any, kind: EvidenceKind, subjects: list[tuple[str, str]], internal: bool,
        is_new: bool = True, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["about"].choices = subjects  # type: ignore[attr-defined]  # a MultipleChoiceField
        self.fields["about"].widget.attrs["size"] = min(max(len(subjects), 2), 8)
        dropped = [name for name, only in ONLY_FOR.items() if only != kind]
        dropped += ["about"] if not subjects else []
        dropped += ["title", "proves", "visibility"] if not is_new else []
        dropped += ["visibility"] if not internal and is_new else []
        dropped += ["value", "unit"] if kind == EvidenceKind.DRILL else []
        dropped += ["strength", "period_days"] if kind == EvidenceKind.ATTESTATION else []
        for name in dropped:
            self.fields.pop(name, None)
        for name, words in NEEDED[kind].items():
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = words
        self.initial.setdefault("effective_from", timezone.now().date())
        self.initial.setdefault("visibility", Visibility.CLIENT)
        self.initial.setdefault("strength", "measured_once" if kind == EvidenceKind.DRILL else "document")
        if kind == EvidenceKind.DRILL:
            self.fields["strength"].choices = STRENGTHS[1:]  # type: ignore[attr-defined]  # a ChoiceField
        if kind == EvidenceKind.ATTESTATION:
            self.fields["note"].label = "The statement"

    def given(self) -> Given:
        """What the service takes. A file is read here, once."""
        data = self.cleaned_data
        upload = data.get("file")
        drill = None
        if self.kind == EvidenceKind.DRILL:
            drill = Drill(
                data["scenario"], data["participants"], data["outcome"], data["minutes"],
                detected=data["detected"], decided=data["decided"],
            )  # fmt: skip
        return Given(
            effective_from=data["effective_from"],
            effective_to=data["effective_to"],
            strength=EvidenceStrength(data.get("strength") or EvidenceStrength.DOCUMENT),
            period_days=data.get("period_days"),
            about=tuple(data.get("about") or ()),
            value=self._value(),
            unit=Unit(data["unit"]) if data.get("unit") else None,
            note=data["note"],
            url=data.get("url", ""),
            drill=drill,
            file_name=upload.name if upload else "",
            body=upload.read() if upload else b"",
        )

    def _value(self) -> Decimal | None:
        """A share is written in per cent and kept as a fraction."""
        value: Decimal | None = self.cleaned_data.get("value")
        is_share = self.cleaned_data.get("unit") == Unit.RATE
        return value / 100 if value is not None and is_share else value

    def visible_to(self) -> Visibility:
        return Visibility(self.cleaned_data.get("visibility") or Visibility.CLIENT)
