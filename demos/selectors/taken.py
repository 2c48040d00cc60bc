"""The lists of evaluations as rows: systems, prices, schedules, tests, permissions, reviews, comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.utils import timezone

from demos.models import PrivacyFinding, TestAuthorisation
from demos.selectors import (
    comparisons,
    faults,
    prices,
    reviews,
    schedules,
    targets,
    transcripts,
    trials,
    verdicts,
)
from demos.selectors.datasets import review_counts_of, visible_versions
from engagements.lists import Select
from engagements.models import Engagement
from portal.lists import Rows
from portal.models import User

TARGETS = ("system", "version", "kind", "url", "config_sha256", "connection_works", "stopped_since")
GRADERS = ("grader", "version", "kind", "required", "weight", "categories", "settings", "config_sha256")
DATASETS = (
    "dataset", "version", "cases", "accepted", "rejected", "not_reviewed", "file", "imported_by",
    "imported_at", "content_sha256",
)  # fmt: skip
PRICES = (
    "table", "version", "currency", "valid_from", "valid_to", "model", "charged_for", "price", "source",
    "stored_by", "stored_at", "content_sha256",
)  # fmt: skip
SCHEDULES = (
    "schedule", "system", "cases", "every_days", "next_at", "is_on", "compared_with_run", "margin",
    "most_cost", "in_the_name_of",
)  # fmt: skip
STARTS = (
    "schedule", "due_at", "missed_before", "run", "compared_with_run", "verdict", "difference", "low", "high",
    "n", "newly_wrong", "put_right", "problem",
)  # fmt: skip
_TRIAL = ("test", "system", "status", "reason", "started_by", "queued_at", "started_at", "finished_at")
LOAD_TESTS = (
    *_TRIAL, "valid", "requests", "most_requests", "peak_per_second", "cost", "currency", "config_sha256",
)  # fmt: skip
LOAD_STEPS = (
    "test", "kind", "level", "seconds", "offered", "done", "errors", "dropped", "error_rate", "per_second",
    "p50_ms", "p95_ms", "p95_at_most_ms", "p99_ms", "not_valid_because",
)  # fmt: skip
PRIVACY_TESTS = (*_TRIAL, "probes", "answered", "requests", "cost", "currency", "config_sha256")
FINDINGS = ("test", "what_came_out", "probe", "detail", "times", "sample_sha256")
PROBE_RESULTS = (
    "report", "system", "tool_version", "probe", "detector", "answers", "hits", "not_judged", "prompts",
    "prompts_hit", "bounded_over", "hits_at_most", "counts_agree", "imported_by", "imported_at",
    "content_sha256",
)  # fmt: skip
FAULT_TESTS = (
    "test", "system", "started_at", "finished_at", "fault", "requests", "tried_again", "recovered",
    "given_up", "most_tries", "shortest_wait_s", "middle_wait_s", "imported_by", "content_sha256",
)  # fmt: skip
FAULT_ATTESTATIONS = ("test", "fault", "what_people_got", "where_looked", "said_by", "said_at")
PERMISSIONS = (
    "system", "hosts", "kinds", "starts", "ends", "most_per_second", "most_requests", "signed_by",
    "signed_at", "method", "second_factor", "state", "statement",
)  # fmt: skip
REVIEWS = (
    "round", "run", "answers", "settled", "words", "agreement", "kappa", "severe", "asked_for_by",
    "asked_for_at",
)  # fmt: skip
DISPUTES = (
    "run", "case", "says", "reason", "raised_by", "raised_at", "ruling", "why", "ruled_by", "ruled_at",
)  # fmt: skip
COMPARISONS = (
    "before_run", "now_run", "verdict", "difference", "low", "high", "n", "newly_wrong", "put_right", "p",
    "margin", "same_system", "same_cases", "same_graders", "method", "seed", "compared_by", "compared_at",
)  # fmt: skip
DELETIONS = (
    "run", "attempts", "connection_tests", "later_grades", "opinions", "asked_from", "asked_to", "deleted_at",
    "after_days", "ids_sha256",
)  # fmt: skip


def target_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """The newest version of each system under test."""
    for row in targets.newest_target_versions(viewer, engagement.pk):
        yield (
            row.target.name, row.number, row.config["kind"], row.config["url"], row.config_sha256,
            row.works,  # type: ignore[attr-defined]  # the selector put it there
            row.target.halted_at,
        )  # fmt: skip


def grader_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """The newest version of each grader; ``categories`` empty: every case."""
    for row in targets.newest_grader_versions(viewer, engagement.pk):
        yield (
            row.grader.name, row.number, row.kind, row.must, row.weight, ", ".join(row.categories),
            row.params, row.config_sha256,
        )  # fmt: skip


def dataset_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every version of every dataset, newest first, with how far its review is."""
    rows = list(visible_versions(viewer).filter(dataset__engagement=engagement))
    counts = review_counts_of(rows)
    for row in rows:
        found = counts[row.pk]
        yield (
            row.dataset.name, row.number, row.case_count, found.accepted, found.rejected, found.open,
            row.file_name, row.imported_by.name, row.created_at, row.content_sha256,
        )  # fmt: skip


def price_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every price of every version, the newest first."""
    for version in prices.price_versions(viewer, engagement.pk):
        for line in version.lines.all():
            yield (
                version.table.name, version.number, version.table.currency, version.valid_from,
                version.valid_to, line.model, line.get_price_class_display(), line.amount, version.source,
                version.created_by.name, version.created_at, version.content_sha256,
            )  # fmt: skip


def schedule_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every schedule; ``next_at`` empty while it is paused."""
    for row in schedules.visible_schedules(viewer, engagement.pk):
        yield (
            row.name, row.target.name, str(row.dataset_version), row.interval_days,
            row.due_at if row.is_on else None, row.is_on, row.accepted_run.number, row.margin, row.max_cost,
            row.owner.name,
        )  # fmt: skip


def start_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every due time of every schedule and what became of it."""
    for schedule in schedules.visible_schedules(viewer, engagement.pk):
        for row in schedule.newest:  # type: ignore[attr-defined]  # the selector put it there
            found = row.comparison
            says = (found.get_verdict_display(), found.difference, found.low, found.high, found.n, found.b,
                    found.c) if found else (None,) * 7  # fmt: skip
            yield (
                schedule.name, row.due_at, row.missed, row.run.number if row.run else None,
                schedule.accepted_run.number, *says, row.problem,
            )  # fmt: skip


def load_test_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every load test, newest first; ``valid`` empty while it is not over."""
    for row in trials.visible_load_tests(viewer, engagement.pk):
        yield (
            row.number, str(row.target_version), row.status, row.reason, row.started_by.name, row.created_at,
            row.started_at, row.finished_at, row.valid, row.requests, row.most_requests, row.peak_per_second,
            row.cost, row.currency, row.config_sha256,
        )  # fmt: skip


def load_step_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """The steps of every load test that is over; ``test`` keeps one by its number."""
    wanted = filters.get("test", "")
    for test in trials.visible_load_tests(viewer, engagement.pk):
        if wanted and str(test.number) != wanted:
            continue
        for step in (test.result or {}).get("steps", ()):
            waits, bounds = step["waits"], step["bounds"]
            yield (
                test.number, step["kind"], step["level"], step["seconds"], step["offered"], step["done"],
                step["errors"], step["dropped"], step["error_rate"], step["per_second"], waits.get("p50"),
                waits.get("p95"), bounds.get("p95"), waits.get("p99"), step["reason"],
            )  # fmt: skip


def privacy_test_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every privacy test, newest first."""
    for row in trials.visible_privacy_tests(viewer, engagement.pk):
        yield (
            row.number, str(row.target_version), row.status, row.reason, row.started_by.name, row.created_at,
            row.started_at, row.finished_at, row.probes, row.answered, row.requests, row.cost, row.currency,
            row.config_sha256,
        )  # fmt: skip


def finding_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """What came out in privacy tests, as counts and hashes; ``test`` keeps one by its number."""
    tests, wanted = trials.visible_privacy_tests(viewer, engagement.pk), filters.get("test", "")
    if wanted:
        tests = tests.filter(number=int(wanted)) if wanted.isascii() and wanted.isdigit() else tests.none()
    rows = PrivacyFinding.objects.filter(test__in=tests.order_by()).select_related("test")
    for row in rows.order_by("-test__number", "kind", "probe", "detail"):
        yield (
            row.test.number, row.get_kind_display(), row.probe, row.detail, row.count, row.sample_sha256
        )  # fmt: skip


def probe_result_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """What reports of another tool say, by probe and detector; ``report`` keeps one by its number."""
    rows, wanted = trials.visible_probe_reports(viewer, engagement.pk), filters.get("report", "")
    if wanted:
        rows = rows.filter(number=int(wanted)) if wanted.isascii() and wanted.isdigit() else rows.none()
    for row in rows:
        for pair in row.results:
            yield (
                row.number, str(row.target_version), row.tool_version, pair["probe"], pair["detector"],
                pair["n"], pair["hits"], pair["unjudged"], pair["prompts"], pair["prompts_hit"],
                pair["bounded_over"], pair["upper"], pair["agrees"], row.imported_by.name, row.created_at,
                row.content_sha256,
            )  # fmt: skip


def fault_test_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """What a caller did, by fault; seconds are empty where nothing was tried again."""
    for row in faults.visible_fault_reports(viewer, engagement.pk):
        for one in row.counts:
            yield (
                row.number, str(row.target_version), row.started_at, row.finished_at, one.fault.value,
                one.requests, one.retried, one.recovered, one.given_up, one.most_tries, one.shortest_gap_s,
                one.middle_gap_s, row.imported_by.name, row.content_sha256,
            )  # fmt: skip


def fault_attestation_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """What people said of requests that were given up, newest test and word first."""
    for row in faults.visible_attestations(viewer, engagement.pk):
        yield (
            row.report.number, row.fault, row.get_said_display(), row.note, row.said_by.name, row.created_at,
        )  # fmt: skip


def permission_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every permission for tests in the words that were signed, newest first."""
    now = timezone.now()
    for row in trials.visible_authorisations(viewer, engagement.pk):
        yield (
            row.target.name, ", ".join(row.hosts), ", ".join(row.kinds), row.starts, row.ends,
            row.max_per_second, row.max_requests, row.signed_name, row.created_at, row.method,
            row.second_factor, _state(row, now), row.statement,
        )  # fmt: skip


def _state(row: TestAuthorisation, now: datetime) -> str:
    if row.is_revoked:  # type: ignore[attr-defined]  # the selector put it there
        return "taken back"
    if row.ends <= now:
        return "over"
    return "not begun" if row.starts > now else "in force"


def review_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every round of review; how far people agree stands there once all is settled, as on its page."""
    for row in reviews.visible_rounds(viewer, engagement.pk):
        found = reviews.summary_of(row)
        told = (found.agreement, found.kappa, found.severe) if found.complete else (None,) * 3
        yield (
            row.number, row.run.number, found.size, found.settled, found.words, *told, row.created_by.name,
            row.created_at,
        )  # fmt: skip


def dispute_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every dispute that the viewer may read, with its ruling."""
    found = verdicts.visible_disputes(viewer, engagement).select_related("attempt__run", "attempt__case")
    for row in found.select_related("attempt__run", "attempt__case", "raised_by").order_by("-created_at"):
        ruling = next(iter(row.rulings.all()), None)
        ended = (ruling.get_outcome_display(), ruling.reason, ruling.ruled_by.name,
                 ruling.created_at) if ruling else (None,) * 4  # fmt: skip
        yield (
            row.attempt.run.number, row.attempt.case.key, row.get_says_display(), row.reason,
            row.raised_by.name, row.created_at, *ended,
        )  # fmt: skip


def comparison_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every comparison of two runs, newest first. Differences are fractions."""
    for row in comparisons.visible_comparisons(viewer, engagement.pk):
        yield (
            row.before.number, row.now.number, row.get_verdict_display(), row.difference, row.low, row.high,
            row.n, row.b, row.c, row.p, row.margin, row.same_target, row.same_cases, row.same_graders,
            row.method, row.seed, row.created_by.name, row.created_at,
        )  # fmt: skip


def deletion_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """The proofs of deleted texts, newest first; ``run`` empty: tests of a connection."""
    for row in transcripts.visible_deletions(viewer, engagement.pk):
        yield (
            row.run.number if row.run else None, row.attempts, row.exchanges, row.regrades, row.opinions,
            row.first_at, row.last_at, row.created_at, row.retention_days, row.ids_sha256,
        )  # fmt: skip


LISTS: Final[tuple[tuple[str, tuple[str, ...], Select], ...]] = (
    ("systems", TARGETS, target_rows),
    ("graders", GRADERS, grader_rows),
    ("datasets", DATASETS, dataset_rows),
    ("prices", PRICES, price_rows),
    ("schedules", SCHEDULES, schedule_rows),
    ("schedule-starts", STARTS, start_rows),
    ("load-tests", LOAD_TESTS, load_test_rows),
    ("load-steps", LOAD_STEPS, load_step_rows),
    ("privacy-tests", PRIVACY_TESTS, privacy_test_rows),
    ("privacy-findings", FINDINGS, finding_rows),
    ("fault-tests", FAULT_TESTS, fault_test_rows),
    ("fault-attestations", FAULT_ATTESTATIONS, fault_attestation_rows),
    ("probe-results", PROBE_RESULTS, probe_result_rows),
    ("test-permissions", PERMISSIONS, permission_rows),
    ("reviews", REVIEWS, review_rows),
    ("disputes", DISPUTES, dispute_rows),
    ("comparisons", COMPARISONS, comparison_rows),
    ("text-deletions", DELETIONS, deletion_rows),
)
