"""A round as a zip that anybody can check without the portal: its own checker is in it.

The same round gives the same bytes. Ledger entries that are not about what was agreed, measured, submitted
and decided here are there with their hashes alone, so that the chain can be followed and nothing is told.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from engagements.models import Criterion, Decision, GateRound
from engagements.report.document import SCHEMA, decision_facts, render_report
from engagements.report.pack import render_pack
from engagements.rules.canonical import canonical
from portal.audit import body_of
from portal.models import LedgerEntry

CHECKER: Final = Path(__file__).with_name("verify.py")
SHOWN: Final = ("criteria.", "gate.", "measurement.recorded", "metric.sealed")
MOST_ENTRIES: Final = 20_000
README: Final = """What was decided, and everything that it rests on.

snapshot.json   what the decider saw, frozen at the submission (canonical JSON)
decision.json   the signed decision, if there is one
criteria.json   what both sides sealed (canonical JSON)
evidence.json   hashes of evidence, and the measurements that were used
ledger.json     the part of the ledger from the seal to the decision, each entry chained to the one before
report.json     all of it in one document; report.schema.json says which fields there are
pack.pdf        the gate pack for reading
verify.py       checks all of this with Python's standard library alone: python -I verify.py .
"""


def render_proof(row: GateRound, decision: Decision | None) -> bytes:
    """The zip of a submitted round. Raises ValueError without a snapshot."""
    if row.snapshot is None:
        raise ValueError("a round that was never submitted has no proof")
    content = row.snapshot.content()
    files = {
        "README.txt": README.encode(),
        "snapshot.json": row.snapshot.body.encode(),
        "criteria.json": _criteria(row),
        "evidence.json": _evidence(content),
        "ledger.json": canonical({"entries": _ledger(row, decision, content)}).encode(),
        "report.json": render_report(row, decision),
        "report.schema.json": SCHEMA.read_bytes(),
        "pack.pdf": render_pack(row, decision),
        "verify.py": CHECKER.read_bytes(),
    }
    if decision is not None:
        files["decision.json"] = canonical(decision_facts(decision)).encode()
    listed = {name: sha256(body).hexdigest() for name, body in sorted(files.items())}
    manifest = {"format": "gatehouse.proof/1", "files": listed}
    files["manifest.json"] = json.dumps(manifest, indent=1).encode()
    return _zipped(files, at=datetime.fromisoformat(content["frozen_at"]))


def _criteria(row: GateRound) -> bytes:
    """The very text whose hash was sealed."""
    criteria = Criterion.objects.filter(criteria_set_id=row.criteria_set_id).order_by("order", "key")
    rows = [criterion.content() for criterion in criteria]
    sealed = {"gate": str(row.gate_id), "number": row.criteria_set.number, "criteria": rows}
    return canonical(sealed).encode()


def _evidence(content: dict[str, Any]) -> bytes:
    items = ((content.get("sections") or {}).get("evidence") or {}).get("items", [])
    names = ("id", "title", "number", "sha256", "effective_from", "accepted_by", "accepted_at")
    sources = ("id", "key", "slice", "source_kind", "source_id", "config_sha256", "started_at", "measured_at")
    measured = [row["measurement"] for row in content["results"] if row["measurement"]]
    return canonical(
        {
            "evidence": [{name: item.get(name) for name in names} for item in items],
            "measurements": [{name: row[name] for name in sources} for row in measured],
        }
    ).encode()


def _ledger(row: GateRound, decision: Decision | None, content: dict[str, Any]) -> list[dict[str, Any]]:
    rows = LedgerEntry.objects.filter(tenant_id=row.tenant_id)
    submitted = row.submit_seq or 1
    last = decision.ledger_seq if decision else submitted
    seal = rows.filter(
        event="criteria.sealed", facts__sha256=content["criteria_set"]["sha256"], seq__lt=submitted
    )
    first = seal.order_by("-seq").values_list("seq", flat=True).first() or submitted
    if last - first > MOST_ENTRIES:
        first = max(first, last - MOST_ENTRIES)
    return [
        _entry(entry, shown=entry.engagement_id == row.engagement_id and entry.event.startswith(SHOWN))
        for entry in rows.filter(seq__gte=first, seq__lte=last).order_by("seq").iterator()
    ]


def _entry(entry: LedgerEntry, *, shown: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"body": body_of(entry)} if shown else {}
    return {"seq": entry.seq, "prev_sha256": entry.prev_sha256, "sha256": entry.sha256, **told}


def _zipped(files: dict[str, bytes], *, at: datetime) -> bytes:
    stamp = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, stamp)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            made.writestr(info, files[name])
    return box.getvalue()
