"""docs/settings.md names every variable that the product and its scripts read, with its default."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("manage.py", "portal", "engagements", "assessments", "demos")
SCRIPTS = ("up", "test", "set-up")
READERS = {"get", "getenv", "_flag", "_list"}
OURS = re.compile(r"GATEHOUSE_[A-Z_]+|DATABASE_URL|REDIS_URL")
IN_SCRIPTS = re.compile(r"\$\{(PYTHON|CHROMIUM|CI|PLAYWRIGHT_BROWSERS_PATH|GATEHOUSE_[A-Z_]+)\b")


def sources() -> Iterator[Path]:
    for name in CODE:
        place = ROOT / name
        yield from [place] if place.is_file() else sorted(place.rglob("*.py"))


def read_by_the_product() -> set[str]:
    """Names that stand as a text of their own anywhere in the code: given to a reader or to a process."""
    texts = (
        node.value
        for file in sources()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return {text for text in texts if OURS.fullmatch(text)}


def read_by_scripts() -> set[str]:
    return {name for script in SCRIPTS for name in IN_SCRIPTS.findall((ROOT / "bin" / script).read_text())}


def defaults() -> dict[str, str]:
    """The default of each variable that settings read with one that is not empty."""
    found = {}
    tree = ast.parse((ROOT / "portal/config/settings.py").read_text(encoding="utf-8"))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
        if name in READERS and len(given) == 2 and OURS.fullmatch(str(given[0])) and given[1]:
            found[str(given[0])] = str(given[1])
        elif name == "_flag" and given:
            found[str(given[0])] = "0"
    return found


def tables() -> list[dict[str, list[str]]]:
    """The two tables: name -> its other cells."""
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    return [
        {cells[0].strip("`"): cells[1:] for line in part.splitlines() if len(cells := split(line)) == 4}
        for part in page.split("\n## ")[1:]
    ]


def split(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| `") else []


def test_the_page_names_what_the_product_and_its_scripts_read_and_nothing_else() -> None:
    product, scripts = tables()

    assert set(product) == read_by_the_product()
    assert set(scripts) == read_by_scripts()
    assert all(all(cells) for table in (product, scripts) for cells in table.values())


def test_the_page_names_the_defaults_of_the_settings() -> None:
    product, _ = tables()
    wrong = {name: default for name, default in defaults().items() if f"`{default}`" not in product[name][1]}

    assert len(defaults()) >= 10
    assert not wrong, f"docs/settings.md is behind portal/config/settings.py: {wrong}"
