"""The page on which somebody says how to be told of things."""

from __future__ import annotations

from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.errors import Invalid
from portal.models import User
from portal.selectors.mail_wishes import wishes_of
from portal.services.mail_wishes import save_mail_wishes
from portal.wishes import ALWAYS_WORDS, Channel, Topic

REFUSED = 422
_CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class WishesForm(forms.Form):
    """One choice for each topic, the quiet hours, and the hour of the day's mail."""

    use_required_attribute = False

    zone = forms.CharField(label="Time zone", max_length=60, help_text="Such as Europe/Berlin.")
    quiet_from = forms.TimeField(label="Quiet from", required=False, widget=_CLOCK)
    quiet_until = forms.TimeField(
        label="Quiet until", required=False, widget=_CLOCK,
        help_text="Mails of these hours come at their end. Leave both empty for none.",
    )  # fmt: skip
    digest_at = forms.TimeField(label="The day’s mail at", widget=_CLOCK)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        topics = {
            topic.value: forms.ChoiceField(
                label=topic.label, choices=Channel.choices,
                help_text=ALWAYS_WORDS if topic == Topic.DECISIONS else "",
            )
            for topic in Topic
        }  # fmt: skip
        self.fields = {**topics, **self.fields}
        zones = [(name, name) for name in sorted(available_timezones())]
        self.fields["zone"] = forms.ChoiceField(label="Time zone", choices=zones)

    def channels(self) -> dict[str, str]:
        return {topic.value: self.cleaned_data[topic.value] for topic in Topic}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """How this person is told of things."""
    person = cast(User, request.user)
    form = WishesForm(request.POST or None, initial=_now(person))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            save_mail_wishes(
                by=person, channels=form.channels(), zone=data["zone"],
                quiet=(data["quiet_from"], data["quiet_until"]), digest_at=data["digest_at"],
            )  # fmt: skip
        except Invalid as refused:
            for fault in refused.errors:
                form.add_error(fault.pointer.strip("/"), fault.detail)
        else:
            messages.success(request, "Saved. It counts for everything that happens from now on.")
            return redirect("account_notifications")
    status = REFUSED if form.is_bound else 200
    return render(request, "account/notifications.html", {"form": form}, status=status)


def _now(person: User) -> dict[str, Any]:
    row = wishes_of(person)
    return {
        **row.channels, "zone": row.zone, "quiet_from": row.quiet_from, "quiet_until": row.quiet_until,
        "digest_at": row.digest_at,
    }  # fmt: skip
