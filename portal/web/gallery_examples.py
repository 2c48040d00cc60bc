"""Values for the component gallery: invented, but they agree with each other."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.paginator import Paginator

from portal import charts, figures
from portal.charts import Bubble, Caption, Mark, Point
from portal.flow_chart import FlowStep, flow
from portal.marks import VERDICT_WORDS
from portal.radar import radar

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


class ExampleForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(help_text="As the people who do the work would say it.")
    volume = forms.IntegerField(label="Cases a year")
    source = forms.ChoiceField(choices=[("", "Choose a source"), ("measured", "Measured")])
    note = forms.CharField(required=False, widget=forms.Textarea)
    kind = forms.ChoiceField(
        choices=[("bottleneck", "Bottleneck"), ("delay", "Delay"), ("error_cost", "Error cost")],
        widget=forms.RadioSelect,
    )
    copy = forms.BooleanField(label="Send a copy to the sponsor", required=False)
    evidence = forms.FileField(required=False, help_text="PDF, XLSX, CSV or PNG up to 25 MB each.")

    def clean_source(self) -> str:
        """Empty choices are told in the words of the page."""
        return str(self.cleaned_data["source"])


def _form() -> ExampleForm:
    form = ExampleForm(
        {"title": "Chasing missing documents", "volume": "about 21k", "kind": "delay"}, auto_id="g-%s"
    )
    form.fields["volume"].error_messages["invalid"] = "Write a whole number, such as 21000."
    form.fields["source"].error_messages["required"] = "Say where the number comes from."
    return form


def _readings() -> list[dict[str, Any]]:
    """Rows of range bars: one for each verdict."""
    rows: list[tuple[str, str | None, str | None, str | None, str, tuple[str, str]]] = [
        ("met", "0.883", "0.92", "0.946", "0.85", ("0.7", "1")),
        ("inconclusive", "0.761", "0.86", "0.922", "0.8", ("0.6", "1")),
        ("not-met", "0.62", "0.72", "0.79", "0.8", ("0.5", "1")),
        ("not-evaluated", None, None, None, "0.85", ("0.7", "1")),
        ("waived", "0.7", "0.78", "0.84", "0.85", ("0.6", "1")),
    ]
    return [
        {
            "verdict": verdict,
            "low": _decimal(low),
            "value": _decimal(value),
            "high": _decimal(high),
            "target": Decimal(target),
            "scale": (Decimal(scale[0]), Decimal(scale[1])),
        }
        for verdict, low, value, high, target, scale in rows
    ]


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _stages() -> list[dict[str, Any]]:
    names = ("Pain points", "Demo", "Pilot", "Deployment", "Benefits")
    states = ("passed", "now", "ahead", "ahead", "ahead")
    words = ["passed 25 Sep", "gate 1 open, due 27 Nov", "planned to 26 Feb 2027"]
    words += ["planned to 28 May 2027", "90 days after go-live"]
    rows = zip(names, states, words, strict=True)
    return [{"name": n, "state": s, "when": w, "number": i} for i, (n, s, w) in enumerate(rows)]


def _charts() -> dict[str, Any]:
    waits = charts.histogram(
        Caption("wait", "Wait of 200 cases", "Most answers take 2 to 5 seconds; three took longer than 8."),
        list(range(11)),
        [0, 18, 46, 58, 39, 23, 9, 4, 2, 1],
        unit="s",
        marks=[Mark(3.6, "p50 3.6 s"), Mark(6.4, "p95 6.4 s"), Mark(8, "target 8 s", is_target=True)],
    )
    costs = [
        ("Wrong line", 404_800.0, "$404,800"),
        ("Rework", 88_320.0, "$88,320"),
        ("Calls", None, "not measured"),
    ]
    runs = [
        Point("Run 2", 0.83, 0.77, 0.87),
        Point("Run 3", 0.86, 0.80, 0.90),
        Point("Run 4", 0.92, 0.874, 0.95),
    ]
    runs.append(Point("Run 5", None))
    corners = ("Worth it, hard", "Do first", "Leave", "Easy, small")
    bubbles = [Bubble("P1", 0.8, 0.82, 26, on=True), Bubble("P2", 0.3, 0.6, 18), Bubble("P3", 0.62, 0.25, 13)]
    spokes = [("E01", 2, 2), ("E02", 3, 2), ("E03", 1, 2), ("E04", 2, 2), ("E05", None, 2)]
    return {
        "flow": flow(
            "Steps of a claim. Bottleneck: sort by hand.",
            [
                FlowStep("Open the letter", "Mail room", 2, None),
                FlowStep("Sort by hand", "Triage desk", 11, 1560, marked=True),
            ],
        ),
        "radar": radar(Caption("radar", "Levels", "One of five lies below, one is not assessed."), spokes),
        "histogram": waits,
        "bars": charts.bars(
            Caption("cost", "Cost a year", "Wrong line 404,800; rework 88,320; calls not measured."), costs
        ),
        "over_time": charts.over_time(
            Caption("runs", "Pass rate by run", "83, 86 and 92 percent; run 5 is not measured."),
            runs,
            write=lambda value: figures.percent(value, digits=0),
            target=0.85,
        ),
        "difference": charts.difference(
            Caption(
                "diff",
                "Run 4 against run 3",
                "Plus 6.0 points, interval plus 0.8 to plus 11.1; zero is outside.",
            ),
            (0.8, 6.0, 11.1),
            words=("run 4 worse", "run 4 better"),
        ),
        "quadrant": charts.quadrant(
            Caption("where", "Where to begin", "P1 is easy and worth most; P2 is hard; P3 is small."),
            bubbles,
            across="Easier",
            upward="Worth more",
            corners=corners,
        ),
    }


def _heat() -> list[dict[str, Any]]:
    names = (("E01", "Value", 2), ("E02", "Rules", 1), ("E03", "Load", None), ("E04", "Security", 4))
    cells = [
        {"key": key, "name": name, "level": level, "needs": 2, "href": "#g-heat"}
        for key, name, level in names
    ]
    return [{"name": "Foundation", "cells": cells[:2]}, {"name": "Operations", "cells": cells[2:]}]


def examples() -> dict[str, Any]:
    """Everything that the gallery shows."""
    beads = ["met"] * 8 + ["not-met", "inconclusive", "not-evaluated", "waived", "not-applicable"]
    pages = Paginator(range(16), 6)
    return {
        "now": NOW,
        "due": date(2026, 11, 27),
        "next_year": date(2027, 2, 26),
        "since": datetime(2026, 11, 17, 11, 30, tzinfo=UTC),
        "verdicts": list(VERDICT_WORDS),
        "beads": beads,
        "readings": _readings(),
        "stages": _stages(),
        "levels": range(5),
        "heat": _heat(),
        "grades": "ABCD",
        "form": _form(),
        "page_of_cases": pages.page(2),
        "tabs": [
            {"label": "Failures", "href": "?", "current": True, "count": 16},
            {"label": "All cases", "href": "?all=1", "current": False, "count": 200},
            {"label": "Cost", "href": "?cost=1", "current": False, "count": None},
        ],
        "charts": _charts(),
    }
