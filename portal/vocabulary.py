"""Words of the portal that are stored: roles, sides, states, and the events it writes itself."""

from __future__ import annotations

from django.db import models

from portal.events import EventType


class Affiliation(models.TextChoices):
    CONSULTANCY = "consultancy", "Consultancy"
    CLIENT = "client", "Client"
    AUDITOR = "auditor", "Auditor"
    SERVICE = "service", "Service account"


class OrgRole(models.TextChoices):
    """What a person is in the consultancy itself; it opens no client's data."""

    NONE = "", "None"
    ORG_ADMIN = "org_admin", "Administrator"
    LEAD = "lead", "Lead"


class Visibility(models.TextChoices):
    """Who reads a row: the consultancy alone, or the client too."""

    INTERNAL = "internal", "Internal: only the consultancy"
    CLIENT = "client", "Both sides"


class TenantStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    CLOSING = "closing", "Closing"
    CLOSED = "closed", "Closed"


class MfaPolicy(models.TextChoices):
    PASSWORD = "password", "A password is enough"
    SECOND_FACTOR = "second_factor", "A second factor is needed"


class Sector(models.TextChoices):
    """What a client does, as a portfolio is looked through."""

    BANKING = "banking", "Banking and finance"
    EDUCATION = "education", "Education"
    ENERGY = "energy", "Energy and utilities"
    HEALTH = "health", "Health"
    HOUSING = "housing", "Housing and building"
    INSURANCE = "insurance", "Insurance"
    LAW = "law", "Law"
    MANUFACTURING = "manufacturing", "Manufacturing"
    PUBLIC = "public", "Public administration"
    RETAIL = "retail", "Retail and consumer goods"
    SOFTWARE = "software", "Software and telecoms"
    TRANSPORT = "transport", "Transport and logistics"
    OTHER = "other", "Another sector"


NAMES_RULE_CHANGED = EventType(
    "tenant.comment_names_changed", "Rule on names under comments changed",
    facts=("comments_without_names",),
)  # fmt: skip
SECTOR_SET = EventType("tenant.sector_set", "Sector of the client set", facts=("sector",))
TENANT_CREATED = EventType("tenant.created", "Client added", facts=("mfa_policy",))
SEPARATION_CHANGED = EventType(
    "tenant.separation_changed", "Rule on who judged and signs changed", facts=("judges_may_sign",),
    audience="decide_gate",
)  # fmt: skip
MEMBER_INVITED = EventType("member.invited", "Person invited", facts=("role", "engagement", "invitation"))
MEMBER_JOINED = EventType("member.joined", "Person joined", facts=("role",), audience="invite_member")
ACCESS_GRANTED = EventType("access.granted", "Access granted", facts=("role", "ends"))
ACCESS_ENDED = EventType("access.ended", "Access ended", facts=("role", "person"), audience="invite_member")
LIST_EXPORTED = EventType("list.exported", "List taken away as a file", facts=("list", "form"))
TOKEN_CREATED = EventType("token.created", "API token made", facts=("token", "scopes", "expires"))
TOKEN_REVOKED = EventType("token.revoked", "API token revoked", facts=("token",))
VIEWED_AS_CLIENT = EventType("access.viewed_as_client", "Looked at as the client sees it")
HOSTS_SET = EventType("hosts.set", "Hosts that may be called set", facts=("hosts",), audience="manage_hosts")
SECRET_STORED = EventType("secret.stored", "Secret stored", facts=("secret",))
