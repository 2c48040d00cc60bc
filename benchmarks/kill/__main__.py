"""Kill worker, broker, database and web (-9) at random moments of runs. `bin/bench kill` prints JSON.

The product itself is started (`bin/up`, without the sample), so its own supervisor brings parts back. One run
is left in peace; each further one, asked for over the API, has all four parts killed once. What has to hold,
and what the exit code says: the same attempts as in the run left in peace, none twice, none left over, no run
that does not end, and no question asked more than once again for each kill that could lose its answer.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from functools import partial
from typing import Any, Final

from benchmarks.evaluation.__main__ import machine
from benchmarks.kill.house import PARTS, House, running

CASES: Final = 2_000
ROUNDS: Final = 20
IN_FLIGHT: Final = 16
WAIT_MS: Final = 60
LATEST_KILL_S: Final = 6.0
SHORTEST_ROUND_S: Final = 16.0
"""A part that dies five times in a minute ends the product, so a round is not begun sooner."""


def main() -> int:
    options = _options()
    chance = random.Random(options.seed)
    with running(wait_ms=WAIT_MS, lease_s=options.lease_s) as house:
        from benchmarks.kill.runs import Desk

        desk = Desk(house, cases=options.cases, in_flight=IN_FLIGHT)
        peace = desk.round(lambda: None)
        rounds = []
        for number in range(1, options.rounds + 1):
            plan = sorted((round(chance.uniform(0.2, LATEST_KILL_S), 2), part) for part in PARTS)
            began = time.monotonic()
            found = desk.round(partial(_kill, house, plan))
            time.sleep(max(0.0, began + SHORTEST_ROUND_S - time.monotonic()))
            rounds.append(_judged(number, plan, found, peace))
            print(f"round {number}: {rounds[-1]}", file=sys.stderr, flush=True)
    report = {
        "machine": machine(), "seed": options.seed, "cases": options.cases, "in_flight": IN_FLIGHT,
        "in_peace_s": peace["seconds"], "rounds": rounds, "all_held": all(row["held"] for row in rounds),
        "slowest_s": max((row["seconds"] for row in rounds), default=None),
        "asked_again_at_most": max((row["asked_again"] for row in rounds), default=None),
    }  # fmt: skip
    print(json.dumps(report, indent=2))
    return 0 if report["all_held"] else 1


def _kill(house: House, plan: list[tuple[float, str]]) -> None:
    began = time.monotonic()
    for at_s, part in plan:
        time.sleep(max(0.0, began + at_s - time.monotonic()))
        house.kill(part)


def _judged(
    number: int, plan: list[tuple[float, str]], found: dict[str, Any], peace: dict[str, Any]
) -> dict[str, Any]:
    """``asked_again``: calls beyond one for each question, as the target counted them."""
    wrong = [
        words
        for words, is_so in {
            "does not end": found["status"] != "finished",
            "other attempts than in peace": found["attempts"] != peace["attempts"],
            "an attempt twice": found["rows"] != found["different"],
            "work left over": found["left_over"] != 0,
            "a question asked too often": found["most_for_one"] > 1 + len(plan),
        }.items()
        if is_so
    ]
    return {
        "round": number, "killed": {part: at_s for at_s, part in plan}, "seconds": found["seconds"],
        "rows": found["rows"], "asked_again": found["calls"] - found["questions"],
        "most_for_one": found["most_for_one"], "held": not wrong, "wrong": wrong,
    }  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench kill", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lease-s", type=float, default=5.0, help="after that a silent shard counts as dead")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
