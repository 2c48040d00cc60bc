"""One engine, measured as a whole process: time, CPU and memory of all that it began."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.cost import MIB, family
from benchmarks.peers.environments import Ready
from portal.runtime import processes

LONGEST_S: Final = 900.0
LOOK_EVERY_S: Final = 0.05


@contextmanager
def target(wait_ms: float) -> Iterator[str]:
    """The same target as `bin/bench evaluation` asks, on a port that was free; gives its address."""
    port = processes.free_port()
    words = ["-m", "benchmarks.evaluation.target", "--port", str(port), "--wait-ms", str(wait_ms)]
    process = subprocess.Popen([sys.executable, *words])
    try:
        while not processes.answers("127.0.0.1", port):
            if process.poll() is not None:
                raise RuntimeError("The target ended before it answered.")
            time.sleep(LOOK_EVERY_S)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def measured(engine: Ready, url: str, *, cases: int, in_flight: int, longest_s: float) -> dict[str, Any]:
    """The engine on ``cases`` questions, and what one single question takes it (its start-up, mostly)."""
    alone = _run(engine, url, cases=1, in_flight=1, longest_s=longest_s)
    urllib.request.urlopen(f"{url}/reset", b"{}", timeout=10).read()  # noqa: S310 - loopback
    found = _run(engine, url, cases=cases, in_flight=in_flight, longest_s=longest_s)
    with urllib.request.urlopen(f"{url}/stats", timeout=10) as answer:  # noqa: S310 - loopback
        seen = json.load(answer)
    asking = round(cases / seen["seconds"], 1) if seen["seconds"] else None
    return found | {
        "own_start_s": alone["wall_s"], "asking_per_s": asking,
        "calls": seen["calls"], "most_in_flight": seen["most_in_flight"],
    }  # fmt: skip


def _run(engine: Ready, url: str, *, cases: int, in_flight: int, longest_s: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="peer-") as name:
        folder = Path(name)
        questions = folder / "cases.jsonl"
        questions.write_text("".join(_question(number) for number in range(cases)))
        words = [*engine.command, str(questions), str(in_flight), url, str(folder)]
        environment = dict(os.environ) | dict(engine.engine.settings)
        environment |= {"HOME": name, "TMPDIR": name, "OPENAI_API_KEY": "none", "NO_COLOR": "1",
                        "PATH": f"{engine.folder / 'bin'}{os.pathsep}{environment['PATH']}"}  # fmt: skip
        with (folder / "log").open("wb") as log:
            taken = _watched(words, environment, log, longest_s)
        said = (folder / "log").read_text(errors="replace")
        lines = [line.removeprefix("FOUND ") for line in said.splitlines() if line.startswith("FOUND ")]
        found = json.loads(lines[-1]) if lines else {"answered": None, "right": None, "said": said[-500:]}
        stored = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and f != questions)
    return {
        "wall_s": round(taken["wall_s"], 2), "per_s": round(cases / taken["wall_s"], 1),
        "cpu_ms_per_case": round(taken["cpu_s"] * 1000 / cases, 2), "peak_mib": round(taken["peak_mib"], 1),
        "left_on_disk_mib": round(stored / MIB, 1), "stopped_after_s": taken["stopped"], **found,
    }  # fmt: skip


def _question(number: int) -> str:
    row = {"id": number, "input": f"What is the code of number {number}", "expected": f"code-{number}"}
    return json.dumps(row) + "\n"


def _watched(words: list[str], environment: dict[str, str], log: Any, longest_s: float) -> dict[str, Any]:
    """Run to the end, or to ``longest_s``; CPU is that of the whole tree, memory the sum over it."""
    began = time.perf_counter()
    process = subprocess.Popen(words, env=environment, stdout=log, stderr=log, start_new_session=True)
    peak, over = 0.0, threading.Event()

    def look() -> None:
        nonlocal peak
        while not over.wait(LOOK_EVERY_S):
            peak = max(peak, _tree_mib(process.pid))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    stop = threading.Timer(longest_s, os.killpg, (process.pid, signal.SIGKILL))
    stop.start()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    stop.cancel()
    over.set()
    watcher.join()
    stopped = longest_s if process.returncode == -signal.SIGKILL else None
    return {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_mib": peak, "stopped": stopped}


def _tree_mib(pid: int) -> float:
    pages = 0
    for member in family(pid):
        try:
            pages += int(Path(f"/proc/{member}/statm").read_text().split()[1])
        except OSError:  # it ended while we looked
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB
