"""Permits for pipelines: the ruling, signed with Ed25519 as a JSON Web Token. Nothing is stored."""

from __future__ import annotations

import base64
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from engagements.models import Condition, Criterion, Decision, Engagement, Gate, Waiver
from engagements.rules.canonical import canonical
from engagements.rules.permits import GateFacts, Permit, permit
from engagements.vocabulary import (
    UNCLOSED,
    ConditionStatus,
    CriteriaStatus,
    EngagementStatus,
    Environment,
    Outcome,
    StageKind,
    StageStatus,
)
from portal.secrets import SigningKey, signing_keys

PURPOSE: Final = "gatehouse.permit/1"


@dataclass(frozen=True, slots=True)
class SignedPermit:
    """``token``: header, claims and signature, base64url. A denied permit is signed as well."""

    permit: Permit
    approved_sha256: str
    token: str


def issue(engagement: Engagement, environment: Environment, *, running: str, now: datetime) -> SignedPermit:
    """Rule on an environment as things stand now. Five queries."""
    approved = _approved(engagement)
    ruled = permit(
        environment,
        _gates(engagement),
        status=EngagementStatus(engagement.status),
        approved=approved,
        running=running,
        now=now,
    )
    claims = {
        "iss": PURPOSE,
        "sub": engagement.public_id,
        "aud": environment.value,
        "iat": int(now.timestamp()),
        "allow": ruled.allow,
        "reasons": list(ruled.reasons),
        "approved_sha256": approved,
        **({"exp": int(ruled.expires.timestamp())} if ruled.expires else {"exp": int(now.timestamp())}),
    }
    return SignedPermit(ruled, approved, _signed(claims, signing_keys(PURPOSE)[0]))


def public_keys() -> list[dict[str, str]]:
    """The keys that permits are signed with, the current one first, as JSON Web Keys."""
    return [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "kid": key.kid,
            "x": _base64(key.public),
        }
        for key in signing_keys(PURPOSE)
    ]


def _gates(engagement: Engagement) -> list[GateFacts]:
    gates = Gate.objects.filter(engagement=engagement).select_related("stage").order_by("number")
    due: dict[UUID, list[date]] = defaultdict(list)
    lapsed: dict[UUID, int] = defaultdict(int)
    for condition in Condition.objects.filter(engagement=engagement, status__in=UNCLOSED).select_related(
        "decision__round"
    ):
        gate_id = condition.decision.round.gate_id
        if condition.status == ConditionStatus.LAPSED:
            lapsed[gate_id] += 1
        else:
            due[gate_id].append(condition.due)
    waived: dict[UUID, dict[UUID, date]] = defaultdict(dict)
    for waiver in Waiver.objects.filter(
        engagement=engagement, criterion__criteria_set__status=CriteriaStatus.SEALED
    ).select_related("criterion__criteria_set"):
        until = waived[waiver.criterion.criteria_set.gate_id]
        until[waiver.criterion_id] = max(waiver.expires, until.get(waiver.criterion_id, waiver.expires))
    return [
        GateFacts(
            number=gate.number,
            stage=StageKind(gate.stage.kind),
            name=gate.stage.name,
            status=StageStatus(gate.stage.status),
            conditions_due=tuple(due[gate.pk]),
            lapsed=lapsed[gate.pk],
            waivers=tuple(waived[gate.pk].values()),
        )
        for gate in gates
    ]


def _approved(engagement: Engagement) -> str:
    """The target version of the newest approval that was sealed on one; "" where none was."""
    approvals = Decision.objects.filter(
        engagement=engagement, outcome__in=[Outcome.APPROVE, Outcome.APPROVE_WITH_CONDITIONS]
    )
    sets = list(approvals.order_by("-decided_at").values_list("round__criteria_set_id", flat=True))
    bindings = {
        criterion.criteria_set_id: criterion.binding
        for criterion in Criterion.objects.filter(criteria_set_id__in=sets).exclude(binding={})
    }
    return next((str(bindings[key]["target_sha256"]) for key in sets if key in bindings), "")


def _signed(claims: dict[str, Any], key: SigningKey) -> str:
    head = {"alg": "EdDSA", "typ": "JWT", "kid": key.kid}
    text = f"{_base64(canonical(head).encode())}.{_base64(canonical(claims).encode())}"
    return f"{text}.{_base64(key.sign(text.encode()))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
