"""Shapes of what people type on the portal's own pages. Rules are the services'."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from portal.errors import GatehouseError, Invalid
from portal.people_lists import read_people, read_people_file
from portal.roles import Role
from portal.services.resets import ask_for_reset
from portal.tokens import SCOPES
from portal.vocabulary import Sector

PERSON_ROLES = [("", "Choose a role")] + [(role.value, role.label) for role in Role if role != Role.SERVICE]
LIFETIMES = [("30", "30 days"), ("90", "90 days"), ("180", "180 days"), ("365", "A year")]


class InviteForm(forms.Form):
    """Whom to invite, as what, and to where."""

    email = forms.EmailField(label="E-mail", max_length=254)
    name = forms.CharField(label="Name", max_length=120, required=False)
    role = forms.ChoiceField(label="Role", choices=PERSON_ROLES)
    engagement = forms.ChoiceField(
        label="Where", required=False, help_text="One engagement, or all that this client has and will have."
    )

    def __init__(self, *args: Any, engagements: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engagement"].choices = [("", "All engagements"), *engagements]  # type: ignore[attr-defined]  # a ChoiceField


class ForgottenForm(forms.Form):
    """The address of a forgotten password. It is not looked up here: that would tell who has an account."""

    email = forms.EmailField(label="E-mail", max_length=254)

    def save(self, request: HttpRequest) -> None:
        """Allauth's page calls this when the form is right."""
        ask_for_reset(email=self.cleaned_data["email"])


class JoinForm(forms.Form):
    """What a person without an account writes on the invitation's page."""

    name = forms.CharField(label="Your name", max_length=120)
    password = forms.CharField(
        label="A password",
        help_text="At least 10 characters.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )


class TokenForm(forms.Form):
    """A token: its name, its owner's kind, its scopes, its life."""

    name = forms.CharField(label="Name", max_length=80, help_text="Such as the system that will use it.")
    kind = forms.ChoiceField(
        label="Acts as",
        choices=[("service", "A service account of this client"), ("personal", "You, with what you may do")],
        widget=forms.RadioSelect,
        initial="service",
    )
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=[(name, f"{name}: {meaning}") for name, meaning in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(label="Good for", choices=LIFETIMES, initial="90")

    def expires(self) -> datetime:
        """The end of the chosen life, from now."""
        return timezone.now() + timedelta(days=int(self.cleaned_data["days"])) - timedelta(minutes=1)


class PeopleForm(forms.Form):
    """Several people: pasted one a line, or as a CSV file."""

    people = forms.CharField(
        label="People",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="One a line: e-mail, name, role. Such as: dana@example.com, Dana Reyes, expert",
        max_length=40_000,
    )
    file = forms.FileField(
        label="Or a CSV file",
        required=False,
        help_text="Columns email, name and role, in UTF-8, at most 100 kB and 200 people.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    engagement = forms.ChoiceField(label="Where", required=False)

    def __init__(self, *args: Any, engagements: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engagement"].choices = [("", "All engagements"), *engagements]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """``wanted``: the people of the text or of the file, whichever was given."""
        given = super().clean() or {}
        text, file = given.get("people", ""), given.get("file")
        if self.errors:
            return given
        if bool(text) == bool(file):
            self.add_error("people", "Write the people here, or choose a file: one of the two.")
            return given
        try:
            given["wanted"] = read_people_file(file) if file else read_people(text)
        except Invalid as refused:
            self.refuse(refused)
        return given

    def refuse(self, refused: GatehouseError) -> None:
        """Show each fault where the list came from."""
        field = "file" if self.files.get("file") else "people"
        for fault in refused.errors or [refused]:
            self.add_error(field, fault.detail)


class SectorForm(forms.Form):
    """What a client does."""

    sector = forms.ChoiceField(
        required=False, choices=[("", "Not said"), *Sector.choices],
        help_text="The portfolio can be looked through by it.",
    )  # fmt: skip


class HostsForm(forms.Form):
    """The hosts that may be called, one a line."""

    hosts = forms.CharField(
        label="Hosts",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="One a line, such as api.example.com. Leave it empty to allow every public host.",
    )
