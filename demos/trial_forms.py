"""Forms of permissions and of load and privacy tests: the shape of what was typed, no rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from demos.allowances import Allowance
from demos.engine.arrivals import Guards, Step, StepKind
from demos.fault_behaviours import FaultCounts
from demos.fault_vocabulary import Attested
from demos.forms import RefusableForm
from demos.services.fault_reports import LONGEST_NOTE
from demos.services.load_tests import LoadOrder
from demos.vocabulary import AllowedTest

MOST_STEPS_TYPED = 20


class PermissionForm(RefusableForm):
    """What the client allows, and the name under it."""

    pointers = {
        f"/{name}": name for name in ("kinds", "ends", "max_per_second", "max_requests", "signed_name")
    }

    target = forms.ChoiceField(label="System under test")
    kinds = forms.MultipleChoiceField(
        label="Kinds of tests", choices=AllowedTest.choices, widget=forms.CheckboxSelectMultiple
    )
    starts = forms.DateTimeField(
        label="From", help_text="UTC.", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    ends = forms.DateTimeField(
        label="Until", help_text="UTC. At most 31 days later.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )  # fmt: skip
    max_per_second = forms.IntegerField(label="Most requests a second", min_value=1, max_value=5_000)
    max_requests = forms.IntegerField(label="Most requests in all", min_value=1, max_value=10_000_000)
    signed_name = forms.CharField(label="Your name", max_length=200, help_text="Writing it here is signing.")

    def __init__(self, *args: Any, targets: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        now = timezone.now().replace(second=0, microsecond=0)
        first = {"starts": now, "ends": now + timedelta(days=7), "max_per_second": 50, "max_requests": 20_000}
        kwargs["initial"] = first | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        field = self.fields["target"]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(targets)

    def allowance(self, host: str) -> Allowance:
        """What the rule takes; the host is that of the target."""
        data = self.cleaned_data
        return Allowance(
            hosts=(host,), kinds=tuple(AllowedTest(kind) for kind in data["kinds"]), starts=data["starts"],
            ends=data["ends"], max_per_second=data["max_per_second"], max_requests=data["max_requests"],
        )  # fmt: skip


class LoadForm(RefusableForm):
    """A load plan: one step a line."""

    pointers = {"/steps": "steps", "/dataset_version": "dataset_version"}

    target_version = forms.ChoiceField(label="System under test")
    dataset_version = forms.ChoiceField(label="Questions to ask", help_text="Its accepted cases, in turn.")
    steps = forms.CharField(
        label="Steps", initial="5 a second, 20\n10 a second, 20\n20 a second, 20",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One a line: “20 a second, 30” or “50 people, 30”, the last number in seconds.",
    )  # fmt: skip
    target_p95_s = forms.DecimalField(
        label="Wait to hold", min_value=Decimal("0.001"), max_value=600, initial=Decimal(5),
        help_text="95 of 100 answers come within it.",
    )  # fmt: skip
    recovery_s = forms.IntegerField(
        label="Look for recovery during", min_value=0, max_value=300, initial=0, required=False,
        help_text="The first step again after the last one; at least 30 seconds. 0: not looked for.",
    )  # fmt: skip
    sample = forms.IntegerField(
        label="Answers graded at each step", min_value=0, max_value=1_000, initial=0, required=False
    )
    graders = forms.MultipleChoiceField(
        label="Graders", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Do answers get worse when it is busy?",
    )  # fmt: skip
    max_error_percent = forms.DecimalField(
        label="Stop when more calls fail than", min_value=1, max_value=100, initial=50
    )
    max_wait_s = forms.DecimalField(
        label="Stop when 95 of 100 wait longer than", min_value=Decimal("0.01"), max_value=600, initial=30
    )
    max_cost = forms.DecimalField(label="Stop when this is spent", min_value=Decimal("0.01"), required=False)

    def offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """What one may choose from in a field."""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices)

    def clean_steps(self) -> tuple[Step, ...]:
        """Each line as a step."""
        found = [_step(line) for line in self.cleaned_data["steps"].splitlines() if line.strip()]
        if not 1 <= len(found) <= MOST_STEPS_TYPED:
            raise ValidationError(f"Write 1 to {MOST_STEPS_TYPED} steps, one a line.")
        return tuple(found)

    def order(self) -> LoadOrder:
        """What the service takes."""
        data = self.cleaned_data
        return LoadOrder(
            steps=data["steps"], target_p95_ms=float(data["target_p95_s"]) * 1000,
            guards=Guards(
                max_error_rate=float(data["max_error_percent"]) / 100,
                max_p95_ms=float(data["max_wait_s"]) * 1000, max_cost=data["max_cost"],
            ),
            recovery_s=data["recovery_s"] or 0,
            sample_per_step=(data["sample"] or 0) if data["graders"] else 0,
        )  # fmt: skip


def _step(line: str) -> Step:
    load, _, seconds = line.rpartition(",")
    words = load.split()
    kinds = {"a": StepKind.RATE, "people": StepKind.USERS, "person": StepKind.USERS}
    try:
        kind = kinds[words[1]]
        return Step(kind, float(words[0]), int(seconds.strip().removesuffix("s").strip()))
    except (KeyError, IndexError, ValueError):
        raise ValidationError(f"“{line.strip()[:60]}” is no step. Write “20 a second, 30”.") from None


class AttestForm(forms.Form):
    """What people got under one of the faults under which something was given up."""

    fault = forms.ChoiceField(label="Fault")
    said = forms.ChoiceField(label="What the people got", choices=Attested.choices)
    note = forms.CharField(
        label="Where you looked and what you saw", max_length=LONGEST_NOTE, widget=forms.Textarea
    )

    def __init__(self, counts: Sequence[FaultCounts], *args: Any) -> None:
        super().__init__(*args)
        field = self.fields["fault"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(one.fault.value, one.fault.words) for one in counts if one.given_up]
