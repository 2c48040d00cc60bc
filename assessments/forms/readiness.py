"""The shape of what is written about readiness. Business rules are in the services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from assessments.models import FrameworkVersion
from assessments.rules.framework import Framework, Question
from assessments.services.actions import Step
from assessments.services.interview import Heard
from engagements.forms import PlainForm
from portal.models import User

_DAY = forms.DateInput(attrs={"type": "date"})
HEARD = [
    ("", "Not asked: leave it out"),
    ("nobody", "Nobody could say: level 0 until somebody can"),
    ("said", "Somebody said it: level 1 until something shows it"),
]


def _levels(question: Question) -> list[tuple[str, str]]:
    return [(str(level), f"{level}: {words}") for level, words in enumerate(question.anchors)]


class ClaimForm(PlainForm):
    """Which of the five anchors holds."""

    level = forms.ChoiceField(label="Which holds today?", widget=forms.RadioSelect)
    note = forms.CharField(
        max_length=4000,
        required=False,
        widget=forms.Textarea,
        help_text="What it rests on, in a sentence or two.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, question: Question, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = _levels(question)  # type: ignore[attr-defined]  # a ChoiceField


class VerifyForm(PlainForm):
    """Which level was seen by the other side, or why only a lower one holds."""

    level = forms.ChoiceField(label="Level that holds")
    reason = forms.CharField(
        label="Why", max_length=2000, required=False, widget=forms.Textarea,
        help_text="What you saw. A challenge needs it.",
    )  # fmt: skip

    def __init__(self, *args: Any, question: Question, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = _levels(question)  # type: ignore[attr-defined]  # a ChoiceField


class ReasonForm(PlainForm):
    """Why a question does not apply here."""

    reason = forms.CharField(label="Why it does not apply here", max_length=2000, widget=forms.Textarea)


class StartForm(PlainForm):
    """With which framework, towards which gate."""

    framework = forms.ChoiceField(required=False, label="Framework")
    gate = forms.TypedChoiceField(
        coerce=int, label="Gate that comes next", choices=[(n, f"Gate {n}") for n in range(1, 5)], initial=1
    )

    def __init__(
        self,
        *args: Any,
        versions: Sequence[FrameworkVersion],
        named: FrameworkVersion | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.versions = {row.public_id: row for row in versions}
        shipped = [
            ("", f"{named}, from the template" if named else "The one that ships: 15 elements, 62 questions")
        ]
        choices = [*shipped, *((key, str(row)) for key, row in self.versions.items())]
        self.fields["framework"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def version(self) -> FrameworkVersion | None:
        return self.versions.get(self.cleaned_data["framework"])


class InterviewForm(PlainForm):
    """The revealing questions, each with what was heard."""

    def __init__(self, *args: Any, framework: Framework, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.framework = framework
        for row in framework.revealing:
            self.fields[row.key] = forms.ChoiceField(
                label="What came back", choices=HEARD, required=False, widget=forms.RadioSelect, initial=""
            )
            self.fields[f"{row.key}-words"] = forms.CharField(
                label="In their words", max_length=2000, required=False,
                widget=forms.Textarea(attrs={"rows": "2"}),
            )  # fmt: skip

    @property
    def parts(self) -> list[tuple[Any, Any, Any]]:
        return [(row, self[row.key], self[f"{row.key}-words"]) for row in self.framework.revealing]

    def heard(self) -> dict[str, tuple[Heard, str]]:
        data = self.cleaned_data
        return {
            row.key: (Heard(data[row.key]), data[f"{row.key}-words"])
            for row in self.framework.revealing
            if data[row.key]
        }


class SectionForm(PlainForm):
    """Who answers an element, until when."""

    element = forms.ChoiceField(label="Element")
    person = forms.ChoiceField(label="Who answers")
    due = forms.DateField(label="Until", widget=_DAY)

    def __init__(self, *args: Any, framework: Framework, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {person.public_id: person for person in people}
        elements = [(row.key, f"{row.key} {row.short}") for row in framework.elements()]
        persons = [(key, person.name) for key, person in self.people.items()]
        self.fields["element"].choices = elements  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["person"].choices = persons  # type: ignore[attr-defined]  # a ChoiceField

    def person_chosen(self) -> User:
        return self.people[self.cleaned_data["person"]]


class StepForm(PlainForm):
    """A step of the plan: for which question, what, who, until when."""

    question = forms.ChoiceField(label="For which question")
    text = forms.CharField(label="What is to be done", max_length=300)
    owner = forms.ChoiceField(label="Who does it")
    due = forms.DateField(label="Until", widget=_DAY)

    def __init__(
        self, *args: Any, questions: Sequence[Question], people: Sequence[User], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people = {person.public_id: person for person in people}
        asked = [(row.key, f"{row.key} {row.text}") for row in questions]
        persons = [(key, person.name) for key, person in self.people.items()]
        self.fields["question"].choices = asked  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["owner"].choices = persons  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def offers(self) -> bool:
        """Whether there is a question to take a step on for."""
        return bool(self.fields["question"].choices)  # type: ignore[attr-defined]  # a ChoiceField

    def owner_chosen(self) -> User:
        return self.people[self.cleaned_data["owner"]]

    def step(self, gate: int) -> Step:
        given = self.cleaned_data
        return Step(question=given["question"], text=given["text"], due=given["due"], gate=gate)


class FrameworkForm(PlainForm):
    """A framework as a file, or pasted."""

    file = forms.FileField(label="YAML file", required=False)
    text = forms.CharField(label="or paste it", required=False, widget=forms.Textarea(attrs={"rows": "8"}))

    def given(self) -> str:
        """The text of the file, or what was pasted. A file that is no text gives an empty one."""
        upload = self.cleaned_data.get("file")
        if upload is None:
            return str(self.cleaned_data["text"])
        return bytes(upload.read()).decode("utf-8", errors="replace")
