"""docs/tutorial.md as steps, with the words of its links, fields and buttons. Shared by whatever walks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sample.pilot_figures import figures, last_weeks

NEXT = "What comes next, and what it costs"
ENGAGEMENT = "Claims triage"


@dataclass(frozen=True)
class SignIn:
    name: str


@dataclass(frozen=True)
class Follow:
    link: str


@dataclass(frozen=True)
class Press:
    """A button, with what is filled in before; a field whose value is None is a choice that is made."""

    button: str
    fields: dict[str, str | None] = field(default_factory=dict)
    file: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True)
class See:
    words: str


@dataclass(frozen=True)
class WaitForRun:
    pass


@dataclass(frozen=True)
class WaitForProbes:
    pass


def sign(name: str, outcome: str) -> list[object]:
    """From the first page of somebody who is asked for a signature to the receipt."""
    read = "I have read the worst answers and what is not proven."
    return [
        SignIn(name), Follow("Read and decide"),
        Press("Sign this decision", {outcome: None, "Type your full name to sign": name, read: None}),
    ]  # fmt: skip


def gate(number: int) -> list[object]:
    return [Follow(ENGAGEMENT), Follow("Gates"), Follow(f"Gate {number}")]


def pilot() -> list[object]:
    return [Follow(ENGAGEMENT), Follow("Pilot")]


def steps() -> list[object]:
    today = datetime.now(UTC).date()
    week = last_weeks(today)[-1]
    aspects = ("sign-in", "network", "data", "volume", "roles and rights", "devices")
    return [
        # 2. Look around
        SignIn("Amira Haddad"), Follow(ENGAGEMENT), Follow("Pain points"), See("Manual triage of new claims"),
        Follow("Value case"), Follow("Readiness"),
        # 3. Run the evaluation
        Follow("Evaluations"), Follow("Start a run"), Press("Start the run"), WaitForRun(), See("87.6"),
        Follow("Evaluations"), Follow("Privacy tests"), Press("Start the privacy test"), WaitForProbes(),
        See("84 of 84"),
        # 4. Hand in the demo gate
        SignIn("Jonas Lindqvist"), *gate(1),
        Press("Submit gate 1", {NEXT: "A pilot with 40 adjusters, twelve weeks."}),
        # 5. Sign it
        *sign("Margaret Osei", "Approve with conditions"), See("Approved with conditions"),
        # 6. Keep the promise
        SignIn("Jonas Lindqvist"), Follow(ENGAGEMENT), Follow("Gates"), Follow("Conditions"),
        Press("Hand it in", {"What shows that it is met": "The run on 400 cases of November."}),
        Press("Hand it in", {"What shows that it is met": "The overlap check of the new cases."}),
        SignIn("Margaret Osei"), Follow(ENGAGEMENT), Follow("Gates"), Follow("Conditions"),
        Press("Accept as met"), Press("Accept as met"),
        # 7. Plan the pilot and seal what it has to show
        SignIn("Jonas Lindqvist"), *pilot(), Follow("Plan"), Follow("Plan the pilot"),
        Press("Save", {
            "Scope": "New motor and property claims.", "People": "40 adjusters.",
            "Environment": "Harbor Mutual’s own cloud.", "From": "2026-12-01", "Until": "2027-02-26",
            "What ends it early": "Two weeks with more than 9 % misrouted.",
        }),
        *gate(2), Press("Propose these criteria"), Press("Seal these criteria"),
        SignIn("Margaret Osei"), *gate(2), Press("Seal these criteria"),
        # 8. Report what the pilot did
        SignIn("Amira Haddad"), *pilot(), Follow("Import figures"),
        Press("Look at the figures", file=("CSV file", "figures.csv", figures(today))),
        Press("Store 24 figures"),
        See("of the agreed improvement was reached"),
        Follow("Use"), Follow("Report its use"),
        Press("Save", {"Period": week, "People who could use it": "40", "People who did": "33",
                       "Answers taken over": "640", "Answers overridden": "48"}),
        Follow("Environment"),
        *[Press(f"Save {aspect}", {"As in production": None}) for aspect in aspects],
        See("All six respects compared"), Follow("Incidents"), Press("The log is complete as of today"),
        See("No incident of the highest severity is open"),
        # 9. The way back
        SignIn("Jonas Lindqvist"), *gate(2), Follow("Hand in what shows it"),
        Press("Hand in the drill record", {
            "Title": "Back to sorting by hand", "What was pretended to break": "No answer from 10:00 on.",
            "Who took part": "Dana Ruiz, Amira Haddad", "Noticed after": "4", "Decided after": "9",
            "Restored after": "21", "How it came out": "Mail went to the old inbox again.",
        }),
        SignIn("Priya Nair"), Follow(ENGAGEMENT), Follow("Evidence"), Follow("Back to sorting by hand"),
        Press("Accept version 1"),
        # 10. Hand in and sign the pilot gate, both of them
        SignIn("Jonas Lindqvist"), *gate(2), See("8 of 8 must-criteria are met"),
        Press("Submit gate 2", {NEXT: "Going live for all of motor."}),
        *sign("Margaret Osei", "Approve"), *sign("Ifeoma Eze", "Approve"), See("Receipt"),
    ]  # fmt: skip
