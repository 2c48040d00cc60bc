"""What leaves the house for a board or a machine: PDF, report.json, the proof with its checker, changes."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile

import pytest
from jsonschema import Draft202012Validator

from engagements.models import GateRound
from engagements.report import proof as proofs
from engagements.report.document import render_report, report_schema
from engagements.report.pack import render_pack
from engagements.report.proof import CHECKER, render_proof
from engagements.rules.canonical import canonical
from engagements.rules.decisions import DecisionTerms
from engagements.rules.differences import differences
from engagements.services import gates
from engagements.vocabulary import Outcome
from tests.engagements.conftest import Shown, gate_of, measure, measure_demo

pytestmark = pytest.mark.django_db  # the one proof of this module is made in the test database


def decide(world, row, outcome=Outcome.REWORK, **changes):
    terms = DecisionTerms(outcome, signed_name="Margaret Osei", reason="More cases.", **changes)
    return gates.decide_gate(by=world.sponsor, round_id=row.pk, terms=terms, proof=Shown())


@pytest.fixture
def decided(world, demo_round):
    decision = decide(world, demo_round)
    return GateRound.objects.select_related("snapshot", "criteria_set", "gate").get(
        pk=demo_round.pk
    ), decision


def unpacked(blob: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(blob)) as box:
        return {name: box.read(name) for name in box.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as made:
        for name, body in files.items():
            made.writestr(name, body)
    return box.getvalue()


def check(blob: bytes, tmp_path) -> tuple[int, str]:
    """Run the checker as a stranger would: isolated, with nothing of ours to import."""
    (tmp_path / "proof.zip").write_bytes(blob)
    (tmp_path / "verify.py").write_bytes(CHECKER.read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", "verify.py", "proof.zip"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def listed_anew(files: dict[str, bytes]) -> dict[str, bytes]:
    """A forger who also writes the manifest."""
    own = ("manifest.json", "verify.py")
    sums = {name: hashlib.sha256(body).hexdigest() for name, body in files.items() if name not in own}
    return files | {"manifest.json": json.dumps({"files": sums}).encode()}


def test_a_sound_proof_says_in_words_what_it_checked(decided, tmp_path):
    code, said = check(render_proof(*decided), tmp_path)
    assert code == 0, said
    assert "Margaret Osei, rework" in said
    assert "follow each other without a hole" in said
    assert "sealed on" in said
    assert said.count("ok  ") == 7


def test_a_round_that_is_not_decided_yet_has_a_proof_too(demo_round, tmp_path):
    row = GateRound.objects.get(pk=demo_round.pk)
    code, said = check(render_proof(row, None), tmp_path)
    assert code == 0, said
    assert "no decision is in this zip" in said


def test_the_same_round_gives_the_same_bytes_whatever_happens_later(world, engagement, decided):
    row, decision = decided
    first = render_proof(row, decision), render_pack(row, decision), render_report(row, decision)
    measure_demo(engagement, passed=200)
    engagement.title = "Renamed"
    engagement.save()
    row = GateRound.objects.get(pk=row.pk)
    assert (render_proof(row, decision), render_pack(row, decision), render_report(row, decision)) == first


def changed(name: str, before: str, after: str):
    def forge(files: dict[str, bytes]) -> dict[str, bytes]:
        assert before.encode() in files[name], (name, before)
        return files | {name: files[name].replace(before.encode(), after.encode(), 1)}

    return forge


def entry(place: int, **changes):
    def forge(files: dict[str, bytes]) -> dict[str, bytes]:
        whole = json.loads(files["ledger.json"])
        whole["entries"][place] |= changes
        return files | {"ledger.json": json.dumps(whole).encode()}

    return forge


def without_entry(files):
    whole = json.loads(files["ledger.json"])
    del whole["entries"][1]
    return files | {"ledger.json": json.dumps(whole).encode()}


def body_of_last(files):
    whole = json.loads(files["ledger.json"])
    whole["entries"][-1]["body"]["facts"]["outcome"] = "approve"
    return files | {"ledger.json": json.dumps(whole).encode()}


def written_anew(files):
    return files | {"snapshot.json": json.dumps(json.loads(files["snapshot.json"]), indent=1).encode()}


def lower_target(files):
    """The forger lowers a target everywhere that he sees."""
    parts = {}
    for name in ("snapshot.json", "criteria.json"):
        parts[name] = files[name].replace(b'"target":"0.85"', b'"target":"0.5"')
        assert parts[name] != files[name]
    return files | parts


def without(name):
    return lambda files: {key: body for key, body in files.items() if key != name}


FORGERIES = [
    (changed("snapshot.json", "Claims triage", "Claims frauds"), "The decision was signed on the snapshot"),
    (written_anew, "snapshot.json is not in its one spelling"),
    (changed("decision.json", '"outcome":"rework"', '"outcome":"approve"'), "The ledger says rework"),
    (
        changed("criteria.json", '"target":"0.85"', '"target":"0.5"'),
        "criteria.json is not what both sides sealed",
    ),
    (lower_target, "criteria.json is not what both sides sealed"),
    (entry(1, prev_sha256="0" * 64), "does not follow the entry before it"),
    (entry(-1, sha256="0" * 64), "was changed after it was written"),
    (without_entry, "of the ledger is missing"),
    (body_of_last, "was changed after it was written"),
    (changed("evidence.json", '"id":"msm_', '"id":"xxx_'), "does not name the measurements"),
    (changed("report.json", "Claims triage", "Claims frauds"), "report.json was made from another"),
    (changed("report.json", '"outcome":"rework"', '"outcome":"approve"'), "report.json has another decision"),
    (lambda files: files | {"pack.pdf": b"%PDF-1.7 another"}, "pack.pdf does not carry the hash"),
    (without("criteria.json"), "criteria.json is not in the zip"),
    (without("ledger.json"), "ledger.json is not in the zip"),
    (lambda files: files | {"ledger.json": b"{}"}, "does not have the shape"),
]


@pytest.fixture(scope="module")
def good(tmp_path_factory, django_db_setup, django_db_blocker):
    """One proof for every forgery."""
    from django.db import transaction

    from portal.scope import tenant_scope
    from tests.engagements.conftest import make_world, start, submit_demo

    with django_db_blocker.unblock(), transaction.atomic():
        world = make_world()
        with tenant_scope([world.harbor.pk]):
            row = submit_demo(world, start(world))
            decision = decide(world, row)
            blob = render_proof(GateRound.objects.get(pk=row.pk), decision)
        transaction.set_rollback(True)
    return unpacked(blob)


@pytest.mark.parametrize(("forge", "words"), FORGERIES)
def test_each_forgery_is_named_even_when_the_manifest_was_forged_too(good, forge, words, tmp_path):
    code, said = check(packed(listed_anew(forge(good))), tmp_path)
    assert (code, "NOT SOUND" in said) == (1, True)
    assert words in said


@pytest.mark.parametrize(
    ("forge", "words"),
    [
        (lambda files: files | {"snapshot.json": files["snapshot.json"] + b" "}, "snapshot.json was changed"),
        (lambda files: files | {"more.txt": b"x"}, "more.txt was added"),
        (without("pack.pdf"), "pack.pdf is named in the manifest and is not there"),
        (without("manifest.json"), "manifest.json is not in the zip"),
    ],
)
def test_a_file_that_was_changed_added_or_taken_out_is_named(good, forge, words, tmp_path):
    code, said = check(packed(forge(good)), tmp_path)
    assert code == 1
    assert words in said


def test_what_is_no_zip_is_said_to_be_none(tmp_path):
    code, said = check(b"not a zip", tmp_path)
    assert code == 1
    assert "cannot be read" in said


def test_entries_of_other_work_are_there_with_their_hashes_alone(good):
    entries = json.loads(good["ledger.json"])["entries"]
    told = {row["body"]["event"] for row in entries if "body" in row}
    assert {event for event in told if not event.startswith(proofs.SHOWN)} == set()
    assert "gate.decided" in told


def test_report_json_follows_its_schema_and_is_canonical(good):
    report = json.loads(good["report.json"])
    Draft202012Validator.check_schema(report_schema())
    assert [fault.message for fault in Draft202012Validator(report_schema()).iter_errors(report)] == []
    assert canonical(report).encode() == good["report.json"]
    assert json.loads(good["snapshot.json"]) == report["snapshot"]
    assert report["changes"] is None


def test_the_pdf_is_pdf_a_is_tagged_and_carries_the_hash(good):
    pdf, digest = good["pack.pdf"], hashlib.sha256(good["snapshot.json"]).hexdigest()
    assert b"pdfaid:part>2<" in pdf
    assert b"pdfaid:conformance>A<" in pdf
    assert digest.encode() in pdf
    assert b"/StructTreeRoot" in pdf


def test_the_second_round_says_what_changed_from_two_snapshots_alone(world, engagement, decided):
    row, _ = decided
    measure(engagement, "pass_rate", 150, 200)
    measure(engagement, "out_of_scope_pass_rate", 60, 100)
    again = gates.submit_round(
        by=world.lead, gate_id=gate_of(engagement, 1).pk, next_step="A pilot for $80,000."
    )
    found = differences(row.snapshot.content(), again.snapshot.content())
    shown = {(change.group, change.key, change.better) for change in found}
    assert ("criterion", "G1-1", False) in shown
    assert ("figure", "G1-1", None) in shown
    assert ("cost", "next_step", None) in shown
    assert json.loads(render_report(again, None))["changes"]
    assert differences(row.snapshot.content(), row.snapshot.content()) == []


def test_levels_risks_and_costs_are_compared_where_both_rounds_have_them(good):
    before = json.loads(good["snapshot.json"])
    before["sections"] = {
        "readiness": {"elements": [{"key": "E05", "name": "Data", "level": 1}]},
        "risks": {
            "risks": [{"id": "rsk_1", "catalogue": "R05", "title": "Down", "score": 15, "status": "open"}]
        },
        "value_case": {"payback_months": "37.56"},
    }
    after = json.loads(json.dumps(before))
    after["sections"]["readiness"]["elements"][0]["level"] = 2
    after["sections"]["risks"]["risks"][0] |= {"score": 10, "status": "accepted"}
    after["sections"]["value_case"]["payback_months"] = "21"
    assert [(c.group, c.key, c.before, c.after, c.better) for c in differences(before, after)] == [
        ("level", "E05", "level\u00a01", "level\u00a02", True),
        ("risk", "R05", "score\u00a015, open", "score\u00a010, accepted", True),
        ("cost", "payback_months", "37.56", "21", None),
    ]


def test_who_sees_the_round_takes_it_away_and_an_outsider_does_not(world, client, demo_round):
    base = f"/harbor/engagements/{demo_round.engagement.public_id}/rounds/{demo_round.public_id}/"
    for name, media in (("report.json", "application/json"), ("proof.zip", "application/zip")):
        client.force_login(world.sponsor)
        answer = client.get(base + name)
        assert (answer.status_code, answer["Content-Type"]) == (200, media)
        client.force_login(world.outsider)
        assert client.get(base + name).status_code == 404
    client.force_login(world.sponsor)
    page = client.get(base + "changes/").content.decode()
    assert "is the first of this gate" in page
