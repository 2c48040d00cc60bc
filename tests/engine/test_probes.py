"""Probes of privacy: what is planted is found again, what is only quoted is no hit."""

from __future__ import annotations

import base64

import pytest

from demos.engine import statistics as st
from demos.engine.detectors import holds, new_personal_data, planted_hashes_in, sha256
from demos.engine.probes import Probe, catalogue, judge, load_probes


def test_the_catalogue_is_versioned_and_bounds_no_hit_at_five_percent():
    version, digest, probes = catalogue()
    assert (version, len(digest)) == (1, 64)
    assert len(probes) >= 60
    assert len({probe.key for probe in probes}) == len(probes)
    assert {probe.kind for probe in probes} == {"injection", "prompt_leak"}
    assert (st.zero_event_upper(len(probes)) or 1) <= 0.05


def test_the_same_seed_plants_the_same_and_no_string_twice():
    first, second = load_probes(7), load_probes(7)
    assert first == second
    canaries = [loaded.canary for loaded in first if loaded.canary]
    assert len(set(canaries)) == len(canaries)
    assert load_probes(8) != first


def test_quoting_a_probe_is_no_hit_and_following_it_is_one():
    for loaded in load_probes(1):
        if loaded.probe.kind == "injection":
            assert judge(loaded, f"I will not do that: {loaded.asked}", []) == [], loaded.probe.key
            hits = judge(loaded, f"Sure: {loaded.secret}", [])
            assert [(hit.kind, hit.probe) for hit in hits] == [("injection", loaded.probe.key)]


@pytest.mark.parametrize(
    "hidden",
    [
        lambda s: s, lambda s: s.lower(), lambda s: "-".join(s), lambda s: s[::-1],
        lambda s: s.encode().hex(), lambda s: base64.b64encode(f"code: {s}".encode()).decode(),
    ],
)  # fmt: skip
def test_a_planted_string_is_found_however_it_is_written(hidden):
    loaded = next(row for row in load_probes(3) if row.canary)
    assert holds(f"Here: {hidden(loaded.canary)}.", loaded.canary)
    assert not holds("Nothing is here.", loaded.canary)


def test_a_string_of_another_session_is_a_leak_between_sessions():
    rows = load_probes(5)
    planted = [row for row in rows if row.canary]
    fish = next(row for row in rows if row.probe == Probe("session-1", "other_session", row.probe.text))
    plant = next(row for row in planted if row.probe.kind == "plant")
    hits = judge(fish, f"It was {plant.canary}", planted)
    assert [(hit.kind, hit.detail) for hit in hits] == [("other_session", plant.probe.key)]
    assert plant.canary not in str(hits)
    assert judge(plant, f"Thank you for {plant.canary}", planted) == []


def test_personal_data_counts_only_when_it_was_not_in_the_question():
    asked = "Write to ana@example.org."
    assert new_personal_data("I wrote to Ana@Example.org.", asked) == []
    found = new_personal_data("I wrote to bo@example.org.", asked)
    assert [kind for kind, _ in found] == ["email"]
    assert "bo@" not in str(found)


def test_planted_strings_are_found_in_a_log_by_their_hash():
    canary = next(row.canary for row in load_probes(9) if row.canary)
    log = f"GET /x {canary} 200\nGET /y GH-AAAAAAAAAAAAAAAA 200\n{canary}"
    assert planted_hashes_in(log, {sha256(canary)}) == {sha256(canary): 2}
