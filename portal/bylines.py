"""Whose name stands under a comment. The one place where a name gives way to its side.

A client may want comments to be read without names by the other side. What was said under that rule keeps it:
the rule is noted with each comment and with its entries in the ledger, and a later change uncovers nobody.
Auditors read every name, and each side reads its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.audit import Fact
from portal.models import Tenant, User
from portal.vocabulary import Affiliation

MASKED = "masked"
"""The fact of an entry whose actor the other side reads as a side."""


def is_masked(viewer: User, person: User, *, masked: bool) -> bool:
    """Whether ``viewer`` reads a side where ``person`` acted. ``masked``: the rule held when it was done."""
    return masked and viewer.affiliation != Affiliation.AUDITOR and viewer.side != person.side


def byline(viewer: User, person: User | None, *, masked: bool, client: Tenant) -> str:
    """The name to show, or the side in words; "" for the system."""
    if person is None:
        return ""
    if not is_masked(viewer, person, masked=masked):
        return person.name
    return side_in_words(person, client)


def side_in_words(person: User, client: Tenant) -> str:
    """``Somebody at Harbor Mutual`` or ``Somebody at the consultancy``."""
    return f"Somebody at {client.name if person.side == 'client' else 'the consultancy'}"


def facts_for(viewer: User, facts: Mapping[str, object]) -> dict[str, object]:
    """The facts of an entry as ``viewer`` may read them: under the rule, not whom a comment was told to.

    Who follows a thing has mostly spoken about it.
    """
    told = dict(facts)
    whom = told.get("person")
    if noted(facts) and whom != viewer.public_id and viewer.affiliation != Affiliation.AUDITOR:
        told.pop("person", None)
    return told


def noting(masked: bool) -> dict[str, Fact]:
    """The fact of what was done under the rule; nothing of what was not."""
    return {MASKED: True} if masked else {}


def noted(facts: Mapping[str, object]) -> bool:
    """Whether an entry of the ledger or an event was made under the rule."""
    return facts.get(MASKED) is True
