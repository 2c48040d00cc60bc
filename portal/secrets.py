"""Secrets: sealed with AES-256-GCM, bound to tenant, table and row; written once, shown never.

The key ring comes from ``GATEHOUSE_FIELD_KEYS``: ``id:base64`` pairs, the first one seals, all of them open.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone

from portal import audit, ids
from portal.errors import Invalid
from portal.models import Secret, Tenant, User
from portal.vocabulary import SECRET_STORED

_NONCE = 12


def store_secret(*, by: User, tenant: Tenant, name: str, value: str) -> Secret:
    """Seal ``value`` under ``name``, in place of an older one. The caller has checked the right to."""
    if not value:
        raise Invalid("Write the secret's value; an empty one cannot be used.")
    secret = Secret.objects.select_for_update().filter(tenant=tenant, name=name).first()
    secret = secret or Secret(id=ids.uuid7(), tenant=tenant, name=name)
    secret.key_id, secret.ciphertext = _encrypt(value, _binding(secret))
    secret.rotated_at = timezone.now()
    secret.save()
    audit.record(actor=by, event=SECRET_STORED, subject=secret, facts={"secret": secret.public_id})
    return secret


def read_secrets(tenant_id: UUID, names: Iterable[str]) -> dict[str, str]:
    """The values by name, for the one moment of sending. Raises Invalid naming those that do not exist."""
    wanted = set(names)
    found = {secret.name: secret for secret in Secret.objects.filter(tenant_id=tenant_id, name__in=wanted)}
    missing = sorted(wanted - set(found))
    if missing:
        raise Invalid(f"There is no secret called {', '.join(missing)}. Store it first, then name it here.")
    Secret.objects.filter(tenant_id=tenant_id, name__in=wanted).update(last_used=timezone.now())
    return {
        name: _decrypt(secret.key_id, bytes(secret.ciphertext), _binding(secret))
        for name, secret in found.items()
    }


def seal_text(text: str, *, binding: str) -> str:
    """Seal a short text that has no row of its own, bound to ``binding``. Opened by ``open_text``."""
    key_id, sealed = _encrypt(text, binding)
    return f"{key_id}:{base64.b64encode(sealed).decode()}"


def open_text(sealed: str, *, binding: str) -> str:
    """The text that ``seal_text`` sealed. Raises Invalid when the key is gone or the text was changed."""
    key_id, _, body = sealed.partition(":")
    return _decrypt(key_id, base64.b64decode(body), binding)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key for one purpose. ``kid`` names it in what it signed; ``public`` checks it."""

    kid: str
    public: bytes
    sign: Callable[[bytes], bytes]


def signing_keys(purpose: str) -> list[SigningKey]:
    """One signing key from each key of the ring, the current one first; the old ones still check."""
    made = []
    for key in _keys().values():
        seed = HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)
        private = Ed25519PrivateKey.from_private_bytes(seed)
        public = private.public_key().public_bytes_raw()
        made.append(SigningKey(hashlib.sha256(public).hexdigest()[:16], public, private.sign))
    return made


def _encrypt(text: str, binding: str) -> tuple[str, bytes]:
    key_id, key = next(iter(_keys().items()))
    nonce = os.urandom(_NONCE)
    return key_id, nonce + AESGCM(key).encrypt(nonce, text.encode(), binding.encode())


def _decrypt(key_id: str, sealed: bytes, binding: str) -> str:
    key = _keys().get(key_id)
    if key is None:
        raise Invalid(f"The key {key_id} that sealed this is not in the key ring. Store the secret anew.")
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], binding.encode()).decode()
    except InvalidTag:
        raise Invalid("This secret cannot be opened: it was changed or moved. Store it anew.") from None


def _binding(secret: Secret) -> str:
    return f"{secret.tenant_id}|{Secret._meta.db_table}|{secret.pk}"


def _keys() -> dict[str, bytes]:
    pairs = (pair.split(":", 1) for pair in settings.FIELD_KEYS.split(",") if pair)
    return {key_id: base64.b64decode(text) for key_id, text in pairs}
