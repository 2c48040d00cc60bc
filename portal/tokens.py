"""API tokens: what they may be used for, and how their text is made.

There is no scope for deciding, waiving, delegating, accepting a condition or granting a test
authorisation: those are for people in a browser.

The text is `gth_pat_` or `gth_svc_`, 43 characters of chance, 6 of checksum.

The checksum lets a scanner tell a token from a word without asking anybody. Only the SHA-256
of the whole text is kept: 32 random bytes need no slow hash.
"""

import hashlib
import secrets
import string
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

SCOPES: Mapping[str, str] = {
    "engagements:read": "Read engagements, their stages and measurements",
    "engagements:write": "Create and change engagements",
    "value:read": "Read the success metric, pain points and the value case",
    "value:write": "Write the success metric, pain points and the value case",
    "datasets:read": "Read datasets and their cases",
    "datasets:write": "Import datasets",
    "targets:read": "Read targets",
    "targets:write": "Register, change and test targets",
    "runs:read": "Read runs, attempts and their figures",
    "runs:start": "Start runs",
    "runs:cancel": "Pause and cancel runs",
    "reviews:write": "Accept cases and review answers, as the person who owns the token",
    "assessments:read": "Read readiness, its frameworks and the risk register",
    "assessments:write": "Answer readiness questions",
    "evidence:read": "Read evidence and download its files",
    "evidence:write": "Hand in evidence",
    "comments:read": "Read comments, internal ones if its owner may",
    "comments:write": "Write, change and resolve comments",
    "gates:read": "Read gates, criteria and verdicts",
    "permits:read": "Ask for permits to deploy",
    "gates:submit": "Submit a round for decision",
    "reports:read": "Order and read reports",
    "ledger:read": "Read the ledger",
    "preferences:read": "Read how the token’s owner is told of things",
    "preferences:write": "Choose how the token’s owner is told of things",
}

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_LENGTH = 43  # 62**43 > 2**256
CHECKSUM_LENGTH = 6  # 62**6 > 2**32
PERSONAL, SERVICE = "gth_pat_", "gth_svc_"
PREFIXES = (PERSONAL, SERVICE)


@dataclass(frozen=True)
class NewToken:
    """A token that was just made: the only moment at which its text exists."""

    text: str
    prefix: str
    sha256: str
    last4: str


def generate(prefix: str) -> NewToken:
    """A new token. Raises ValueError for a prefix that is not ours."""
    if prefix not in PREFIXES:
        raise ValueError(f"{prefix!r} is no prefix of a token.")
    body = prefix + _base62(secrets.randbits(256), SECRET_LENGTH)
    text = body + _checksum(body)
    return NewToken(text=text, prefix=prefix, sha256=digest(text), last4=text[-4:])


def digest(text: str) -> str:
    """SHA-256 of a token's text, 64 hex digits: what the database keeps."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_well_formed(text: str) -> bool:
    """Whether the text has our prefix, length, alphabet and checksum. Says nothing of whether it is known."""
    prefix = next((known for known in PREFIXES if text.startswith(known)), None)
    if prefix is None or len(text) != len(prefix) + SECRET_LENGTH + CHECKSUM_LENGTH:
        return False
    body, checksum = text[:-CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    if any(letter not in ALPHABET for letter in text[len(prefix) :]):
        return False
    return secrets.compare_digest(_checksum(body), checksum)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        letters.append(ALPHABET[rest])
    return "".join(reversed(letters))
