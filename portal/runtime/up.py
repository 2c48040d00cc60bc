"""One command that runs everything: database, broker, sample AI system, worker, beat and web. No Django here.

`bin/up` and `manage.py up` both end here.
"""

import argparse
import fcntl
import ipaddress
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from portal.runtime import embedded, environment, processes
from portal.runtime.environment import BASE_DIR
from portal.runtime.supervisor import Child, RunEnded, Supervisor, say

WEB_PORT = 8000
SAMPLE_PORT = 8801
QUEUES = "default,deliver,evaluate,report"
WORKER_FLAGS = (
    *("--pool", "prefork", "--concurrency", "2", "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle", "--hostname", "main@localhost"),
)
WEB_WORKERS, WEB_THREADS = 2, 32
STATE_FILE = "up.json"
LOCK_FILE = "up.lock"
LOCK_WAIT_SECONDS = 20.0  # a killed run's children are gone by then


@dataclass
class Place:
    """Where this run listens and keeps its files."""

    var: Path
    host: str
    web_port: int
    sample_port: int
    env: dict[str, str] = field(default_factory=dict)
    has_sample: bool = False  # loaded, or found loaded, by this start

    @property
    def url(self) -> str:
        return f"http://localhost:{self.web_port}"  # passkeys need this name: browsers refuse bare addresses


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if not options.smoke:
        return _run(environment.var_dir(), options)
    var = Path(tempfile.mkdtemp(prefix="gatehouse-smoke-"))
    try:
        return _run(var, options)
    finally:
        shutil.rmtree(var, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/up", description="Run Gatehouse on this machine. Ctrl-C stops it."
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=WEB_PORT, help="preferred web port (default: 8000)")
    parser.add_argument(
        "--smoke", action="store_true", help="walk the sample through on free ports, then stop"
    )
    parser.add_argument("--no-sample", action="store_true", help="start empty, without the sample clients")
    parser.add_argument(
        "--sample", action="store_true", help="load the sample clients even into the database of DATABASE_URL"
    )
    return parser


def _run(var: Path, options: argparse.Namespace) -> int:
    environment.make_var(var)
    lock = _take_lock(var)
    if lock is None:
        return 1
    supervisor = Supervisor(var / "log", lock_handle=lock)
    code = 0
    try:
        place = _find_place(var, options)
        _write_state(supervisor, place)
        _start_servers(supervisor, place)
        _prepare_data(supervisor, place, options)
        _start_site(supervisor, place)
        if options.smoke:
            code = _smoke(supervisor, place)
        else:
            _announce(supervisor, place)
            supervisor.watch()
    except (RunEnded, embedded.ServerFailed) as reason:
        if not supervisor.was_asked_to_stop:
            say(str(reason))
            code = 1
    finally:
        if not options.smoke:
            say("stopping")
        supervisor.stop_all()
        for name in (STATE_FILE, environment.RUNNING_FILE):
            (var / name).unlink(missing_ok=True)
        os.close(lock)
    return 130 if options.smoke and supervisor.was_asked_to_stop else code


def _take_lock(var: Path) -> int | None:
    """Hold the lock of this `var`, or say who does. None when another run has it."""
    handle = os.open(var / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            running = _read_state(var)
            if running is not None and processes.is_alive(int(str(running["pid"]))):
                say(f"Gatehouse is already running: {running['url']} (process {running['pid']}).")
                say("Stop it with Ctrl-C where it was started, or give this one a folder in GATEHOUSE_VAR.")
                os.close(handle)
                return None
            if time.monotonic() > until:
                say(f"Another start holds {var / LOCK_FILE}. Wait for it, or end it, and try again.")
                os.close(handle)
                return None
            time.sleep(0.2)


def _write_state(supervisor: Supervisor, place: Place) -> None:
    state = {"pid": os.getpid(), "url": place.url, "children": supervisor.pids()}
    environment.write_private(place.var / STATE_FILE, state)


def _read_state(var: Path) -> dict[str, object] | None:
    try:
        state: dict[str, object] = json.loads((var / STATE_FILE).read_text())
    except (OSError, ValueError):
        return None
    return state


def _find_place(var: Path, options: argparse.Namespace) -> Place:
    """Choose ports and gather what settings read. The sample's port is kept: a stored target points at it."""
    kept = environment.secrets_of(var)
    smoke = options.smoke
    sample_wish = None if smoke else int(kept.get("sample_port", SAMPLE_PORT))
    place = Place(
        var=var,
        host=options.host,
        web_port=processes.free_port(preferred=None if smoke else options.port, host=options.host),
        sample_port=processes.free_port(preferred=sample_wish),
    )
    if kept.get("sample_port") != str(place.sample_port):
        environment.write_private(
            var / environment.SECRETS_FILE, {**kept, "sample_port": str(place.sample_port)}
        )
    sample = f"127.0.0.1:{place.sample_port}"
    given = os.environ.get("GATEHOUSE_ALLOWED_TARGETS", "")
    place.env = {
        "DJANGO_SETTINGS_MODULE": "portal.config.settings",
        "GATEHOUSE_VAR": str(var),
        "GATEHOUSE_BASE_URL": os.environ.get("GATEHOUSE_BASE_URL", place.url),
        "GATEHOUSE_SAMPLE_URL": f"http://{sample}",
        "GATEHOUSE_ALLOWED_TARGETS": ",".join(part for part in (given, sample) if part),
        "GATEHOUSE_HOSTS": os.environ.get("GATEHOUSE_HOSTS", _host_names(options.host)),
        "PYTHONUNBUFFERED": "1",
    }
    for name in ("GATEHOUSE_SECRET_KEY", "GATEHOUSE_FIELD_KEYS"):
        place.env[name] = os.environ.get(name) or kept[name]
    return place


def _host_names(host: str) -> str:
    names = ["localhost", "127.0.0.1", "[::1]"]
    if _is_every_address(host):
        names.append(socket.gethostname())
    elif host not in names:
        names.append(host)
    return ",".join(names)


def _start_servers(supervisor: Supervisor, place: Place) -> None:
    if "DATABASE_URL" in os.environ:
        place.env["DATABASE_URL"] = os.environ["DATABASE_URL"]
    else:
        postgres = embedded.Postgres(place.var / "postgres")
        if postgres.prepare():
            say(f"made a database in {postgres.data_dir}")
        supervisor.start(_server_child("postgres", postgres, stop_seconds=20))
        postgres.make_owner()
        place.env["DATABASE_URL"] = postgres.url
    if "REDIS_URL" in os.environ:
        place.env["REDIS_URL"] = os.environ["REDIS_URL"]
    else:
        password = environment.secrets_of(place.var).get("broker_password") or secrets.token_hex(16)
        valkey = embedded.Valkey(place.var / "valkey", processes.free_port(), password=password)
        valkey.prepare()
        supervisor.start(_server_child("valkey", valkey, stop_seconds=10))
        place.env["REDIS_URL"] = valkey.url
    environment.write_private(place.var / environment.RUNNING_FILE, place.env)


def _server_child(name: str, server: embedded.Postgres | embedded.Valkey, *, stop_seconds: float) -> Child:
    return Child(
        name=name,
        argv=server.argv,
        stop_signal=server.stop_signal,
        stop_seconds=stop_seconds,
        ready=server.is_ready,
        run_as=server.run_as,
        cwd=Path("/"),
    )


def _manage(*words: str) -> list[str]:
    return [sys.executable, str(BASE_DIR / "manage.py"), *words]


def _prepare_data(supervisor: Supervisor, place: Place, options: argparse.Namespace) -> None:
    """Bring the tables up to date, see that the walls stand, and load the sample where it is wanted."""
    # Checks come after: an interrupted first start leaves tables whose walls are the next migration.
    steps = {"migrate": ["--no-input", "--skip-checks"], "check": ["--database", "default"]}
    for name, words in steps.items():
        if supervisor.run_once(name, _manage(name, *words), env=place.env, cwd=BASE_DIR) != 0:
            failed = f"manage.py {name} failed.\n{supervisor.log_end(name)}"
            raise RunEnded(_why_not_up_to_date(supervisor, place) or failed)
    own_database = "DATABASE_URL" not in os.environ
    wanted = options.smoke or options.sample or (own_database and not options.no_sample)
    if not wanted or not _has_command("load_sample"):
        return
    place.has_sample = True
    if supervisor.run_once("load_sample", _manage("load_sample"), env=place.env, cwd=BASE_DIR) != 0:
        raise RunEnded(f"The sample could not be loaded.\n{supervisor.log_end('load_sample')}")


def _why_not_up_to_date(supervisor: Supervisor, place: Place) -> str:
    """What the product itself says against bringing this database up to date; "" when nothing."""
    check = _manage("check", "--tag", "upgrade", "--database", "default")
    if supervisor.run_once("upgrade", check, env=place.env, cwd=BASE_DIR) == 0:
        return ""
    return supervisor.log_end("upgrade")


def _has_command(name: str) -> bool:
    return any(BASE_DIR.glob(f"*/management/commands/{name}.py"))


def _start_site(supervisor: Supervisor, place: Place) -> None:
    for child in site_children(place):
        supervisor.raise_if_stopping()
        supervisor.start(child)


def site_children(place: Place) -> list[Child]:
    """Our own processes, in the order in which they start."""

    def ours(name: str, *words: str) -> Child:
        return Child(name, [sys.executable, "-m", *words], env=place.env, cwd=BASE_DIR, stop_seconds=5)

    celery = ("celery", "-A", "portal.config.celery")
    worker = ours("worker", *celery, "worker", "--queues", QUEUES, *WORKER_FLAGS)
    # SIGQUIT hands unfinished tasks back to the broker; SIGTERM would wait for a whole run.
    worker.stop_signal, worker.stop_seconds = signal.SIGQUIT, 15
    schedule = str(place.var / "beat-schedule")
    beat = ours("beat", *celery, "beat", "--schedule", schedule, "--pidfile=", "--loglevel", "WARNING")
    web = ours("web", *_web_words(place))
    web.stop_seconds = 10
    web.ready = lambda: processes.answers(_reachable(place.host), place.web_port)
    children = [worker, beat, web]
    if find_spec("sample") is not None and find_spec("sample.server") is not None:
        sample = ours("sample", "sample.server", "--port", str(place.sample_port))
        sample.ready = lambda: processes.answers("127.0.0.1", place.sample_port)
        children.insert(0, sample)
    return children


def _web_words(place: Place) -> list[str]:
    bind = f"[{place.host}]:{place.web_port}" if ":" in place.host else f"{place.host}:{place.web_port}"
    return [
        *("gunicorn", "portal.config.wsgi:application"),
        *("--bind", bind, "--worker-class", "gthread"),
        *("--workers", str(WEB_WORKERS), "--threads", str(WEB_THREADS)),
        # Preloaded: the port opens when the site can answer, and two workers share the memory.
        *("--preload", "--graceful-timeout", "5", "--timeout", "60", "--no-control-socket"),
    ]


def _reachable(host: str) -> str:
    if not _is_every_address(host):
        return host
    return "::1" if ":" in host else "127.0.0.1"


def _is_every_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False  # a name


def _smoke(supervisor: Supervisor, place: Place) -> int:
    if not _has_command("smoke"):
        say("There is no command `manage.py smoke`: nothing was walked through.")
        return 1
    return supervisor.run_once("smoke", _manage("smoke"), env=place.env, cwd=BASE_DIR, echo=True)


def _announce(supervisor: Supervisor, place: Place) -> None:
    _write_state(supervisor, place)
    print(f"\n  Gatehouse is running:  {place.url}\n", flush=True)
    people = _people(place) if place.has_sample else ""
    if people:
        print("".join(f"  {line}\n" for line in people.splitlines()), flush=True)
    if place.host not in ("127.0.0.1", "localhost", "::1"):
        say(f"listening on {place.host}, reachable from other machines without TLS: put a proxy before it")
    say(f"logs are in {place.var / 'log'}; Ctrl-C stops everything")


def _people(place: Place) -> str:
    """Who can sign in, in the words of the sample; empty when it cannot say."""
    done = subprocess.run(
        _manage("load_sample", "--print-people"),
        env={**os.environ, **place.env},
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.rstrip() if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
