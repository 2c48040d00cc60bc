"""Paths into a JSON response, e.g. ``$.choices[0].message.content``.

The path library is lenient and has filter expressions that run code-like text; a path is checked here
against the plain part of the language before it is handed on.
"""

from __future__ import annotations

import re
from typing import Any

from jsonpath import JSONPath

PATH_LENGTH = 200
PLAIN_PATH = re.compile(
    r"\$(?:\.\.?[A-Za-z_][\w-]*|\.\*|\['[^'\[\]]{1,80}'\]|\[(?:\d{1,6}|\*|-?\d{0,6}:-?\d{0,6})\])*"
)


class PathFinder:
    """A checked path. Raises ValueError with a sentence when the path is not a plain one."""

    def __init__(self, path: str) -> None:
        if len(path) > PATH_LENGTH:
            raise ValueError(f"A path may have at most {PATH_LENGTH} characters.")
        if not PLAIN_PATH.fullmatch(path):
            raise ValueError(
                f"“{path}” is not a path. Write it like $.answer or $.choices[0].message.content; "
                "filters are not supported."
            )
        self.path = path
        self._inner = JSONPath(path)

    def first(self, document: Any) -> tuple[bool, Any]:
        """Whether the path finds anything in ``document``, and the first value found (or None)."""
        if not isinstance(document, dict | list):
            return (self.path == "$", document if self.path == "$" else None)
        found = self._inner.parse(document)
        return (True, found[0]) if found else (False, None)
