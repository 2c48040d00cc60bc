"""`up` as a person runs it: servers, migrations, site; one run for all questions, since it takes seconds."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.runtime.processes import free_port
from tests.runtime.test_supervisor import has_gone, until

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "REDIS_URL", "PYTEST_XDIST_WORKER")


class Up:
    """One folder in which `up` runs, and the process that does."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.output = var.with_name(var.name + ".out")
        self.port = free_port()  # another house on this machine may want the usual one at the same moment
        self.process = self.launch()

    def launch(self, *words: str) -> subprocess.Popen[bytes]:
        env = {
            name: value for name, value in os.environ.items() if name not in OURS and "GATEHOUSE" not in name
        }
        env["GATEHOUSE_VAR"] = str(self.var)
        argv = [sys.executable, "-m", "portal.runtime.up", "--no-sample", "--port", str(self.port), *words]
        with self.output.open("wb") as output:
            return subprocess.Popen(argv, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)

    def state(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.var / "up.json").read_text())
            return found
        except FileNotFoundError:  # not yet, or no longer
            return {}

    def is_running(self) -> bool:
        assert self.process.poll() is None, self.output.read_text()
        state = self.state()
        return state.get("pid") == self.process.pid and "web" in state["children"]

    def everyone(self) -> list[int]:
        """The children and all their descendants."""
        found = list(self.state()["children"].values())
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(word) for word in task.read_text().split()]
        return found


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with tempfile.TemporaryDirectory(prefix="gh-up-") as folder:
        Path(folder).chmod(0o711)  # run by root, PostgreSQL is another user and passes here
        up = Up(Path(folder) / "var")
        until(up.is_running, seconds=180)
        yield up
        if up.process.poll() is None:
            up.process.send_signal(signal.SIGINT)
            up.process.wait(120)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # our own address
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:  # a connection that was cut
        return 599


def test_the_site_answers_at_the_printed_address(up: Up):
    url = up.state()["url"]
    until(lambda: url in up.output.read_text(), seconds=60)  # it is told once the site answers
    assert _status(url + "/") < 500


def test_the_site_is_not_reachable_from_other_machines(up: Up):
    port = int(up.state()["url"].rsplit(":", 1)[1])
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        assert probe.connect_ex(("127.0.0.2", port)) != 0  # another address than the one it listens on


def test_secrets_are_readable_by_their_owner_only(up: Up):
    for name in ("secrets.json", "environment.json", "up.json", "valkey/valkey.conf"):
        assert stat.S_IMODE((up.var / name).stat().st_mode) == 0o600, name
    assert "GATEHOUSE_FIELD_KEYS" in json.loads((up.var / "secrets.json").read_text())


def test_a_second_start_says_that_one_is_running_and_where(up: Up, tmp_path: Path):
    told = up.output
    up.output = tmp_path / "second"
    second = up.launch()
    assert second.wait(120) == 1
    said, up.output = up.output.read_text(), told
    assert f"already running: {up.state()['url']} (process {up.process.pid})" in said


def test_a_killed_database_comes_back_and_the_site_with_it(up: Up):
    url = up.state()["url"]
    os.kill(up.state()["children"]["postgres"], signal.SIGKILL)
    until(lambda: "starting it again" in up.output.read_text())
    until(lambda: _status(url + "/accounts/login/") < 500, seconds=180)  # after crash recovery


def test_a_kill_leaves_nothing_and_the_next_start_ends_with_ctrl_c(up: Up):
    before = up.everyone()
    assert len(before) >= 6
    up.process.kill()
    up.process.wait()
    until(lambda: all(has_gone(pid) for pid in before), seconds=60)

    up.process = up.launch()
    until(up.is_running, seconds=180)
    before = up.everyone()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(120) == 0
    assert all(has_gone(pid) for pid in before)
    assert not (up.var / "up.json").exists()
