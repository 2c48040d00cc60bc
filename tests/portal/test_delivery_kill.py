"""kill -9 of the process that delivers, between taking an event and marking it: nothing is lost (API-12)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.cache import cache
from django.db import connection

from portal import audit, outbox
from portal.models import Notification, OutboxEvent
from portal.scope import tenant_scope
from portal.vocabulary import MEMBER_JOINED

from .conftest import House

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]


class MailServer(ThreadingTCPServer):
    """Takes mail by SMTP; while ``stuck`` is set it keeps who delivers waiting before it accepts a letter."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Letter)
        self.letters: list[str] = []
        self.stuck, self.reached = threading.Event(), threading.Event()


class Letter(StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline().decode(errors="replace").strip():
            word = line.upper()
            if word.startswith("DATA"):
                self._take()
            elif word.startswith("QUIT"):
                self._say("221 bye")
                break
            else:
                self._say("250 ok")

    def _take(self) -> None:
        self._say("354 go on")
        lines = iter(lambda: self.rfile.readline().decode(errors="replace"), ".\r\n")
        letter = "".join(lines)
        self.server.reached.set()
        while self.server.stuck.is_set():
            time.sleep(0.02)
        self.server.letters.append(letter)
        self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.stuck.clear()
    server.shutdown()
    server.server_close()


@pytest.fixture
def worker(mail_server: MailServer) -> Iterator[Any]:
    """Starts a real Celery worker that delivers by our mail server."""
    started: list[subprocess.Popen[bytes]] = []
    url = urlsplit(os.environ["DATABASE_URL"])
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}")),
        "GATEHOUSE_SMTP_URL": f"smtp://127.0.0.1:{mail_server.server_address[1]}",
    }
    command = [
        sys.executable, "-m", "celery", "-A", "portal.config", "worker", "-Q", "deliver", "-c", "1",
        "--without-gossip", "--without-mingle", "-l", "WARNING",
    ]  # fmt: skip

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_until(is_so: Any, *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def done(house: House) -> bool:
    with tenant_scope([house.tenant.pk]):
        return not OutboxEvent.objects.filter(dispatched_at__isnull=True).exists()


def test_what_was_taken_by_a_killed_worker_is_delivered_by_the_next(
    house: House, mail_server: MailServer, worker: Any
) -> None:
    mail_server.stuck.set()
    first = worker()
    with tenant_scope([house.tenant.pk]):
        audit.record(
            actor=house.consultant, event=MEMBER_JOINED, subject=house.tenant, facts={"role": "lead"}
        )
    assert mail_server.reached.wait(60)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(10)
    assert not done(house)

    mail_server.stuck.clear()
    cache.clear()  # the dead worker's hold on the tenant runs out after a minute; the test does not wait
    worker()
    with tenant_scope([house.tenant.pk]):
        outbox.kick(house.tenant.pk)
    wait_until(lambda: done(house))
    with tenant_scope([house.tenant.pk]):
        told = sorted(Notification.objects.values_list("user__name", flat=True))
    assert told == ["Ada Admin", "Lena Lead"]
    for person in (house.admin, house.lead):
        assert [one for one in mail_server.letters if f"To: {person.email}" in one]
