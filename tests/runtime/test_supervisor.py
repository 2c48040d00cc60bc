"""The supervisor with stand-in children: restart, give up, orderly stop, and nothing left after a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.runtime import processes

HERE = Path(__file__).parent
SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
WITH_GRANDCHILD = (
    "import subprocess, sys, pathlib, time;"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "pathlib.Path(r'{file}').write_text(str(p.pid)); time.sleep(60)"
)


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def has_gone(pid: int) -> bool:
    """Ended; a zombie that nobody reaped in a container counts as ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return not processes.is_alive(pid)
    except ProcessLookupError:
        return True
    return state == "Z"


class House:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **children: str) -> None:
        words = [f"{name}={source}" for name, source in children.items()]
        argv = [sys.executable, str(HERE / "stub_house.py"), str(self.folder), *words]
        env = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
        self.process = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, start_new_session=True)
        until(lambda: set(self.pids()) == set(children))

    def pids(self) -> dict[str, int]:
        file = self.folder / "pids.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self) -> int:
        assert self.process is not None
        return self.process.wait(60)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    if house.process is not None and house.process.poll() is None:
        house.process.kill()
        house.process.wait()


def test_ctrl_c_stops_all_children_and_exits_with_0(house: House):
    house.start(first=SLEEP, second=SLEEP)
    pids = house.pids()
    house.send(signal.SIGINT)
    assert house.wait() == 0
    assert all(has_gone(pid) for pid in pids.values())


def test_a_child_that_does_not_listen_is_killed_with_what_it_started(house: House, tmp_path: Path):
    grandchild = tmp_path / "grandchild"
    house.start(
        stubborn="import signal; signal.signal(15, signal.SIG_IGN);" + WITH_GRANDCHILD.format(file=grandchild)
    )
    until(lambda: grandchild.exists() and grandchild.read_text())
    house.send(signal.SIGTERM)
    assert house.wait() == 0
    until(lambda: has_gone(int(grandchild.read_text())))


def test_a_killed_child_is_started_again(house: House):
    house.start(steady=SLEEP)
    first = house.pids()["steady"]
    os.kill(first, signal.SIGKILL)
    until(lambda: house.pids()["steady"] != first)
    assert not has_gone(house.pids()["steady"])


def test_a_child_that_keeps_dying_ends_the_run_with_its_last_words(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    house.start(steady=SLEEP, broken="raise SystemExit('the port is taken')")
    steady = house.pids()["steady"]
    assert house.wait() == 1
    reason = (house.folder / "exit.txt").read_text()
    assert "broken ended with code 1, 5 times in a minute" in reason
    assert "the port is taken" in reason
    assert has_gone(steady)


def test_a_killed_supervisor_leaves_nothing_behind(house: House, tmp_path: Path):
    grandchild = tmp_path / "grandchild"
    house.start(plain=SLEEP, parent=WITH_GRANDCHILD.format(file=grandchild))
    until(lambda: grandchild.exists() and grandchild.read_text())
    everyone = [*house.pids().values(), int(grandchild.read_text())]
    house.send(signal.SIGKILL)
    until(lambda: all(has_gone(pid) for pid in everyone))


def test_a_child_that_ignores_the_signal_does_not_outlive_a_killed_supervisor(house: House):
    house.start(stubborn=STUBBORN)
    time.sleep(0.3)  # it needs a moment to shut its ears
    pid = house.pids()["stubborn"]
    house.send(signal.SIGKILL)
    until(lambda: has_gone(pid))
