"""What a process and its children use, read from /proc: CPU seconds and memory. Linux only."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

TICK = os.sysconf("SC_CLK_TCK")
MIB = 1024 * 1024
EVERY_S = 0.1


def family(pid: int) -> list[int]:
    """A process and all that it began, however deep."""
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        try:
            for task in os.listdir(f"/proc/{current}/task"):
                children = Path(f"/proc/{current}/task/{task}/children").read_text()
                waiting += [int(word) for word in children.split()]
        except OSError:  # the thread or the process ended while we looked
            continue
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a family, children that were waited for included."""
    total = 0
    for member in family(pid):
        try:
            words = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(words[place]) for place in (11, 12)) + (
            sum(int(words[place]) for place in (13, 14)) if member == pid else 0
        )
    return total / TICK


def largest_mib(pid: int) -> float:
    """Resident memory of the family's largest member."""
    sizes = [0]
    for member in family(pid):
        try:
            sizes.append(int(Path(f"/proc/{member}/statm").read_text().split()[1]))
        except OSError:
            continue
    return max(sizes) * os.sysconf("SC_PAGE_SIZE") / MIB


class Meter:
    """``with Meter(pids) as meter: …`` then ``meter.report(cases)``: CPU and peak memory by part."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self.pids = dict(pids)
        self.peaks = dict.fromkeys(pids, 0.0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Meter:
        self._before = {name: cpu_seconds(pid) for name, pid in self.pids.items()}
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self.used = {name: cpu_seconds(pid) - self._before[name] for name, pid in self.pids.items()}

    def report(self, cases: int) -> dict[str, dict[str, float]]:
        """CPU seconds, CPU milliseconds per case and the largest process's peak in MiB, by part."""
        return {
            name: {
                "cpu_s": round(used, 2),
                "cpu_ms_per_case": round(used * 1000 / cases, 3),
                "peak_mib": round(self.peaks[name], 1),
            }
            for name, used in self.used.items()
        }

    def _watch(self) -> None:
        while not self._stop.wait(EVERY_S):
            for name, pid in self.pids.items():
                self.peaks[name] = max(self.peaks[name], largest_mib(pid))
