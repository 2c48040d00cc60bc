"""The shape of what is written about a risk. Business rules are in the services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from assessments.catalogue import CatalogueRisk
from assessments.models import Risk
from assessments.services.risks import RiskTerms
from assessments.vocabulary import RiskResponse
from engagements.forms import PlainForm
from portal.models import User

_DAY = forms.DateInput(attrs={"type": "date"})
LIKELIHOODS = [(1, "1 rare"), (2, "2 unlikely"), (3, "3 possible"), (4, "4 likely"), (5, "5 almost certain")]
IMPACTS = [(1, "1 hardly felt"), (2, "2 small"), (3, "3 serious"), (4, "4 severe"), (5, "5 ends the project")]


class RiskForm(PlainForm):
    """What can go wrong, how likely and how bad, what is done, what is left."""

    title = forms.CharField(label="What can go wrong", max_length=200)
    likelihood = forms.TypedChoiceField(coerce=int, choices=LIKELIHOODS)
    impact = forms.TypedChoiceField(coerce=int, choices=IMPACTS)
    response = forms.ChoiceField(choices=RiskResponse.choices, required=False)
    plan = forms.CharField(
        label="What is done about it", max_length=2000, required=False, widget=forms.Textarea
    )
    owner = forms.ChoiceField(label="Who sees to it", required=False)
    due = forms.DateField(label="Until", required=False, widget=_DAY)
    residual_likelihood = forms.TypedChoiceField(
        label="Likelihood that is left", coerce=int, empty_value=None, required=False,
        choices=[("", "Not said"), *LIKELIHOODS],
    )  # fmt: skip
    residual_impact = forms.TypedChoiceField(
        label="Impact that is left", coerce=int, empty_value=None, required=False,
        choices=[("", "Not said"), *IMPACTS],
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, initial=0, required=False)

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {person.public_id: person for person in people}
        choices = [("", "Nobody yet"), *((key, person.name) for key, person in self.people.items())]
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        left = (data.get("residual_likelihood"), data.get("residual_impact"))
        if (left[0] is None) != (left[1] is None):
            self.add_error(
                "residual_impact", "Say both, what is left of likelihood and of impact, or neither."
            )
        return data

    def terms(self) -> RiskTerms:
        data = self.cleaned_data
        left = (data["residual_likelihood"], data["residual_impact"])
        return RiskTerms(
            title=data["title"], likelihood=data["likelihood"], impact=data["impact"],
            response=RiskResponse(data["response"]), plan=data["plan"],
            owner=self.people.get(data["owner"]), due=data["due"],
            residual=None if left[0] is None else left,
        )  # fmt: skip


class AcceptRiskForm(PlainForm):
    """Until when the client lives with it, and why."""

    until = forms.DateField(label="Until", widget=_DAY, help_text="On that day it is open again by itself.")
    reason = forms.CharField(label="Why it can be lived with", max_length=2000, widget=forms.Textarea)


def initial_of(risk: Risk) -> dict[str, Any]:
    """A risk as its form shows it."""
    names = ("title", "likelihood", "impact", "response", "plan", "due", "residual_likelihood")
    found = {name: getattr(risk, name) for name in (*names, "residual_impact", "version")}
    return {**found, "owner": risk.owner.public_id if risk.owner else ""}


def initial_from(entry: CatalogueRisk) -> dict[str, Any]:
    """A risk of the catalogue before anything is said of it here."""
    return {"title": entry.text, "likelihood": entry.likelihood, "impact": entry.impact}
