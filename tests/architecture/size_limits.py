"""Size limits of files, functions, argument lists and templates, and reasons beside silenced checks.

Run by bin/check: `python tests/architecture/size_limits.py`. Prints each breach; exit code 1 if there is one.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("portal", "engagements", "assessments", "demos", "sample", "benchmarks", "tests")
FILE_LINES, FILE_LINES_HARD = 400, 800
FUNCTION_LINES = 60
TEMPLATE_LINES = 150
POSITIONAL_ARGUMENTS = 5
CATCH_ALL_NAMES = {"utils.py", "helpers.py", "misc.py", "common.py"}

# Path, or path::function, with the reason why it may be larger (never above the hard limit).
ALLOWED: dict[str, str] = {
    "tests/engagements/test_invariants.py": "one list of the invariants of gates, read from top to bottom",
    "tests/engine/test_runner.py": "one list of what can happen to a run, with its fixtures",
}

SILENCED = re.compile(
    r"#\s*(?:noqa(?::\s*[\w, ]+)?|type:\s*ignore(?:\[[\w, -]+\])?|pragma: no cover)(?P<rest>.*)$"
)
BARE = re.compile(r"#\s*(?:noqa(?!:)|type:\s*ignore(?!\[))")


def breaches(root: Path = ROOT) -> Iterator[str]:
    for folder in CODE:
        for path in sorted((root / folder).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if "/migrations/0" in name:
                continue  # written by a machine, or run once
            text = path.read_text()
            yield from file_breaches(name, text)
            yield from function_breaches(name, text)
    for path in sorted((root / "templates").rglob("*.html")):
        name = path.relative_to(root).as_posix()
        lines = len(path.read_text().splitlines())
        if lines > TEMPLATE_LINES and name not in ALLOWED:
            yield f"{name}: {lines} lines, a template has at most {TEMPLATE_LINES}"


def file_breaches(name: str, text: str) -> Iterator[str]:
    lines = text.splitlines()
    limit = FILE_LINES_HARD if name in ALLOWED else FILE_LINES
    if len(lines) > limit:
        yield f"{name}: {len(lines)} lines, a file has at most {limit}"
    if Path(name).name in CATCH_ALL_NAMES:
        yield f"{name}: a file is named after what it is about"
    for number, line in enumerate(lines, start=1):
        found = SILENCED.search(line)
        if found is None or "SILENCED" in line or "BARE" in line:
            continue
        if BARE.search(line):
            yield f"{name}:{number}: name the rule that is silenced"
        elif (
            "pragma" not in line and not name.startswith("tests/") and not re.search(r"\w{3,}", found["rest"])
        ):
            yield f"{name}:{number}: say beside it why the rule is silenced"


def function_breaches(name: str, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES and f"{name}::{node.name}" not in ALLOWED:
            yield f"{name}:{node.lineno}: {node.name} has {lines} lines, a function at most {FUNCTION_LINES}"
        arguments = [a.arg for a in [*node.args.posonlyargs, *node.args.args] if a.arg not in ("self", "cls")]
        is_test = name.startswith("tests/")  # a test's arguments are fixtures, filled in by name
        if len(arguments) > POSITIONAL_ARGUMENTS and not is_test and f"{name}::{node.name}" not in ALLOWED:
            yield (
                f"{name}:{node.lineno}: {node.name} takes {len(arguments)} positional arguments,"
                f" at most {POSITIONAL_ARGUMENTS}"
            )


if __name__ == "__main__":
    found = list(breaches())
    print("\n".join(found))
    sys.exit(1 if found else 0)
