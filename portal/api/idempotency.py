"""`Idempotency-Key`: a request that is sent again with its key gets the answer that it got, for a day.

The claim of a key is committed before the work; the answer is stored in the transaction of the work. So a
claim without an answer whose time is over means that the work was taken back, and may be done again.
Refused requests leave no trace: mend them and send them with the same key.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any, Final, cast
from uuid import UUID

from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from portal import ids
from portal.api.parsers import MIB, TooLarge
from portal.errors import FieldError, IdempotencyConflict, IdempotencyInProgress, Invalid
from portal.models import ApiToken, IdempotencyRecord
from portal.scope import tenant_scope

HEADER: Final = "Idempotency-Key"
KEPT_FOR: Final = timedelta(hours=24)
UNDER_WAY_FOR: Final = timedelta(seconds=120)
"""How long a request without an answer holds its key; longer than any request may take."""

MOST_BYTES: Final = 64 * MIB
_KEY: Final = re.compile(r"^[\x21-\x7e]{1,128}$")
_KEPT_HEADERS: Final = ("Location", "ETag", "Content-Type")
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that this request holds."""

    tenant_id: UUID
    record_id: UUID


class Replay(APIException):
    """Not an error: the answer is there already. Carries it to where answers are given."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


def claim(request: Request) -> Claim | None:
    """Hold the key of this request; None when it has none or is no POST.

    Raises Replay with the stored answer, IdempotencyInProgress, IdempotencyConflict, or Invalid for a key
    that is none or comes without a token.
    """
    text = request.headers.get(HEADER)
    if text is None or request.method != "POST":
        return None
    token = cast("ApiToken | None", request.auth)
    if token is None:
        raise _unfit("A browser session sends no such key: use a token.")
    key = text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text
    if not _KEY.match(key):
        raise _unfit("Write 1 to 128 visible ASCII characters, such as a UUID.")
    wanted = _fingerprint(request)
    now = timezone.now()
    with tenant_scope([token.tenant_id]):
        IdempotencyRecord.objects.filter(token=token, key=key, expires__lte=now).delete()
        fresh = IdempotencyRecord(
            pk=ids.uuid7(), tenant_id=token.tenant_id, token=token, key=key, request_sha256=wanted,
            locked_until=now + UNDER_WAY_FOR, expires=now + KEPT_FOR,
        )  # fmt: skip
        IdempotencyRecord.objects.bulk_create([fresh], ignore_conflicts=True)
        record = IdempotencyRecord.objects.select_for_update().get(token=token, key=key)
        if record.pk != fresh.pk:
            _take_over(record, wanted)
    return Claim(token.tenant_id, record.pk)


def keep(held: Claim, answer: Response) -> None:
    """Store an accepted answer under the key, in the transaction of the work; let a refused one go."""
    if not 200 <= answer.status_code < 300:
        release(held)
        return
    answer.render()
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    with tenant_scope([held.tenant_id]):
        IdempotencyRecord.objects.filter(pk=held.record_id).update(
            status=answer.status_code, headers=headers, body=answer.content
        )


def release(held: Claim) -> None:
    """Let the key be used again: the request was refused and nothing was done."""
    with tenant_scope([held.tenant_id]):
        IdempotencyRecord.objects.filter(pk=held.record_id, status__isnull=True).delete()


def _take_over(record: IdempotencyRecord, wanted: str) -> None:
    """Answer from the record, or hold it again where its first request died."""
    now = timezone.now()
    if record.request_sha256 != wanted:
        raise IdempotencyConflict(
            "This key was sent with another request. Use a new key for a new request.",
            errors=[FieldError("", "idempotency-conflict", "Address or body differ from the first request.")],
        )
    if record.status is not None:
        raise Replay(_stored(record))
    if record.locked_until > now:
        raise IdempotencyInProgress("The first request with this key is still under way. Ask again shortly.")
    record.locked_until = now + UNDER_WAY_FOR
    record.save(update_fields=["locked_until"])


def _stored(record: IdempotencyRecord) -> Response:
    answer = _Stored(status=record.status)
    answer.stored = bytes(record.body).decode()
    for name, value in {**record.headers, "Idempotency-Replayed": "true"}.items():
        answer.headers[name] = value
    return answer


class _Stored(Response):
    """A response whose body is that of the first answer."""

    stored: str = ""

    @property
    def rendered_content(self) -> str:
        return self.stored


def _fingerprint(request: Request) -> str:
    """SHA-256 over token, method, address, kind of body and body. The body stays readable for its parser."""
    plain: Any = request._request
    digest = hashlib.sha256(
        "\n".join([request.method or "", request.get_full_path(), request.content_type or ""]).encode()
    )
    kept: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=MIB)  # noqa: SIM115  # lives as long as the request
    size = 0
    while chunk := plain.read(_CHUNK):
        size += len(chunk)
        if size > MOST_BYTES:
            raise TooLarge(f"A body has at most {MOST_BYTES // MIB} MiB here.")
        digest.update(chunk)
        kept.write(chunk)
    kept.seek(0)
    plain._stream, plain._read_started = kept, False
    return digest.hexdigest()


def _unfit(detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError("", "idempotency-key", detail)])
