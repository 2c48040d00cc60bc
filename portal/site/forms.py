"""Shapes of what is typed on the pages that span clients. Rules are the services'."""

from __future__ import annotations

from typing import Any

from django import forms

from assessments.selectors.risks import HIGH_SCORE
from portal.figures import SYMBOLS
from portal.vocabulary import MfaPolicy, Sector

Choice = tuple[str, str]
CURRENCIES = [(code, code) for code in SYMBOLS]


class NewClientForm(forms.Form):
    """A client, its first engagement, and who signs there."""

    name = forms.CharField(label="Client", max_length=120, help_text="Its name, as people there write it.")
    currency = forms.ChoiceField(label="Currency", choices=CURRENCIES)
    sector = forms.ChoiceField(
        label="Sector", required=False, choices=[("", "Not said"), *Sector.choices],
        help_text="The portfolio can be looked through by it.",
    )  # fmt: skip
    mfa_policy = forms.ChoiceField(
        label="Signing",
        choices=[
            (MfaPolicy.SECOND_FACTOR, "With a second factor: a passkey or a code"),
            (MfaPolicy.PASSWORD, "With a password"),
        ],
        widget=forms.RadioSelect,
        initial=MfaPolicy.SECOND_FACTOR,
    )
    title = forms.CharField(label="Engagement", max_length=120, help_text="Such as Claims triage.")
    problem_statement = forms.CharField(
        label="Problem",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="In the client's own words.",
    )
    sponsor_email = forms.EmailField(
        label="Sponsor's e-mail",
        max_length=254,
        required=False,
        help_text="Gets a link that is good for seven days. The sponsor decides at the gates.",
    )


class PortfolioFilter(forms.Form):
    """What of the portfolio to show, and in which order. Anything unknown is left aside."""

    stage = forms.ChoiceField(label="Stage", required=False)
    court = forms.ChoiceField(
        label="Whose court",
        required=False,
        choices=[("", "Anyone"), ("consultancy", "The consultancy"), ("client", "A client")],
    )
    lead = forms.ChoiceField(label="Lead", required=False)
    sector = forms.ChoiceField(label="Sector", required=False)
    risk = forms.ChoiceField(
        label="Risk",
        required=False,
        choices=[
            ("", "Any risk"),
            ("high", f"Open risk of {HIGH_SCORE} or more"),
            ("open", "Some risk open"),
            ("accepted", "Some risk accepted"),
        ],
    )
    verdict = forms.ChoiceField(
        label="Verdict",
        required=False,
        choices=[
            ("", "Any verdict"),
            ("not_met", "Some not met"),
            ("inconclusive", "Some inconclusive"),
            ("not_evaluated", "Some not evaluated"),
            ("ready", "Ready for the gate"),
        ],
    )
    sort = forms.ChoiceField(
        label="Sort by",
        required=False,
        choices=[("", "Stage, then gate date"), ("waiting", "Longest waiting"), ("client", "Client")],
    )

    def __init__(
        self, *args: Any, stages: list[Choice], leads: list[Choice], sectors: list[Choice], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = [("", "All stages"), *stages]  # type: ignore[attr-defined]  # ChoiceField
        self.fields["lead"].choices = [("", "Everyone"), *leads]  # type: ignore[attr-defined]  # ChoiceField
        if sectors:
            self.fields["sector"].choices = [("", "Every sector"), *sectors]  # type: ignore[attr-defined]  # the same
        else:  # nobody has said one, so there is nothing to choose
            del self.fields["sector"]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def chosen(self) -> dict[str, str]:
        """The choices that are known, by name; "" for those not made."""
        self.is_valid()
        return {name: str(self.cleaned_data.get(name) or "") for name in self.fields}
