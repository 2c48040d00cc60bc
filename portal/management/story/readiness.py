"""Harbor Mutual's readiness before the demo gate: half of it shown, one element behind, three risks."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from assessments.services.answers import claim, verify
from assessments.services.assessment import start_assessment
from assessments.services.risks import RiskTerms, accept_risk, open_risk
from assessments.services.sections import assign_section
from assessments.vocabulary import RiskResponse
from engagements.models import Engagement
from engagements.rules.drill import Drill
from engagements.services.evidence import Given, accept, hand_in
from engagements.services.evidence_requests import Wanted, ask_for_evidence
from engagements.vocabulary import EvidenceKind, EvidenceStrength
from portal.models import User

DOCUMENT, ONCE = EvidenceStrength.DOCUMENT, EvidenceStrength.MEASURED_ONCE
LEAD, CONSULTANT, EXPERT, ADMIN = "Jonas Lindqvist", "Amira Haddad", "Priya Nair", "Dana Ruiz"

Told = tuple[str, str, str, EvidenceStrength, int, tuple[str, ...], str]

EVIDENCE: Final[tuple[Told, ...]] = (
    # title, who hands in, who accepts, strength, age in days, what it speaks to, what it says
    ("Source register", ADMIN, CONSULTANT, DOCUMENT, 13, ("E05-1",), "Mail, claims system, owners, limits."),
    (
        "Rules and risk class",
        ADMIN,
        CONSULTANT,
        DOCUMENT,
        40,
        ("E02-1",),
        "Insurance law, data protection, owner.",
    ),
    (
        "Data map",
        ADMIN,
        CONSULTANT,
        DOCUMENT,
        35,
        ("E02-2", "E02-3"),
        "Basis, places, retention, trace content.",
    ),
    (
        "Access matrix and key plan",
        CONSULTANT,
        EXPERT,
        DOCUMENT,
        30,
        ("E04-1", "E04-4"),
        "Roles, vault, rotation.",
    ),
    (
        "Redaction and misuse rules",
        CONSULTANT,
        EXPERT,
        DOCUMENT,
        28,
        ("E04-2", "E04-3"),
        "What never leaves.",
    ),
    (
        "Overlap check: none in 200",
        CONSULTANT,
        EXPERT,
        ONCE,
        35,
        ("E05-3",),
        "0 of 200 cases were used to build.",
    ),
    (
        "Time study and log extract",
        CONSULTANT,
        EXPERT,
        ONCE,
        45,
        ("E01-1", "E01-2"),
        "26.0 h over 4,120 notices.",
    ),
    (
        "Version and fallback record",
        CONSULTANT,
        EXPERT,
        DOCUMENT,
        10,
        ("E06-1", "E06-4"),
        "Model, prompt, hash.",
    ),
    (
        "Evaluation plan",
        CONSULTANT,
        EXPERT,
        DOCUMENT,
        12,
        ("E01-3", "E06-2", "E06-3"),
        "Cases, graders, slices.",
    ),
    (
        "Screens and tasks",
        CONSULTANT,
        EXPERT,
        DOCUMENT,
        20,
        ("E13-1", "E13-2", "E13-3"),
        "Test script, undo.",
    ),
)

CLAIMS: Final = (
    # side that answers, levels by question; the other side verifies those that it has seen
    (CONSULTANT, EXPERT, {"E01-1": 3, "E01-2": 3, "E01-3": 2, "E04-1": 2, "E04-2": 2, "E04-3": 2, "E04-4": 2,
                          "E05-3": 3, "E06-1": 2, "E06-2": 2, "E06-3": 2, "E06-4": 2, "E13-1": 2, "E13-2": 2,
                          "E13-3": 2}),
    (ADMIN, CONSULTANT, {"E02-1": 2, "E02-2": 2, "E02-3": 2, "E05-1": 2}),
    (CONSULTANT, None, {"E05-2": 2, "E03-1": 1, "E03-2": 1, "E03-3": 1, "E07-1": 1, "E07-2": 1, "E08-1": 1,
                        "E08-2": 1, "E08-3": 1, "E09-1": 1, "E09-2": 1, "E09-3": 1, "E10-1": 1, "E10-2": 1}),
    (ADMIN, None, {"E05-4": 1, "E11-1": 1, "E11-2": 1, "E11-3": 1, "E12-1": 1, "E12-2": 1, "E12-3": 1,
                   "E14-1": 1, "E14-2": 1, "E15-1": 1, "E15-2": 1, "E15-3": 1, "E15-4": 1}),
)  # fmt: skip


def answer_readiness(people: dict[str, User], engagement: Engagement) -> None:
    """Begin, hand in and accept evidence, answer, verify, open the first risks."""
    start_assessment(by=people[LEAD], engagement_id=engagement.pk, target_gate=1)
    for told in EVIDENCE:
        _show(people, engagement, told)
    for who, checks, levels in CLAIMS:
        for key, level in levels.items():
            place: dict[str, Any] = {"engagement_id": engagement.pk, "question": key, "level": level}
            claim(by=people[who], **place)
            if checks is not None:
                verify(by=people[checks], **place)
    _drill(people, engagement)
    today = timezone.now().date()
    assign_section(
        by=people[LEAD], engagement_id=engagement.pk, element="E05", person=people[ADMIN],
        due=today + timedelta(days=7),
    )  # fmt: skip
    _risks(people, engagement)
    _asked_for(people, engagement)


def _asked_for(people: dict[str, User], engagement: Engagement) -> None:
    """What the next step needs to see: one for Dana, one for whoever has it."""
    today = timezone.now().date()
    wanted = (
        Wanted(
            "Restore test of the claims index", today + timedelta(days=9),
            "Nobody has restored the index yet. One dated test with the minutes that it took is enough.",
            ("E09-2",), person_id=people[ADMIN].pk,
        ),
        Wanted(
            "Who looks after the inbox at night and on Sundays", today + timedelta(days=14),
            "The pilot runs around the clock. A page of the duty roster is enough.", ("E11-1",),
        ),
    )  # fmt: skip
    for one in wanted:
        ask_for_evidence(by=people[CONSULTANT], engagement_id=engagement.pk, wanted=one)


def _show(people: dict[str, User], engagement: Engagement, told: Told) -> None:
    title, giver, judge, strength, age, about, note = told
    day = timezone.now().date() - timedelta(days=age)
    body = f"{title}\n\n{note}\nHarbor Mutual, claims triage, {day.isoformat()}.\n".encode()
    name = title.split(":")[0].lower().replace(" ", "-") + ".txt"
    given = Given(effective_from=day, strength=strength, about=about, note=note, file_name=name, body=body)
    version = hand_in(
        by=people[giver], engagement_id=engagement.pk, title=title, kind=EvidenceKind.FILE, given=given
    )
    accept(by=people[judge], version_id=version.pk)


def _drill(people: dict[str, User], engagement: Engagement) -> None:
    """A drill that waits to be accepted: the first thing for the client to do."""
    given = Given(
        effective_from=timezone.now().date() - timedelta(days=2), strength=ONCE, about=("E15-1",),
        drill=Drill(
            "Version 3 sorts every mail into one queue.", "Amira Haddad, Dana Ruiz",
            "Back on version 2 without loss of mail.", Decimal(22), detected=Decimal(4), decided=Decimal(9),
        ),
    )  # fmt: skip
    hand_in(
        by=people[CONSULTANT], engagement_id=engagement.pk, title="Rollback drill", kind=EvidenceKind.DRILL,
        given=given, proves="rollback_drill",
    )  # fmt: skip


def _risks(people: dict[str, User], engagement: Engagement) -> None:
    today, lead = timezone.now().date(), people[LEAD]
    dirty = RiskTerms(
        "Source data late, changed or dirty", 4, 4, RiskResponse.REDUCE,
        plan="Rules for incomplete, duplicate and late claims; bad-data cases in the next run.",
        owner=people[CONSULTANT], due=today + timedelta(days=21),
    )  # fmt: skip
    open_risk(by=lead, engagement_id=engagement.pk, terms=dirty, catalogue_key="R18")
    retired = RiskTerms("Model retired or changed by provider", 4, 4, RiskResponse.SHARE,
                        plan="Version is pinned; an alternative is named.", owner=people[CONSULTANT],
                        residual=(2, 4))  # fmt: skip
    open_risk(by=lead, engagement_id=engagement.pk, terms=retired, catalogue_key="R09")
    staff = RiskTerms("Staff or works council objects late", 3, 4, RiskResponse.ACCEPT, owner=people[ADMIN])
    objecting = open_risk(by=lead, engagement_id=engagement.pk, terms=staff, catalogue_key="R29")
    accept_risk(
        by=people["Margaret Osei"], risk_id=objecting.pk, until=today + timedelta(days=60),
        reason="The demo works on old mail; nobody's work changes before the pilot.",
    )  # fmt: skip
