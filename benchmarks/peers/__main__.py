"""`bin/bench peers`: other evaluation engines and ours on the same target, one after the other. Prints JSON.

Each engine is installed into an environment of its own below `var/peers/` (the first time takes minutes and
about 3 GB). Every engine asks the same questions with one exact check; a right one says 90 %. Theirs is timed
from the start of the process to its end; ours from the call of the API to the last stored result, because it
is a service that runs. `own_start_s` is what an engine takes for one single question: start-up, mostly.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from benchmarks.evaluation.__main__ import machine
from benchmarks.evaluation.scenarios import alone, bench
from benchmarks.peers.environments import ENGINES, prepare
from benchmarks.peers.measuring import LONGEST_S, measured, target

OURS = "gatehouse"


def main() -> int:
    options = _options()
    report: dict[str, Any] = {"machine": machine(), "engines": {}, "points": []}
    ready = {}
    for name in options.only:
        if name != OURS:
            say(f"preparing {name} …")
            ready[name] = prepare(name)
            report["engines"][name] = ready[name].version
    for wait_ms in options.wait_ms:
        for cases in options.cases:
            for name in options.only:
                say(f"measuring {name}: {cases} questions, {wait_ms} ms, {options.in_flight} at once …")
                point = {"engine": name, "cases": cases, "wait_ms": wait_ms, "in_flight": options.in_flight}
                if name == OURS:
                    found = alone(_ours, cases, wait_ms, options.in_flight)
                else:
                    found = _theirs(ready[name], cases, wait_ms, options.in_flight, options.longest_s)
                report["points"].append(point | found)
    print(json.dumps(report, indent=2))
    return 0


def _theirs(engine: Any, cases: int, wait_ms: float, in_flight: int, longest_s: float) -> dict[str, Any]:
    with target(wait_ms) as url:
        return measured(engine, url, cases=cases, in_flight=in_flight, longest_s=longest_s)


def _ours(cases: int, wait_ms: float, in_flight: int) -> dict[str, Any]:
    with bench(workers=2, wait_ms=wait_ms) as at:
        at.warm()
        found = at.run(cases=cases, in_flight=in_flight)
    took = found["from_call_to_result_s"]
    return {
        "wall_s": took, "per_s": round(cases / took, 1),
        "cpu_ms_per_case": found["cpu_ms_per_case_all_parts"],
        "peak_mib": round(sum(part["peak_mib"] for part in found["cost"].values()), 1),
        "answered": found["rows_stored"], "right": found["passed"], "calls": found["target"]["calls"],
        "most_in_flight": found["target"]["most_in_flight"],
    }  # fmt: skip


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    def numbers(text: str) -> list[int]:
        return [int(word) for word in text.split(",")]

    parser = argparse.ArgumentParser(prog="bin/bench peers", description=__doc__)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[OURS, *ENGINES])
    parser.add_argument("--cases", type=numbers, default=[1_000, 5_000], help="1000,5000")
    parser.add_argument("--wait-ms", type=numbers, default=[0, 50], help="what the target takes: 0,50")
    parser.add_argument("--in-flight", type=int, default=32, help="questions at once")
    parser.add_argument("--longest-s", type=float, default=LONGEST_S, help="an engine is stopped after that")
    options = parser.parse_args()
    unknown = set(options.only) - {OURS, *ENGINES}
    if unknown:
        parser.error(f"no such engine: {', '.join(sorted(unknown))}; there are {', '.join((OURS, *ENGINES))}")
    return options


if __name__ == "__main__":
    sys.exit(main())
