"""Counterfactuals by declared swaps: whole words, in their case, and back again (BIA-01)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.engine.swaps import SwapSet

GENDER = SwapSet("gender", {"woman": ["Emma", "she", "her", "Ms"], "man": ["Paul", "he", "his", "Mr"]})


@pytest.mark.parametrize(
    ("text", "value", "told"),
    [
        ("Emma says she lost her phone.", "man", "Paul says he lost his phone."),
        ("EMMA called. She is angry.", "man", "PAUL called. He is angry."),
        ("Mr Paul's car, and his alone", "woman", "Ms Emma's car, and her alone"),
        ("There is a shepherd and a mister.", "man", "There is a shepherd and a mister."),
        ("Emmas Auto", "man", "Emmas Auto"),
    ],
)
def test_terms_are_swapped_as_whole_words_in_their_case(text, value, told):
    assert GENDER.swapped(text, value) == told


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Emma and her car", "woman"),
        ("HIS CAR", "man"),
        ("Emma and Paul", None),
        ("nobody", None),
        ("", None),
    ],
)
def test_a_text_has_the_one_value_that_it_names(text, value):
    assert GENDER.value_of(text) == value
    assert GENDER.names_any(text) is (value is not None or "Emma" in text)


@given(
    st.lists(
        st.sampled_from(["Emma", "she", "She", "HER", "Ms", "the claim", "shed", "4711", "is", "—", "\n"]),
        max_size=20,
    )
)
def test_swapped_there_and_back_it_is_the_same_text(words):
    text = " ".join(words)
    there = GENDER.swapped(text, "man")
    assert GENDER.swapped(there, "woman") == text
    assert GENDER.value_of(there) in ("man", None)


def test_a_swap_is_made_to_each_of_several_values():
    district = SwapSet("district", {"north": ["Norden"], "south": ["Süden"], "east": ["Osten"]})
    assert district.faults() == []
    assert district.swapped("Sie wohnt im Süden.", "east") == "Sie wohnt im Osten."


@pytest.mark.parametrize(
    ("attribute", "values", "says"),
    [
        ("Gender!", {"a": ["x"], "b": ["y"]}, "small letters"),
        ("change", {"a": ["x"], "b": ["y"]}, "small letters"),
        ("gender", {"a": ["x"]}, "2 to 6 values"),
        ("gender", {"a": ["x", "z"], "b": ["y"]}, "as many terms as the others: a 2, b 1"),
        ("gender", {"a": ["x"], "b": ["X"]}, "stands there twice"),
        ("gender", {"a": ["x"], "b": [" "]}, "is empty"),
        ("gender", {"a": [], "b": []}, "1 to 60 terms"),
        ("gender", {"": ["x"], "b": ["y"]}, "has a name"),
    ],
)
def test_swaps_that_are_not_clear_are_refused(attribute, values, says):
    assert any(says in fault for _, fault in SwapSet(attribute, values).faults())
