"""Public ids: the key and back, and nothing that is not one."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import ids


@given(st.uuids())
def test_an_id_gives_its_key_back(key: UUID) -> None:
    assert ids.decode("eng", ids.encode("eng", key)) == key


@given(st.uuids(), st.uuids())
def test_ids_sort_as_their_keys(a: UUID, b: UUID) -> None:
    assert (ids.encode("eng", a) < ids.encode("eng", b)) == (a.int < b.int)


@given(st.text(max_size=40))
def test_any_other_text_is_refused(text: str) -> None:
    try:
        key = ids.decode("eng", text)
    except ValueError:
        return
    assert ids.encode("eng", key) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "eng_",
        "gat_" + "0" * 26,
        "eng_" + "0" * 25,
        "eng_" + "u" * 26,
        "eng_" + "z" * 26,
        "ENG_" + "0" * 26,
    ],
)
def test_what_looks_like_an_id_and_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        ids.decode("eng", text)


def test_keys_sort_by_the_time_they_were_made() -> None:
    first = ids.uuid7()
    assert first.version == 7
    assert first.variant == "specified in RFC 4122"
    later = [ids.uuid7() for _ in range(2000)]
    assert [key.int >> 80 for key in later] == sorted(key.int >> 80 for key in later)
    assert len(set(later)) == len(later)
