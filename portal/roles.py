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
    "manage_hosts": "say which hosts evaluations may call",
    "comment": "write comments",
    "hand_in_evidence": "hand in evidence",
    "request_evidence": "ask for evidence",
    "accept_evidence": "accept evidence or send it back",
    "answer_readiness": "answer readiness questions",
    "verify_readiness": "verify readiness answers",
    "manage_readiness": "choose the framework and assign questions",
    "manage_risks": "keep the risk register",
    "edit_value_case": "keep the value case",
    "review_answers": "review answers",
    "dispute_grades": "dispute a grade",
    "resolve_disputes": "resolve a disputed grade",
    "see_sealed_cases": "read the sealed cases",
    "manage_prices": "keep price tables",
    "reopen_gate": "re-open a gate",
    "view_as_client": "see the pages as the client does",
    "manage_templates": "keep engagement templates and frameworks",
    "accept_risk": "accept a risk until a date",
    "grant_waiver": "waive a criterion",
    "close_condition": "accept that a condition is met",
    "delegate_decision": "delegate a decision",
    "authorise_tests": "allow load, fault and privacy tests",
}

_STAFF = frozenset({
    "see_engagement", "see_internal", "see_members", "comment", "review_answers", "verify_readiness",
    "accept_evidence", "view_as_client",
})  # fmt: skip
_WORK = _STAFF | {
    "edit_engagement", "edit_pain_points", "edit_metrics", "manage_targets", "manage_datasets",
    "start_run", "stop_run", "propose_criteria", "submit_gate", "hand_in_evidence", "request_evidence",
    "answer_readiness", "manage_readiness", "manage_risks", "edit_value_case", "manage_prices",
}  # fmt: skip
_CLIENT = frozenset({
    "see_engagement", "see_members", "stop_run", "comment", "hand_in_evidence", "answer_readiness",
    "dispute_grades",
})  # fmt: skip
_APPROVER = frozenset({
    "decide_gate", "see_ledger", "accept_risk", "grant_waiver", "close_condition", "delegate_decision",
    "authorise_tests", "accept_evidence", "verify_readiness",
})  # fmt: skip

ROLES: Final[dict[Role, frozenset[str]]] = {
    Role.LEAD: _WORK
    | {
        "create_engagement",
        "invite_member",
        "seal_for_consultancy",
        "see_ledger",
        "manage_tokens",
        "manage_hosts",
        "resolve_disputes",
        "reopen_gate",
        "manage_templates",
    },
    Role.CONSULTANT: _WORK | {"seal_for_consultancy"},
    Role.REVIEWER: _STAFF | {"resolve_disputes"},
    Role.CLIENT_ADMIN: _CLIENT
    | {"invite_member", "manage_tokens", "manage_hosts", "see_ledger", "authorise_tests"},
    Role.CLIENT_SPONSOR: _CLIENT
    | _APPROVER
    | {"seal_for_client", "accept_cases", "see_sealed_cases", "reopen_gate", "manage_risks"},
    Role.CLIENT_SECURITY: _CLIENT | _APPROVER | {"manage_risks"},
    Role.CLIENT_EXPERT: _CLIENT
    | {
        "accept_cases",
        "edit_pain_points",
        "manage_datasets",
        "see_sealed_cases",
        "review_answers",
        "verify_readiness",
        "accept_evidence",
    },
    Role.CLIENT_MEMBER: _CLIENT,
    Role.AUDITOR: frozenset({"see_engagement", "see_members", "see_ledger"}),
    Role.SERVICE: _WORK
    - {"see_internal", "propose_criteria", "view_as_client", "verify_readiness", "accept_evidence"}
    | {"create_engagement"},
}

CONSULTANCY_ROLES: Final = frozenset({Role.LEAD, Role.CONSULTANT, Role.REVIEWER})
CLIENT_ROLES: Final = frozenset(
    {Role.CLIENT_ADMIN, Role.CLIENT_SPONSOR, Role.CLIENT_SECURITY, Role.CLIENT_EXPERT, Role.CLIENT_MEMBER}
)
CLIENT_ONLY_ACTIONS: Final = frozenset({
    "decide_gate", "seal_for_client", "accept_risk", "grant_waiver", "close_condition",
    "delegate_decision", "authorise_tests",
})  # fmt: skip
"""What a member of the consultancy can never hold, whoever grants it."""
