"""What fills the house. Rows are written in bulk, in the shape that services give them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from engagements.catalogue import CriterionDraft, default_template
from engagements.evidence import Failure, Failures, register_failure_source, register_section
from engagements.models import CriteriaSet, Criterion, Engagement, Gate, GateRound, Measurement, Stage
from engagements.report.pack import render_pack
from engagements.services import criteria as service
from engagements.services import gates
from engagements.services.criteria import criterion_from
from engagements.services.engagements import create_engagement
from engagements.vocabulary import (
    MEASUREMENT_RECORDED,
    Comparator,
    CriteriaStatus,
    CriterionKind,
    EngagementStatus,
    SourceKind,
    StageStatus,
    Unit,
)
from portal import audit, grants, ids
from portal.models import Tenant, User
from portal.roles import Role
from portal.scope import tenant_scope

LEVELS = 15
ROWS_AT_ONCE = 5_000


@dataclass
class House:
    """The full house. ``tenant`` holds the engagement with many activities and the large gate."""

    lead: User
    tenant: Tenant
    engagement: Engagement
    gate: Gate
    pdf: bytes = b""
    round: GateRound | None = field(default=None)

    @property
    def engagement_url(self) -> str:
        return f"/{self.tenant.slug}/engagements/{self.engagement.public_id}/"

    @property
    def gate_url(self) -> str:
        return f"{self.engagement_url}gates/{self.gate.public_id}/"

    def client(self) -> Client:
        """The lead, signed in."""
        made = Client(SERVER_NAME="localhost")
        made.force_login(self.lead)
        return made

    def submit(self) -> None:
        """Freeze the large gate."""
        with tenant_scope([self.tenant.pk]):
            self.round = gates.submit_round(
                by=self.lead, gate_id=self.gate.pk, next_step="A pilot for $62,000."
            )

    def render(self) -> None:
        """Make the PDF of what was frozen."""
        if self.round is None:
            raise ValueError("submit first")
        with tenant_scope([self.tenant.pk]):
            row = GateRound.objects.select_related("snapshot").get(pk=self.round.pk)
            self.pdf = render_pack(row, None)


def build(engagements: int, clients: int, *, activities: int, criteria: int) -> None:
    """Fill the database. One lead sees all of it."""
    lead = User.objects.create_user(
        "lead@bench.test", name="Lena Lead", affiliation="consultancy", org_role="lead"
    )
    sponsor = User.objects.create_user("sponsor@bench.test", name="Sara Sponsor", affiliation="client")
    tenants = [
        Tenant.objects.create(name=f"Client {number:02}", slug=f"client-{number:02}", mfa_policy="password")
        for number in range(clients)
    ]
    for tenant in tenants:
        grants.add_member(lead, tenant, Role.LEAD)
    grants.add_member(sponsor, tenants[0], Role.CLIENT_SPONSOR)
    for place, tenant in enumerate(tenants):
        share = engagements // clients + (place < engagements % clients) - (place == 0)
        with tenant_scope([tenant.pk]):
            _fill(tenant, lead, share)
    with tenant_scope([tenants[0].pk]):
        _large(tenants[0], lead, sponsor, activities=activities, criteria=criteria)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as PostgreSQL does by itself within a minute


def standing() -> House:
    """The house that was built, in this process: with readiness and worst answers for the large gate."""
    lead, tenant = User.objects.get(email="lead@bench.test"), Tenant.objects.get(slug="client-00")
    with tenant_scope([tenant.pk]):
        gate = Gate.objects.select_related("engagement").get(engagement__code="BIG", number=0)
    engagement = gate.engagement
    register_section("readiness", lambda _key, _gate: _readiness())
    register_failure_source(lambda key: _failures() if key == engagement.pk else None)
    return House(lead, tenant, engagement, gate)


def _fill(tenant: Tenant, lead: User, count: int) -> None:
    """Engagements in all stages, each with every gate and criterion of the template, and some figures."""
    template, now = default_template(), timezone.now()
    rows: dict[type[Any], list[Any]] = {
        model: [] for model in (Engagement, Stage, Gate, CriteriaSet, Criterion, Measurement)
    }
    sealed = []
    for number in range(count):
        engagement = Engagement(
            tenant=tenant, code=f"E-{number:04}", title=f"Work {number}", lead=lead, currency="USD",
            template_version=template.version, status=EngagementStatus.ACTIVE,
        )  # fmt: skip
        rows[Engagement].append(engagement)
        here = number % len(template.stages)
        for order, draft in enumerate(template.stages):
            status = StageStatus.NOT_STARTED
            if order <= here:
                status = StageStatus.PASSED if order < here else StageStatus.IN_PROGRESS
            stage = Stage(
                tenant=tenant, engagement=engagement, kind=draft.kind, name=draft.name, order=order,
                status=status, planned_end=now.date() + timedelta(days=number % 90 - 10),
            )  # fmt: skip
            gate = Gate(
                tenant=tenant, engagement=engagement, stage=stage, number=draft.gate, question=draft.question,
                approver_roles=list(draft.approvers), approval=draft.policy,
            )  # fmt: skip
            agreed = CriteriaSet(tenant=tenant, engagement=engagement, gate=gate, number=1)
            rows[Stage].append(stage)
            rows[Gate].append(gate)
            rows[CriteriaSet].append(agreed)
            rows[Criterion] += [
                criterion_from(row, agreed, order=place, owner=lead)
                for place, row in enumerate(draft.criteria)
            ]
            if order == here and number % 3:
                sealed.append(agreed.pk)
        rows[Measurement] += [
            _figure(engagement, row)
            for row in template.stages[here].criteria[:6]
            if row.source_key != "readiness_level"  # the database takes none without answers
        ]
    for model, made in rows.items():
        model.objects.bulk_create(made, batch_size=ROWS_AT_ONCE)
    CriteriaSet.objects.filter(pk__in=sealed).update(
        status=CriteriaStatus.SEALED, sealed_at=now - timedelta(days=30), sealed_by_consultancy=lead,
        sealed_by_client=lead, content_sha256="0" * 64,
    )  # fmt: skip


def _figure(engagement: Engagement, row: CriterionDraft) -> Measurement:
    now = timezone.now()
    statement = row.unit == Unit.STATEMENT
    value = Decimal(1) if statement else Decimal("0.9")
    bounds = {} if statement else {"bound_low": value, "bound_high": value}
    return Measurement(
        tenant_id=engagement.tenant_id, engagement=engagement, key=row.source_key, value=value,
        unit=row.unit, n=200, confidence=Decimal("0.95"), method="bench", slice=row.source_slice,
        source_id=ids.uuid7(),
        source_kind=row.source or SourceKind.RUN, config_sha256="", started_at=now, measured_at=now,
        valid=True,
        **bounds,
    )  # fmt: skip


def _large(tenant: Tenant, lead: User, sponsor: User, *, activities: int, criteria: int) -> None:
    """One engagement with a gate of many criteria and a long history."""
    engagement = create_engagement(by=lead, tenant=tenant, title="The large one", sponsor=sponsor, code="BIG")
    gate = Gate.objects.get(engagement=engagement, number=0)
    draft = CriteriaSet.objects.get(gate=gate)
    for row in list(draft.criteria.all()):
        service.remove_criterion(by=lead, criterion_id=row.pk)
    for number in range(criteria):
        service.add_criterion(by=lead, criteria_set_id=draft.pk, draft=_value_criterion(number))
    service.propose(by=lead, criteria_set_id=draft.pk)
    for person in (lead, sponsor):
        service.seal(by=person, criteria_set_id=draft.pk)
    figures = [
        _figure(engagement, _value_criterion(place % criteria)) for place in range(activities - 2 * criteria)
    ]
    Measurement.objects.bulk_create(figures, batch_size=ROWS_AT_ONCE)
    for figure in figures:
        audit.record(
            actor=lead, event=MEASUREMENT_RECORDED, subject=figure, engagement_id=engagement.pk,
            facts={"key": figure.key, "source": figure.source_kind, "valid": True, "n": figure.n},
        )  # fmt: skip


def _value_criterion(number: int) -> CriterionDraft:
    return CriterionDraft(
        key=f"B-{number}", text=f"Figure {number} of the value case reaches what was agreed for it",
        kind=CriterionKind.VALUE, must=number % 4 != 0, comparator=Comparator.GE_LOWER, unit=Unit.RATE,
        source_key=f"figure_{number}", target=Decimal("0.85") if number % 5 else Decimal("0.95"),
        source=SourceKind.VALUE_CASE, max_age_days=90, rationale="It is one of many.",
    )  # fmt: skip


def _readiness() -> dict[str, Any]:
    holds = {"key": "E01-1", "text": "What is done?", "level": 1, "why": "No evidence."}
    elements = [
        {
            "key": f"E{number:02}", "name": f"Element {number}", "level": number % 4, "target": 2,
            "applies": True, "limiting": [holds],
        }
        for number in range(1, LEVELS + 1)
    ]  # fmt: skip
    return {"level": 0, "elements": elements, "as_of": date(2026, 11, 22)}


def _failures() -> Failures:
    one = Failure(
        "case-17", "Travel", "My bag is lost in Lyon, what now? " * 4, "travel/baggage", "motor/glass"
    )
    return Failures("Run 3, 200 cases.", 16, 200, (one,) * 5)
