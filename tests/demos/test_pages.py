"""The way through the pages: target, file, columns, acceptance, run, result, one attempt."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from demos.importing.limits import MIB
from demos.models import Attempt, Case, DatasetVersion, GraderVersion, Run, Target, TargetExchange, Upload
from demos.services import execution, runs
from demos.vocabulary import RunStatus
from portal import ids
from tests.personas import World, scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at(client: Client, world: World, engagement: Any) -> Any:
    """``at("lead", "evaluations/")`` gives a page of the engagement as that person; ``**data`` posts it."""

    def go(who: str, path: str, data: dict[str, Any] | None = None, **headers: Any) -> Any:
        client.force_login(getattr(world, who))
        address = f"/{world.tenant.slug}/engagements/{engagement.public_id}/{path}"
        return client.get(address, **headers) if data is None else client.post(address, data, **headers)

    return go


@pytest.fixture(autouse=True)
def _nothing_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demos.queue.current_app.send_task", lambda *args, **options: None)


def file_of(content: bytes, name: str = "claims.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_an_engagement_without_runs_says_what_a_run_needs(at):
    page = at("lead", "evaluations/")
    assert page.status_code == 200
    assert "No evaluation yet" in page.text
    assert "A run needs a system under test and accepted cases." in page.text
    assert at("client_member", "evaluations/").status_code == 200
    assert at("outsider_lead", "evaluations/").status_code == 404


def test_a_target_is_registered_and_tried_and_its_key_is_never_shown(at, world, answering):
    form = {
        "name": "Upper", "kind": "generic_json", "url": answering.url,
        "template": '{"question": "{{question}}"}',
        "answer_path": "$.answer", "key": "sentinel-4711", "timeout_s": 5, "concurrency": 2,
    }  # fmt: skip
    assert at("client_member", "targets/new/", form).status_code == 403
    assert at("lead", "targets/new/", form).status_code == 302
    with scope(world):
        target = Target.objects.get()
    for question, sentence in (("ping", "PING"), ("denied", "403")):
        assert at("lead", f"targets/{target.public_id}/test/", {"question": question}).status_code == 302
        page = at("lead", f"targets/{target.public_id}/")
        assert sentence in page.text
        assert "sentinel-4711" not in page.text
    with scope(world):
        assert [e.works for e in TargetExchange.objects.order_by("created_at")] == [True, False]
    page = at("lead", f"targets/{target.public_id}/edit/")
    assert page.status_code == 200
    assert "sentinel-4711" not in page.text


def test_a_target_on_an_internal_address_is_not_called(at, world, answering, settings):
    settings.ALLOWED_TARGETS = []
    form = {
        "name": "Inside", "kind": "generic_json", "url": answering.url,
        "template": '{"question": "{{question}}"}',
        "answer_path": "$.answer", "timeout_s": 5, "concurrency": 2,
    }  # fmt: skip
    at("lead", "targets/new/", form)
    with scope(world):
        target = Target.objects.get()
    at("lead", f"targets/{target.public_id}/test/", {})
    with scope(world):
        assert TargetExchange.objects.get().error_class == "blocked"
    assert answering.asked == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"template": "{oops"}, "This is not JSON"),
        ({"url": "ftp://x"}, "must start with http:// or https://"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_target_that_cannot_be_asked_is_refused_at_its_field(at, answering, change, sentence):
    form = {
        "name": "Upper", "kind": "generic_json", "url": answering.url, "template": '{"q": "{{question}}"}',
        "answer_path": "$.answer", "timeout_s": 5, "concurrency": 2,
    }  # fmt: skip
    page = at("lead", "targets/new/", form | change)
    assert page.status_code == 422
    assert sentence in page.text


def test_the_whole_way_from_file_to_attempt(at, world, engagement, prepared, answering):
    order = prepared(["other"])
    content = b"question,answer,product\nfirst,FIRST,motor\nwrong one,RIGHT,home\nthird,THIRD,motor\n"
    answer = at("expert", "cases/upload/", {"name": "Mail", "file": file_of(content)})
    assert answer.status_code == 302
    with scope(world):
        upload = Upload.objects.defer("content").get()
    page = at("expert", f"cases/upload/{upload.public_id}/")
    assert "wrong one" in page.text
    mapping = {"input": "question", "expected": "answer", "slices": ["product"]}
    assert at("expert", f"cases/upload/{upload.public_id}/", mapping).status_code == 302
    with scope(world):
        version = DatasetVersion.objects.get(dataset__name="Mail")
        cases = list(Case.objects.filter(dataset_version=version).order_by("position"))
    place = f"cases/{version.public_id}/"
    assert "3 cases wait" in at("expert", place).text
    assert at("lead", place, {"which": "open", "verdict": "accepted"}).status_code == 403
    at("expert", place, {"case": [cases[2].public_id], "verdict": "rejected", "note": "twice"})
    assert at("expert", place, {"which": "open", "verdict": "accepted"}).status_code == 302
    assert "2 accepted, 1 rejected, of 3" in at("lead", place).text

    assert "cases</b> prove" in at("lead", "runs/new/?expected=92&target=90").text
    with scope(world):
        grader = GraderVersion.objects.get()
    chosen = {
        "target_version": ids.encode("tgv", order["target_version_id"]), "dataset_version": version.public_id,
        "graders": [grader.public_id], "repeats": 1,
    }  # fmt: skip
    assert at("expert", "runs/new/", chosen).status_code == 403
    assert at("lead", "runs/new/", chosen).status_code == 302
    with scope(world):
        run = Run.objects.get()
    live = at("client_member", f"runs/{run.public_id}/")
    assert "The pass rate is shown when all 2 cases are in." in live.text
    execution.execute_shard(tenant_id=run.tenant_id, run_id=run.pk)
    ended = at("client_member", f"runs/{run.public_id}/live/")
    assert ended.headers["HX-Refresh"] == "true"
    page = at("client_member", f"runs/{run.public_id}/")
    assert "1 of 2 cases were right." in page.text
    assert "wrong one" in page.text
    assert at("lead", f"runs/{run.public_id}/?view=all").status_code == 200
    with scope(world):
        failed = Attempt.objects.get(passed=False)
    page = at("sponsor", f"attempts/{failed.public_id}/")
    assert page.status_code == 200
    assert "RIGHT" in page.text
    assert at("outsider_lead", f"attempts/{failed.public_id}/").status_code == 404


def test_a_run_is_paused_resumed_and_stopped_by_those_who_may(at, world, prepared):
    order = prepared(["a", "b"])
    with scope(world):
        run = runs.start_run(by=world.lead, **order)
    move = f"runs/{run.public_id}/move/"
    assert at("client_member", move, {"move": "pause"}).status_code == 302
    assert at("client_member", move, {"move": "resume"}).status_code == 403
    assert at("lead", move, {"move": "pause"}).status_code == 409
    assert at("lead", move, {"move": "resume"}).status_code == 302
    assert at("security", move, {"move": "stop"}).status_code == 302
    page = at("lead", f"runs/{run.public_id}/")
    assert "Stopped by hand before all cases were in." in page.text
    with scope(world):
        assert Run.objects.get().status == RunStatus.STOPPED_USER


def test_a_file_of_two_gigabytes_is_refused_by_its_announced_size(client, world, engagement):
    client.force_login(world.lead)
    answer = client.generic(
        "POST", f"/{world.tenant.slug}/engagements/{engagement.public_id}/cases/upload/", b"x",
        content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(2048 * MIB),
    )  # fmt: skip
    assert answer.status_code == 422
    assert "The file has 2,048 MiB; 32 are taken." in answer.text


def test_an_upload_needs_its_token_against_forgery(world, engagement):
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(world.lead)
    answer = forged.post(
        f"/{world.tenant.slug}/engagements/{engagement.public_id}/cases/upload/",
        {"name": "Mail", "file": file_of(b"question,answer\na,b\n")},
    )
    assert answer.status_code == 403
    with scope(world):
        assert not Upload.objects.exists()


def test_an_unreadable_file_is_refused_with_its_line(at, world):
    page = at("expert", "cases/upload/", {"name": "Mail", "file": file_of(b"question,answer\nstra\xdfe,x\n")})
    assert page.status_code == 422
    assert "Line 2 is not UTF-8 text" in page.text
    with scope(world):
        assert not Upload.objects.exists()


def test_rows_that_are_wrong_are_listed_and_nothing_is_stored(at, world):
    content = b"question,answer\na,b\n,c\n"
    at("expert", "cases/upload/", {"name": "Mail", "file": file_of(content)})
    with scope(world):
        upload = Upload.objects.defer("content").get()
    page = at("expert", f"cases/upload/{upload.public_id}/", {"input": "question", "expected": "answer"})
    assert page.status_code == 422
    assert "Nothing is asked in this row." in page.text
    assert "Row 3, input" in page.text
    with scope(world):
        assert not Case.objects.exists()
