"""`bin/bench evaluation`: speed, cost and faithfulness of evaluations, as JSON. Asserts nothing on time.

Each scenario has a house of its own: PostgreSQL, Valkey, worker processes, web and the target, as the
product runs them. `--only speed,wait,faults,limit,memory,load` chooses; `--small` takes a tenth of the cases.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from typing import Any

from benchmarks.evaluation.scenarios import SCENARIOS


def main() -> int:
    options = _options()
    report: dict[str, Any] = {"machine": machine()}
    for name in options.only:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        report[name] = SCENARIOS[name](10 if options.small else 1)
    print(json.dumps(report, indent=2))
    return 0


def machine() -> dict[str, Any]:
    """Where and when this was measured."""
    return {
        "date": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count(),
        "machine": platform.machine(), "system": platform.platform(), "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench evaluation", description=__doc__)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(SCENARIOS))
    parser.add_argument("--small", action="store_true", help="a tenth of the cases, to try it out")
    options = parser.parse_args()
    unknown = set(options.only) - set(SCENARIOS)
    if unknown:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
