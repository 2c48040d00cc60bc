"""Events of rounds, signatures, conditions, waivers, evidence and comments; the rest is in the vocabulary."""

from __future__ import annotations

from portal.events import EventType

GATE_SIGNED = EventType(
    "gate.signed",
    "Gate signed, another signature is needed",
    facts=("gate", "round", "role", "outcome", "snapshot", "method", "second_factor", "delegated"),
    audience="decide_gate",
)
GATE_HOLD_ENDED = EventType(
    "gate.hold_ended", "The date of a hold has come: go on or decide anew", facts=("gate", "until"),
    audience="comment",
)  # fmt: skip
GATE_EXPIRED = EventType(
    "gate.expired", "Round expired undecided", facts=("gate", "round"), audience="comment"
)
GATE_REOPENED = EventType(
    "gate.reopened", "Gate re-opened", facts=("gate", "round", "downstream"), audience="comment"
)
GATE_POLICY_CHANGED = EventType(
    "gate.policy_changed", "Approvers of a gate changed", facts=("gate", "policy", "roles", "quorum"),
    audience="submit_gate",
)  # fmt: skip
QUESTION_ASKED = EventType(
    "gate.clarification_requested", "Question about a gate", facts=("gate", "round", "blocking"),
    audience="submit_gate",
)  # fmt: skip
QUESTION_ANSWERED = EventType(
    "gate.clarification_answered", "Question about a gate answered", facts=("gate", "round", "open"),
    audience="decide_gate",
)  # fmt: skip
QUESTION_TAKEN_BACK = EventType(
    "gate.clarification_taken_back", "Question about a gate taken back", facts=("gate", "round", "open")
)
CONDITION_OPENED = EventType("condition.opened", "Condition set", facts=("gate", "criterion", "due"))
CONDITION_CLOSING_PROPOSED = EventType(
    "condition.closing_proposed", "Condition handed in as met", facts=("gate", "criterion"),
    audience="close_condition",
)  # fmt: skip
CONDITION_RETURNED = EventType(
    "condition.returned",
    "Condition sent back as not met",
    facts=("gate", "criterion"),
    audience="submit_gate",
)
CONDITION_MET = EventType(
    "condition.met", "Condition accepted as met", facts=("gate", "criterion"), audience="submit_gate"
)
CONDITION_DUE_SOON = EventType(
    "condition.due_soon", "A condition that you answer for comes due",
    facts=("gate", "criterion", "due", "owner"), audience="see_engagement", person="owner",
)  # fmt: skip
CONDITION_LAPSED = EventType(
    "condition.lapsed", "Condition lapsed", facts=("gate", "criterion", "due"), audience="comment"
)
CONDITION_WAIVED = EventType(
    "condition.waived", "Lapsed condition waived", facts=("gate", "criterion"), audience="submit_gate"
)
WAIVER_GRANTED = EventType(
    "waiver.granted", "Criterion waived", facts=("gate", "criterion", "expires"), audience="submit_gate"
)
WAIVER_EXPIRING = EventType(
    "waiver.expiring", "Waiver expires soon", facts=("gate", "criterion", "expires"), audience="comment"
)
WAIVER_EXPIRED = EventType(
    "waiver.expired", "Waiver expired", facts=("gate", "criterion", "expires"), audience="comment"
)
DELEGATION_GRANTED = EventType(
    "delegation.granted",
    "Decision delegated",
    facts=("gate", "until", "receiver"),
    audience="delegate_decision",
    also="receiver",
)
DELEGATION_REVOKED = EventType(
    "delegation.revoked", "Delegation revoked", facts=("gate", "receiver"), audience="delegate_decision",
    also="receiver",
)  # fmt: skip

WAITING_FOR_CLIENT = EventType(
    "waiting.for_client", "What waits for your side this week", facts=("week",), audience="comment",
    side="client",
)  # fmt: skip
WAITING_FOR_CONSULTANCY = EventType(
    "waiting.for_consultancy", "What waits for the consultancy this week", facts=("week",),
    audience="comment", side="consultancy",
)  # fmt: skip

EVIDENCE_RECEIVED = EventType(
    "evidence.received", "Evidence handed in", facts=("kind", "number", "strength", "sha256", "visibility")
)
EVIDENCE_HANDED_IN = EventType(
    "evidence.handed_in", "Evidence handed in to be accepted",
    facts=("kind", "number", "strength", "sha256"), audience="accept_evidence",
)  # fmt: skip
EVIDENCE_ACCEPTED = EventType("evidence.accepted", "Evidence accepted", facts=("number", "strength"))
EVIDENCE_RETURNED = EventType(
    "evidence.returned", "Evidence sent back", facts=("number",), audience="hand_in_evidence"
)
EVIDENCE_OPENED = EventType("evidence.opened", "Evidence downloaded", facts=("number", "sha256"))
EVIDENCE_SCANNED = EventType("evidence.scanned", "Evidence scanned", facts=("number", "state"))
EVIDENCE_ASKED = EventType(
    "evidence.asked", "Evidence asked for", facts=("due", "questions"), audience="hand_in_evidence"
)
EVIDENCE_ASKED_OF = EventType(
    "evidence.asked_of", "Evidence asked for", facts=("due", "questions", "person"),
    audience="hand_in_evidence", person="person",
)  # fmt: skip
EVIDENCE_REQUEST_ANSWERED = EventType("evidence.request_answered", "Request for evidence answered")
EVIDENCE_REQUEST_WITHDRAWN = EventType("evidence.request_withdrawn", "Request for evidence withdrawn")
COMMENT_WRITTEN = EventType(
    "comment.written", "Comment written", facts=("about", "internal", "reply", "masked")
)
COMMENT_EDITED = EventType("comment.edited", "Comment changed", facts=("internal", "masked"))
COMMENT_RESOLVED = EventType("comment.resolved", "Thread resolved", facts=("internal", "masked"))
NEWS = EventType(
    "comment.news", "New comment on what you follow", facts=("person", "masked"), audience="see_engagement",
    person="person",
)  # fmt: skip
NEWS_INTERNALLY = EventType(
    "comment.news_internally", "New internal comment on what you follow", facts=("person", "masked"),
    audience="see_internal", person="person",
)  # fmt: skip
MENTIONED = EventType(
    "comment.mentioned",
    "You are mentioned",
    facts=("person", "masked"),
    audience="see_engagement",
    person="person",
)
MENTIONED_INTERNALLY = EventType(
    "comment.mentioned_internally", "You are mentioned in an internal comment", facts=("person", "masked"),
    audience="see_internal", person="person",
)  # fmt: skip
