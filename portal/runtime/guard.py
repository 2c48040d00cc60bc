"""Runs beside the supervisor and ends its children when it vanishes without stopping them itself.

Started as a script, with the standard library only. It reads one line per child from its
standard input (`+ pid signal`, `- pid`) and `done` before an orderly end. The end of the
input without `done` means that the supervisor was killed. It holds the supervisor's lock
file open, so that nobody starts anew while the old children are still going.
"""

import os
import signal
import sys
import time


def main(grace_seconds: float) -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    children: dict[int, int] = {}
    for line in sys.stdin:
        match line.split():
            case ["+", pid, number]:
                children[int(pid)] = int(number)
            case ["-", pid]:
                children.pop(int(pid), None)
            case ["done"]:
                return
    for pid, number in reversed(children.items()):
        _send(pid, number)
    until = time.monotonic() + grace_seconds
    while time.monotonic() < until and any(_is_there(pid) for pid in children):
        time.sleep(0.1)
    for pid in children:
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    main(float(sys.argv[1]))
