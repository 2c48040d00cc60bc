"""What a ledger line and a mail say of an event's facts."""

import pytest

from portal.fact_words import fact_words


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
    ],
)
def test_facts_are_said_in_words(facts: dict[str, object], words: list[str]) -> None:
    assert fact_words(facts) == words
