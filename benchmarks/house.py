"""A house of its own for a benchmark: PostgreSQL, Valkey, Celery workers, web if asked for, and a target.

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
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from portal.runtime import embedded, processes
from portal.runtime.up import QUEUES, WORKER_FLAGS

ROOT = Path(__file__).resolve().parents[1]
LONGEST_START_S = 60.0


@dataclass
class House:
    """What runs: addresses, and the process that each part began with (for what it costs)."""

    target: str
    web: str = ""
    pids: dict[str, int] = field(default_factory=dict)


@contextmanager
def running(target_words: Sequence[str], *, workers: int = 2, web: bool = False) -> Iterator[House]:
    """Start all of it, give its addresses, and stop it in reverse order.

    ``target_words`` is the module of the target with its options; ``--port`` is added. ``workers`` is the
    number of worker processes and of shards of one run.
    """
    home = Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
    home.chmod(0o755)
    with ExitStack() as house:
        house.callback(shutil.rmtree, home, ignore_errors=True)
        (home / "var").mkdir(mode=0o700)
        port, web_port = processes.free_port(), processes.free_port()
        built = House(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{web_port}" if web else "")
        _start_servers(house, home, built)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "portal.config.settings",
            "GATEHOUSE_VAR": str(home / "var"),
            "GATEHOUSE_SECRET_KEY": secrets.token_urlsafe(48),
            "GATEHOUSE_FIELD_KEYS": "bench:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "GATEHOUSE_ALLOWED_TARGETS": f"127.0.0.1:{port}",
            "GATEHOUSE_SHARDS": str(workers),
        }
        if _python(house, home, "migrate", "manage.py", "migrate", "--no-input", "--skip-checks").wait():
            raise RuntimeError(f"The migrations failed: {(home / 'migrate.log').read_text()[-500:]}")
        target = _python(house, home, "target", "-m", *target_words, "--port", str(port))
        flags = [str(workers) if before == "--concurrency" else word
                 for before, word in zip(("", *WORKER_FLAGS), WORKER_FLAGS, strict=False)]  # fmt: skip
        celery = ("-m", "celery", "-A", "portal.config.celery", "worker", "--queues", QUEUES, *flags)
        worker = _python(house, home, "worker", *celery, stop_signal=signal.SIGQUIT)
        built.pids |= {"target": target.pid, "worker": worker.pid}
        _wait_until_it_answers(port, home / "target.log")
        if web:
            words = ("-m", "gunicorn", "portal.config.wsgi:application", "--bind", f"127.0.0.1:{web_port}",
                     "--worker-class", "gthread", "--threads", "8", "--no-control-socket")  # fmt: skip
            built.pids["web"] = _python(house, home, "web", *words).pid
            _wait_until_it_answers(web_port, home / "web.log")
        yield built


@contextmanager
def bare() -> Iterator[None]:
    """Servers and tables alone; Django is set up in this process."""
    home = Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
    home.chmod(0o755)
    with ExitStack() as house:
        house.callback(shutil.rmtree, home, ignore_errors=True)
        (home / "var").mkdir(mode=0o700)
        _start_servers(house, home, House(""))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "portal.config.settings",
            "GATEHOUSE_VAR": str(home / "var"),
            "GATEHOUSE_SECRET_KEY": secrets.token_urlsafe(48),
            "GATEHOUSE_FIELD_KEYS": "bench:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "GATEHOUSE_BASE_URL": "http://localhost",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        yield


def _start_servers(house: ExitStack, home: Path, built: House) -> None:
    postgres = embedded.Postgres(home / "postgres")
    valkey = embedded.Valkey(home / "valkey", processes.free_port(), password=secrets.token_hex(16))
    for name, server in (("postgres", postgres), ("valkey", valkey)):
        server.prepare()
        process = embedded.run(server, log=home / f"{name}.log")
        built.pids[name] = process.pid
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
    until = time.monotonic() + LONGEST_START_S
    while not processes.answers("127.0.0.1", port):
        if time.monotonic() > until:
            raise TimeoutError(f"Port {port} does not answer: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.1)
