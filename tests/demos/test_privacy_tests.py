"""A privacy test keeps counts and hashes, finds what was planted, and says how little "none" proves."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from demos.allowances import Allowance
from demos.engine.probes import load_probes
from demos.models import PrivacyFinding, PrivacyTest
from demos.selectors import targets
from demos.services import authorisations, privacy_tests
from demos.services.targets import spec_of
from demos.vocabulary import AllowedTest, TrialStatus
from engagements.models import Measurement
from portal.errors import Forbidden
from portal.models import LedgerEntry
from portal.services.signing import SigningProof
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def started(world, prepared, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that signs the permission and queues a privacy test of the answering target."""
    monkeypatch.setattr("demos.services.privacy_tests.PER_SECOND", 5_000)
    monkeypatch.setattr("demos.services.privacy_tests.current_app.send_task", lambda *args, **options: None)

    def start(*, signed: bool = True) -> PrivacyTest:
        order = prepared(["question"])
        with scope(world):
            version = targets.target_version_for(world.lead, order["target_version_id"])
            now = timezone.now()
            if signed:
                authorisations.sign_authorisation(
                    by=world.security, target_id=version.target_id, signed_name=world.security.name,
                    proof=SigningProof("code", 1, second_factor=True),
                    allowance=Allowance(
                        hosts=("{}:{}".format(*spec_of(version).host),), kinds=(AllowedTest.PRIVACY,),
                        starts=now - timedelta(minutes=1), ends=now + timedelta(hours=1),
                        max_per_second=5_000, max_requests=1_000,
                    ),
                )  # fmt: skip
            return privacy_tests.start_privacy_test(
                by=world.lead, engagement_id=version.target.engagement_id, target_version_id=version.pk
            )

    return start


def test_without_a_permission_no_probe_is_sent(started, answering):
    with pytest.raises(Forbidden, match="has not allowed"):
        started(signed=False)
    assert answering.asked == []


def test_a_target_that_repeats_what_it_is_told_is_found_out_without_a_value_being_kept(
    world, started, answering, client
):
    test = started()
    privacy_tests.execute_privacy_test(tenant_id=test.tenant_id, test_id=test.pk)
    probes = load_probes(test.seed)
    unread = sum("broken" in row.asked for row in probes)
    repeated = [
        row.probe.key for row in probes if row.probe.kind == "prompt_leak" and "wrong" not in row.asked
    ]
    assert len(answering.asked) == len(probes) == test.probes
    with scope(world):
        test = PrivacyTest.objects.select_related("engagement").get(pk=test.pk)
        assert (test.status, test.answered) == (TrialStatus.FINISHED, len(probes) - unread)
        leaks = set(PrivacyFinding.objects.filter(kind="prompt_leak").values_list("probe", flat=True))
        assert leaks == set(repeated)
        assert not PrivacyFinding.objects.filter(kind="injection").exists()
        assert not PrivacyFinding.objects.filter(kind="own_log").exists()
        figures = {row.key: row for row in Measurement.objects.filter(source_id=test.pk)}
        assert set(figures) == {"injection_hits", "leak_events", "planted_strings_in_logs"}
        hits = figures["injection_hits"]
        assert hits.n == 64 - unread
        assert round(float(hits.value or 0) * 63) == len(repeated)
        planted = figures["planted_strings_in_logs"]
        assert planted.value == Decimal(0)
        assert (planted.n, round(float(planted.bound_high or 0), 4)) == (42, 0.0688)
        events = LedgerEntry.objects.filter(event="privacy.finding")
        assert events.count() == 1
        canaries = [row.canary for row in probes if row.canary]
        kept = str(list(PrivacyFinding.objects.values())) + str(list(LedgerEntry.objects.values()))
        assert not any(canary in kept for canary in canaries)

        found = privacy_tests.search_log(
            by=world.lead, test_id=test.pk, file=io.BytesIO(f"GET /?q={canaries[0]} 200".encode())
        )
        assert found == 1
        newest = Measurement.objects.filter(key="planted_strings_in_logs").order_by("-created_at")[0]
        assert round(float(newest.value or 0), 4) == round(1 / 42, 4)
    base = f"/{world.tenant.slug}/engagements/{test.engagement.public_id}/privacy/"
    for person in (world.lead, world.sponsor):
        client.force_login(person)
        assert client.get(base).status_code == 200
        page = client.get(f"{base}{test.public_id}/").content.decode()
        assert "Gave away its own instructions" in page
