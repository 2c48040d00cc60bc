"""Multinomial naive Bayes over words and word pairs, in plain Python. Deterministic: no clock, no chance."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

WORD = re.compile(r"[a-z0-9]+")
COMMON_WORDS = frozenset(
    WORD.findall(
        "a an the and or of to in on at is was it i my we our you your for with by from that this be have has"
        " had are were as but not no me he she they his her their do does did so if what which who how"
    )
)
ENDINGS = ("ing", "ied", "ies", "ed", "es", "s", "ly")
SHORTEST_STEM = 3


def stem(word: str) -> str:
    """``word`` without its first matching ending, if at least three letters stay."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def features(text: str) -> set[str]:
    """The stems of ``text`` and the pairs of neighbours among them; common words are left out."""
    words = [stem(word) for word in WORD.findall(text.lower()) if word not in COMMON_WORDS]
    return set(words) | {f"{first} {second}" for first, second in pairwise(words)}


class NaiveBayes:
    """Learns from labelled texts; every label is equally likely before a text is read."""

    def __init__(self, examples: Iterable[tuple[str, str]], *, smoothing: float) -> None:
        """``examples`` are (text, label). Raises ValueError without any, or if ``smoothing`` is not > 0."""
        counts: dict[str, Counter[str]] = {}
        for text, label in examples:
            counts.setdefault(label, Counter()).update(features(text))
        if not counts or smoothing <= 0:
            raise ValueError("A classifier needs examples and a smoothing above zero.")
        self.labels = tuple(sorted(counts))
        self._rows = _log_likelihoods([counts[label] for label in self.labels], smoothing)

    def scores(self, text: str) -> Mapping[str, float]:
        """Log-likelihood of ``text`` by label; words never seen count for none. All 0.0 if none is known."""
        totals = [0.0] * len(self.labels)
        for feature in sorted(features(text)):
            row = self._rows.get(feature)
            if row is not None:
                totals = [total + value for total, value in zip(totals, row, strict=True)]
        return dict(zip(self.labels, totals, strict=True))

    def label(self, text: str) -> str:
        """The likeliest label; the first in alphabetical order among equals."""
        scores = self.scores(text)
        return max(self.labels, key=scores.__getitem__)


def _log_likelihoods(counts: list[Counter[str]], smoothing: float) -> dict[str, tuple[float, ...]]:
    """For every feature seen, its log-probability under each label, in the labels' order."""
    vocabulary = set().union(*counts)
    sizes = [sum(count.values()) + smoothing * len(vocabulary) for count in counts]
    return {
        feature: tuple(
            math.log((count[feature] + smoothing) / size) for count, size in zip(counts, sizes, strict=True)
        )
        for feature in vocabulary
    }
