"""Which column of the file becomes which part of a case."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from demos.importing.table import Row, refused
from demos.vocabulary import CaseCategory

GUESSES: dict[str, tuple[str, ...]] = {
    "input": ("input", "question", "prompt", "text", "message", "query", "request", "mail", "email", "body"),
    "expected": (
        "expected",
        "expected_answer",
        "expected_output",
        "answer",
        "output",
        "label",
        "target",
        "response",
    ),
    "context": ("context", "document", "passage", "reference"),
    "category": ("category", "case_category", "kind_of_case"),
    "case_key": ("id", "case", "case_id", "key", "number", "no", "ref"),
    "cluster": ("cluster", "conversation", "thread", "group"),
    "turns": ("turns", "dialogue"),
    "checks": ("checks", "assertions"),
    "sealed": ("sealed", "holdout", "hold_out"),
}
SLICE_NAMES = frozenset(
    {
        "slice", "slices", "tag", "tags", "language", "lang", "product", "line", "difficulty", "region",
        "channel", "segment",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mapping:
    """Names of columns; empty means that the file has none. ``input`` and ``expected`` must be named."""

    input: str = ""
    expected: str = ""
    context: str = ""
    category: str = ""
    case_key: str = ""
    cluster: str = ""
    slices: tuple[str, ...] = field(default=())
    turns: str = ""
    checks: str = ""
    sealed: str = ""

    def as_json(self) -> dict[str, Any]:
        """As stored beside the dataset version."""
        return {**asdict(self), "slices": list(self.slices)}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Mapping":
        """The inverse of as_json, also as kept with an upload; unknown keys are an error."""
        parts = {key: value for key, value in stored.items() if key != "left_out"}
        return cls(**{**parts, "slices": tuple(parts.get("slices", ()))})


def guess_mapping(columns: Sequence[str], sample: Iterable[Row] = ()) -> Mapping:
    """What the names suggest. A “category” that holds other words than ours is the expected answer."""
    by_name = {_plain(column): column for column in reversed(columns)}
    found = {part: _first(by_name, names) for part, names in GUESSES.items()}
    if found["category"] and not _speaks_of_categories(sample, found["category"]):
        if not found["expected"]:
            found["expected"] = found["category"]
        found["category"] = ""
    taken = {column for column in found.values() if column}
    slices = tuple(c for c in columns if c not in taken and _plain(c) in SLICE_NAMES)
    return Mapping(**found, slices=slices)


def check_mapping(mapping: Mapping, columns: Sequence[str]) -> None:
    """Raises Invalid when a needed part is not mapped, a column is missing, or one column is used twice."""
    for part, meaning in (("input", "what is asked"), ("expected", "the expected answer")):
        if not getattr(mapping, part):
            raise refused(
                f"Choose the column that holds {meaning}.", code="not_mapped", pointer=f"/mapping/{part}"
            )
    single = [
        mapping.input,
        mapping.expected,
        mapping.context,
        mapping.category,
        mapping.case_key,
        mapping.cluster,
        mapping.turns,
        mapping.checks,
        mapping.sealed,
    ]
    used = [column for column in [*single, *mapping.slices] if column]
    for column in used:
        if column not in columns:
            raise refused(
                f"The file has no column “{column[:60]}”.", code="unknown_column", pointer="/mapping"
            )
    if mapping.input == mapping.expected:
        raise refused(
            "Question and expected answer come from the same column. Choose two.",
            code="repeated_column",
            pointer="/mapping/expected",
        )


def category_of(text: str) -> CaseCategory | None:
    """The category a cell names, in whatever spelling; typical when empty; None when it is none of ours."""
    plain = _plain(text)
    if not plain:
        return CaseCategory.TYPICAL
    return CaseCategory(plain) if plain in CaseCategory.values else None


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _first(by_name: dict[str, str], names: tuple[str, ...]) -> str:
    return next((by_name[name] for name in names if name in by_name), "")


def _speaks_of_categories(sample: Iterable[Row], column: str) -> bool:
    words = [row.values.get(column, "") for row in sample]
    return bool(words) and all(category_of(word) for word in words)
