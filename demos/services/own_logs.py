"""Looks for planted strings in this installation's own tables and log files. They should be in neither."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from demos.engine.detectors import CANARY, sha256
from portal.models import TenantOwned

MOST_LOG_BYTES = 50_000_000
TEXTS = (models.CharField, models.TextField, models.JSONField)


def seen_in_own_logs(canaries: Sequence[str], *, tenant_id: UUID, since: datetime) -> list[str]:
    """The hashes of those ``canaries`` that stand in a row of the client or in a log file written since."""
    seen: set[str] = set()
    for text in (*_rows(tenant_id, since), *_logs(since)):
        seen.update(CANARY.findall(text))
    return sorted(sha256(canary) for canary in canaries if canary in seen)


def _rows(tenant_id: UUID, since: datetime) -> Iterable[str]:
    """Texts of rows made since that hold something of a planted string's shape."""
    for model in apps.get_models():
        if not issubclass(model, TenantOwned):
            continue
        for field in model._meta.local_fields:
            if not isinstance(field, TEXTS) or field.choices:
                continue
            rows = model._default_manager.filter(tenant_id=tenant_id, created_at__gte=since)
            texts = rows.annotate(text_of_field=Cast(field.name, TextField()))
            found = texts.filter(Q(text_of_field__regex=CANARY.pattern))
            yield from found.values_list("text_of_field", flat=True)[:1_000]


def _logs(since: datetime) -> Iterable[str]:
    """The ends of the log files that were written since."""
    for path in sorted(Path(settings.VAR_DIR).glob("**/*.log")):
        try:
            if path.stat().st_mtime < since.timestamp():
                continue
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - MOST_LOG_BYTES))
                yield file.read().decode("utf-8", "replace")
        except OSError:  # a log that was moved away meanwhile
            continue
