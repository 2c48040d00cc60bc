"""Shapes of what is typed on the pages that span clients. Rules are the services'."""

from __future__ import annotations

from typing import Any

from django import forms

from portal.figures import SYMBOLS
from portal.vocabulary import MfaPolicy

CURRENCIES = [(code, code) for code in SYMBOLS]


class NewClientForm(forms.Form):
    """A client, its first engagement, and who signs there."""

    name = forms.CharField(label="Client", max_length=120, help_text="Its name, as people there write it.")
    currency = forms.ChoiceField(label="Currency", choices=CURRENCIES)
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
        self, *args: Any, stages: list[tuple[str, str]], leads: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = [("", "All stages"), *stages]  # type: ignore[attr-defined]  # ChoiceField
        self.fields["lead"].choices = [("", "Everyone"), *leads]  # type: ignore[attr-defined]  # ChoiceField
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def chosen(self) -> dict[str, str]:
        """The choices that are known, by name; "" for those not made."""
        self.is_valid()
        return {name: str(self.cleaned_data.get(name) or "") for name in self.fields}
