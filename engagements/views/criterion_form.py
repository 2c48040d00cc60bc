"""The shape of one criterion: an own one, or one of a draft that is changed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.text import slugify

from engagements.catalogue import CriterionDraft
from engagements.forms import HUNDRED, NUMBER, PlainForm, plain
from engagements.models import Criterion
from engagements.rules.sentences import key_words
from engagements.vocabulary import (
    NEEDS_MARGIN,
    NEEDS_NO_TARGET,
    Comparator,
    CriterionKind,
    SourceKind,
    Unit,
)

IN_HUNDREDTHS: Final = (Unit.RATE, Unit.DIFFERENCE)
STATED, BROUGHT = "stated", "brought"
_BEFORE: Final = {Unit.RATE: "%", Unit.DIFFERENCE: "points"}
_NOT_OFFERED: Final = (Comparator.EXISTS_FRESH,)


def unit_words(unit: str, currency: str) -> str:
    """What stands behind a field for a figure."""
    known = {
        **_BEFORE, Unit.MS: "ms", Unit.MINUTES: "minutes", Unit.MONTHS: "months", Unit.MONEY: currency,
        Unit.RATIO: "times",
    }  # fmt: skip
    return str(known.get(Unit(unit), ""))


class CriterionForm(PlainForm):
    """One criterion of a draft. Rates are in per cent, differences in points, waits in milliseconds."""

    text = forms.CharField(label="What is asked", max_length=200)
    must = forms.BooleanField(label="It must be met; otherwise it only advises", required=False)
    target = forms.DecimalField(required=False, max_digits=18, decimal_places=4, error_messages=NUMBER)
    margin = forms.DecimalField(
        label="By how much at most", required=False, max_digits=18, decimal_places=4, error_messages=NUMBER
    )
    min_n = forms.IntegerField(
        label="At least this many cases", min_value=0, required=False,
        help_text="Fewer are inconclusive, however good.",
    )  # fmt: skip
    max_age_days = forms.IntegerField(
        label="Not older than", min_value=1, max_value=1000, required=False, help_text="Days."
    )
    rationale = forms.CharField(label="Why", max_length=400, required=False, widget=forms.Textarea)

    def __init__(self, *args: Any, criterion: Criterion, **kwargs: Any) -> None:
        self.in_hundredths = criterion.unit in IN_HUNDREDTHS
        names = ("text", "must", "min_n", "max_age_days", "rationale")
        kwargs["initial"] = {name: getattr(criterion, name) for name in names} | {
            "target": self._shown(criterion.target),
            "margin": self._shown(criterion.margin),
        }
        super().__init__(*args, **kwargs)
        if criterion.comparator == Comparator.EXISTS_FRESH:
            del self.fields["min_n"]
        if (
            criterion.comparator in (Comparator.EXISTS_FRESH, Comparator.NONINFERIOR)
            or criterion.target_source_key
        ):
            del self.fields["target"]
        if criterion.comparator not in NEEDS_MARGIN:
            del self.fields["margin"]

    def _shown(self, value: Decimal | None) -> Decimal | None:
        if value is None:
            return None
        return Decimal(plain(value * HUNDRED if self.in_hundredths else value))

    def changes(self) -> dict[str, Any]:
        """Call after ``is_valid()``."""
        data = dict(self.cleaned_data)
        if "min_n" in data:
            data["min_n"] = data["min_n"] or 0
        for name in ("target", "margin"):
            if self.in_hundredths and data.get(name) is not None:
                data[name] = data[name] / HUNDRED
        return data


class NewCriterionForm(PlainForm):
    """A criterion of one's own: stated, shown by evidence, or a figure that is measured anyway."""

    key = forms.CharField(
        label="Short name",
        max_length=20,
        help_text="Such as G1-12. It stands in the brief and in conditions.",
    )
    text = forms.CharField(
        label="What is asked", max_length=200, help_text="One line that both sides understand."
    )
    basis = forms.ChoiceField(label="What shows it")
    comparator = forms.ChoiceField(
        label="Met when it is", required=False,
        choices=[(one.value, one.label) for one in Comparator if one not in _NOT_OFFERED],
        initial=Comparator.GE_LOWER, help_text="For a figure. A point value can advise but not decide.",
    )  # fmt: skip
    target = forms.DecimalField(
        required=False, max_digits=18, decimal_places=4, error_messages=NUMBER,
        help_text="For a figure, in the unit that stands behind it; 85 for 85 %.",
    )  # fmt: skip
    margin = forms.DecimalField(
        required=False, max_digits=18, decimal_places=4, error_messages=NUMBER,
        help_text="Only for “within” and “not worse”, in the same unit.",
    )  # fmt: skip
    must = forms.BooleanField(label="It must be met; otherwise it only advises", required=False, initial=True)
    never_waived = forms.BooleanField(label="Nobody can waive it", required=False)
    max_age_days = forms.IntegerField(
        label="Not older than", min_value=1, max_value=1000, required=False, initial=90, help_text="Days."
    )
    rationale = forms.CharField(label="Why", max_length=400, required=False, widget=forms.Textarea)

    def __init__(self, *args: Any, measured: Sequence[CriterionDraft], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {f"{row.kind}|{row.source_key}|{row.source_slice}|{row.unit}": row for row in measured}
        self.fields["basis"] = forms.ChoiceField(
            label="What shows it",
            choices=[
                (STATED, "A named person states it"),
                (BROUGHT, "Evidence that the other side accepts"),
                *((key, _figure_words(row, currency)) for key, row in self.known.items()),
            ],
        )

    def clean_key(self) -> str:
        """Letters, digits, hyphens and dots alone, as templates have them."""
        key = str(self.cleaned_data["key"]).strip()
        if not key.replace("-", "").replace(".", "").isalnum() or not key.isascii():
            raise forms.ValidationError("Write letters, digits and hyphens, such as G1-12.")
        return key

    def draft(self) -> CriterionDraft:
        """Call after ``is_valid()``."""
        data = self.cleaned_data
        shared = {
            "key": data["key"], "text": data["text"], "must": data["must"],
            "waivable": not data["never_waived"], "max_age_days": data["max_age_days"],
            "rationale": data["rationale"],
        }  # fmt: skip
        model = self.known.get(data["basis"])
        if model is None:
            stated = data["basis"] == STATED
            return CriterionDraft(
                kind=CriterionKind.ATTESTATION if stated else CriterionKind.EVIDENCE,
                comparator=Comparator.EXISTS_FRESH, unit=Unit.STATEMENT,
                source=SourceKind.ATTESTATION if stated else SourceKind.EVIDENCE,
                source_key=own_key(data["key"], data["text"]), **shared,
            )  # fmt: skip
        comparator = Comparator(data["comparator"] or model.comparator)
        scale = HUNDRED if model.unit in IN_HUNDREDTHS else Decimal(1)
        target = data["target"] if comparator not in NEEDS_NO_TARGET or data["target"] else None
        margin = data["margin"] if comparator in NEEDS_MARGIN else None
        return CriterionDraft(
            kind=model.kind, comparator=comparator, unit=model.unit, source=model.source,
            source_key=model.source_key, source_slice=model.source_slice,
            target=None if target is None else target / scale,
            margin=None if margin is None else margin / scale,
            **shared,
        )  # fmt: skip


def own_key(key: str, text: str) -> str:
    """The name under which an own statement or piece of evidence is kept: ``g1_12_works_council_told``."""
    return slugify(f"{key} {text}").replace("-", "_")[:60].strip("_")


def _figure_words(row: CriterionDraft, currency: str) -> str:
    where = f", {row.source_slice}" if row.source_slice else ""
    unit = unit_words(row.unit, currency)
    behind = f" ({unit})" if unit else ""
    return f"{key_words(row.source_key).capitalize()}{where}{behind}"
