"""May it run there now: every reason against, until when, and a token that a pipeline checks by itself."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engagements.rules.decisions import DecisionTerms
from engagements.rules.permits import LONGEST, GateFacts, permit
from engagements.services import gates
from engagements.services.permits import issue, public_keys
from engagements.vocabulary import EngagementStatus, Environment, Outcome, StageKind, StageStatus
from tests.engagements.conftest import BINDING, Shown, pass_first_gate, submit_demo

NOW = datetime(2026, 11, 17, 11, 30, tzinfo=UTC)
PASSED = StageStatus.PASSED
WAY = [
    GateFacts(0, StageKind.PAIN_POINTS, "Pain points", PASSED),
    GateFacts(1, StageKind.DEMO, "Demo", PASSED),
    GateFacts(2, StageKind.PILOT, "Pilot", PASSED),
    GateFacts(3, StageKind.DEPLOYMENT, "Deployment", PASSED),
    GateFacts(4, StageKind.BENEFITS, "Benefits", StageStatus.IN_PROGRESS),
]


def ask(environment=Environment.PROD, gates=WAY, status=EngagementStatus.ACTIVE, running=""):
    return permit(environment, gates, status=status, approved="a" * 64, running=running, now=NOW)


def way(number: int, **changes):
    return [replace(gate, **changes) if gate.number == number else gate for gate in WAY]


@pytest.mark.parametrize("environment", Environment)
def test_it_may_run_where_every_gate_on_the_way_is_passed(environment):
    given = ask(environment)
    assert (given.allow, given.reasons, given.expires) == (True, (), NOW + LONGEST)


@pytest.mark.parametrize("status", StageStatus)
@pytest.mark.parametrize("number", range(5))
def test_every_state_of_every_gate_allows_or_denies(number, status):
    passed = status in (StageStatus.PASSED, StageStatus.PASSED_WITH_CONDITIONS)
    assert ask(Environment.PROD, way(number, status=status)).allow == (passed or number > 3)
    assert ask(Environment.PILOT, way(number, status=status)).allow == (passed or number > 1)


@pytest.mark.parametrize("status", EngagementStatus)
def test_work_that_is_held_or_stopped_has_no_permit(status):
    goes_on = status in (EngagementStatus.ACTIVE, EngagementStatus.COMPLETED)
    assert ask(status=status).allow == goes_on


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": StageStatus.BASIS_CHANGED}, "its basis has changed since it was decided."),
        ({"lapsed": 1}, "a condition lapsed."),
        ({"conditions_due": (date(2026, 11, 16),)}, "a condition lapsed."),
        ({"waivers": (date(2026, 11, 16),)}, "what was waived held until 16 Nov 2026."),
    ],
)
def test_what_no_longer_holds_is_named(changes, words):
    given = ask(gates=way(2, **changes))
    assert (given.allow, given.expires) == (False, None)
    assert [reason.endswith(words) for reason in given.reasons] == [True]


def test_a_permit_ends_with_the_day_of_the_first_condition_or_waiver():
    evening = NOW.replace(hour=20)
    for changes in ({"conditions_due": (NOW.date(),)}, {"waivers": (NOW.date(),)}):
        given = permit(
            Environment.PROD, way(2, **changes), status=EngagementStatus.ACTIVE, approved="", running="",
            now=evening,
        )  # fmt: skip
        assert (given.allow, given.expires) == (True, datetime(2026, 11, 17, 23, 59, 59, 999999, UTC))


def test_what_was_not_approved_may_not_be_deployed():
    assert ask(running="a" * 64).allow
    assert ask(running="b" * 64).reasons == (
        "What is to be deployed is not what was approved: its hash is another.",
    )


def read(token: str) -> dict:
    """What a pipeline does: find the key by its id, check the signature, read the claims."""

    def plain(part: str) -> bytes:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    head, claims, signature = token.split(".")
    key = next(key for key in public_keys() if key["kid"] == json.loads(plain(head))["kid"])
    Ed25519PublicKey.from_public_bytes(plain(key["x"])).verify(plain(signature), f"{head}.{claims}".encode())
    return json.loads(plain(claims))


def test_the_token_says_the_same_and_a_changed_one_is_refused(world, engagement):
    pass_first_gate(world, engagement)
    made = issue(engagement, Environment.PILOT, running="", now=NOW)
    claims = read(made.token)
    assert (claims["sub"], claims["aud"], claims["allow"]) == (engagement.public_id, "pilot", False)
    assert claims["reasons"] == ["Gate 1 (Demo) is not passed."]
    head, _, signature = made.token.split(".")
    forged = base64.urlsafe_b64encode(json.dumps(claims | {"allow": True}).encode()).rstrip(b"=").decode()
    with pytest.raises(InvalidSignature):
        read(f"{head}.{forged}.{signature}")


def test_a_new_field_key_keeps_the_tokens_of_the_old_one_checkable(world, engagement, settings):
    old = issue(engagement, Environment.PROD, running="", now=NOW).token
    settings.FIELD_KEYS = "new:" + base64.b64encode(b"n" * 32).decode() + "," + settings.FIELD_KEYS
    assert read(old)["aud"] == "prod"
    assert issue(engagement, Environment.PROD, running="", now=NOW).token.split(".")[0] != old.split(".")[0]


def test_what_is_approved_is_what_the_last_approved_gate_was_sealed_on(world, engagement):
    row = submit_demo(world, engagement)
    assert issue(engagement, Environment.PILOT, running="", now=NOW).approved_sha256 == ""
    terms = DecisionTerms(Outcome.APPROVE, signed_name="Margaret Osei")
    gates.decide_gate(by=world.sponsor, round_id=row.pk, terms=terms, proof=Shown())
    right = issue(engagement, Environment.PILOT, running=BINDING["target_sha256"], now=NOW)
    assert (right.permit.allow, right.approved_sha256) == (True, BINDING["target_sha256"])
    assert not issue(engagement, Environment.PILOT, running="f" * 64, now=NOW).permit.allow
