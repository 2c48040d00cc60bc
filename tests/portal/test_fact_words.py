"""What a ledger line and a mail say of an event, and that every event of the product can be read."""

import re
from functools import cache
from pathlib import Path

import pytest

from portal.events import CATALOGUE, EventType
from portal.fact_words import YES_OR_NO, fact_words

ROOT = Path(__file__).parents[2]
WRITTEN = re.compile(r"EventType\(\s*\"([^\"]+)\"")
APPS = ("portal", "engagements", "assessments", "demos")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"gate": 1, "side": "client", "complete": True}, ["gate 1", "for the client", "complete"]),
        ({"complete": False}, ["not complete"]),
        ({"sha256": "ab" * 32}, ["hash abababababab"]),
        ({"content_sha256": "ab" * 32}, ["content hash abababababab"]),
        ({"sha256": "", "reason": None}, []),
        ({"dataset": "dst_" + "0" * 26}, []),
        (
            {"annual_cost": "1170383.3333", "guess_share": "0.142268"},
            ["annual cost 1,170,383.3333", "guess share 0.142268"],
        ),
        ({"annual_cost": "62000.0000"}, ["annual cost 62,000"]),
        ({"key": "pass_rate", "n": 121, "source": "run"}, ["pass rate", "n = 121", "from run"]),
        ({"version": 12}, ["version 12"]),
        ({"due": "2026-11-03"}, ["due 3 Nov 2026"]),
        ({"ends": "2026-11-03T14:05:06.7+02:00"}, ["ends 3 Nov 2026, 12:05 UTC"]),
        ({"is_on": False, "works": False}, ["paused", "does not work"]),
        ({"reply": False, "delegated": True}, ["by delegation"]),
        ({"second_factor": False, "same_system": True}, ["without a second factor", "the same system"]),
    ],
)
def test_facts_are_said_in_words(facts: dict[str, object], words: list[str]) -> None:
    assert fact_words(facts) == words


# --- every event that the code writes -----------------------------------------------------------------


@cache
def names_written() -> set[str]:
    """Every event that a file of the product describes, whether that file is loaded or not."""
    files = [file for app in APPS for file in (ROOT / app).rglob("*.py")]
    return {name for file in files for name in WRITTEN.findall(file.read_text())}


def events() -> list[EventType]:
    """The events of the product; tests that ran before in this process describe more."""
    return [event for name, event in CATALOGUE.items() if name in names_written()]


def test_every_event_of_the_code_is_known_to_a_reader_of_the_ledger() -> None:
    assert names_written() == {event.name for event in events()}
    assert len(events()) > 100


def test_every_event_has_a_title_that_reads_as_a_sentence() -> None:
    titles = [event.title for event in events()]
    for title in titles:
        assert re.match(r"[A-Z0-9]", title), title
        assert not re.search(r"[_{}]|\w\.\w", title), title
        assert " " in title, title
        assert len(title) <= 60, title
    assert sorted(title for title in set(titles) if titles.count(title) > 1) == ["Evidence asked for"]


@pytest.mark.parametrize(
    ("value", "unreadable"),
    [
        (True, r"_|\b(is|may|has) "), (False, r"_|^not (is|may|has|works|same|second)\b"),
        (0, "_"), ("0.250000", r"_|00"), ("client_sponsor", "_"), ("ab" * 32, r"_|\w{13}"),
        ("2026-11-03", r"_|\d{4}-"), ("2026-11-03T14:05:06+00:00", r"_|\dT\d|\+00"),
    ],
)  # fmt: skip
def test_every_fact_of_every_event_is_said_in_words(value: object, unreadable: str) -> None:
    for event in events():
        for phrase in (phrase for key in event.facts for phrase in fact_words({key: value})):
            if not (value is True and phrase in {yes for yes, _ in YES_OR_NO.values()}):
                assert not re.search(unreadable, phrase), (event.name, phrase)


def test_the_key_of_a_row_is_never_said() -> None:
    for event in events():
        assert fact_words(dict.fromkeys(event.facts, "run_" + "0" * 26)) == [], event.name


def test_no_word_is_kept_for_a_fact_that_no_event_carries() -> None:
    carried = {key for event in events() for key in event.facts}
    assert set(YES_OR_NO) <= carried
    assert isinstance(next(iter(CATALOGUE.values())), EventType)
