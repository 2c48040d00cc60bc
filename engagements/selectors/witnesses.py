"""What decisions and signatures remember of the ledger, so that a ledger that was set back is noticed."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from engagements.events import GATE_SIGNED
from engagements.models import Approval, Decision
from engagements.vocabulary import GATE_DECIDED
from portal.audit import Witness


def signatures(tenant_id: UUID) -> Iterator[Witness]:
    """Each decision, and each signature that did not make one, as its ledger entry must tell it.

    The signature that made the decision shares its entry, which tells of the decision.
    """
    last: dict[UUID, int] = {}
    for decision in Decision.objects.filter(tenant_id=tenant_id).order_by("ledger_seq").iterator():
        last[decision.round_id] = decision.ledger_seq
        yield Witness(
            seq=decision.ledger_seq, subject=decision.public_id, event=GATE_DECIDED.name,
            actor_id=decision.decided_by_id,
            facts={"outcome": decision.outcome, "snapshot": decision.snapshot_sha256},
        )  # fmt: skip
    for signed in Approval.objects.filter(tenant_id=tenant_id).order_by("ledger_seq").iterator():
        if last.get(signed.round_id) != signed.ledger_seq:
            yield Witness(
                seq=signed.ledger_seq, subject=signed.public_id, event=GATE_SIGNED.name,
                actor_id=signed.signed_by_id,
                facts={"outcome": signed.outcome, "snapshot": signed.snapshot_sha256},
            )  # fmt: skip
