"""The size check finds what it is meant to find."""

from tests.architecture import size_limits


def test_a_long_function_is_found():
    body = "".join(f"    x = {number}\n" for number in range(60))
    found = list(size_limits.function_breaches("portal/example.py", f"def drag_on():\n{body}"))
    assert found == ["portal/example.py:1: drag_on has 61 lines, a function at most 60"]


def test_six_positional_arguments_are_found():
    found = list(size_limits.function_breaches("portal/example.py", "def ask(a, b, c, d, e, f): ...\n"))
    assert found == ["portal/example.py:1: ask takes 6 positional arguments, at most 5"]


def test_keyword_only_arguments_are_not_counted():
    assert not list(size_limits.function_breaches("portal/example.py", "def ask(*, a, b, c, d, e, f): ...\n"))


def test_a_silenced_rule_needs_its_name_and_its_reason():
    bare, unexplained = "x = 1  # " + "noqa\n", "x = 1  # " + "noqa: E501\n"
    explained = "x = 1  # " + "noqa: E501  # a table reads better on one line\n"
    assert list(size_limits.file_breaches("a.py", bare)) == ["a.py:1: name the rule that is silenced"]
    assert list(size_limits.file_breaches("a.py", unexplained)) == [
        "a.py:1: say beside it why the rule is silenced"
    ]
    assert list(size_limits.file_breaches("a.py", explained)) == []


def test_a_catch_all_file_name_is_found():
    assert list(size_limits.file_breaches("demos/utils.py", "")) == [
        "demos/utils.py: a file is named after what it is about"
    ]
