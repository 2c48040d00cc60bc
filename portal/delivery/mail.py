"""Mail: what the outbox says, as a short text with a link. No client text goes into a mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from portal import ids
from portal.delivery.told import lines_for
from portal.events import CATALOGUE
from portal.fact_words import fact_words
from portal.models import Invitation, Notification, OutboxEvent, ResetRequest, Tenant, User
from portal.roles import Role
from portal.services import invitations
from portal.vocabulary import MEMBER_INVITED


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, ready to go out without the database."""

    to: str
    subject: str
    text: str
    message_id: str

    def send(self) -> None:
        """Hand it to the mail server. Raises OSError or SMTPException when it is not taken."""
        headers = {"Message-ID": self.message_id}
        subject = " ".join(self.subject.split())  # a name with a line break is no second header
        EmailMessage(subject, self.text, to=[self.to], headers=headers).send(fail_silently=False)


def event_letter(event: OutboxEvent, tenant: Tenant, person: User) -> Letter:
    """What happened, in one line, its facts, and where to read on."""
    kind = CATALOGUE[event.event]
    context = {
        "title": kind.title,
        "client": tenant.name,
        "facts": lines_for(event, person) or fact_words(event.facts),
        "link": settings.BASE_URL + (event.path or "/"),
    }
    return Letter(
        to=person.email,
        subject=f"{kind.title}: {tenant.name}",
        text=render_to_string("email/event.txt", context),
        message_id=_message_id(event, person.pk.hex),
    )


def digest_letter(lines: Sequence[Notification], tenant: Tenant) -> Letter:
    """One mail for all ``lines`` of one person, oldest first. Their events are loaded."""
    first = lines[0]
    told = [
        {"title": CATALOGUE[line.event.event].title, "link": settings.BASE_URL + (line.event.path or "/")}
        for line in lines
    ]
    context = {"client": tenant.name, "told": told, "inbox": settings.BASE_URL + reverse("inbox")}
    things = f"{len(lines)} things" if len(lines) > 1 else "One thing"
    return Letter(
        to=first.user.email,
        subject=f"{things} at {tenant.name}",
        text=render_to_string("email/digest.txt", context),
        message_id=f"<{first.pk.hex}.digest@gatehouse.invalid>",
    )


def invitation_letter(event: OutboxEvent) -> Letter | None:
    """The link of an invitation. None when the event is no invitation, or its link is no longer good."""
    if event.event != MEMBER_INVITED.name:
        return None
    key = ids.decode("inv", str(event.facts["invitation"]))
    invitation = Invitation.objects.select_related("tenant", "invited_by").filter(
        pk=key, accepted_at__isnull=True, revoked_at__isnull=True
    ).first()  # fmt: skip
    if invitation is None:
        return None
    context = {
        "inviter": invitation.invited_by.name,
        "client": invitation.tenant.name,
        "role": Role(invitation.role).label.lower(),
        "expires": invitation.expires,
        "link": f"{settings.BASE_URL}/invitations/{invitations.link_token(invitation.pk)}/",
    }
    return Letter(
        to=invitation.email,
        subject=f"{invitation.invited_by.name} invites you to {invitation.tenant.name}",
        text=render_to_string("email/invitation.txt", context),
        message_id=_message_id(event, "invitation"),
    )


def reset_letter(waiting: ResetRequest) -> Letter:
    """The link to a new password, or the word that the address has no account. The key is made here."""
    person = User.objects.filter(email=waiting.email, is_active=True).first()
    subject, template = "No Gatehouse account for this address", "email/unknown_account.txt"
    context = {}
    if person is not None:
        subject, template = "Reset your Gatehouse password", "email/password_reset.txt"
        way = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
        context["link"] = settings.BASE_URL + reverse("account_reset_password_from_key", kwargs=way)
    return Letter(
        to=waiting.email,
        subject=subject,
        text=render_to_string(template, context),
        message_id=f"<{waiting.pk.hex}.reset@gatehouse.invalid>",
    )


def _message_id(event: OutboxEvent, reader: str) -> str:
    """The same for the same event and reader, so that a mail program shows a repeated mail once."""
    return f"<{event.pk.hex}.{reader}@gatehouse.invalid>"
