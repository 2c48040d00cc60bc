"""Count what the sample AI system gets right on its cases: ``python -m sample.accuracy``."""

from __future__ import annotations

from collections import Counter

from sample.system import Case, cases, claims_desk


def slices_of(case: Case) -> list[str]:
    """``line=motor`` and ``urgency=normal``; what is empty belongs to no slice."""
    pairs = (("line", case["line"]), ("urgency", case["urgency"]))
    return [f"{name}={value}" for name, value in pairs if value]


def count() -> tuple[Counter[str], Counter[str]]:
    """(cases, right answers) by slice, with ``all`` over every case."""
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for case in cases():
        passed = claims_desk().answer(case["input"]) == case["expected"]
        for name in ("all", case["category"], *slices_of(case)):
            asked[name] += 1
            right[name] += passed
    return asked, right


def main() -> None:
    """Print one line per slice."""
    asked, right = count()
    for name, n in asked.most_common():
        print(f"{name:20} {right[name]:3} of {n:3}  {right[name] / n:.3f}")


if __name__ == "__main__":
    main()
