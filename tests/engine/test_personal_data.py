"""What counts as personal data, what does not, and how a messy variant is made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.engine.personal_data import counts_of, findings, masked
from demos.engine.variants import Change, variant


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to dana.reyes+x@harbor-mutual.example.org", "email"),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "iban"),
        ("GB82WEST12345698765432", "iban"),
        ("card 4111 1111 1111 1111", "card"),
        ("378282246310005", "card"),
        ("SSN 536-22-1234", "national_id"),
        ("DNI 12345678Z", "national_id"),
        ("AHV 756.9217.0769.85", "national_id"),
        ("codice RSSMRA85T10A562S", "national_id"),
        ("call +49 170 1234567", "phone"),
        ("call (555) 010-4477 or so", "phone"),
        ("030 1234 5678 ist die Nummer", "phone"),
    ],
)
def test_personal_data_is_found(text: str, kind: str) -> None:
    assert [finding.kind.value for finding in findings(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "IBAN GB83 WEST 1234 5698 7654 32", "card 4111 1111 1111 1112", "SSN 000-12-3456", "DNI 12345678A",
        "claim 2026-11-27, policy 4711-0815", "it cost 1,234,567.89 dollars", "order 1234567890123",
        "version 3.11.7 at 10:30", "a@b", "CASE-00000000042",
    ],
)  # fmt: skip
def test_numbers_that_fail_their_own_check_are_not_personal_data(text: str) -> None:
    assert findings(text) == []


def test_masking_keeps_the_rest_and_names_the_type() -> None:
    assert masked("Pay DE89370400440532013000 to a@b.org.") == (
        "Pay [bank account (IBAN)] to [e-mail address]."
    )


def test_counts_name_every_type() -> None:
    assert counts_of(["a@b.org c@d.org", "", "none"]) == {
        "email": 2, "iban": 0, "card": 0, "national_id": 0, "phone": 0,
    }  # fmt: skip


@given(st.text(max_size=200))
def test_nothing_is_left_to_find_after_masking(text: str) -> None:
    assert findings(masked(text)) == [] or masked(masked(text)) == masked(masked(masked(text)))


@pytest.mark.parametrize("change", Change)
def test_a_variant_follows_from_its_seed(change: Change) -> None:
    text = "The pipe burst on 2026-11-27. Damage is 12,500.00 dollars. Who pays for the kitchen now?"
    made = variant(text, change, seed=1, key="C-1")
    assert made is not None
    assert made != text
    assert made == variant(text, change, seed=1, key="C-1")
    assert len({variant(text, change, seed=seed, key="C-1") for seed in range(8)}) > (
        change != Change.TRUNCATED
    )


@pytest.mark.parametrize("change", [Change.OTHER_FORMATS, Change.REORDERED, Change.MISSING_FIELD])
def test_a_text_that_cannot_be_changed_that_way_has_no_variant(change: Change) -> None:
    assert variant("water", change, seed=1, key="C-1") is None


def test_dates_and_numbers_are_written_in_another_way() -> None:
    shapes = {variant("2026-11-27", Change.OTHER_FORMATS, seed=n, key="k") for n in range(20)}
    assert shapes == {"27.11.2026", "27 November 2026", "November 27, 2026"}
    numbers = {variant("12500.50 paid", Change.OTHER_FORMATS, seed=n, key="k") for n in range(20)}
    assert numbers == {"12,500.50 paid", "12.500,50 paid"}
