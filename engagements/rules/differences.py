"""What changed since the last round, from two snapshots and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engagements.rules.sentences import SPACE
from engagements.vocabulary import Verdict

Facts = Mapping[str, Any]

_GOOD: Final = (Verdict.MET, Verdict.WAIVED, Verdict.NOT_APPLICABLE)
_MOST_COSTS: Final = 40
NOTHING: Final = "nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``group``: criterion, figure, level, risk or cost. ``better`` None: neither way."""

    group: str
    key: str
    text: str
    before: str
    after: str
    better: bool | None = None


def differences(before: Facts, after: Facts) -> list[Change]:
    """Every difference between two frozen rounds of a gate, by criterion, figure, level, risk and cost."""
    return [
        *_criteria(before, after),
        *_levels(_section(before, "readiness"), _section(after, "readiness")),
        *_risks(_section(before, "risks"), _section(after, "risks")),
        *_costs(before, after),
    ]


def _criteria(before: Facts, after: Facts) -> Iterator[Change]:
    old, new = _by_key(before["results"]), _by_key(after["results"])
    for key in [*new, *(key for key in old if key not in new)]:
        was, now = old.get(key), new.get(key)
        text = str((now or was or {})["text"])
        if was is None or now is None:
            yield Change("criterion", key, text, _asked(was), _asked(now))
            continue
        if _asked(was) != _asked(now):
            yield Change("criterion", key, text, _asked(was), _asked(now))
        if was["verdict"] != now["verdict"]:
            yield Change(
                "criterion", key, text, _verdict(was), _verdict(now),
                better=_better(was["verdict"] in _GOOD, now["verdict"] in _GOOD),
            )  # fmt: skip
        if was["measured"] != now["measured"] or was["bounds"] != now["bounds"]:
            yield Change("figure", key, text, _measured(was), _measured(now))


def _levels(before: Facts, after: Facts) -> Iterator[Change]:
    old = {row["key"]: row for row in before.get("elements", [])}
    new = {row["key"]: row for row in after.get("elements", [])}
    for key in sorted({*old, *new}):
        was, now = old.get(key, {}).get("level"), new.get(key, {}).get("level")
        if was != now:
            name = str((new.get(key) or old[key])["name"])
            better = None if was is None or now is None else now > was
            yield Change("level", key, name, _level(was), _level(now), better=better)


def _risks(before: Facts, after: Facts) -> Iterator[Change]:
    old = {row["id"]: row for row in before.get("risks", [])}
    new = {row["id"]: row for row in after.get("risks", [])}
    for key in [*new, *(key for key in old if key not in new)]:
        was, now = old.get(key), new.get(key)
        if _risk(was) == _risk(now):
            continue
        row = now or was or {}
        name = str(row.get("catalogue") or key)
        better = None
        if was is not None and now is not None and was["score"] != now["score"]:
            better = now["score"] < was["score"]
        yield Change("risk", name, str(row["title"]), _risk(was), _risk(now), better=better)


def _costs(before: Facts, after: Facts) -> Iterator[Change]:
    old = dict(_leaves(_section(before, "value_case")))
    new = dict(_leaves(_section(after, "value_case")))
    changed = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    for key in changed[:_MOST_COSTS]:
        text = key.replace("_", " ").replace(".", ", ").capitalize()
        yield Change("cost", key, text, old.get(key, NOTHING), new.get(key, NOTHING))
    if before["next_step"] != after["next_step"]:
        was, now = before["next_step"] or NOTHING, after["next_step"] or NOTHING
        yield Change("cost", "next_step", "What comes next, and what it costs", was, now)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every single figure or word of a section under its path; rows of lists by their place."""
    if isinstance(value, Mapping):
        for key in value:
            if key not in ("id", "sha256", "judges"):
                yield from _leaves(value[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for place, item in enumerate(value, start=1):
            yield from _leaves(item, f"{path} {place}")
    elif value is not None:
        yield path, str(value)


def _section(snapshot: Facts, name: str) -> Facts:
    found: Facts = (snapshot.get("sections") or {}).get(name) or {}
    return found


def _by_key(rows: Sequence[Facts]) -> dict[str, Facts]:
    return {row["key"]: row for row in sorted(rows, key=lambda row: int(row["order"]))}


def _better(good_before: bool, good_after: bool) -> bool | None:
    return None if good_before == good_after else good_after


def _asked(row: Facts | None) -> str:
    if row is None:
        return "not asked"
    return f"{row['asked']}{'' if row['must'] else ', advising'}"


def _verdict(row: Facts) -> str:
    return Verdict(row["verdict"]).label.lower()


def _measured(row: Facts) -> str:
    return f"{row['measured']}, {row['bounds']}" if row["bounds"] else str(row["measured"])


def _level(value: int | None) -> str:
    return "not rated" if value is None else f"level{SPACE}{value}"


def _risk(row: Facts | None) -> str:
    if row is None:
        return "not in the register"
    return f"score{SPACE}{row['score']}, {str(row['status']).replace('_', ' ')}"
