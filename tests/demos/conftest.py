"""A client's engagement, a small target that answers on loopback, and what a run needs."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.pricing import Price
from demos.engine.targets.spec import TargetKind, TargetSpec
from tests.demos.finished import runs_of  # noqa: F401  # fixture
from tests.personas import World, engagement, scope, world  # noqa: F401  # fixtures


class Upper(BaseHTTPRequestHandler):
    """Answers {"question": "x"} with {"answer": "X"}; a question says what else shall happen."""

    protocol_version = "HTTP/1.1"
    asked: list[str]
    asked_at: list[float]
    wait_s = 0.0
    under_way = 0
    peak = 0
    counting = threading.Lock()

    def do_POST(self) -> None:  # the name that the base class asks for
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = body["question"]
        target = type(self)
        with target.counting:
            target.asked.append(question)
            target.asked_at.append(time.monotonic())
            target.under_way += 1
            target.peak = max(target.peak, target.under_way)
        time.sleep(target.wait_s)
        with target.counting:
            target.under_way -= 1
        answer = "nothing" if "wrong" in question else question.upper()
        status, text = 200, json.dumps({"answer": answer, "tokens": {"in": 7, "out": 3}})
        if "broken" in question:
            status, text = 200, "<html>Not today</html>"
        elif "denied" in question:
            status, text = 403, json.dumps({"error": self.headers.get("Authorization", "")})
        raw = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *words: Any) -> None:
        """Quiet."""


@pytest.fixture
def answering(settings: Any) -> Iterator[type[Upper]]:
    """The running target; ``answering.url`` is where, ``answering.asked`` what it was asked."""
    handler = type("Running", (Upper,), {"asked": [], "asked_at": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    port = server.server_address[1]
    handler.url = f"http://127.0.0.1:{port}/answer"  # type: ignore[attr-defined]
    settings.ALLOWED_TARGETS = [f"127.0.0.1:{port}"]
    yield handler
    server.shutdown()
    server.server_close()


def spec_for(url: str, **changes: Any) -> TargetSpec:
    """A generic target that sends {"question": …} and reads $.answer."""
    fields: dict[str, Any] = {
        "kind": TargetKind.GENERIC_JSON,
        "url": url,
        "template": {"question": "{{question}}"},
        "answer_path": "$.answer",
        "concurrency": 8,
    }
    return TargetSpec(**(fields | changes))


def csv_of(questions: list[str]) -> io.BytesIO:
    """A file of cases whose right answer is the question in capitals."""
    lines = [
        "question,answer,product",
        *(f"{q},{q.upper()},{'motor' if n % 2 else 'home'}" for n, q in enumerate(questions)),
    ]
    return io.BytesIO("\n".join(lines).encode())


@pytest.fixture
def prepared(world: World, engagement: Any, answering: Any) -> Any:  # noqa: F811
    """A function that makes target, accepted cases and grader, and gives start_run's arguments."""

    def prepare(questions: list[str], *, accept: bool = True, **target: Any) -> dict[str, Any]:
        from demos.services import datasets, graders, targets
        from demos.vocabulary import CaseVerdict

        with scope(world):
            version = targets.register_target(
                by=world.lead, engagement_id=engagement.pk, name="Upper",
                spec=spec_for(answering.url, **target),
                price=Price("USD"),
            )  # fmt: skip
            cases = datasets.import_cases(
                by=world.consultant, engagement_id=engagement.pk, dataset_name="Claims",
                file_name="claims.csv",
                file=csv_of(questions),
            ).version  # fmt: skip
            if accept:
                datasets.review_cases(by=world.expert, version_id=cases.pk, verdict=CaseVerdict.ACCEPTED)
            grader = graders.store_grader(
                by=world.lead,
                engagement_id=engagement.pk,
                name="Same words",
                spec=GraderSpec(GraderKind.EXACT),
            )
        return {
            "engagement_id": engagement.pk,
            "target_version_id": version.pk,
            "dataset_version_id": cases.pk,
            "grader_version_ids": [grader.pk],
        }

    return prepare
