"""The scripts run with the bash 3.2 and the BSD tools of macOS as well as with those of Debian."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = [*sorted(path for path in (ROOT / "bin").iterdir() if path.is_file()), ROOT / ".ci/run"]
NEWER_BASH = {
    r"\b(mapfile|readarray|coproc)\b": "bash 4 only",
    r"\b(declare|local|typeset) -[aA-Z]*[An]": "associative arrays and name references are newer than 3.2",
    r"\$\{\w+(,,?|\^\^?|@[A-Z])\}": "changing case this way is newer than 3.2",
    r"&>>|\|&": "newer than 3.2",
    r"wait -n|\$EPOCH|\$\{\w+: -": "newer than 3.2",
    r"(?<!\+)\"\$\{parallel\[@\]\}\"(?!\})": "an empty array is unset for bash 3.2: ${a[@]+...}",
}
GNU_ONLY = {
    r"\breadlink -\w*[fem]|\brealpath\b": "not on every macOS",
    r"\bsed (-\w+ )*(-i|-r)\b": "BSD sed takes neither",
    r"\bgrep (-\w+ )*-\w*P": "BSD grep has no -P",
    r"(?<![-\w])timeout \d": "not on macOS",
    r"\b(date (-d|--)|stat -c|xargs -r|sort -V|base64 -w|head -n -|(cp|mktemp) --)": "GNU",
    r"\b(sha256sum|nproc|setsid)\b": "GNU",
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_needs_neither_a_newer_bash_nor_gnu_tools(script: Path) -> None:
    lines = [line for line in script.read_text().splitlines() if not line.lstrip().startswith("#")]
    found = [
        f"{line.strip()}: {why}"
        for line in lines
        for pattern, why in (NEWER_BASH | GNU_ONLY).items()
        if re.search(pattern, line)
    ]

    assert not found
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
