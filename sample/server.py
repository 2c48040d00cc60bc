"""Run the sample AI system: ``python -m sample.server --port 8801 --host 127.0.0.1``."""

from __future__ import annotations

import argparse
import signal
from types import FrameType

from sample.system import answerer_of, claims_desk
from sample.wire import Answerer, AnswerServer, Chooser


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """``host`` and ``port``; port 0 takes a free one."""
    parser = argparse.ArgumentParser(prog="python -m sample.server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8801, help="port to listen on; 0 takes a free one")
    return parser.parse_args(arguments)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def serve(host: str, port: int, answer: Answerer, *, name: str, by_model: Chooser | None = None) -> None:
    """Answer on ``host:port`` until SIGINT or SIGTERM."""
    signal.signal(signal.SIGTERM, _stop)
    with AnswerServer(host, port, answer, by_model=by_model) as server:
        print(f"{name} answers on http://{host}:{server.server_address[1]}", flush=True)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            print(f"{name} has stopped.", flush=True)


def main() -> None:
    """Serve the claims desk, and under its own model name the meter desk."""
    options = parse()
    serve(options.host, options.port, claims_desk().answer, name="The sample AI system", by_model=answerer_of)


if __name__ == "__main__":
    main()
