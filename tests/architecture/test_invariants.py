"""Every invariant of the domain is tried by every door: its number stands in the name of a test."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
NUMBERS = set(range(1, 19))
WRITTEN = re.compile(r"^def test_(\d+(?:_and_\d+)*)_", re.MULTILINE)


def numbers_of(text: str) -> set[int]:
    """The invariants that the tests of a file name."""
    return {int(number) for name in WRITTEN.findall(text) for number in name.split("_and_")}


def test_each_invariant_has_a_test_by_every_door() -> None:
    files = sorted(TESTS.glob("**/test_*by_every_door.py"))
    assert set().union(*(numbers_of(file.read_text()) for file in files)) == NUMBERS


def test_a_number_is_read_from_the_name_of_a_test() -> None:
    text = "def test_5_and_9_a_figure():\n    ...\ndef test_12_no_test():\n    ...\ndef test_a():\n"
    assert numbers_of(text) == {5, 9, 12}
