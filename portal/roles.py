"""Which role may do what. Roles are data: this table is written to guardian's grants per tenant."""

from __future__ import annotations

from typing import Final

from django.db import models


class Role(models.TextChoices):
    LEAD = "lead", "Lead"
    CONSULTANT = "consultant", "Consultant"
    REVIEWER = "reviewer", "Reviewer"
    CLIENT_ADMIN = "client_admin", "Client administrator"
    CLIENT_SPONSOR = "client_sponsor", "Sponsor"
    CLIENT_SECURITY = "client_security", "Security officer"
    CLIENT_EXPERT = "client_expert", "Expert"
    CLIENT_MEMBER = "client_member", "Member"
    AUDITOR = "auditor", "Auditor"
    SERVICE = "service", "Service account"


ACTIONS: Final[dict[str, str]] = {
    "see_engagement": "see the engagement",
    "see_internal": "see internal notes",
    "create_engagement": "start an engagement",
    "edit_engagement": "change the engagement",
    "invite_member": "invite people",
    "see_members": "see who has access",
    "edit_pain_points": "map pain points",
    "edit_metrics": "set success metrics",
    "manage_targets": "register targets",
    "manage_datasets": "import cases",
    "accept_cases": "accept cases",
    "start_run": "start a run",
    "stop_run": "pause or stop a run",
    "propose_criteria": "propose criteria",
    "seal_for_consultancy": "seal criteria for the consultancy",
    "seal_for_client": "seal criteria for the client",
    "submit_gate": "submit a gate",
    "decide_gate": "decide a gate",
    "see_ledger": "read the ledger",
    "manage_tokens": "make API tokens",
}

_STAFF = frozenset({"see_engagement", "see_internal", "see_members"})
_WORK = _STAFF | {
    "edit_engagement", "edit_pain_points", "edit_metrics", "manage_targets", "manage_datasets",
    "start_run", "stop_run", "propose_criteria", "submit_gate",
}  # fmt: skip
_CLIENT = frozenset({"see_engagement", "see_members", "stop_run"})

ROLES: Final[dict[Role, frozenset[str]]] = {
    Role.LEAD: _WORK
    | {"create_engagement", "invite_member", "seal_for_consultancy", "see_ledger", "manage_tokens"},
    Role.CONSULTANT: _WORK | {"seal_for_consultancy"},
    Role.REVIEWER: _STAFF,
    Role.CLIENT_ADMIN: _CLIENT | {"invite_member", "manage_tokens", "see_ledger"},
    Role.CLIENT_SPONSOR: _CLIENT | {"decide_gate", "seal_for_client", "see_ledger", "accept_cases"},
    Role.CLIENT_SECURITY: _CLIENT | {"decide_gate", "see_ledger"},
    Role.CLIENT_EXPERT: _CLIENT | {"accept_cases", "edit_pain_points", "manage_datasets"},
    Role.CLIENT_MEMBER: _CLIENT,
    Role.AUDITOR: frozenset({"see_engagement", "see_members", "see_ledger"}),
    Role.SERVICE: _WORK - {"see_internal", "propose_criteria"} | {"create_engagement"},
}

CONSULTANCY_ROLES: Final = frozenset({Role.LEAD, Role.CONSULTANT, Role.REVIEWER})
CLIENT_ROLES: Final = frozenset(
    {Role.CLIENT_ADMIN, Role.CLIENT_SPONSOR, Role.CLIENT_SECURITY, Role.CLIENT_EXPERT, Role.CLIENT_MEMBER}
)
CLIENT_ONLY_ACTIONS: Final = frozenset({"decide_gate", "seal_for_client"})
"""What a member of the consultancy can never hold, whoever grants it."""
