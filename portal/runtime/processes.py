"""Start and stop child processes so that none outlives the process that started it. No Django here."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class RunAs:
    """The system user that a child runs as; None in its place means "the same as us"."""

    name: str
    uid: int
    gid: int


def spawn(
    argv: Sequence[str],
    *,
    output: IO[bytes] | int,
    death_signal: signal.Signals = signal.SIGTERM,
    run_as: RunAs | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C in the terminal reaches only us.

    On Linux the child gets `death_signal` when the *thread* that called this ends: call it
    from the main thread only. The subprocess module changes the user before it runs the
    hook, so the request survives the change.
    """
    return subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        preexec_fn=_follow_parent(death_signal, os.getpid()),
        user=None if run_as is None else run_as.uid,
        group=None if run_as is None else run_as.gid,
        extra_groups=None if run_as is None else [],
    )


def _follow_parent(death_signal: signal.Signals, parent_pid: int) -> Callable[[], None]:
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None)

    def request() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent_pid:  # the parent died between fork and prctl
            os._exit(1)

    return request


def stop(process: subprocess.Popen[bytes], *, by: signal.Signals, wait_seconds: float) -> bool:
    """Ask the process to stop, then kill its whole group. True when it went by itself in time."""
    if process.poll() is not None:
        kill_group(process.pid)
        return True
    process.send_signal(by)
    try:
        process.wait(wait_seconds)
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        process.wait()
        return False
    kill_group(process.pid)
    return True


def kill_group(group_id: int) -> None:
    """Kill what a child left behind in its group; nothing left is fine."""
    try:
        os.killpg(group_id, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def free_port(*, preferred: int | None = None, host: str = "127.0.0.1") -> int:
    """A TCP port that nothing listens on at this moment: the preferred one if it is free."""
    for port in [p for p in (preferred, 0) if p is not None]:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port on {host}")


def answers(host: str, port: int) -> bool:
    """Whether something accepts TCP connections there."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False
