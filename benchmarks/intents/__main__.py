"""Real customers' questions through the whole portal, and the classifier's own count beside it.

``python -m benchmarks.intents --train train.csv --test test.csv [--kind openai_chat|generic_json|both]``
starts PostgreSQL, Valkey, a Celery worker and the classifier, imports the test file, runs it, prints JSON,
and ends with code 1 unless the portal's passes equal the classifier's own count.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import house
from benchmarks.intents import limit
from benchmarks.intents.classifier import own_count, read_rows, train


def main() -> int:
    """Print one JSON document; 0 when every count agrees."""
    options = _options()
    classifier = ("benchmarks.intents.server", "--train", str(options.train))
    with house.running(classifier) as built:
        import django

        django.setup()
        from demos.engine.targets.spec import TargetKind

        kinds = list(TargetKind) if options.kind == "both" else [TargetKind(options.kind)]
        report = _measure(options.train, options.test, kinds, built.target)
    print(json.dumps(report, indent=2))
    return 0 if report["all_counts_equal"] else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intents", description=__doc__)
    parser.add_argument("--train", type=lambda text: Path(text).absolute(), required=True)
    parser.add_argument("--test", type=lambda text: Path(text).absolute(), required=True)
    parser.add_argument("--kind", choices=["openai_chat", "generic_json", "both"], default="both")
    return parser.parse_args()


def _measure(training: Path, test: Path, kinds: list[Any], base: str) -> dict[str, Any]:
    from benchmarks.intents import work

    right, asked = own_count(train(training), test)
    prepared = work.prepare(test)
    texts = [text for text, _ in read_rows(test)]
    runs = {}
    for kind in kinds:
        spec = work.target_spec(kind, base)
        bodies = [work.request_body(kind, text) for text in texts]
        alone = limit.requests_per_second(spec.url, bodies, connections=work.CONNECTIONS)
        found = work.run_once(prepared, kind, base)
        found["targets_own_limit_per_s"] = round(alone, 1)
        found["share_of_limit"] = round(found["cases_per_s"] / alone, 3)
        found["equal"] = (found["portal_passes"], found["cases"]) == (right, asked)
        runs[kind.value] = found
    return {
        "classifiers_own_count": right,
        "questions": asked,
        "import_s": round(prepared.import_s, 3),
        "connections": work.CONNECTIONS,
        "runs": runs,
        "all_counts_equal": all(found["equal"] for found in runs.values()),
    }


if __name__ == "__main__":
    sys.exit(main())
