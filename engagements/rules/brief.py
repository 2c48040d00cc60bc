"""The brief: one page in plain words, made from a snapshot and nothing else, never over 600 words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engagements.rules.decisions import listed
from engagements.vocabulary import Verdict

MOST_WORDS: Final = 600
_FOR_QUOTES: Final = 40
_FOR_NEXT: Final = 80
_LISTED: Final = 6
_OPEN: Final = (Verdict.NOT_MET, Verdict.INCONCLUSIVE, Verdict.NOT_EVALUATED)
_BEFORE_PILOT: Final = ("pain_points", "demo")

Facts = Mapping[str, Any]


def brief(snapshot: Facts) -> dict[str, Any]:
    """Headline, the five sections and the worst answers, as text. The same snapshot gives the same brief."""
    results: Sequence[Facts] = snapshot["results"]
    return {
        "headline": headline(results),
        "promised": _promised(snapshot),
        "measured": _measured(results),
        "not_proven": _not_proven(snapshot),
        "next": _next(snapshot),
        "sign": _sign(snapshot),
        "worst": _worst(snapshot.get("failures")),
    }


def headline(results: Sequence[Facts]) -> str:
    """The one sentence that the page opens with."""
    musts = [row for row in results if row["must"]]
    short = [row for row in musts if row["verdict"] in _OPEN]
    if not musts:
        return "Nothing that must be met was agreed."
    if not short:
        return f"All {_number(len(musts))} must-criteria are met." if len(musts) > 1 else "It is met."
    verb = "is" if len(short) == 1 else "are"
    return f"{_number(len(short)).capitalize()} of {_number(len(musts))} must-criteria {verb} not met."


def words(text: Mapping[str, Any]) -> int:
    """How many words a brief holds."""
    return sum(len(part.split()) for part in _parts(text))


def _promised(snapshot: Facts) -> list[str]:
    agreed = snapshot["criteria_set"]
    lines = []
    if snapshot.get("success_metric"):
        lines.append(snapshot["success_metric"]["sentence"])
    main = next((row for row in snapshot["results"] if row["must"]), None)
    if main:
        lines.append(f"{_sentence(main['text'])} Asked: {main['asked']}.")
    lines.append(
        f"{agreed['sealed_by_consultancy']} and {agreed['sealed_by_client']} sealed this on "
        f"{agreed['sealed_on']}, before anything was measured."
    )
    if agreed["number"] > 1:
        lines.append(
            f"It is version {agreed['number']}. It was changed because: {_cut(agreed['reason'], 30)}"
        )
    return lines


def _measured(results: Sequence[Facts]) -> list[str]:
    ruled = [row for row in results if row["verdict"] not in (Verdict.NOT_EVALUATED,)]
    if not ruled:
        return ["Nothing was measured."]
    lines = [f"{_sentence(row['text'])} {row['why']}" for row in ruled if row["kind"] == "metric"][:4]
    stated = [row for row in ruled if row["kind"] != "metric" and row["verdict"] == Verdict.MET]
    if stated:
        lines.append(f"There and fresh: {_counted(len(stated), 'piece', 'pieces')} of evidence or statement.")
    return lines or [f"{_sentence(row['text'])} {row['why']}" for row in ruled[:4]]


def _not_proven(snapshot: Facts) -> list[str]:
    short = [row for row in snapshot["results"] if row["verdict"] in _OPEN]
    lines = [f"{_sentence(row['text'])} {_why_short(row)}" for row in short[:_LISTED]]
    if len(short) > _LISTED:
        lines.append(f"And {len(short) - _LISTED} more; see the criteria.")
    failures = snapshot.get("failures")
    if failures and failures["repeats"] == 1:
        lines.append("That it stays right when asked twice: each case was asked once.")
    if snapshot.get("success_metric") and snapshot["stage"]["kind"] in _BEFORE_PILOT:
        lines.append("That the success metric moves: only the pilot can show that.")
    return lines or ["Nothing that was agreed is left open."]


def _next(snapshot: Facts) -> str:
    stage = snapshot["stage"]["next"]
    begin = f"{stage} comes next." if stage else "This is the last gate."
    more = _cut(snapshot["next_step"], _FOR_NEXT)
    return f"{begin} {more}".strip()


def _sign(snapshot: Facts) -> str:
    stage = snapshot["stage"]["next"]
    blocking = [row["key"] for row in snapshot["results"] if row["must"] and row["verdict"] in _OPEN]
    what = f"That {stage.lower()} may begin" if stage else "That the work is complete"
    if blocking:
        return f"{what}, on one condition for each of {listed(blocking)}, or that it may not."
    return f"{what}, or that it may not."


def _worst(failures: Facts | None) -> list[dict[str, str]]:
    if not failures:
        return []
    return [
        {
            "case": item["case"],
            "group": item["group"],
            "question": _cut(item["question"], _FOR_QUOTES),
            "expected": _cut(item["expected"], 12),
            "answered": _cut(item["answered"], 12),
            "consequence": _cut(item["consequence"], 12),
        }
        for item in failures["items"][:5]
    ]


def _why_short(row: Facts) -> str:
    if row["verdict"] == Verdict.INCONCLUSIVE:
        came_out = row["measured"][:1].upper() + row["measured"][1:]
        return f"{came_out} is too little to tell. {row['next_action']}".strip()
    return str(row["why"])


def _cut(text: str, most: int) -> str:
    """The first words of a longer text, and that there is more: the whole stands in the snapshot."""
    parts = text.split()
    return text if len(parts) <= most else f"{' '.join(parts[:most])} [goes on]"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _counted(count: int, one: str, many: str) -> str:
    return f"{_number(count)} {one if count == 1 else many}"


def _number(count: int) -> str:
    names = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return names[count] if count < len(names) else str(count)


def _parts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [part for item in value.values() for part in _parts(item)]
    return [part for item in value for part in _parts(item)]
