"""Charts of a run's page, each with the same data in words."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from django.utils.safestring import SafeString

from demos.models import Run
from demos.selectors.results import RunResult
from demos.selectors.runs import waits
from portal import charts, figures
from portal.charts import Caption, Mark

BARS = 10


@dataclass(frozen=True, slots=True)
class WaitChart:
    """The waits of a run as a histogram, and as a sentence for each span."""

    picture: SafeString
    says: str
    spans: list[str]
    n: int


def waits_of(run: Run, result: RunResult) -> WaitChart | None:
    """None when nothing was answered. The last span takes everything above p99, so that one straggler does
    not flatten the rest; it says how long the longest was.
    """
    found = waits(run)
    if not found:
        return None
    in_seconds = found[-1] >= 1_000
    size, unit = (1_000.0, "s") if in_seconds else (1.0, "ms")
    values = [value / size for value in found]
    top = charts.ticks(values[max(0, ceil(0.99 * len(values)) - 1)] or 1.0, BARS)
    edges = top if len(top) > 1 else [0.0, 1.0]
    counts = [0] * (len(edges) - 1)
    step = edges[1] - edges[0]
    for value in values:
        counts[min(int(value / step), len(counts) - 1)] += 1
    marks = [
        Mark(float(row.value) / size, f"p{q} {figures.duration_ms(row.value)}")
        for q in (50, 95)
        if (row := result.figures.get(f"latency_p{q}_ms")) is not None and row.value is not None
    ]
    marks = [mark for mark in marks if mark.at <= edges[-1]]
    longest = figures.duration_ms(found[-1])
    says = f"{len(found):,} answers; the longest took {longest}."
    spans = [
        f"{figures.plain(low)} to {figures.plain(high)} {unit}: {count:,}"
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]
    if values[-1] > edges[-1]:
        spans[-1] = f"{figures.plain(edges[-2])} {unit} and longer: {counts[-1]:,}"
    picture = charts.histogram(
        Caption("waits", "Wait for an answer", says), edges, counts, unit=unit, marks=marks
    )
    return WaitChart(picture, says, spans, len(found))
