"""What a viewer sees. The only way that pages and API read the lifecycle."""

from engagements.selectors.engagements import engagement_for, gate_for, round_for, visible_engagements

__all__ = ["engagement_for", "gate_for", "round_for", "visible_engagements"]
