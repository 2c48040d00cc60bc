"""Keep the risk register: open, decide what is done, accept until a date, close. The only writer of Risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessments.catalogue import risks as catalogue
from assessments.models import Risk
from assessments.vocabulary import (
    OPEN_RISKS,
    RISK_ACCEPTED,
    RISK_CHANGED,
    RISK_CLOSED,
    RISK_ESCALATED,
    RISK_OPENED,
    RISK_REOPENED,
    RiskResponse,
    RiskStatus,
)
from engagements.models import Engagement
from engagements.services.measurements import Counted, record_counted
from engagements.vocabulary import SourceKind, Unit
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, VersionConflict, WrongMoment
from portal.models import User

LONGEST_ACCEPTANCE: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class RiskTerms:
    """What is said of a risk. ``residual``: likelihood and impact that are left after the response."""

    title: str
    likelihood: int
    impact: int
    response: RiskResponse = RiskResponse.NONE
    plan: str = ""
    owner: User | None = None
    due: date | None = None
    residual: tuple[int, int] | None = None


@transaction.atomic
def open_risk(*, by: User, engagement_id: UUID, terms: RiskTerms, catalogue_key: str = "") -> Risk:
    """Put a risk on the register, from the catalogue or of one's own. Raises NotFound, Forbidden, Invalid."""
    engagement = Engagement.objects.select_for_update().filter(pk=engagement_id).first()
    if engagement is None:
        raise NotFound
    access.require(by, "manage_risks", engagement)
    _check(terms)
    if catalogue_key and catalogue_key not in catalogue():
        raise Invalid(
            "The catalogue has no such risk.", errors=[FieldError("/catalogue", "unknown", "Choose one.")]
        )
    if catalogue_key and Risk.objects.filter(engagement=engagement, catalogue=catalogue_key).exists():
        raise WrongMoment(f"{catalogue_key} is on the register already; change it there.")
    elements = list(catalogue()[catalogue_key].elements) if catalogue_key else []
    risk = Risk(
        tenant_id=engagement.tenant_id, engagement=engagement, catalogue=catalogue_key, elements=elements,
        status=RiskStatus.MITIGATING if terms.response in _WORKED_ON else RiskStatus.OPEN, **_fields(terms),
    )  # fmt: skip
    risk.save()
    _tell(RISK_OPENED, risk, by=by, catalogue=risk.catalogue, signal="", score=risk.score)
    pay_in(engagement, by=by)
    return risk


def open_by_signal(
    engagement: Engagement, key: str, *, signal: str, words: str, by: User | None = None
) -> Risk | None:
    """Open a risk of the catalogue because something was seen; one that is there already stays as it is.

    None when there is nothing to do. A risk that was closed opens again. Call in a transaction.
    """
    entry = catalogue()[key]
    risk = Risk.objects.select_for_update().filter(engagement=engagement, catalogue=key).first()
    if risk is not None and risk.status != RiskStatus.CLOSED:
        return None
    if risk is not None:
        risk.status, risk.signal, risk.signal_words = RiskStatus.OPEN, signal, words[:300]
        risk.settled_at, risk.version = None, risk.version + 1
        risk.save()
        _tell(RISK_REOPENED, risk, by=by, signal=signal, score=risk.score)
    else:
        risk = Risk.objects.create(
            tenant_id=engagement.tenant_id, engagement=engagement, catalogue=key, title=entry.text,
            elements=list(entry.elements), likelihood=entry.likelihood, impact=entry.impact, signal=signal,
            signal_words=words[:300],
        )  # fmt: skip
        _tell(RISK_OPENED, risk, by=by, catalogue=key, signal=signal, score=risk.score)
    pay_in(engagement, by=by)
    return risk


@transaction.atomic
def change_risk(*, by: User, risk_id: UUID, version: int, terms: RiskTerms) -> Risk:
    """Change what is said of a risk. One that the client accepted and that grows is open again.

    Raises NotFound, Forbidden, VersionConflict, WrongMoment for a closed one, Invalid.
    """
    risk = _locked(by, risk_id, "manage_risks")
    if risk.status == RiskStatus.CLOSED:
        raise WrongMoment("This risk is closed. Open it again to change it.")
    if risk.version != version:
        raise VersionConflict("Not saved: somebody else changed this risk meanwhile.")
    _check(terms)
    before = risk.score
    for name, value in _fields(terms).items():
        setattr(risk, name, value)
    if risk.status != RiskStatus.ACCEPTED or risk.score > before:
        risk.status = RiskStatus.MITIGATING if terms.response in _WORKED_ON else RiskStatus.OPEN
    risk.version += 1
    risk.save()
    _tell(RISK_CHANGED, risk, by=by, score=risk.score, status=risk.status, version=risk.version)
    if risk.score > before:
        _tell(RISK_ESCALATED, risk, by=by, score=risk.score, before=before)
    pay_in(risk.engagement, by=by)
    return risk


@transaction.atomic
def accept_risk(*, by: User, risk_id: UUID, until: date, reason: str) -> Risk:
    """The client lives with it until a date; then it is open again by itself.

    Raises NotFound, Forbidden for anybody but the client's approvers, WrongMoment, Invalid.
    """
    risk = _locked(by, risk_id, "accept_risk")
    today = timezone.now().date()
    if risk.status not in OPEN_RISKS:
        raise WrongMoment(f"This risk is {RiskStatus(risk.status).label.lower()} already.")
    faults = []
    if not today < until <= today + LONGEST_ACCEPTANCE:
        faults.append(FieldError("/until", "range", "Choose a day within the next year."))
    if not reason.strip():
        faults.append(FieldError("/reason", "missing", "Say why it can be lived with."))
    if faults:
        raise Invalid(faults[0].detail, errors=faults)
    risk.status, risk.accepted_by, risk.accepted_until = RiskStatus.ACCEPTED, by, until
    risk.acceptance_reason, risk.settled_at, risk.version = reason.strip(), timezone.now(), risk.version + 1
    risk.save()
    _tell(RISK_ACCEPTED, risk, by=by, score=risk.score, until=until)
    pay_in(risk.engagement, by=by)
    return risk


@transaction.atomic
def close_risk(*, by: User, risk_id: UUID, reason: str) -> Risk:
    """It can no longer happen, or it is over. Raises NotFound, Forbidden, WrongMoment, Invalid."""
    risk = _locked(by, risk_id, "manage_risks")
    if risk.status == RiskStatus.CLOSED:
        raise WrongMoment("This risk is closed already.")
    if not reason.strip():
        words = "Say why it can no longer happen."
        raise Invalid(words, errors=[FieldError("/reason", "missing", words)])
    risk.status, risk.closed_reason = RiskStatus.CLOSED, reason.strip()
    risk.settled_at, risk.version = timezone.now(), risk.version + 1
    risk.save()
    _tell(RISK_CLOSED, risk, by=by, score=risk.score)
    pay_in(risk.engagement, by=by)
    return risk


def reopen_due(engagement: Engagement, *, today: date) -> int:
    """Risks whose acceptance ends today or ended are open again. Returns how many. Call in a transaction."""
    rows = Risk.objects.select_for_update().filter(
        engagement=engagement, status=RiskStatus.ACCEPTED, accepted_until__lte=today
    )
    count = 0
    for risk in rows:
        risk.status, risk.version, risk.settled_at = RiskStatus.OPEN, risk.version + 1, None
        risk.save(update_fields=["status", "version", "settled_at"])
        _tell(RISK_REOPENED, risk, by=None, score=risk.score, signal="acceptance_ended")
        count += 1
    return count


def pay_in(engagement: Engagement, *, by: User | None) -> None:
    """Record the highest score that is open; None while the register is empty, 0 when all are settled."""
    rows = list(Risk.objects.filter(engagement=engagement))
    scores = [row.score for row in rows if row.status in OPEN_RISKS]
    highest = Decimal(max(scores, default=0)) if rows else None
    record_counted(
        by=by, engagement=engagement, source_kind=SourceKind.RISK, source_id=engagement.pk,
        method="highest score of open risks",
        figures=[
            Counted("highest_open_risk_score", highest, Unit.COUNT, n=len(rows)),
            Counted("open_risks", Decimal(len(scores)) if rows else None, Unit.COUNT, n=len(rows)),
        ],
    )  # fmt: skip


_WORKED_ON = (RiskResponse.REDUCE, RiskResponse.AVOID, RiskResponse.SHARE)


def _locked(by: User, risk_id: UUID, action: str) -> Risk:
    risk = (
        Risk.objects.select_for_update(of=("self",)).select_related("engagement").filter(pk=risk_id).first()
    )
    if risk is None:
        raise NotFound
    access.require(by, action, risk)
    return risk


def _fields(terms: RiskTerms) -> dict[str, Any]:
    left = terms.residual or (None, None)
    return {
        "title": terms.title.strip(), "likelihood": terms.likelihood, "impact": terms.impact,
        "response": terms.response, "plan": terms.plan.strip(), "owner": terms.owner, "due": terms.due,
        "residual_likelihood": left[0], "residual_impact": left[1],
    }  # fmt: skip


def _check(terms: RiskTerms) -> None:
    faults = []
    if not terms.title.strip():
        faults.append(FieldError("/title", "missing", "Write what can go wrong."))
    pairs = (("likelihood", terms.likelihood), ("impact", terms.impact))
    left = zip(("residual_likelihood", "residual_impact"), terms.residual or (), strict=False)
    faults += [
        FieldError(f"/{name}", "range", "Choose 1 to 5.")
        for name, value in (*pairs, *left)
        if not 1 <= value <= 5
    ]
    if terms.residual is not None and not terms.plan.strip():
        faults.append(FieldError("/plan", "missing", "Say what makes it smaller, then what is left."))
    if terms.residual is not None and terms.residual[0] * terms.residual[1] > terms.likelihood * terms.impact:
        faults.append(FieldError("/residual_impact", "order", "What is left is not more than there was."))
    if faults:
        raise Invalid(faults[0].detail, errors=faults)


def _tell(event: Any, risk: Risk, *, by: User | None, **facts: Any) -> None:
    audit.record(actor=by, event=event, subject=risk, engagement_id=risk.engagement_id, facts=facts)
