"""One run, asked for over the API while parts may be dead, and what the database and the target say of it."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Final

import django
from django.db import connection

django.setup()

from benchmarks.evaluation import way  # noqa: E402 - the settings are known only now
from benchmarks.kill.house import House  # noqa: E402 - as above
from demos.models import Attempt, PendingAttempt, Run  # noqa: E402 - as above
from portal import ids  # noqa: E402 - as above
from portal.scope import tenant_scope  # noqa: E402 - as above

LONGEST_S: Final = 180.0


class Desk:
    """A client, accepted cases and a target version, made once; each round is one more run of them."""

    def __init__(self, house: House, *, cases: int, in_flight: int) -> None:
        self.house = house
        self.desk = way.open_desk(house.web)
        self.cases = way.cases(self.desk, cases)
        self.target = way.target(self.desk, house.target, name="target", concurrency=in_flight)
        self.number = 0

    def round(self, meanwhile: Callable[[], None]) -> dict[str, Any]:
        """Start a run, do ``meanwhile`` beside it, wait for its end, and read what there is."""
        self.number += 1
        urllib.request.urlopen(f"{self.house.target}/reset", b"{}", timeout=10).read()  # noqa: S310 - loopback
        began = time.monotonic()
        trouble = threading.Thread(target=meanwhile)
        run_id = ids.decode("run", self._start())
        trouble.start()
        status = self._ended(run_id)
        seconds = round(time.monotonic() - began, 1)
        trouble.join()
        with urllib.request.urlopen(f"{self.house.target}/stats", timeout=10) as answer:  # noqa: S310 - loopback
            seen = json.load(answer)
        return {"status": status, "seconds": seconds, **self._rows(run_id), **seen}

    def _start(self) -> str:
        """The run's public id. The same key is sent until an answer comes, so one run is made."""
        body = {
            "target_version": self.target, "dataset_version": self.cases,
            "grader_versions": [self.desk.grader_id], "repeats": 1,
        }  # fmt: skip
        address = f"{self.desk.web}/api/v1/engagements/{ids.encode('eng', self.desk.engagement_id)}/runs"
        headers = {
            "Authorization": f"Bearer {self.desk.token}", "Content-Type": "application/json",
            "Idempotency-Key": f"round-{self.number}",
        }  # fmt: skip
        until = time.monotonic() + LONGEST_S
        while True:
            request = urllib.request.Request(address, json.dumps(body).encode(), headers)  # noqa: S310 - loopback
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - see above
                    return str(json.load(answer)["id"])
            except (OSError, urllib.error.HTTPError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)

    def _ended(self, run_id: Any) -> str:
        """The status when it is over, or that in which it stays."""
        until = time.monotonic() + LONGEST_S
        while time.monotonic() < until:
            run = self._read(lambda: Run.objects.get(pk=run_id))
            if run.finished_at is not None:
                break
            time.sleep(0.2)
        return str(run.status)

    def _rows(self, run_id: Any) -> dict[str, Any]:
        """``attempts``: one hash over what every attempt came to, whichever worker stored it when."""
        columns = ("case_id", "repeat", "passed", "answer", "error_class")
        rows = self._read(
            lambda: list(Attempt.objects.filter(run_id=run_id).order_by("position").values_list(*columns))
        )
        left_over = self._read(lambda: PendingAttempt.objects.filter(run_id=run_id).count())
        digest = hashlib.sha256(repr([tuple(map(str, row)) for row in rows]).encode()).hexdigest()
        different = len({(row[0], row[1]) for row in rows})
        return {"attempts": digest, "rows": len(rows), "different": different, "left_over": left_over}

    def _read(self, work: Callable[[], Any]) -> Any:
        """Read, again and again while the database comes back."""
        until = time.monotonic() + LONGEST_S
        while True:
            try:
                with tenant_scope([self.desk.tenant.pk]):
                    return work()
            except django.db.Error:
                connection.close()
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)
