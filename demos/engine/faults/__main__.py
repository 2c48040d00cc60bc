"""Stand between a caller and its AI system, spoil some answers, and print what the caller did.

    python -m demos.engine.faults --upstream http://localhost:9000 --plan plan.json --minutes 10

Point the caller at the printed address and let it work. The report is printed as JSON when the time is up,
or at Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demos.engine.faults.observed import FORMAT, report
from demos.engine.faults.plan import FaultPlan, UnfitPlan, read_plan
from demos.engine.faults.proxy import FaultProxy
from demos.engine.targets.spec import place_of


def main() -> int:
    """Run until the time is up. Returns 2 for a plan that cannot be carried out."""
    parser = argparse.ArgumentParser(prog="python -m demos.engine.faults", description=__doc__)
    parser.add_argument("--upstream", required=True, help="address of the real system, without a path")
    parser.add_argument("--plan", required=True, type=Path, help="JSON file with the fields of a plan")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; loopback by default")
    parser.add_argument("--port", type=int, default=0, help="a free one by default")
    parser.add_argument("--minutes", type=float, default=10.0)
    asked = parser.parse_args()
    try:
        plan = read_plan(asked.plan.read_text(encoding="utf-8"))
    except (UnfitPlan, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    proxy = FaultProxy(plan, asked.upstream, host=asked.host, port=asked.port)
    sys.stdout.write(json.dumps(asyncio.run(_watched(proxy, asked.minutes * 60)), indent=2) + "\n")
    return 0


async def _watched(proxy: FaultProxy, seconds: float) -> dict[str, Any]:
    over = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, over.set)
    async with proxy:
        sys.stderr.write(f"Point the caller at {proxy.url}\n")
        sys.stderr.flush()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), seconds)
    return told(proxy.plan, proxy)


def told(plan: FaultPlan, proxy: FaultProxy) -> dict[str, Any]:
    """The report beside the plan that it answers: which system, from when to when."""
    return {
        "format": FORMAT,
        "upstream": place_of(proxy.upstream),
        "started_at": proxy.started_at.isoformat(timespec="milliseconds"),
        "finished_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "plan": asdict(plan),
        **report(proxy.requests, retry_after_s=plan.retry_after_s),
    }


if __name__ == "__main__":
    sys.exit(main())
