"""A plain text classifier, trained on a CSV given by path. Deterministic; no library beyond Python's own."""

from __future__ import annotations

import csv
from pathlib import Path

from sample.bayes import NaiveBayes

SMOOTHING = 0.1


def read_rows(path: Path) -> list[tuple[str, str]]:
    """(text, label) of every row, from the columns ``text`` and ``category``; KeyError without them."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def train(path: Path) -> NaiveBayes:
    """The classifier of a training file."""
    return NaiveBayes(read_rows(path), smoothing=SMOOTHING)


def own_count(classifier: NaiveBayes, path: Path) -> tuple[int, int]:
    """(right answers, questions) over a test file, asked directly, without HTTP and without the portal."""
    rows = read_rows(path)
    return sum(classifier.label(text) == label for text, label in rows), len(rows)
