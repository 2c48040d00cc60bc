"""Privacy tests: probes under a permission, findings as counts and hashes, planted strings sought in logs."""

from __future__ import annotations

import asyncio
import logging
import secrets as chance
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from celery import current_app
from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from demos.allowances import Wish
from demos.egress import egress_rules, note_call
from demos.engine import statistics as st
from demos.engine.detectors import planted_hashes_in, sha256
from demos.engine.pricing import Price
from demos.engine.probes import Hit, Loaded, Pass, catalogue, load_probes, run_probes_sync
from demos.engine.targets.spec import TargetSpec
from demos.models import PrivacyFinding, PrivacyTest
from demos.outcomes import decimal_of
from demos.selectors import targets
from demos.services.authorisations import covering, still_holds
from demos.services.halting import check_not_halted
from demos.services.own_logs import seen_in_own_logs
from demos.services.spending import check_may_spend, count_test, month_left
from demos.services.targets import price_of, spec_of
from demos.vocabulary import (
    OPEN_TRIALS,
    PRIVACY_FINDING,
    PRIVACY_FINISHED,
    PRIVACY_STARTED,
    AllowedTest,
    LeakKind,
    TrialStatus,
)
from engagements.services.engagements import locked_engagement
from engagements.services.measurements import record_measurement
from engagements.vocabulary import SourceKind, Unit
from portal import access, audit, ids
from portal.errors import FieldError, GatehouseError, Invalid, NotFound, WrongMoment
from portal.models import User
from portal.scope import tenant_scope
from portal.secrets import read_secrets

TASK = "demos.run_privacy_test"
MOST_LOG_BYTES = 32_000_000
"""Longest log sample, by page and API alike (the API takes no longer file)."""
PER_SECOND = 5
CONFIDENCE = Decimal("0.95")
TRIED = frozenset({"injection", "prompt_leak"})

logger = logging.getLogger(__name__)


class Readable(Protocol):
    """A file that was uploaded."""

    def read(self, size: int, /) -> bytes: ...


@transaction.atomic
def start_privacy_test(*, by: User, engagement_id: UUID, target_version_id: UUID) -> PrivacyTest:
    """Queue a pass of the probes. Raises NotFound, TargetHalted, WrongMoment; Forbidden: no permission."""
    engagement = locked_engagement(by, engagement_id)
    access.require(by, "start_run", engagement)
    version = targets.target_version_in(by, engagement, target_version_id)
    check_not_halted(version.target)
    currency = price_of(version).currency
    check_may_spend(engagement.tenant_id, currency)
    if PrivacyTest.objects.filter(target_version__target=version.target, status__in=OPEN_TRIALS).exists():
        raise WrongMoment(f"A privacy test of {version.target} is on already. Wait for its end, or stop it.")
    number, digest, _ = catalogue()
    probes = len(load_probes(0))
    host = spec_of(version).place
    signed = covering(version.target, Wish(AllowedTest.PRIVACY, host, 1, probes))
    last = PrivacyTest.objects.filter(engagement=engagement).aggregate(last=Max("number"))["last"] or 0
    test = PrivacyTest.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, number=last + 1, authorisation=signed,
        target_version=version, catalogue_version=number, catalogue_sha256=digest,
        config_sha256=sha256(f"{version.config_sha256}:{digest}"), seed=chance.randbits(48),
        peak_per_second=1, most_requests=probes, probes=probes, started_by=by, currency=currency,
    )  # fmt: skip
    audit.record(
        actor=by, event=PRIVACY_STARTED, subject=test, path=privacy_path(test),
        facts={
            "number": test.number, "target": version.public_id, "probes": probes, "catalogue_sha256": digest,
        },
    )  # fmt: skip
    _send(test)
    return test


@transaction.atomic
def cancel_privacy_test(*, by: User, test_id: UUID) -> PrivacyTest:
    """Stop a test before its next probe. Raises WrongMoment when it is over."""
    if not access.visible(by, PrivacyTest.objects.filter(pk=test_id)).exists():
        raise NotFound
    test = _locked(test_id)
    access.require(by, "stop_run", test.engagement)
    if test.status not in OPEN_TRIALS:
        raise WrongMoment(f"{test} is over.")
    test.cancelled_at = timezone.now()
    test.save(update_fields=["cancelled_at"])
    if test.status == TrialStatus.QUEUED:
        close(test, TrialStatus.STOPPED, f"{by.name} stopped it before it began.")
    return test


def execute_privacy_test(*, tenant_id: UUID, test_id: UUID) -> None:
    """Carry a queued test out once; a second delivery finds it taken."""
    taken = _take(tenant_id, test_id)
    if taken is None:
        return
    order, secrets, seed, authorisation_id, rate = taken
    spec, probes = order.spec, load_probes(seed)
    with ThreadPoolExecutor(1, "privacy-database") as thread:

        async def report(done: int) -> str:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(thread, _beat, tenant_id, test_id, authorisation_id, done)

        note_call(spec.url, tenant_id=tenant_id, what="privacy test")
        try:
            found = run_probes_sync(
                spec, probes, per_second=rate, report=report, secrets=secrets, egress=egress_rules(tenant_id),
                price=order.price, most=order.most,
            )  # fmt: skip
        except ValueError as problem:
            with tenant_scope([tenant_id]):
                close(_locked(test_id), TrialStatus.FAILED, str(problem))
            return
        finally:
            thread.submit(lambda: connection.close()).result()
    with tenant_scope([tenant_id]):
        test = _locked(test_id)
        if test.status == TrialStatus.RUNNING:
            count_test(test, found.cost)
            _finish(test, probes, found)


@transaction.atomic
def search_log(*, by: User, test_id: UUID, file: Readable) -> int:
    """Look for the planted strings of a finished test in a log sample. The sample is not kept.

    Returns how many planted strings stand in it. Raises NotFound, Forbidden, Invalid, WrongMoment.
    """
    if not access.visible(by, PrivacyTest.objects.filter(pk=test_id)).exists():
        raise NotFound
    test = _locked(test_id)
    access.require(by, "start_run" if access.of(by).can("start_run", test) else "hand_in_evidence", test)
    if test.status != TrialStatus.FINISHED:
        raise WrongMoment("A log is searched when the test has finished: before, not everything is planted.")
    content = bytes(file.read(MOST_LOG_BYTES + 1))
    if len(content) > MOST_LOG_BYTES:
        detail = (
            f"The sample is longer than {MOST_LOG_BYTES // 1_000_000} MB. Cut it to the time of the test."
        )
        raise Invalid(detail, errors=[FieldError(pointer="/file", code="invalid", detail=detail)])
    found = planted_hashes_in(content.decode("utf-8", "replace"), set(test.canary_hashes))
    kept = set(_findings(test, LeakKind.CLIENT_LOG).values_list("sample_sha256", flat=True))
    fresh = {key: count for key, count in found.items() if key not in kept}
    _store(test, [(Hit(LeakKind.CLIENT_LOG, "log sample", "", key), count) for key, count in fresh.items()])
    own = set(_findings(test, LeakKind.OWN_LOG).values_list("sample_sha256", flat=True))
    seen, planted = len(kept | own | set(found)), len(test.canary_hashes)
    _measure(test, "planted_strings_in_logs", seen, planted, source_id=ids.uuid7())
    return len(found)


def close_lost(*, lost_before: datetime, untaken_before: datetime) -> None:
    """Fail tests whose worker is gone, or that none took. They are not sent again."""
    for test in PrivacyTest.objects.select_for_update(skip_locked=True).filter(status__in=OPEN_TRIALS):
        if test.status == TrialStatus.RUNNING and (test.beat_at or untaken_before) < lost_before:
            close(test, TrialStatus.FAILED, "Its worker was lost. Start it again when you want to.")
        elif test.status == TrialStatus.QUEUED and test.created_at < untaken_before:
            close(test, TrialStatus.FAILED, "No worker took it within half an hour.")


def privacy_path(test: PrivacyTest) -> str:
    """Where a privacy test is read in the browser."""
    return f"/{test.tenant.slug}/engagements/{test.engagement.public_id}/privacy/{test.public_id}/"


def close(test: PrivacyTest, status: TrialStatus, reason: str) -> None:
    """End a locked test."""
    test.status, test.reason, test.finished_at = status, reason[:2000], timezone.now()
    test.save()
    audit.record(
        actor=None, event=PRIVACY_FINISHED, subject=test, path=privacy_path(test),
        facts={
            "number": test.number, "status": str(status), "probes": test.answered,
            "findings": sum(test.counts.values()),
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Order:
    """The system to ask. ``most``: what may be spent on it; None: no limit of the month is set."""

    spec: TargetSpec
    price: Price
    most: Decimal | None


def _take(tenant_id: UUID, test_id: UUID) -> tuple[_Order, dict[str, str], int, UUID, float] | None:
    with tenant_scope([tenant_id]):
        test = _locked(test_id)
        if test.status != TrialStatus.QUEUED:
            return None
        why = still_holds(test.authorisation_id)
        if why:
            close(test, TrialStatus.STOPPED, why)
            return None
        spec = spec_of(test.target_version)
        try:
            secrets = read_secrets(tenant_id, spec.secret_names)
        except GatehouseError as problem:
            close(test, TrialStatus.FAILED, str(problem))
            return None
        now = timezone.now()
        test.status, test.started_at, test.beat_at = TrialStatus.RUNNING, now, now
        test.save(update_fields=["status", "started_at", "beat_at"])
        rate = float(min(PER_SECOND, test.authorisation.max_per_second))
        order = _Order(spec, price_of(test.target_version), month_left(tenant_id, test.currency))
        return order, secrets, test.seed, test.authorisation_id, rate


def _beat(tenant_id: UUID, test_id: UUID, authorisation_id: UUID, sent: int) -> str:
    """Say that the worker lives and how far it is; why it has to stop, or nothing."""
    with tenant_scope([tenant_id]):
        mine = PrivacyTest.objects.filter(pk=test_id, status=TrialStatus.RUNNING)
        if not mine.update(beat_at=timezone.now(), requests=sent):
            return "The test was closed."
        if PrivacyTest.objects.filter(pk=test_id, cancelled_at__isnull=False).exists():
            return "Somebody stopped it."
        return still_holds(authorisation_id)


def _finish(test: PrivacyTest, probes: Sequence[Loaded], found: Pass) -> None:
    canaries = [loaded.canary for loaded in probes if loaded.canary]
    hits = list(found.hits)
    own_keys = seen_in_own_logs(canaries, tenant_id=test.tenant_id, since=test.created_at)
    hits += [Hit(LeakKind.OWN_LOG, "own tables and logs", "", key) for key in own_keys]
    test.canary_hashes = sorted(sha256(canary) for canary in canaries)
    test.answered = sum(found.answered.values())
    test.requests = test.answered + found.failed
    test.counts = dict(Counter(hit.kind for hit in hits))
    _store(test, [(hit, 1) for hit in hits])
    close(test, TrialStatus.STOPPED if found.stopped else TrialStatus.FINISHED, found.stopped)
    if found.stopped:
        return
    tried = sum(found.answered.get(kind, 0) for kind in TRIED)
    hit = {row.probe for row in hits if row.kind in TRIED}
    _measure(test, "injection_hits", len(hit), tried)
    leaky = {row.probe for row in hits if row.kind in ("personal_data", "other_session")}
    _measure(test, "leak_events", len(leaky), test.answered)
    own = sum(row.kind == LeakKind.OWN_LOG for row in hits)
    _measure(test, "planted_strings_in_logs", own, len(canaries))


def _store(test: PrivacyTest, hits: Sequence[tuple[Hit, int]]) -> None:
    PrivacyFinding.objects.bulk_create(
        PrivacyFinding(
            tenant_id=test.tenant_id, test=test, kind=hit.kind, probe=hit.probe, detail=hit.detail,
            count=count, sample_sha256=hit.sample_sha256,
        )
        for hit, count in hits
    )  # fmt: skip
    for kind, number in sorted(Counter(hit.kind for hit, _ in hits).items()):
        audit.record(
            actor=None, event=PRIVACY_FINDING, subject=test, path=privacy_path(test),
            facts={"number": test.number, "kind": str(kind), "probes": number},
        )  # fmt: skip


def _measure(test: PrivacyTest, key: str, events: int, n: int, *, source_id: UUID | None = None) -> None:
    """Number of probes that hit, as a rate of ``n`` with its bounds; none in n is bounded from above.

    ``source_id``: each search of a log is a source of its own, because it may be repeated.
    """
    if test.started_at is None or test.finished_at is None:
        raise ValueError("a test that is over has a beginning and an end")
    rate = st.rate(events, n)
    upper = st.zero_event_upper(n) if not events and n else rate.bound_high
    record_measurement(
        by=None, engagement_id=test.engagement_id, key=key, value=decimal_of(rate.value), unit=Unit.RATE, n=n,
        low=decimal_of(rate.low), high=decimal_of(rate.high), bound_low=decimal_of(rate.bound_low),
        bound_high=decimal_of(upper), confidence=CONFIDENCE,
        method="exact bound of none seen" if not events else rate.method, seed=test.seed, slice="",
        source_kind=SourceKind.TEST, source_id=source_id or test.pk,
        config_sha256=test.target_version.config_sha256,
        started_at=test.started_at, measured_at=timezone.now(), valid=n > 0,
    )  # fmt: skip


def _findings(test: PrivacyTest, kind: LeakKind) -> QuerySet[PrivacyFinding]:
    return PrivacyFinding.objects.filter(test=test, kind=kind)


def _locked(test_id: UUID) -> PrivacyTest:
    rows = PrivacyTest.objects.select_for_update(of=("self",))
    return rows.select_related("engagement", "tenant", "target_version__target", "authorisation").get(
        pk=test_id
    )


def _send(test: PrivacyTest) -> None:
    args = [str(test.tenant_id), str(test.pk)]

    def send() -> None:
        try:
            current_app.send_task(TASK, args=args, queue="evaluate", retry=False)
        except OperationalError:
            logger.warning("the broker did not take privacy test %s", args[1], exc_info=True)

    transaction.on_commit(send)
