"""One of everything in Harbor Mutual, built once for all tests of this folder and taken back afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from portal import audit, grants, ids, tokens
from portal.models import ApiToken, Invitation, Notification, OutboxEvent
from portal.services.invitations import link_token
from portal.vocabulary import TENANT_CREATED
from tests.access.judgement import judgement_of
from tests.demos.finished import end
from tests.personas import World, build_world, person, scope

KEYS = {"element": "E05", "question": "E05-2", "listed": "waiting"}
"""Names of parts that are the same for every client."""

SECRET_WORDS = ("Zebra", "harbor-mutual")
"""What no answer to an outsider may hold: the client and its rows are called Zebra something."""


@dataclass
class House:
    """The world, a guest of another engagement of the client, the ids of rows, and bearer tokens."""

    world: World
    guest: Any
    ids: dict[str, Any]
    bearer: dict[str, str]
    _signed_in: dict[str, Client] = field(default_factory=dict)

    def client(self, persona: str) -> Client:
        """A browser signed in as the persona, with nothing of an earlier request but the session."""
        if persona not in self._signed_in:
            client = Client(raise_request_exception=False)
            client.force_login(self.guest if persona == "guest" else getattr(self.world, persona))
            self._signed_in[persona] = client
        return self._signed_in[persona]

    def path(self, route: str, *, tenant: Any = None, unknown: bool = False) -> str:
        """The address of a route for the client's rows (or for rows that nobody has), below ``tenant``."""
        slug = (tenant or self.world.tenant).slug

        def value(match: re.Match[str]) -> str:
            kind = match[1]
            if kind == "slug":
                return str(slug)
            if kind in KEYS:
                return KEYS[kind]
            return (
                "1"
                if kind == "int"
                else str(self.ids[kind])
                if kind == "str"
                else self._public(kind, unknown)
            )

        return "/" + re.sub(r"<(\w+):\w+>", value, route)

    def _public(self, prefix: str, unknown: bool) -> str:
        return ids.encode(prefix, ids.uuid7() if unknown else self.ids[prefix])


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """Built once; the tests are marked django_db, so a test's writes are gone after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _build()
        transaction.set_rollback(True)


def _build() -> House:
    from engagements.services.engagements import create_engagement

    world = build_world()
    world.tenant.name = "Zebra Mutual"
    world.tenant.save()
    guest = person("Gus Guest", "client")
    with scope(world):
        engagement = create_engagement(
            by=world.lead, tenant=world.tenant, title="Zebra triage", sponsor=world.sponsor
        )
        second = create_engagement(by=world.lead, tenant=world.tenant, title="Second work")
        grants.add_guest(guest, second, {"see_engagement"})
        keys = {
            **_lifecycle(world, engagement),
            **_evaluation(world, engagement),
            **_people(world),
        }
        keys |= _decided(world, engagement)
        keys |= _piloted(world, engagement)
        _promised(world, engagement)
        visitor = person("Vera Visitor", "client")
        grants.add_guest(visitor, engagement, {"see_engagement"})
        keys |= judgement_of(world, engagement)
        keys |= _second_opinions(world, engagement, keys)
        keys |= _said(world, engagement)
        keys |= _tests_by_permission(world, engagement, keys)
    keys |= {"usr": visitor.pk, "mem": world.reviewer.memberships.get().pk}
    bearer = {name: _token(world, name) for name in ("lead", "outsider_lead", "expired")}
    built = House(world, guest, keys, bearer)
    for persona in (*world.people(), "guest"):
        built.client(persona)
    return built


def _lifecycle(world: World, engagement: Any) -> dict[str, Any]:
    from assessments.models import PainPoint, ProcessStep
    from engagements.catalogue import STANDARD
    from engagements.models import Criterion, Gate, GateRound
    from engagements.services.letterheads import set_preset
    from engagements.services.templates import import_template
    from engagements.vocabulary import RoundStatus

    gate = Gate.objects.get(engagement=engagement, number=1)
    criterion = Criterion.objects.filter(criteria_set__gate=gate)[0]
    row = GateRound.objects.create(
        tenant=world.tenant, engagement=engagement, gate=gate, number=1, status=RoundStatus.PREPARING,
        criteria_set=criterion.criteria_set,
    )  # fmt: skip
    pain = PainPoint.objects.create(
        tenant=world.tenant, engagement=engagement, title="Zebra pain", kind="manual_work"
    )
    text = (
        STANDARD.read_text()
        .replace("key: standard", "key: zebra")
        .replace("title: From", "title: Zebra, from")
    )
    template = import_template(by=world.lead, tenant=world.tenant, text=text)
    preset = set_preset(
        by=world.lead, tenant_id=world.tenant.pk, kind="evaluation", name="Zebra board", left_out=["figures"]
    )
    step = ProcessStep.objects.create(
        tenant=world.tenant, engagement=engagement, process="Zebra", name="Zebra step", order=1
    )
    return {
        "stp": step.pk, "tpl": template.pk, "rps": preset.pk, "eng": engagement.pk, "gat": gate.pk,
        "crs": criterion.criteria_set_id, "cri": criterion.pk, "rnd": row.pk, "pnp": pain.pk,
    }  # fmt: skip


def _piloted(world: World, engagement: Any) -> dict[str, Any]:
    from engagements.pilot_words import Cause, Severity
    from engagements.services.incidents import IncidentFacts, log_incident

    now = timezone.now()
    facts = IncidentFacts("Zebra stood still", Severity.MAJOR, Cause.DATA, now, now)
    return {"inc": log_incident(by=world.lead, engagement_id=engagement.pk, facts=facts).pk}


def _promised(world: World, engagement: Any) -> None:
    from engagements.services.metrics import save_success_metric
    from tests.engagements.conftest import metric_terms

    save_success_metric(by=world.lead, engagement_id=engagement.pk, metric=metric_terms())


def _decided(world: World, engagement: Any) -> dict[str, Any]:
    """A signed gate with a condition, a question about another round, and a delegation."""
    from engagements.models import (
        Approval,
        Condition,
        CriteriaSet,
        Decision,
        Delegation,
        GateRound,
        Question,
        Snapshot,
    )
    from engagements.rules.canonical import sha256

    here = {"tenant": world.tenant, "engagement": engagement}
    agreed = CriteriaSet.objects.get(gate__engagement=engagement, gate__number=0)
    snapshot = Snapshot.objects.create(**here, body="{}", sha256=sha256("{}"), size=2)
    now, decision_id = timezone.now(), ids.uuid7()
    row = GateRound.objects.create(
        **here, gate=agreed.gate, number=1, status="decided", criteria_set=agreed, snapshot=snapshot,
        submitted_by=world.lead, submitted_at=now, submit_seq=1, decision_id=decision_id, due=now.date(),
    )  # fmt: skip
    words = {
        "outcome": "approve_with_conditions", "statement": "Zebra", "signed_name": "Zebra",
        "submitted_by": world.lead, "auth_method": "password", "auth_age_s": 1, "second_factor": False,
        "snapshot_sha256": snapshot.sha256, "ledger_seq": 1,
    }  # fmt: skip
    Approval.objects.create(
        **here, **words, round=row, seat=0, role="client_sponsor", signed_by=world.sponsor,
        principal=world.sponsor, signed_at=now,
    )  # fmt: skip
    decision = Decision.objects.create(
        **here, **words, id=decision_id, round=row, decided_by=world.sponsor,
        decided_by_affiliation="client", decided_at=now,
    )  # fmt: skip
    condition = Condition.objects.create(
        **here, decision=decision, criterion_key="G0-1", text="Zebra promise", owner=world.lead,
        due=now.date(),
    )  # fmt: skip
    question = Question.objects.create(
        **here, round=GateRound.objects.exclude(pk=row.pk).get(engagement=engagement), text="Zebra?",
        is_blocking=False, asked_by=world.sponsor, asked_at=now,
    )  # fmt: skip
    delegation = Delegation.objects.create(
        **here, giver=world.sponsor, receiver=world.expert, starts_on=now.date(), until=now.date()
    )
    return {"cnd": condition.pk, "qst": question.pk, "dlg": delegation.pk}


def _evaluation(world: World, engagement: Any) -> dict[str, Any]:
    from demos.engine.pricing import Price
    from demos.engine.targets.spec import TargetKind, TargetSpec
    from demos.models import (
        Attempt,
        Case,
        Dataset,
        DatasetVersion,
        EvaluationPlan,
        Run,
        Upload,
    )  # fmt: skip
    from demos.services.targets import register_target

    here = {"tenant": world.tenant, "engagement": engagement}
    target_version = register_target(
        by=world.lead, engagement_id=engagement.pk, name="Zebra target", price=Price("USD"),
        spec=TargetSpec(
            kind=TargetKind.GENERIC_JSON, url="http://127.0.0.1:9/zebra", answer_path="$.answer",
            template={"question": "{{question}}"},
        ),
    )  # fmt: skip
    target = target_version.target
    dataset = Dataset.objects.create(**here, name="Zebra cases")
    version = DatasetVersion.objects.create(
        tenant=world.tenant, dataset=dataset, number=1, content_sha256="b" * 64, case_count=1,
        file_name="zebra.csv", file_sha256="c" * 64, mapping={}, imported_by=world.consultant,
    )  # fmt: skip
    case = Case.objects.create(
        tenant=world.tenant, dataset_version=version, position=1, key="Z1", input="Zebra?", expected="Zebra"
    )
    upload = Upload.objects.create(
        **here, dataset_name="Zebra upload", file_name="zebra.csv", file_sha256="d" * 64, size=3,
        content=b"a,b", columns=["a", "b"], guess={}, preview=[], uploaded_by=world.lead,
    )  # fmt: skip
    plan = EvaluationPlan.objects.create(
        **here, target_version=target_version, dataset_version=version, seed=1, config_sha256="e" * 64,
        created_by=world.lead,
    )  # fmt: skip
    run = Run.objects.create(
        **here, plan=plan, number=1, case_count=1, total=1, done=1, failed=1, currency="USD",
        started_by=world.lead, status="running", started_at=timezone.now(),
    )  # fmt: skip
    attempt = Attempt.objects.create(
        tenant=world.tenant, run=run, case=case, repeat=1, position=1, passed=False, first_try="ok",
        answer="Zebra answer", sent_at=timezone.now(), latency_ms=1.0,
    )  # fmt: skip
    end(run)
    return {
        "tgt": target.pk, "tgv": target_version.pk, "dsv": version.pk, "upl": upload.pk, "run": run.pk,
        "att": attempt.pk,
    }  # fmt: skip


def _second_opinions(world: World, engagement: Any, keys: dict[str, Any]) -> dict[str, Any]:
    """What is said about a run beside its graders: a comparison, a review, a dispute."""
    from demos.models import Attempt, JudgeVersion, Judging, PairJudging, ResultVersion, Run, RunSchedule
    from demos.services.comparisons import compare_runs
    from demos.services.disputes import dispute_grade
    from demos.services.reviews import ask_for_reviews
    from demos.vocabulary import ReviewLabel

    first, attempt = Run.objects.get(pk=keys["run"]), Attempt.objects.get(pk=keys["att"])
    second = Run.objects.get(pk=first.pk)
    second.pk, second.number, second._state.adding = ids.uuid7(), 2, True
    second.status, second.finished_at = "running", None
    second.save()
    attempt.pk, attempt.run, attempt._state.adding = ids.uuid7(), second, True
    attempt.save()
    end(second)
    comparison = compare_runs(by=world.lead, before_id=first.pk, now_id=second.pk)
    review = ask_for_reviews(by=world.lead, run_id=first.pk, size=1)
    dispute = dispute_grade(
        by=world.expert, attempt_id=keys["att"], says=ReviewLabel.RIGHT, reason="Zebra is right"
    )
    judging = Judging.objects.create(
        tenant=world.tenant, run=second, started_by=world.lead, total=1,
        judge=JudgeVersion.objects.create(
            tenant=world.tenant, engagement=engagement, name="Zebra judge", number=1, rubric="Zebra",
            target_version_id=keys["tgv"], config_sha256="f" * 64, created_by=world.lead,
        ),
    )  # fmt: skip
    schedule = RunSchedule.objects.create(
        tenant=world.tenant, engagement=engagement, name="Zebra schedule", target_id=keys["tgt"],
        dataset_version_id=keys["dsv"], accepted_run=first, interval_days=7, due_at=timezone.now(),
        owner=world.lead, is_on=False,
    )  # fmt: skip
    compared = PairJudging.objects.create(
        tenant=world.tenant, comparison=comparison, judge=judging.judge, config_sha256="f" * 64, cases=1,
        total=2, started_by=world.lead,
    )  # fmt: skip
    later = ResultVersion.objects.create(
        tenant=world.tenant, run=second, number=2, reason="regrade", config_sha256="f" * 64, note="Zebra"
    )
    return {
        "pjg": compared.pk, "cmp": comparison.pk, "rvr": review.pk, "dsp": dispute.pk, "jdg": judging.pk,
        "sch": schedule.pk,
        "rvi": review.items.get().pk, "jdv": judging.judge_id, "rsv": later.pk,
    }  # fmt: skip


def _tests_by_permission(world: World, engagement: Any, keys: dict[str, Any]) -> dict[str, Any]:
    """A permission of the client, and a load and a privacy test under it."""
    from demos.models import (
        FaultReport,
        LoadTest,
        PrivacyTest,
        ProbeReport,
        TargetVersion,
        TestAuthorisation,
    )

    now = timezone.now()
    here = {"tenant": world.tenant, "engagement": engagement}
    version = TargetVersion.objects.get(target_id=keys["tgt"], number=1)
    signed = TestAuthorisation.objects.create(
        **here, target=version.target, hosts=["127.0.0.1:9"], kinds=["load", "privacy", "fault"], starts=now,
        ends=now + timedelta(hours=1), max_per_second=9, max_requests=999, statement="Zebra",
        signed_by=world.sponsor, signed_name="Zebra", method="password", age_s=1, second_factor=False,
    )  # fmt: skip
    test = {
        **here, "number": 1, "authorisation": signed, "target_version": version, "config_sha256": "f" * 64,
        "peak_per_second": 1, "most_requests": 1, "started_by": world.lead, "status": "failed",
        "reason": "Zebra", "finished_at": now,
    }  # fmt: skip
    load = LoadTest.objects.create(
        **test, dataset_version_id=keys["dsv"], plan={"steps": [], "target_p95_ms": 1000, "recovery_s": 0}
    )
    privacy = PrivacyTest.objects.create(
        **test, catalogue_version=1, catalogue_sha256="f" * 64, seed=1, probes=1
    )
    report = ProbeReport.objects.create(
        **here, number=1, target_version=version, tool_version="Zebra", ended=True, content_sha256="f" * 64,
        lines=1, kinds={}, results=[], left_out=[], left_out_count=0, imported_by=world.lead,
    )  # fmt: skip
    faults = FaultReport.objects.create(
        **here, number=1, authorisation=signed, target_version=version, content_sha256="f" * 64,
        upstream="127.0.0.1:9", plan={"shares": {"reset": 1.0}, "lasting": 0.0}, started_at=signed.created_at,
        finished_at=signed.created_at, requests=1, tries=1, peak_per_second=1, untouched=0,
        by_fault=[], retries_after_limit=0, too_early=0, too_often=0, imported_by=world.lead,
    )  # fmt: skip
    return {"tau": signed.pk, "lod": load.pk, "prv": privacy.pk, "pbr": report.pk, "flr": faults.pk}


def _people(world: World) -> dict[str, Any]:
    key = ids.uuid7()
    Invitation.objects.create(
        pk=key, tenant=world.tenant, email="zebra@example.test", role="client_member",
        token_sha256=tokens.digest(link_token(key)), expires=timezone.now() + timedelta(days=1),
        invited_by=world.lead,
    )  # fmt: skip
    audit.record(actor=world.lead, event=TENANT_CREATED, subject=world.tenant)
    event = OutboxEvent.objects.filter(event=TENANT_CREATED.name)[0]
    line = Notification.objects.create(tenant=world.tenant, user=world.sponsor, event=event)
    token = ApiToken.objects.create(
        tenant=world.tenant, owner=world.lead, name="Zebra token", kind="pat", last4="abcd",
        token_sha256="f" * 64, scopes=[], expires=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    return {"inv": key, "tok": token.pk, "ntf": line.pk, "str": "0" * 64}


def _said(world: World, engagement: Any) -> dict[str, Any]:
    from engagements.services.comments import write_comment
    from portal.vocabulary import Visibility

    comment = write_comment(
        by=world.lead, engagement_id=engagement.pk, subject=engagement.public_id, body="Zebra words",
        visibility=Visibility.CLIENT,
    )  # fmt: skip
    return {"cmt": comment.pk}


def _token(world: World, persona: str) -> str:
    """A bearer token with every scope, in the client where the persona has (or had) a place."""
    made = tokens.generate(tokens.PERSONAL)
    tenant = world.other if persona.startswith("outsider") else world.tenant
    ApiToken.objects.create(
        tenant=tenant, owner=getattr(world, persona), name="All", kind="pat", token_sha256=made.sha256,
        last4=made.last4, scopes=list(tokens.SCOPES), expires=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    return made.text
