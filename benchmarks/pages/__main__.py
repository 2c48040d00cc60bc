"""How long pages take on a full house, beside an empty page. `bin/bench pages` prints JSON.

A house of its own: PostgreSQL and Valkey are started for it. 2,000 engagements of 40 clients, one with
5,000 activities and a gate of 60 criteria, filled by another process. Times are those of the whole request
inside the server, templates included; ``processor_ms`` is the part of it that this process computed, without
PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from benchmarks import house

ENGAGEMENTS: Final = 2_000
CLIENTS: Final = 40
ACTIVITIES: Final = 5_000
CRITERIA: Final = 60
GOAL_MS: Final = 150.0
GOAL_PACK_S: Final = 2.0


def main() -> int:
    options = _options()
    with house.bare():
        report = _measure(options)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0 if report["all_within_goal"] else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench pages", description=__doc__)
    parser.add_argument("--engagements", type=int, default=ENGAGEMENTS)
    parser.add_argument("--repeats", type=int, default=30)
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.pages import rows
    from portal.config.wsgi import settle

    began = time.perf_counter()
    counts = (options.engagements, CLIENTS, ACTIVITIES, CRITERIA)
    subprocess.run([sys.executable, "-m", "benchmarks.pages.fill", *map(str, counts)], check=True)
    world = rows.standing()
    built_s = time.perf_counter() - began
    client = world.client()
    settle()  # as the web process does before the first visitor
    pages = {
        "empty_page": "/healthz",
        "portfolio": "/portfolio/",
        "portfolio_page_20": "/portfolio/?page=20",
        "portfolio_waiting": "/portfolio/?sort=waiting&court=consultancy",
        "engagement": world.engagement_url,
        "gate_60_criteria": world.gate_url,
        "ledger_5000": f"{world.engagement_url}ledger/",
    }
    found = {name: _page(client, url, options.repeats) for name, url in pages.items()}
    pack = _pack(world)
    timed = [row["median_ms"] for name, row in found.items() if name != "empty_page"]
    return {
        "engagements": options.engagements,
        "clients": CLIENTS,
        "activities_of_one": ACTIVITIES,
        "criteria_of_one_gate": CRITERIA,
        "built_in_s": round(built_s, 1),
        "goal_ms": GOAL_MS,
        "pages": found,
        "gate_pack": pack,
        "all_within_goal": max(timed) <= GOAL_MS and pack["freeze_and_render_s"] <= GOAL_PACK_S,
    }


def _page(client: Any, url: str, repeats: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        answer = client.get(url)
        queries = len(seen)
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answers {answer.status_code}")
    processor = time.process_time()
    times = sorted(_timed(lambda: client.get(url)) * 1000 for _ in range(repeats))
    return {
        "fastest_ms": round(times[0], 1),
        "processor_ms": round((time.process_time() - processor) * 1000 / repeats, 1),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[max(0, -(-len(times) * 95 // 100) - 1)], 1),
        "queries": queries,
        "kib": round(len(answer.content) / 1024, 1),
    }


def _pack(world: Any) -> dict[str, Any]:
    freeze_s = _timed(world.submit)
    render_s = _timed(world.render)
    return {
        "criteria": CRITERIA,
        "elements": 15,
        "cases": 200,
        "freeze_s": round(freeze_s, 2),
        "render_s": round(render_s, 2),
        "freeze_and_render_s": round(freeze_s + render_s, 2),
        "goal_s": GOAL_PACK_S,
        "pdf_kib": round(len(world.pdf) / 1024, 1),
    }


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
