"""The spine of events: one ledger entry and one outbox event for each thing that happened.

Entries of a tenant form a chain: ``sha256 = SHA256(prev_sha256 ‖ canonical(entry))``. The chain is locked
per tenant while an entry is added, so ``seq`` has no holes and no forks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from portal import outbox
from portal.events import EventType
from portal.models import LedgerEntry, LedgerHead, OutboxEvent, Tenant, TenantOwned, User

GENESIS = "0" * 64
Fact = str | int | bool | Decimal | UUID | datetime | date | None
_LONGEST_FACT = 500


def record(
    *,
    actor: User | None,
    event: EventType,
    subject: TenantOwned | Tenant,
    facts: Mapping[str, Fact] | None = None,
    engagement_id: UUID | None = None,
    path: str = "",
) -> LedgerEntry:
    """Write one LedgerEntry and one OutboxEvent in the transaction of the caller.

    ``actor`` None is the system. Raises ValueError for a fact that the event does not list, or that is
    not a short scalar: names, addresses and clients' words never get into the ledger.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an event is recorded in the transaction of its change")
    tenant_id = subject.pk if isinstance(subject, Tenant) else subject.tenant_id
    clean = _clean(event, facts or {})
    last = _lock_head(tenant_id)
    entry = LedgerEntry(
        tenant_id=tenant_id,
        seq=last.seq + 1 if last else 1,
        at=timezone.now(),
        actor=actor,
        actor_affiliation=actor.affiliation if actor else "system",
        event=event.name,
        subject=subject.public_id,
        engagement_id=engagement_id or getattr(subject, "engagement_id", None),
        facts=clean,
        prev_sha256=last.sha256 if last else GENESIS,
    )
    entry.sha256 = digest(entry)
    entry.save(force_insert=True)
    _move_head(entry)
    OutboxEvent.objects.create(
        tenant_id=tenant_id,
        event=event.name,
        entry=entry,
        subject=entry.subject,
        engagement_id=entry.engagement_id,
        facts=clean,
        path=path,
        actor=actor,
    )
    outbox.kick(tenant_id)
    return entry


def was_recorded(event: EventType, subject: TenantOwned) -> bool:
    """Whether the ledger tells of this about ``subject``. Under a lock on it, so that it is told once."""
    rows = LedgerEntry.objects.filter(
        tenant_id=subject.tenant_id, engagement_id=getattr(subject, "engagement_id", None)
    )
    return rows.filter(event=event.name, subject=subject.public_id).exists()


def digest(entry: LedgerEntry) -> str:
    """The hash that an entry must have: over the hash before it and every field but its own hash."""
    return hashlib.sha256((entry.prev_sha256 + canonical(body_of(entry))).encode()).hexdigest()


def body_of(entry: LedgerEntry) -> dict[str, object]:
    """What the hash of an entry covers, as plain values."""
    return {
        "tenant": str(entry.tenant_id),
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "actor": str(entry.actor_id) if entry.actor_id else None,
        "actor_affiliation": entry.actor_affiliation,
        "event": entry.event,
        "subject": entry.subject,
        "engagement": str(entry.engagement_id) if entry.engagement_id else None,
        "facts": entry.facts,
    }


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: the same bytes for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, slots=True)
class Witness:
    """A row that noted its place in the ledger when it was written, and what that entry must say."""

    seq: int
    subject: str
    event: str
    actor_id: UUID | None
    facts: Mapping[str, str]


_witnesses: list[tuple[frozenset[str], Callable[[UUID], Iterable[Witness]]]] = []


def register_witnesses(events: Iterable[EventType], source: Callable[[UUID], Iterable[Witness]]) -> None:
    """Compare the ledger with what ``source`` gives for a tenant: a witness for each entry of ``events``."""
    _witnesses.append((frozenset(event.name for event in events), source))


def broken_links(tenant_id: UUID) -> list[str]:
    """One sentence for each fault in a tenant's ledger; [] is sound.

    Found are entries that were edited, removed, reordered or cut off, and rows that remember another ledger.
    """
    return [*_faults_of_chain(tenant_id), *_faults_of_witnesses(tenant_id)]


def _faults_of_chain(tenant_id: UUID) -> list[str]:
    faults, expected_seq, expected_prev = [], 1, GENESIS
    for entry in LedgerEntry.objects.filter(tenant_id=tenant_id).order_by("seq").iterator():
        if entry.seq != expected_seq:
            faults.append(f"entry {expected_seq} is missing before entry {entry.seq}")
        if entry.prev_sha256 != expected_prev:
            faults.append(f"entry {entry.seq} does not follow the entry before it")
        if digest(entry) != entry.sha256:
            faults.append(f"entry {entry.seq} was changed after it was written")
        expected_seq, expected_prev = entry.seq + 1, entry.sha256
    head = LedgerHead.objects.filter(tenant_id=tenant_id).first()
    reached, said = expected_seq - 1, head.seq if head else 0
    if reached < said:
        faults.append(f"entries {reached + 1} to {said} are missing from the end")
    elif reached > said or (head and head.sha256 != expected_prev):
        faults.append(f"the head does not fit: it says {said} entries, and there are {reached}")
    return faults


def _faults_of_witnesses(tenant_id: UUID) -> list[str]:
    """Where ledger and rows tell two stories, although the chain itself may be whole."""
    faults = []
    for events, source in _witnesses:
        rows = LedgerEntry.objects.filter(tenant_id=tenant_id, event__in=events).order_by("seq")
        entries, seen = {entry.seq: entry for entry in rows}, set()
        for witness in source(tenant_id):
            entry = entries.get(witness.seq)
            if entry is None or not _agrees(witness, entry):
                faults.append(
                    f"{witness.subject} was recorded as entry {witness.seq}, and the ledger does not say so"
                )
            seen.add((witness.seq, witness.subject))
        faults += [
            f"entry {seq} tells of {entry.subject}, which is no longer there"
            for seq, entry in entries.items()
            if (seq, entry.subject) not in seen
        ]
    return faults


def _agrees(witness: Witness, entry: LedgerEntry) -> bool:
    said = (entry.subject, entry.event, entry.actor_id)
    return said == (witness.subject, witness.event, witness.actor_id) and all(
        str(entry.facts.get(key)) == value for key, value in witness.facts.items()
    )


def _lock_head(tenant_id: UUID) -> LedgerHead | None:
    """How far the ledger reaches, held until the transaction ends. None: nothing was ever recorded."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ledger:{tenant_id}"])
    return LedgerHead.objects.filter(tenant_id=tenant_id).first()


def _move_head(entry: LedgerEntry) -> None:
    moved = LedgerHead.objects.filter(tenant_id=entry.tenant_id).update(seq=entry.seq, sha256=entry.sha256)
    if not moved:
        LedgerHead.objects.create(tenant_id=entry.tenant_id, seq=entry.seq, sha256=entry.sha256)


def _clean(event: EventType, facts: Mapping[str, Fact]) -> dict[str, str | int | bool | None]:
    unknown = set(facts) - set(event.facts)
    if unknown:
        raise ValueError(f"{event.name} carries no {', '.join(sorted(unknown))}")
    return {key: _scalar(key, value) for key, value in facts.items()}


def _scalar(key: str, value: object) -> str | int | bool | None:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if not isinstance(value, str | Decimal | UUID) or len(str(value)) > _LONGEST_FACT:
        raise ValueError(f"{key} is no scalar of at most {_LONGEST_FACT} characters")
    return str(value)
