"""What is measured, each in a house of its own."""

from __future__ import annotations

import json
import multiprocessing
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from benchmarks import house
from benchmarks.cost import Meter
from benchmarks.evaluation.target import fault_of

TARGET = "benchmarks.evaluation.target"
IN_FLIGHT = 32
ATTEMPT_S = 5.0


class Bench:
    """One house with a desk in it, ready to be asked for runs."""

    def __init__(self, built: house.House) -> None:
        import django

        django.setup()
        from benchmarks.evaluation import way

        self.way, self.built = way, built
        self.desk = way.open_desk(built.web)

    def run(self, *, cases: int, in_flight: int, attempt_s: float = 60.0, repeats: int = 1) -> dict[str, Any]:
        """One measured run with what it cost, and what the target counted."""
        dataset = self.way.cases(self.desk, cases)
        name = f"{in_flight} at once, {cases} cases, {repeats} times"
        version = self.way.target(
            self.desk, self.built.target, name=name, concurrency=in_flight, attempt_s=attempt_s
        )
        _reset(self.built.target)
        parts = {part: pid for part, pid in self.built.pids.items() if part != "target"}
        with Meter(parts) as meter:
            found = self.way.evaluate(
                self.desk, target_version=version, dataset_version=dataset, repeats=repeats
            )
        cost = meter.report(found["attempts"])
        total = sum(part["cpu_ms_per_case"] for part in cost.values())
        return found | {
            "cpu_ms_per_case_all_parts": round(total, 3), "cost": cost, "target": _stats(self.built.target)
        }  # fmt: skip

    def warm(self) -> None:
        """A first run, so that imports and plans are not what is measured."""
        self.run(cases=200, in_flight=IN_FLIGHT)


@contextmanager
def bench(*, workers: int, wait_ms: float = 0.0, faults: str = "none") -> Iterator[Bench]:
    words = (TARGET, "--wait-ms", str(wait_ms), "--faults", faults)
    with house.running(words, workers=workers, web=True) as built:
        yield Bench(built)


def speed(scale: int) -> dict[str, Any]:
    """Cases a second at no wait, with the raw loop of the same client beside them."""
    return alone(_speed, 1, scale) | alone(_speed, 2, scale)


def _speed(workers: int, scale: int) -> dict[str, Any]:
    from benchmarks.evaluation import raw

    found: dict[str, Any] = {}
    with bench(workers=workers) as at:
        at.warm()
        for cases in (1_000 // scale, 5_000 // scale, 20_000 // scale):
            result = at.run(cases=cases, in_flight=IN_FLIGHT)
            url = f"{at.built.target}/v1/chat/completions"
            by_itself = raw.answers_per_second(url, count=cases, connections=IN_FLIGHT, processes=workers)
            result["raw_loop_per_s"] = round(by_itself, 1)
            result["ratio_to_raw_loop"] = round(result["per_s"] / by_itself, 3)
            found[f"{workers} worker{'s' if workers > 1 else ''}, {cases} cases"] = result
    return found


def wait(scale: int) -> dict[str, Any]:
    """Share of what a target that takes 50 ms allows."""
    return alone(_wait, scale)


def _wait(scale: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with bench(workers=1, wait_ms=50) as at:
        at.warm()
        for in_flight in (32, 128):
            result = at.run(cases=5_000 // scale, in_flight=in_flight)
            result["ceiling_per_s"] = in_flight * 20
            result["share_of_ceiling"] = round(result["per_s"] / result["ceiling_per_s"], 3)
            found[f"{in_flight} at once"] = result
    return found


def faults(scale: int) -> dict[str, Any]:
    """103 of 1,000 questions fail in six ways, at the first try or at every try."""
    return {
        "transient": alone(_faults, "transient", _right(set())),
        "persistent": alone(_faults, "persistent", _right({n for n in range(1_000) if fault_of(n)})),
    }


def _right(lost: set[int]) -> tuple[int, int, int]:
    """Passed, failed and errored when ``lost`` never answer: what ends in 7 is answered wrongly."""
    failed = sum(1 for number in range(1_000) if number % 10 == 7 and number not in lost)
    return 1_000 - failed - len(lost), failed, len(lost)


def _faults(kind: str, right: tuple[int, int, int]) -> dict[str, Any]:
    with bench(workers=1, wait_ms=20, faults=kind) as at:
        result = at.run(cases=1_000, in_flight=IN_FLIGHT, attempt_s=ATTEMPT_S)
        result["right_would_be"] = right
        result["is_right"] = (result["passed"], result["failed"], result["errored"]) == right
        result["errors_by_class"] = at.way.errors_by_class(at.desk)
    return result


def limit(scale: int) -> dict[str, Any]:
    """A target that answers 20 a second and says 429 with Retry-After to the rest."""
    return {"20 a second": alone(_limit)}


def _limit() -> dict[str, Any]:
    with bench(workers=1, faults="limit") as at:
        result = at.run(cases=200, in_flight=IN_FLIGHT)
    result["extra_calls_share"] = round(result["target"]["calls"] / 200 - 1, 3)
    result["ideal_s"] = 10.0
    result["times_the_ideal"] = round(result["run_s"] / 10.0, 2)
    return result


def memory(scale: int) -> dict[str, Any]:
    """Growth of the largest worker process from 1,000 to 20,000 and to 100,000 attempts."""
    return alone(_memory, scale)


def _memory(scale: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with bench(workers=1) as at:
        for cases, repeats in ((1_000, 1), (20_000 // scale, 1), (20_000 // scale, 5)):
            result = at.run(cases=cases, in_flight=IN_FLIGHT, repeats=repeats)
            found[f"{cases * repeats} attempts"] = result["cost"]["worker"]["peak_mib"]
    sizes = list(found.values())
    return {"worker_peak_mib": found, "growth_mib": round(sizes[-1] - sizes[0], 1)}


def alone(job: Callable[..., dict[str, Any]], *words: Any) -> dict[str, Any]:
    """Do a job in a process of its own: settings are read once in a process, and each house has its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(job, *words).result()


def load(scale: int) -> dict[str, Any]:
    """Starts a second that the load generator keeps to, and 500 people at once, before a slow target."""
    return alone(_load, scale)


def _load(scale: int) -> dict[str, Any]:
    from benchmarks.evaluation import arrivals

    return arrivals.steps(scale)


SCENARIOS: dict[str, Callable[[int], dict[str, Any]]] = {
    "speed": speed, "wait": wait, "faults": faults, "limit": limit, "memory": memory, "load": load,
}  # fmt: skip


def _reset(base: str) -> None:
    request = urllib.request.Request(f"{base}/reset", b"{}", method="POST")  # noqa: S310 - loopback
    urllib.request.urlopen(request, timeout=10).read()  # noqa: S310 - loopback


def _stats(base: str) -> Any:
    with urllib.request.urlopen(f"{base}/stats", timeout=10) as answer:  # noqa: S310 - loopback
        return json.load(answer)
