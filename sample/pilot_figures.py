"""Six weeks of Harbor Mutual's pilot, as its claims system would export them.

``python -m sample.pilot_figures`` prints them as CSV. Made up, as the whole sample is; the weeks are the last
six that are over.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

WEEKS = {
    "success_metric": ("14.9", "14.1", "13.8", "14.4", "13.9", "13.6"),
    "guardrail_1": ("5.9", "5.4", "5.6", "5.2", "5.3", "5.1"),
    "guardrail_2": ("4.4", "4.5", "4.5", "4.6", "4.5", "4.6"),
    "cost_per_case": ("0.0042", "0.0041", "0.0043", "0.0041", "0.0042", "0.0041"),
}
CASES = (610, 655, 648, 702, 690, 711)


def last_weeks(today: date, count: int = len(CASES)) -> list[str]:
    """The last weeks that are over, oldest first, such as 2026-W46."""
    sunday = today - timedelta(days=today.isoweekday())
    ends = [sunday - timedelta(weeks=back) for back in reversed(range(count))]
    return [f"{end.isocalendar().year}-W{end.isocalendar().week:02}" for end in ends]


def figures(today: date) -> str:
    """The CSV file."""
    lines = ["metric,period,value,n,source,note"]
    for metric, values in WEEKS.items():
        rows = zip(last_weeks(today), values, CASES, strict=True)
        lines += [f"{metric},{week},{value},{n},system_export,claims system" for week, value, n in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(figures(datetime.now(UTC).date()), end="")
