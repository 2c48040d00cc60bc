"""The product under its own supervisor, with a target beside it; its parts can be killed by name."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.peers.measuring import target
from portal.runtime import environment
from portal.runtime.processes import free_port
from portal.runtime.up import STATE_FILE

ROOT: Final = Path(__file__).resolve().parents[2]
PARTS: Final = {"worker": "celery|worker", "broker": "valkey", "database": "postgres|-D", "web": "gunicorn"}
"""What the command of each part holds."""
LONGEST_START_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class House:
    """``up`` is the supervisor's process; ``var`` its folder."""

    up: int
    var: Path
    web: str
    target: str

    def kill(self, part: str) -> None:
        """Kill a part and all that it began; a part that is just being started again is waited for."""
        until = time.monotonic() + LONGEST_START_S
        while time.monotonic() < until:
            pid = self._pid(part)
            if pid is not None:
                os.killpg(os.getpgid(pid), signal.SIGKILL)
                return
            time.sleep(0.02)
        raise RuntimeError(f"{part} did not come back: {self.log(part)}")

    def log(self, part: str) -> str:
        """The end of what the parts wrote."""
        files = sorted((self.var / "log").glob("*.log"))
        return "\n".join(f"{file.name}: {file.read_text(errors='replace')[-300:]}" for file in files)

    def _pid(self, part: str) -> int | None:
        words = PARTS[part].split("|")
        for children in Path(f"/proc/{self.up}/task").glob("*/children"):
            for pid in children.read_text().split():
                try:
                    command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
                except OSError:
                    continue
                if all(word in command for word in words):
                    return int(pid)
        return None


@contextmanager
def running(*, wait_ms: float, lease_s: float) -> Iterator[House]:
    """Start target and product, and give this process the product's settings. Linux only."""
    with ExitStack() as stack:
        url = stack.enter_context(target(wait_ms))
        var = Path(tempfile.mkdtemp(prefix="gatehouse-kill-"))
        var.chmod(0o755)
        stack.callback(shutil.rmtree, var, ignore_errors=True)
        settings = {
            "GATEHOUSE_VAR": str(var), "GATEHOUSE_LEASE_S": str(lease_s),
            "GATEHOUSE_ALLOWED_TARGETS": url.removeprefix("http://"), "GATEHOUSE_SHARDS": "2",
        }  # fmt: skip
        words = [sys.executable, "-m", "portal.runtime.up", "--no-sample", "--port", str(free_port())]
        up = subprocess.Popen(words, cwd=ROOT, env=os.environ | settings, stdout=subprocess.DEVNULL)
        stack.callback(_end, up)
        state = _started(var, up)
        os.environ |= json.loads((var / environment.RUNNING_FILE).read_text()) | settings
        yield House(up.pid, var, str(state["url"]), url)


def _started(var: Path, up: subprocess.Popen[bytes]) -> dict[str, object]:
    until = time.monotonic() + LONGEST_START_S
    while time.monotonic() < until and up.poll() is None:
        try:
            state: dict[str, object] = json.loads((var / STATE_FILE).read_text())
        except (OSError, ValueError):
            state = {}
        if "web" in str(state.get("children", "")):
            return state
        time.sleep(0.2)
    raise RuntimeError("The product did not start.")


def _end(up: subprocess.Popen[bytes]) -> None:
    up.send_signal(signal.SIGINT)
    try:
        up.wait(60)
    except subprocess.TimeoutExpired:
        up.kill()
