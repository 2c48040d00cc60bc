"""The servers that every test session runs on.

They start while this file is imported, because the conftest files below it import models:
settings read DATABASE_URL and REDIS_URL, so those must be known first. An xdist worker
inherits them from the process that started it.
"""

import atexit
import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from portal.runtime import embedded, processes

pytest_plugins = ["tests.personas"]

# The same examples in every run, and a busy machine is no reason to fail.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=(HealthCheck.too_slow,)
)
settings.load_profile("steady")

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def _start_servers(home: Path) -> None:
    """Start what the environment does not name, and name it there."""
    running: list[tuple[subprocess.Popen[bytes], embedded.Postgres | embedded.Valkey]] = []

    def stop_all() -> None:
        for process, server in reversed(running):
            processes.stop(process, by=server.stop_signal, wait_seconds=10)
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(stop_all)
    if "DATABASE_URL" not in os.environ:
        postgres = embedded.Postgres(home / "postgres", durable=False)
        postgres.prepare()
        running.append((embedded.run(postgres, log=home / "postgres.log"), postgres))
        postgres.make_owner()
        os.environ["DATABASE_URL"] = postgres.url
    if "REDIS_URL" not in os.environ:
        valkey = embedded.Valkey(home / "valkey", processes.free_port(), password="tests", durable=False)
        valkey.prepare()
        running.append((embedded.run(valkey, log=home / "valkey.log"), valkey))
        os.environ["REDIS_URL"] = valkey.url


def _own_broker_database() -> None:
    """Each xdist worker uses a numbered database of Valkey, as it uses a PostgreSQL database of its own."""
    number = int(WORKER.removeprefix("gw") or 0) + 1
    base, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{number}"


def _set_up() -> None:
    if not WORKER:
        home = Path(tempfile.mkdtemp(prefix="gh-"))
        home.chmod(0o755)
        (home / "var").mkdir(mode=0o700)
        os.environ["GATEHOUSE_VAR"] = str(home / "var")
        os.environ.setdefault("GATEHOUSE_SECRET_KEY", "only-for-tests-" + "x" * 40)
        os.environ.setdefault("GATEHOUSE_FIELD_KEYS", "test:" + base64.b64encode(b"k" * 32).decode())
        os.environ.setdefault("GATEHOUSE_BASE_URL", "http://localhost:8000")
        _start_servers(home)
    if WORKER:
        _own_broker_database()
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.config.settings"
    import django

    django.setup()
    from tests import emptying

    emptying.instead_of_flush()


_set_up()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """A worker reads the settings only after it has named its own Valkey database, not on its first line."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below tests/browser needs Chromium; without one it is left out by name, never silently."""
    for item in items:
        if "/tests/browser/" in item.path.as_posix():
            item.add_marker("browser")
        if item.get_closest_marker("browser") and not CHROMIUM and os.environ.get("CI") != "true":
            item.add_marker(pytest.mark.skip(reason="no Chromium: set CHROMIUM to one that starts"))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Long files first, so that all processes end together; the browser's event loop stays in its thread
    until the session ends, so those tests come last."""
    if item.get_closest_marker("browser"):
        return 2
    return 0 if item.get_closest_marker("slow") else 1


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium of this machine; as root it only runs without its own sandbox."""
    if not CHROMIUM:
        pytest.fail("No Chromium: set CHROMIUM to one that starts.")
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags}


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    """Rate limits and cached answers of one test are not those of the next."""
    yield
    uses_database = {"db", "transactional_db"} & set(request.fixturenames)
    if uses_database or request.node.get_closest_marker("django_db"):
        from django.core.cache import cache

        cache.clear()
