"""Serve the classifier as a target: ``python -m benchmarks.intents.server --train train.csv --port 8900``.

Both request shapes of ``sample.wire``: chat completions, and ``{"text": …}`` to ``{"label": …}``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.intents.classifier import train
from sample.server import serve


def main() -> None:
    """Train, then serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intents.server", description=__doc__)
    parser.add_argument("--train", type=Path, required=True, help="CSV with the columns text and category")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8900, help="port to listen on; 0 takes a free one")
    options = parser.parse_args()
    serve(options.host, options.port, train(options.train).label, name="The intent classifier")


if __name__ == "__main__":
    main()
