"""The brief: one page in plain words, made from a snapshot and nothing else, never over 600 words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engagements.rules.decisions import listed
from engagements.vocabulary import Verdict

MOST_WORDS: Final = 600
_OPEN: Final = (Verdict.NOT_MET, Verdict.INCONCLUSIVE, Verdict.NOT_EVALUATED)
_BEFORE_PILOT: Final = ("pain_points", "demo")

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Room:
    """Words for a client's question, for each other quotation, and how many criteria are listed."""

    question: int
    other: int
    listed: int


_ROOMS: Final = (_Room(40, 25, 6), _Room(30, 12, 5), _Room(20, 8, 4), _Room(12, 5, 3), _Room(6, 3, 2))


def brief(snapshot: Facts) -> dict[str, Any]:
    """Headline, the five sections and the worst answers, as text. The same snapshot gives the same brief.

    Where it would be too long, quotations get shorter and say that they go on; the snapshot has the whole.
    """
    drafts = (_draft(snapshot, room) for room in _ROOMS)
    shortest: dict[str, Any] = {}
    for draft in drafts:
        shortest = draft
        if words(draft) <= MOST_WORDS:
            break
    return shortest


def _draft(snapshot: Facts, room: _Room) -> dict[str, Any]:
    return {
        "headline": headline(snapshot["results"]),
        "promised": _promised(snapshot, room),
        "measured": _measured(snapshot["results"], room),
        "not_proven": _not_proven(snapshot, room),
        "next": _next(snapshot, room),
        "weakest": _weakest(snapshot, room),
        "sign": _sign(snapshot),
        "worst": _worst(snapshot.get("failures"), room),
    }


def headline(results: Sequence[Facts]) -> str:
    """The one sentence that the page opens with."""
    musts = [row for row in results if row["must"]]
    short = [row for row in musts if row["verdict"] in _OPEN]
    if not musts:
        return "Nothing that must be met was agreed."
    counts = Counter(Verdict(row["verdict"]) for row in musts)
    if not short:
        return _none_open(counts)
    verb = "is" if len(short) == 1 else "are"
    begin = f"{_number(len(short)).capitalize()} of {_number(len(musts))} must-criteria {verb}"
    if len({row["verdict"] for row in short}) == 1:
        return f"{begin} {_word(short[0]['verdict'])}."
    return f"{begin} open: {_tally(counts, _OPEN)}."


def _none_open(counts: Mapping[Verdict, int]) -> str:
    number = sum(counts.values())
    if number == 1:
        return f"It is {_word(next(iter(counts)))}."
    if counts[Verdict.MET] == number:
        return f"All {_number(number)} must-criteria are met."
    settled = (Verdict.MET, Verdict.WAIVED, Verdict.NOT_APPLICABLE)
    return f"None of {_number(number)} must-criteria is open: {_tally(counts, settled)}."


def _tally(counts: Mapping[Verdict, int], verdicts: Sequence[Verdict]) -> str:
    """``two not met and one inconclusive``, in the order of ``verdicts``."""
    return listed([f"{_number(counts[each])} {_word(each)}" for each in verdicts if counts[each]])


def _word(verdict: str) -> str:
    return Verdict(verdict).label.lower()


def words(text: Mapping[str, Any]) -> int:
    """How many words a brief holds."""
    return sum(len(part.split()) for part in _parts(text))


def _promised(snapshot: Facts, room: _Room) -> list[str]:
    agreed = snapshot["criteria_set"]
    lines = []
    if snapshot.get("success_metric"):
        lines.append(_cut(snapshot["success_metric"]["sentence"], 2 * room.question))
    musts = [row for row in snapshot["results"] if row["must"]]
    main = min(musts, key=lambda row: int(row["order"]), default=None)
    if main:
        lines.append(f"{_sentence(main['text'])} Asked: {main['asked']}.")
    lines.append(
        f"{agreed['sealed_by_consultancy']} and {agreed['sealed_by_client']} sealed this on "
        f"{agreed['sealed_on']}, before anything was measured."
    )
    if agreed["number"] > 1:
        lines.append(
            f"It is version {agreed['number']}. It was changed because: {_cut(agreed['reason'], room.other)}"
        )
    return lines


def _measured(results: Sequence[Facts], room: _Room) -> list[str]:
    ruled = [row for row in results if row["verdict"] not in (Verdict.NOT_EVALUATED,)]
    if not ruled:
        return ["Nothing was measured."]
    lines = [f"{_sentence(row['text'])} {row['why']}" for row in ruled if row["kind"] == "metric"]
    lines = lines[: min(4, room.listed)]
    stated = [row for row in ruled if row["kind"] != "metric" and row["verdict"] == Verdict.MET]
    if stated:
        lines.append(f"There and fresh: {_counted(len(stated), 'piece', 'pieces')} of evidence or statement.")
    return lines or [f"{_sentence(row['text'])} {row['why']}" for row in ruled[: room.listed]]


def _not_proven(snapshot: Facts, room: _Room) -> list[str]:
    short = [row for row in snapshot["results"] if row["verdict"] in _OPEN]
    lines = [f"{_sentence(row['text'])} {_why_short(row)}" for row in short[: room.listed]]
    if len(short) > room.listed:
        lines.append(f"And {len(short) - room.listed} more; see the criteria.")
    failures = snapshot.get("failures")
    if failures and failures["repeats"] == 1:
        lines.append("That it stays right when asked twice: each case was asked once.")
    if snapshot.get("success_metric") and snapshot["stage"]["kind"] in _BEFORE_PILOT:
        lines.append("That the success metric moves: only the pilot can show that.")
    lines += [
        f"{row['name']} is left out: {_sentence(_cut(row['reason'], room.other) or 'no reason was given')}"
        for row in snapshot.get("skipped_stages", [])
    ]
    return lines or ["Nothing that was agreed is left open."]


def _next(snapshot: Facts, room: _Room) -> str:
    stage = snapshot["stage"]["next"]
    begin = f"{stage} comes next." if stage else "This is the last gate."
    more = _cut(snapshot["next_step"], 2 * room.question)
    if stage and not more:
        more = "What it costs was not stated."
    value = _section(snapshot, "value_case").get("sentence", "")
    return " ".join(part for part in (begin, more, _cut(value, room.question)) if part)


def _weakest(snapshot: Facts, room: _Room) -> str:
    """The weakest element of readiness with what holds it down; "" where readiness was not assessed."""
    rows = [row for row in _section(snapshot, "readiness").get("elements", []) if row.get("applies", True)]
    rated = [row for row in rows if row["level"] is not None]
    if not rated:
        return "" if not rows else "No element of readiness is rated yet."
    lowest = min(rated, key=lambda row: (row["level"], row["key"]))
    others = sum(row["level"] == lowest["level"] for row in rated) - 1
    words = f"{lowest['key']} {lowest['name']}, at level {lowest['level']} of 4"
    if lowest.get("target"):
        words += f"; this gate asks for {lowest['target']}"
    words += f". {_counted(others, 'other is', 'others are').capitalize()} as low." if others else "."
    holds = next(iter(lowest.get("limiting", [])), None)
    return f"{words} {_cut(holds['text'], room.other)}" if holds else words


def _section(snapshot: Facts, name: str) -> Facts:
    found: Facts = (snapshot.get("sections") or {}).get(name) or {}
    return found


def _sign(snapshot: Facts) -> str:
    stage = snapshot["stage"]["next"]
    blocking = [row["key"] for row in snapshot["results"] if row["must"] and row["verdict"] in _OPEN]
    what = f"That {stage.lower()} may begin" if stage else "That the work is complete"
    if blocking:
        which = f"each of {listed(blocking)}" if len(blocking) > 1 else blocking[0]
        return f"{what}, on one condition for {which}, or that it may not."
    return f"{what}, or that it may not."


def _worst(failures: Facts | None, room: _Room) -> list[dict[str, str]]:
    if not failures:
        return []
    return [
        {
            "case": item["case"],
            "group": item["group"],
            "question": _cut(item["question"], room.question),
            "expected": _cut(item["expected"], room.other),
            "answered": _cut(item["answered"], room.other),
            "consequence": _cut(item["consequence"], room.other),
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
