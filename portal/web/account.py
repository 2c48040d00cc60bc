"""How allauth behaves here: nobody signs up alone, second factors are sealed at rest, words are ours."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from portal import secrets

_BINDING = "mfa.authenticator"
_SECOND = {
    "mfa_reauthenticate:webauthn": "Use a passkey",
    "mfa_reauthenticate": "Use a code",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts come from invitations only. Mails have no site prefix and one plain voice."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "E-mail and password do not fit together.",
        "incorrect_password": "This is not your password.",
        "too_many_login_attempts": "Too many wrong tries. Wait five minutes, or reset the password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a second factor confirms with it, a passkey first; who has none, with the password."""
        ways = {way["id"]: way for way in super().get_reauthentication_methods(user)}
        second = [way | {"description": words} for key, words in _SECOND.items() if (way := ways.get(key))]
        return second or list(ways.values())

    def format_email_subject(self, subject: str) -> str:
        return subject

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Say nothing on signing in or out: the page that follows says it."""
        template = kwargs.get("message_template") or ""
        if "logged_in" not in template and "logged_out" not in template:
            super().add_message(request, *args, **kwargs)


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Seeds of authenticator apps and recovery codes are stored sealed with the field key."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code is not right, or no longer. Codes change every 30 seconds."
    }

    def encrypt(self, text: str) -> str:
        return secrets.seal_text(text, binding=_BINDING)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.open_text(encrypted_text, binding=_BINDING)
