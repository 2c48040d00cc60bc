"""How a person has just proven who they are, asked before anything binding.

The proof comes from the sign-in records that allauth keeps in the session; nothing the browser
sends can make it younger or stronger.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from portal.errors import ReauthenticationRequired, SecondFactorRequired, SecondFactorStale
from portal.models import Tenant, User
from portal.vocabulary import MfaPolicy

MAX_AGE_S: Final = 300
_MFA_NAMES: Final[Mapping[str, str]] = {
    "totp": "code",
    "webauthn": "passkey",
    "recovery_codes": "recovery code",
}


@dataclass(frozen=True, slots=True)
class SigningProof:
    """How (`password`, `code`, `passkey`, `recovery code`), how many seconds ago, and how strongly."""

    method: str
    age_s: int
    second_factor: bool


def signing_proof(request: HttpRequest, *, tenant: Tenant | None = None) -> SigningProof:
    """The proof with which the signed-in person may sign for `tenant` (default: the tenant of the path).

    Raises SecondFactorRequired if the client's policy wants a second factor and the person has none
    set up; ReauthenticationRequired (SecondFactorStale under such a policy) if the newest fitting
    proof is older than five minutes.
    """
    place: Tenant = tenant if tenant is not None else request.tenant  # type: ignore[attr-defined]  # middleware
    demands_second = place.mfa_policy == MfaPolicy.SECOND_FACTOR
    user = request.user
    if not isinstance(user, User):
        raise ReauthenticationRequired("Sign in first.")
    if demands_second and not has_second_factor(user):
        raise SecondFactorRequired(
            f"{place.name} asks for a second factor before anything is signed. "
            "Add a passkey or an authenticator app to your account first."
        )
    proofs = proofs_in(get_authentication_records(request, user), now=time.time())
    fitting = [proof for proof in proofs if proof.second_factor or not demands_second]
    if not fitting and demands_second:
        raise SecondFactorStale("Confirm with your second factor: the last time is over five minutes ago.")
    if not fitting:
        raise ReauthenticationRequired("Confirm that it is you: the last time is over five minutes ago.")
    return min(fitting, key=lambda proof: (not proof.second_factor, proof.age_s))


def proofs_in(records: Iterable[Mapping[str, Any]], *, now: float) -> list[SigningProof]:
    """The records young enough to sign with; `now` in seconds since the epoch."""
    proofs = []
    for record in records:
        age_s = max(0, int(now - float(record.get("at", 0))))
        if age_s > MAX_AGE_S:
            continue
        if record.get("method") == "mfa":
            kind = str(record.get("type", ""))
            proofs.append(SigningProof(_MFA_NAMES.get(kind, kind), age_s, second_factor=True))
        elif record.get("method") == "password":
            proofs.append(SigningProof("password", age_s, second_factor=False))
    return proofs


def has_second_factor(user: User) -> bool:
    """Whether the person has an authenticator app or a passkey. Recovery codes alone are none."""
    return bool(is_mfa_enabled(user, types=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]))
