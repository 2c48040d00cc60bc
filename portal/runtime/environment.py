"""The environment variables that settings read; secrets are made once, below `var`, mode 600."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
SECRETS_FILE = "secrets.json"
RUNNING_FILE = "environment.json"  # what the running `up` gave its children


def var_dir() -> Path:
    """Where data, logs and keys live."""
    return Path(os.environ.get("GATEHOUSE_VAR") or BASE_DIR / "var").absolute()


def make_var(var: Path) -> None:
    """Make the folder. For root it may be passed through, since PostgreSQL runs as another user below it."""
    var.mkdir(parents=True, exist_ok=True)
    var.chmod(0o711 if os.geteuid() == 0 else 0o700)
    (var / "log").mkdir(mode=0o700, exist_ok=True)


def secrets_of(var: Path) -> dict[str, str]:
    """The signing key, the field-encryption key and the broker's password; made once, then read."""
    file = var / SECRETS_FILE
    if not file.exists():
        made = {
            "GATEHOUSE_SECRET_KEY": secrets.token_urlsafe(48),
            "GATEHOUSE_FIELD_KEYS": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "broker_password": secrets.token_hex(16),
        }
        write_private(file, made)
    found: dict[str, str] = json.loads(file.read_text())
    return found


def write_private(file: Path, content: Mapping[str, object]) -> None:
    """Write JSON that nobody else can read, whole or not at all."""
    staged = file.with_name(file.name + ".new")
    staged.unlink(missing_ok=True)
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as output:
        json.dump(content, output, indent=1)
        output.flush()
        os.fsync(output.fileno())
    staged.rename(file)


def join_running() -> None:
    """Let a management command use the servers of the running `up`; what is set already stays."""
    file = var_dir() / RUNNING_FILE
    try:
        known: dict[str, str] = json.loads(file.read_text())
    except (OSError, ValueError):
        return
    for name, value in known.items():
        os.environ.setdefault(name, value)
