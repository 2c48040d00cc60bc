"""Check a gate's proof without the portal: only Python's standard library is needed.

    python -I verify.py proof.zip        (or, in the unpacked folder: python -I verify.py .)

It says in words what it checked and ends with 0 when everything fits, with 1 when anything does not.
"""

import hashlib
import json
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

NEEDED = ("manifest.json", "snapshot.json", "criteria.json", "evidence.json", "ledger.json")
OWN = ("manifest.json", "verify.py")
TWO_SIDED_BY_BOUND = {"ge_lower": ("bound_low", 1), "le_upper": ("bound_high", -1)}


class Broken(Exception):
    """One thing that does not fit, in a sentence."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def read(place: Path) -> dict[str, bytes]:
    """Every file by name, from a zip or from the folder that it was unpacked to."""
    if place.is_dir():
        return {item.name: item.read_bytes() for item in sorted(place.iterdir()) if item.is_file()}
    with zipfile.ZipFile(place) as box:
        names = box.namelist()
        if len(names) != len(set(names)):
            raise Broken("The zip holds a file twice.")
        return {name: box.read(name) for name in names}


def check_files(files: dict[str, bytes]) -> str:
    missing = [name for name in NEEDED if name not in files]
    if missing:
        raise Broken(f"{', '.join(missing)} is not in the zip.")
    listed = json.loads(files["manifest.json"])["files"]
    for name, digest in listed.items():
        if name not in files:
            raise Broken(f"{name} is named in the manifest and is not there.")
        if sha256(files[name]) != digest:
            raise Broken(f"{name} was changed: its SHA-256 is not the one in the manifest.")
    added = sorted(set(files) - set(listed) - set(OWN))
    if added:
        raise Broken(f"{', '.join(added)} was added: the manifest does not name it.")
    return f"{len(listed)} files are those that the manifest names, each with its SHA-256."


def check_snapshot(files: dict[str, bytes]) -> str:
    text = files["snapshot.json"].decode()
    if canonical(json.loads(text)) != text:
        raise Broken("snapshot.json is not in its one spelling, so it was written anew.")
    digest = sha256(files["snapshot.json"])
    if "decision.json" in files:
        decision = json.loads(files["decision.json"])
        if decision["snapshot_sha256"] != digest:
            raise Broken(
                f"The decision was signed on the snapshot {decision['snapshot_sha256']}, "
                f"and snapshot.json is {digest}."
            )
    check_report(files, digest)
    if "pack.pdf" in files and digest.encode() not in files["pack.pdf"]:
        raise Broken("pack.pdf does not carry the hash of this snapshot.")
    signed = "the decision was signed on it" if "decision.json" in files else "no decision is in this zip"
    size = len(files["snapshot.json"])
    return f"The snapshot is {size} bytes of canonical JSON with the SHA-256 {digest}; {signed}."


def check_report(files: dict[str, bytes], digest: str) -> None:
    if "report.json" not in files:
        return
    report = json.loads(files["report.json"])
    if report["snapshot_sha256"] != digest or report["snapshot"] != json.loads(files["snapshot.json"]):
        raise Broken("report.json was made from another snapshot.")
    if report["decision"] != (json.loads(files["decision.json"]) if "decision.json" in files else None):
        raise Broken("report.json has another decision than decision.json.")


def check_criteria(files: dict[str, bytes]) -> str:
    snapshot, agreed = json.loads(files["snapshot.json"]), json.loads(files["criteria.json"])
    sealed = snapshot["criteria_set"]
    if sha256(files["criteria.json"]) != sealed["sha256"]:
        raise Broken(
            "criteria.json is not what both sides sealed: its SHA-256 is not the one in the snapshot."
        )
    results = {row["key"]: row for row in snapshot["results"]}
    for row in agreed["criteria"]:
        shown = results.get(row["key"])
        if shown is None:
            raise Broken(f"{row['key']} was sealed and is not among the results.")
        for name, value in row.items():
            if shown.get(name) != value:
                raise Broken(f"{row['key']} was sealed with another {name} than the results show.")
    return (
        f"{len(agreed['criteria'])} criteria are those that {sealed['sealed_by_consultancy']} and "
        f"{sealed['sealed_by_client']} sealed on {sealed['sealed_on']}."
    )


def check_verdicts(files: dict[str, bytes]) -> str:
    snapshot = json.loads(files["snapshot.json"])
    counted = 0
    for row in snapshot["results"]:
        source = row.get("measurement")
        ran = source and source["source_kind"] in ("run", "comparison")
        if (
            ran
            and row["verdict"] in ("met", "not_met")
            and source["started_at"] <= snapshot["criteria_set"]["sealed_at"]
        ):
            raise Broken(f"{row['key']} was ruled by a run that began before the seal.")
        side, way = TWO_SIDED_BY_BOUND.get(row["comparator"], ("", 0))
        if row["verdict"] == "met" and way:
            if row[side] is None or row["target"] is None:
                raise Broken(f"{row['key']} is met and has no bound or no target.")
            if way * (Decimal(row[side]) - Decimal(row["target"])) < 0:
                raise Broken(
                    f"{row['key']} is met and its bound {row[side]} misses the target {row['target']}."
                )
            counted += 1
    blocking = [
        row["key"]
        for row in snapshot["results"]
        if row["must"] and row["verdict"] not in ("met", "waived", "not_applicable")
    ]
    if sorted(blocking) != sorted(snapshot["readiness"]["blocking"]):
        raise Broken("The results do not add up to the must-criteria that the snapshot says are open.")
    return (
        f"{counted} verdicts that a bound decides follow from their figures; "
        f"{len(blocking)} must-criteria were open at the submission."
    )


def check_ledger(files: dict[str, bytes]) -> str:
    entries = json.loads(files["ledger.json"])["entries"]
    if not entries:
        raise Broken("ledger.json has no entries.")
    previous: dict[str, Any] | None = None
    for entry in entries:
        seq = entry["seq"]
        if previous is not None and seq != previous["seq"] + 1:
            raise Broken(f"Entry {previous['seq'] + 1} of the ledger is missing.")
        if previous is not None and entry["prev_sha256"] != previous["sha256"]:
            raise Broken(f"Entry {seq} of the ledger does not follow the entry before it.")
        if "body" in entry:
            if entry["body"]["seq"] != seq:
                raise Broken(f"Entry {seq} of the ledger says that it is another.")
            if sha256((entry["prev_sha256"] + canonical(entry["body"])).encode()) != entry["sha256"]:
                raise Broken(f"Entry {seq} of the ledger was changed after it was written.")
        previous = entry
    shown = sum("body" in entry for entry in entries)
    return (
        f"{len(entries)} entries of the ledger, {entries[0]['seq']} to {entries[-1]['seq']}, "
        f"follow each other without a hole; {shown} are shown, of the others only their hashes."
    )


def check_story(files: dict[str, bytes]) -> str:
    """Sealed, then submitted, then decided, all about this snapshot."""
    snapshot, digest = json.loads(files["snapshot.json"]), sha256(files["snapshot.json"])
    bodies = [entry["body"] for entry in json.loads(files["ledger.json"])["entries"] if "body" in entry]
    sealed = _only(bodies, "criteria.sealed", sha256=snapshot["criteria_set"]["sha256"])
    submitted = _only(bodies, "gate.submitted", snapshot=digest)
    if not sealed["seq"] < submitted["seq"]:
        raise Broken("The ledger has the submission before the seal.")
    if "decision.json" not in files:
        return f"The ledger has the seal as entry {sealed['seq']} and the submission as {submitted['seq']}."
    decision = json.loads(files["decision.json"])
    decided = _only(bodies, "gate.decided", snapshot=digest)
    if decided["seq"] != decision["ledger_seq"] or decided["subject"] != decision["id"]:
        raise Broken("The decision is not the one that the ledger has.")
    if decided["facts"]["outcome"] != decision["outcome"]:
        raise Broken(
            f"The ledger says {decided['facts']['outcome']}, decision.json says {decision['outcome']}."
        )
    if decided["actor"] != decision["decided_by_id"] or decided["actor"] == submitted["actor"]:
        raise Broken("The decision was not signed by the person that the ledger names.")
    return (
        f"The ledger has the seal as entry {sealed['seq']}, the submission as {submitted['seq']} and the "
        f"decision as {decided['seq']}, in this order, about this snapshot: "
        f"{decision['signed_name']}, {decision['outcome']}."
    )


def check_evidence(files: dict[str, bytes]) -> str:
    snapshot, listed = json.loads(files["snapshot.json"]), json.loads(files["evidence.json"])
    items = ((snapshot.get("sections") or {}).get("evidence") or {}).get("items", [])
    if [row["sha256"] for row in listed["evidence"]] != [row["sha256"] for row in items]:
        raise Broken("evidence.json does not name the evidence of the snapshot.")
    measured = [row["measurement"]["id"] for row in snapshot["results"] if row.get("measurement")]
    if [row["id"] for row in listed["measurements"]] != measured:
        raise Broken("evidence.json does not name the measurements of the snapshot.")
    return f"{len(items)} pieces of evidence and {len(measured)} measurements are named with their hashes."


def _only(bodies: list[dict[str, Any]], event: str, **facts: str) -> dict[str, Any]:
    found = [
        body
        for body in bodies
        if body["event"] == event and all(body["facts"].get(key) == value for key, value in facts.items())
    ]
    if not found:
        raise Broken(f"The ledger has no entry {event} about this snapshot.")
    return found[-1]


CHECKS = (
    check_files, check_snapshot, check_criteria, check_verdicts, check_evidence, check_ledger, check_story,
)  # fmt: skip


def main(words: list[str]) -> int:
    place = Path(words[0]) if words else Path(__file__).parent
    say = sys.stdout.write
    try:
        files = read(place)
    except (OSError, zipfile.BadZipFile, Broken) as fault:
        say(f"NOT SOUND: {place} cannot be read. {fault}\n")
        return 1
    faults = 0
    for check in CHECKS:
        try:
            say(f"ok         {check(files)}\n")
        except Broken as fault:
            faults += 1
            say(f"NOT SOUND  {fault}\n")
        except (KeyError, ValueError, TypeError, AttributeError, ArithmeticError) as fault:
            faults += 1
            say(f"NOT SOUND  A file does not have the shape that it must have: {fault!r}.\n")
        if faults and check is check_files and any(name not in files for name in NEEDED):
            break
    if faults:
        say("This proof does not hold together. Ask for it again, and compare.\n")
        return 1
    say(
        "Everything fits together. Whoever made all of it anew could make that fit too: compare the SHA-256 "
        "of the snapshot with the printed gate pack, or on the portal's own page under /verify/.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
