"""The shape of what is written around a decision: questions, conditions, waivers, delegations, re-opening."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from engagements.forms import PlainForm
from engagements.models import Gate
from engagements.rules.approvals import APPROVER_ROLES, Policy
from engagements.rules.waivers import WaiverTerms
from engagements.vocabulary import ApprovalPolicy
from portal.models import User
from portal.roles import Role

_DAY = forms.DateInput(attrs={"type": "date"})


class QuestionForm(PlainForm):
    """A question of an approver."""

    text = forms.CharField(
        label="Your question", max_length=1000, widget=forms.Textarea,
        error_messages={"required": "Write the question."},
    )  # fmt: skip
    is_blocking = forms.BooleanField(
        label="I decide only when it is answered", required=False,
        help_text="The time to decide stands still until then.",
    )  # fmt: skip


class AnswerForm(PlainForm):
    """The consultancy's answer."""

    answer = forms.CharField(
        label="Your answer", max_length=2000, widget=forms.Textarea,
        error_messages={"required": "Write the answer."},
    )  # fmt: skip


class ReasonForm(PlainForm):
    """One reason, in words; ``missing`` is said where it has to be given."""

    def __init__(self, *args: Any, label: str, missing: str = "", most: int = 600, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = forms.CharField(
            label=label, max_length=most, required=bool(missing), widget=forms.Textarea,
            error_messages={"required": missing},
        )  # fmt: skip


class ClosingForm(PlainForm):
    """What shows that a condition is met."""

    note = forms.CharField(
        label="What shows that it is met", max_length=1000, widget=forms.Textarea,
        error_messages={"required": "Write what shows that the condition is met."},
        help_text="Such as: run 6 of 4 December, 219 of 240 handed over.",
    )  # fmt: skip
    link = forms.CharField(
        label="Where to read it", max_length=400, required=False, help_text="An address, if there is one."
    )


class WaiverForm(PlainForm):
    """A waiver, as the approver writes it."""

    reason = forms.CharField(
        label="Why it is waived", max_length=600, widget=forms.Textarea,
        error_messages={"required": "Write why it is waived."},
    )  # fmt: skip
    compensating = forms.CharField(
        label="What is done instead", max_length=600, widget=forms.Textarea,
        error_messages={"required": "Write what is done instead meanwhile."},
        help_text="Such as: two people read every letter of this kind until then.",
    )  # fmt: skip
    expires = forms.DateField(label="Until", widget=_DAY, help_text="At most 180 days ahead.")

    def terms(self) -> WaiverTerms:
        """Call after ``is_valid()``."""
        data = self.cleaned_data
        return WaiverTerms(data["reason"], data["compensating"], data["expires"])


class DelegationForm(PlainForm):
    """Who signs instead, what, and until when."""

    receiver = forms.ChoiceField(label="Who signs for you")
    scope = forms.ChoiceField(label="What")
    until = forms.DateField(label="Until", widget=_DAY, help_text="At most 90 days ahead.")

    def __init__(self, *args: Any, people: Sequence[User], gates: Sequence[Gate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {person.public_id: person for person in people}
        self.gates = {gate.public_id: gate for gate in gates}
        self.fields["receiver"] = forms.ChoiceField(
            label="Who signs for you",
            choices=[("", "Choose a person"), *((key, one.name) for key, one in self.people.items())],
            error_messages={"required": "Choose a person."},
        )
        self.fields["scope"] = forms.ChoiceField(
            label="What",
            choices=[
                ("all", "Every gate of this engagement"),
                *((key, f"Gate {one.number} only") for key, one in self.gates.items()),
            ],
        )

    def chosen(self) -> dict[str, Any]:
        """Call after ``is_valid()``."""
        data = self.cleaned_data
        gate = self.gates.get(data["scope"])
        return {
            "receiver_id": self.people[data["receiver"]].pk,
            "gate_id": gate.pk if gate else None,
            "until": data["until"],
        }


class PolicyForm(PlainForm):
    """Whose signatures a gate needs."""

    kind = forms.ChoiceField(label="How many sign", choices=ApprovalPolicy.choices)
    first = forms.ChoiceField(label="First")
    second = forms.ChoiceField(label="Second", required=False)
    quorum = forms.IntegerField(
        label="How many", required=False, min_value=2, max_value=9,
        error_messages={"invalid": "Write a whole number, such as 2."},
        help_text="Only for a number of them.",
    )  # fmt: skip

    def __init__(self, *args: Any, gate: Gate | None = None, **kwargs: Any) -> None:
        if gate is not None:
            roles = [*gate.approver_roles, ""]
            kwargs["initial"] = {
                "kind": gate.approval, "first": roles[0], "second": roles[1], "quorum": gate.quorum,
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        roles_named = [(role.value, Role(role).label) for role in APPROVER_ROLES]
        self.fields["first"] = forms.ChoiceField(label="First", choices=roles_named)
        self.fields["second"] = forms.ChoiceField(
            label="Second", choices=[("", "Nobody else"), *roles_named], required=False
        )

    def policy(self) -> Policy:
        """Call after ``is_valid()``."""
        data = self.cleaned_data
        roles = tuple(role for role in (data["first"], data["second"]) if role)
        return Policy(ApprovalPolicy(data["kind"]), roles, data["quorum"])
