"""The form of a schedule: the shape of what was typed, no rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from demos.forms import RefusableForm
from demos.models import RunSchedule
from demos.services.schedules import ScheduleOrder
from portal import ids

EVERY = [("1", "Every day"), ("7", "Every week"), ("14", "Every two weeks"), ("28", "Every four weeks")]


class ScheduleForm(RefusableForm):
    """What is asked of which system, from when, how often, and compared with what."""

    name = forms.CharField(max_length=120, label="Name", help_text="Such as: Weekly check of the assistant.")
    target = forms.ChoiceField(
        label="System under test", help_text="Its newest version is asked, whatever it is on the day."
    )
    dataset_version = forms.ChoiceField(
        label="Cases", help_text="A smaller fixed set is a dataset of its own. Cases pair by what they ask."
    )
    accepted_run = forms.ChoiceField(
        label="Compared with", help_text="The run that was accepted. Its graders and repeats are used."
    )
    first_at = forms.DateTimeField(
        label="Next run", help_text="UTC.", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    interval_days = forms.TypedChoiceField(label="How often", choices=EVERY, coerce=int, initial="7")
    margin = forms.DecimalField(
        required=False, min_value=Decimal(0), max_value=Decimal(50), max_digits=4, decimal_places=2,
        label="A fall that would not matter",
        help_text="Points of the pass rate. Empty: every real fall counts.",
    )  # fmt: skip
    max_cost = forms.DecimalField(
        required=False,
        min_value=Decimal("0.01"),
        max_digits=18,
        decimal_places=4,
        label="Most money a run",
    )

    def __init__(
        self,
        *args: Any,
        offers: Mapping[str, Sequence[tuple[str, str]]],
        schedule: RunSchedule | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs["initial"] = _first(schedule)
        super().__init__(*args, **kwargs)
        for name, choices in offers.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = list(choices)
        every = self.fields["interval_days"]
        days = str(schedule.interval_days) if schedule else "7"
        if isinstance(every, forms.ChoiceField) and days not in dict(EVERY):
            every.choices = [*EVERY, (days, f"Every {days} days")]

    def order(self) -> ScheduleOrder:
        """What the service takes."""
        data = self.cleaned_data
        return ScheduleOrder(
            name=data["name"],
            target_id=ids.decode("tgt", data["target"]),
            dataset_version_id=ids.decode("dsv", data["dataset_version"]),
            accepted_run_id=ids.decode("run", data["accepted_run"]),
            first_at=data["first_at"],
            interval_days=data["interval_days"],
            max_cost=data["max_cost"],
            margin=(data["margin"] or Decimal(0)) / 100,
        )


def _first(schedule: RunSchedule | None) -> dict[str, Any]:
    """What the form shows first: the schedule, else next night."""
    if schedule is None:
        tonight = timezone.now().replace(hour=2, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return {"first_at": tonight, "interval_days": 7}
    return {
        "name": schedule.name, "target": schedule.target.public_id,
        "dataset_version": schedule.dataset_version.public_id,
        "accepted_run": schedule.accepted_run.public_id, "first_at": schedule.due_at,
        "interval_days": schedule.interval_days, "max_cost": schedule.max_cost,
        "margin": (schedule.margin * 100).normalize() if schedule.margin else None,
    }  # fmt: skip
