"""One way to a PDF: a template, plain values, and a clock that is not the machine's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import font_lato
import typst
from django.conf import settings

TEMPLATES: Final = Path(settings.BASE_DIR) / "templates" / "report"
FONTS: Final = Path(font_lato.__file__).parent / "files"
UNPRINTABLE: Final = "\u25a1"
"""What stands for a sign that no font of the paper has: an empty box, as printers do."""

_NO_GLYPH: Final = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED: Final = re.compile(r"\\u\{([0-9a-f]+)\}")


def typeset(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Tagged PDF/A-2a of ``templates/report/<template>``, which reads ``data`` under the name ``pack``.

    ``at`` is the moment that the paper says it was made, so the same values give the same bytes. Signs that
    the fonts do not have are printed as an empty box; PDF/A allows no paper with a missing glyph.
    """
    try:
        return _compile(template, data, at)
    except typst.TypstError as fault:
        missing = _missing_glyphs(fault)
        if not missing:
            raise
    return _compile(template, _without(data, dict.fromkeys(map(ord, missing), UNPRINTABLE)), at)


def _compile(template: str, data: Mapping[str, Any], at: datetime) -> bytes:
    made = typst.compile(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["a-2a"],
        sys_inputs={"pack": json.dumps(data, ensure_ascii=False)},
        timestamp=int(at.timestamp()),
    )
    return bytes(made)


def _missing_glyphs(fault: typst.TypstError) -> set[str]:
    found = _NO_GLYPH.findall(getattr(fault, "diagnostic", "") or str(fault))
    plain = (_ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) for text in found)
    return {sign for text in plain for sign in text}


def _without(value: Any, signs: Mapping[int, str]) -> Any:
    """The same value with every text translated by ``signs``."""
    if isinstance(value, str):
        return value.translate(signs)
    if isinstance(value, Mapping):
        return {key: _without(item, signs) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without(item, signs) for item in value]
    return value
