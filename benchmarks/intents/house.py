"""A house of its own for a benchmark: PostgreSQL, Valkey, a Celery worker and the classifier.

Import this before anything of Django: it sets the environment that settings read.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from portal.runtime import embedded, processes
from portal.runtime.up import QUEUES, WORKER_FLAGS

ROOT = Path(__file__).resolve().parents[2]
TRAINING_SECONDS = 60.0


@contextmanager
def running(train: Path) -> Iterator[str]:
    """Start all of it and give the classifier's address; on leaving, stop it in reverse order."""
    home = Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
    home.chmod(0o755)
    with ExitStack() as house:
        house.callback(shutil.rmtree, home, ignore_errors=True)
        (home / "var").mkdir(mode=0o700)
        port = processes.free_port()
        _start_servers(house, home)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "portal.config.settings",
            "GATEHOUSE_VAR": str(home / "var"),
            "GATEHOUSE_SECRET_KEY": secrets.token_urlsafe(48),
            "GATEHOUSE_FIELD_KEYS": "bench:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "GATEHOUSE_ALLOWED_TARGETS": f"127.0.0.1:{port}",
        }
        if _python(house, home, "migrate", "manage.py", "migrate", "--no-input", "--skip-checks").wait():
            raise RuntimeError(f"The migrations failed: {(home / 'migrate.log').read_text()[-500:]}")
        classifier = (
            "-m",
            "benchmarks.intents.server",
            "--train",
            str(train.absolute()),
            "--port",
            str(port),
        )
        _python(house, home, "classifier", *classifier)
        celery = ("-m", "celery", "-A", "portal.config.celery", "worker", "--queues", QUEUES, *WORKER_FLAGS)
        _python(house, home, "worker", *celery, stop_signal=signal.SIGQUIT)
        _wait_until_it_answers(port, home / "classifier.log")
        yield f"http://127.0.0.1:{port}"


def _start_servers(house: ExitStack, home: Path) -> None:
    postgres = embedded.Postgres(home / "postgres")
    valkey = embedded.Valkey(home / "valkey", processes.free_port(), password=secrets.token_hex(16))
    for name, server in (("postgres", postgres), ("valkey", valkey)):
        server.prepare()
        process = embedded.run(server, log=home / f"{name}.log")
        house.callback(processes.stop, process, by=server.stop_signal, wait_seconds=15)
    postgres.make_owner()
    os.environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}


def _python(
    house: ExitStack, home: Path, name: str, *words: str, stop_signal: signal.Signals = signal.SIGTERM
) -> subprocess.Popen[bytes]:
    with (home / f"{name}.log").open("ab") as log:
        process = processes.spawn([sys.executable, *words], output=log, cwd=ROOT)
    house.callback(processes.stop, process, by=stop_signal, wait_seconds=15)
    return process


def _wait_until_it_answers(port: int, log: Path) -> None:
    until = time.monotonic() + TRAINING_SECONDS
    while not processes.answers("127.0.0.1", port):
        if time.monotonic() > until:
            raise TimeoutError(f"The classifier does not answer: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.1)
