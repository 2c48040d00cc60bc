"""Shapes of what people type on the portal's own pages. Rules are the services'."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from portal.roles import Role
from portal.tokens import SCOPES

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
