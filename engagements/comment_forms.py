"""The shape of a comment as it is typed."""

from __future__ import annotations

from typing import Any

from django import forms

from engagements.forms import PlainForm
from portal.models import User
from portal.vocabulary import Visibility


class CommentForm(PlainForm):
    """A comment or a reply. The client's people are not asked who may read it: both sides do."""

    body = forms.CharField(
        label="Your comment", max_length=4000, widget=forms.Textarea,
        error_messages={"required": "Write the comment."},
    )  # fmt: skip
    visibility = forms.ChoiceField(
        label="Who reads it", choices=Visibility.choices, initial=Visibility.INTERNAL,
        widget=forms.RadioSelect, required=False,
    )  # fmt: skip
    mentions = forms.TypedMultipleChoiceField(
        label="Tell", required=False, coerce=str, widget=forms.CheckboxSelectMultiple,
        help_text="They get a line in their inbox and a mail with a link.",
    )  # fmt: skip

    def __init__(self, *args: Any, people: list[User], may_be_internal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mentions"].choices = [(str(p.pk), p.name) for p in people]  # type: ignore[attr-defined]  # a ChoiceField
        if not people:
            del self.fields["mentions"]
        if not may_be_internal:
            del self.fields["visibility"]

    def chosen_visibility(self) -> Visibility:
        """What was chosen; for who was not asked it is for both sides."""
        return Visibility(self.cleaned_data.get("visibility") or Visibility.CLIENT)
