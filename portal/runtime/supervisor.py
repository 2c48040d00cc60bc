"""Runs the children of `up`: starts them in order, restarts one that dies, stops them in reverse.

The supervisor watches from the main thread only, because the parent-death signal of a
child belongs to the thread that started it.
"""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from portal.runtime import processes

READY_SECONDS = 60.0
WATCH_SECONDS = 0.3
DEATHS_ALLOWED = 5  # within DEATHS_WINDOW_SECONDS; the fifth ends the run
DEATHS_WINDOW_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.5  # before a restart; doubled with each further death
LONGEST_BACK_OFF_SECONDS = 8.0
LOG_LINES_SHOWN = 8
GRACE_SECONDS = 12.0  # for the children of a killed supervisor; a worker hands back its tasks in 10
LOG_BYTES = 10_000_000  # a longer log is set aside once, at the start of its child
# Our own processes' errors. PostgreSQL writes "ERROR:" for each refused statement; those stay in its log.
WORTH_SHOWING = re.compile(rb"\b(?:ERROR|CRITICAL)\b(?!:)|\bPANIC\b")


class RunEnded(Exception):
    """The run cannot go on; the message says why, for the terminal."""


@dataclass
class Child:
    """One process that belongs to the run."""

    name: str
    argv: Sequence[str]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    ready: Callable[[], bool] | None = None
    run_as: processes.RunAs | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)
    restart_at: float | None = None


class Supervisor:
    """Owns the children of one run."""

    def __init__(
        self,
        log_dir: Path,
        *,
        lock_handle: int,
        grace_seconds: float = GRACE_SECONDS,
        first_pause_seconds: float = FIRST_PAUSE_SECONDS,
    ) -> None:
        self.children: list[Child] = []
        self._log_dir = log_dir
        self._first_pause_seconds = first_pause_seconds
        self._stop_asked = threading.Event()
        self._impatient = False
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py")), str(grace_seconds)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            pass_fds=[lock_handle],
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def start(self, child: Child) -> None:
        """Start a child and wait until it is ready. Raises RunEnded when it is not ready in time."""
        self.children.append(child)
        self._launch(child)
        until = time.monotonic() + READY_SECONDS
        while child.ready is not None and not child.ready():
            self.raise_if_stopping()
            if child.process is None or child.process.poll() is not None:
                raise RunEnded(f"{child.name} ended before it was ready.\n{self.log_end(child.name)}")
            if time.monotonic() > until:
                raise RunEnded(
                    f"{child.name} was not ready in {READY_SECONDS:.0f} s.\n{self.log_end(child.name)}"
                )
            time.sleep(0.05)

    def run_once(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, echo: bool = False
    ) -> int:
        """Run a command to its end, its words in the log (`echo`: on the terminal too); its exit code."""
        with self._log_file(name).open("ab") as log:
            process = processes.spawn(argv, output=subprocess.PIPE, env=env, cwd=cwd)
            self._tell_guard(f"+ {process.pid} {int(signal.SIGTERM)}")
            pump = threading.Thread(
                target=_copy_lines, args=(process, log.write, print_bytes if echo else None)
            )
            pump.start()
            while process.poll() is None:
                if self._stop_asked.wait(0.05):
                    processes.stop(process, by=signal.SIGTERM, wait_seconds=5)
            pump.join(timeout=5)
            self._tell_guard(f"- {process.pid}")
        self.raise_if_stopping()
        return process.returncode

    def watch(self) -> None:
        """Keep the children alive until somebody asks to stop. Raises RunEnded when one keeps dying."""
        while not self._stop_asked.wait(WATCH_SECONDS):
            for child in self.children:
                self._look_after(child)

    def stop_all(self) -> None:
        """Stop the children, the last started first, so that the database goes last."""
        for child in reversed(self.children):
            if child.process is None:
                continue
            patience = 0.5 if self._impatient else child.stop_seconds
            if not processes.stop(child.process, by=child.stop_signal, wait_seconds=patience):
                say(f"{child.name} did not stop in {patience:.0f} s and was killed")
            self._tell_guard(f"- {child.process.pid}")
        self._tell_guard("done")
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        self._guard.wait()

    def raise_if_stopping(self) -> None:
        if self._stop_asked.is_set():
            raise RunEnded("stopping")

    @property
    def was_asked_to_stop(self) -> bool:
        return self._stop_asked.is_set()

    def pids(self) -> dict[str, int]:
        return {child.name: child.process.pid for child in self.children if child.process is not None}

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.restart_at is not None:
            if now >= child.restart_at:
                child.restart_at = None
                self._launch(child)
            return
        if child.process is None or child.process.poll() is None:
            return
        child.deaths = [at for at in child.deaths if now - at < DEATHS_WINDOW_SECONDS] + [now]
        processes.kill_group(child.process.pid)  # what it left behind may still hold its port
        self._tell_guard(f"- {child.process.pid}")
        ended = f"{child.name} ended with code {child.process.returncode}"
        if len(child.deaths) >= DEATHS_ALLOWED:
            raise RunEnded(f"{ended}, {DEATHS_ALLOWED} times in a minute.\n{self.log_end(child.name)}")
        pause = min(self._first_pause_seconds * 2 ** (len(child.deaths) - 1), LONGEST_BACK_OFF_SECONDS)
        say(f"{ended}; starting it again in {pause:g} s (var/log/{child.name}.log)")
        child.restart_at = now + pause

    def _launch(self, child: Child) -> None:
        child.process = processes.spawn(
            child.argv,
            output=subprocess.PIPE,
            death_signal=child.stop_signal,
            run_as=child.run_as,
            env=child.env,
            cwd=child.cwd,
        )
        self._tell_guard(f"+ {child.process.pid} {int(child.stop_signal)}")
        threading.Thread(target=self._pump, args=(child.name, child.process), daemon=True).start()

    def _pump(self, name: str, process: subprocess.Popen[bytes]) -> None:
        def show(line: bytes) -> None:
            if WORTH_SHOWING.search(line) and not self._stop_asked.is_set():
                say(f"{name}: {line.decode(errors='replace').strip()[:160]}")

        with self._log_file(name).open("ab", buffering=0) as log:
            _copy_lines(process, log.write, show)

    def _log_file(self, name: str) -> Path:
        file = self._log_dir / f"{name}.log"
        if file.exists() and file.stat().st_size > LOG_BYTES:
            file.replace(file.with_suffix(".log.1"))
        return file

    def log_end(self, name: str) -> str:
        """The last lines of a child's log, for the sentence that says why the run ended."""
        file = self._log_dir / f"{name}.log"
        lines = file.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:] if file.exists() else []
        return "\n".join([f"The end of {file}:", *(f"  {line[:300]}" for line in lines)])

    def _tell_guard(self, line: str) -> None:
        if self._guard.stdin is None:
            return
        try:
            self._guard.stdin.write(line.encode() + b"\n")
            self._guard.stdin.flush()
        except BrokenPipeError:
            return  # somebody killed the guard; the parent-death signal still holds on Linux

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        if self._stop_asked.is_set():
            self._impatient = True
        self._stop_asked.set()


def _copy_lines(
    process: subprocess.Popen[bytes], write: Callable[[bytes], object], show: Callable[[bytes], None] | None
) -> None:
    if process.stdout is None:
        return
    for line in process.stdout:
        write(line)
        if show is not None:
            show(line)


def print_bytes(line: bytes) -> None:
    print(line.decode(errors="replace"), end="", flush=True)


def say(sentence: str) -> None:
    """One line of the run on the terminal."""
    print(f"gatehouse | {sentence}", flush=True)
