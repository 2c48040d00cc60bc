"""The rule for stored texts of an engagement: full, masked or hash-only, and for how many days."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from demos.models import Attempt, Run, TranscriptPolicy
from demos.vocabulary import TRANSCRIPT_POLICY_SET, KeptText, TranscriptMode
from engagements.models import Engagement
from engagements.services.engagements import locked_engagement
from portal import access, audit
from portal.errors import FieldError, Forbidden, Invalid, VersionConflict, WrongMoment
from portal.models import User
from portal.vocabulary import Affiliation

MOST_DAYS = 3_650
STRICTNESS = {TranscriptMode.FULL: 0, TranscriptMode.MASKED: 1, TranscriptMode.HASH: 2}


@transaction.atomic
def set_policy(
    *, by: User, engagement_id: UUID, mode: TranscriptMode, retention_days: int | None,
    version: int | None = None,
) -> TranscriptPolicy:  # fmt: skip
    """Say what is kept of texts that are stored from now on, and how long all of them stay.

    The lead and the client's administrator, sponsor and security officer may. To keep more, or longer, is
    the client's alone. Raises NotFound, Forbidden, Invalid, VersionConflict.
    """
    engagement = locked_engagement(by, engagement_id)
    access.require(by, deciding_action(by, engagement), engagement)
    if retention_days is not None and not 1 <= retention_days <= MOST_DAYS:
        detail = f"Texts are kept 1 to {MOST_DAYS:,} days, or without an end."
        raise Invalid(detail, errors=[FieldError("/retention_days", "invalid", detail)])
    kept = policy_of(engagement)
    if version is not None and version != kept.version:
        raise VersionConflict("Somebody changed this rule meanwhile. Read it again.")
    before_mode, before_days = TranscriptMode(kept.mode), kept.retention_days
    if (before_mode, before_days) == (mode, retention_days):
        return kept
    keeps_more = STRICTNESS[mode] < STRICTNESS[before_mode] or _longer(retention_days, before_days)
    if keeps_more and by.affiliation != Affiliation.CLIENT:
        raise Forbidden("Only the client’s own people can have more kept, or for longer.")
    kept.mode, kept.retention_days, kept.set_by = mode, retention_days, by
    kept.version += 0 if kept._state.adding else 1
    kept.save()
    audit.record(
        actor=by, event=TRANSCRIPT_POLICY_SET, subject=kept, path=policy_path(engagement),
        facts={
            "mode": mode.value, "retention_days": retention_days, "mode_before": before_mode.value,
            "retention_days_before": before_days, "version": kept.version,
        },
    )  # fmt: skip
    return kept


def policy_of(engagement: Engagement) -> TranscriptPolicy:
    """The rule that holds; a fresh one, which is not stored, where nobody has set any."""
    found = TranscriptPolicy.objects.filter(engagement=engagement).select_related("set_by").first()
    return found or TranscriptPolicy(
        tenant_id=engagement.tenant_id, engagement=engagement, mode=TranscriptMode.FULL
    )


def mode_of_run(run_id: UUID) -> TranscriptMode:
    """What is kept of the texts of a run that are stored now. One query."""
    rows = TranscriptPolicy.objects.filter(engagement__runs=run_id).values_list("mode", flat=True)
    found = rows.first()
    return TranscriptMode(found) if found else TranscriptMode.FULL


def check_texts_kept(run: Run) -> None:
    """Raises WrongMoment when answers of a run came whose text is not there: nobody can judge them anew."""
    rows = Attempt.objects.filter(run=run, kept__in=[KeptText.HASH, KeptText.DELETED])
    gone = rows.order_by("-kept").values_list("kept", flat=True).first()
    if gone == KeptText.DELETED:
        raise WrongMoment(f"The texts of {run} were deleted when their time was over. Start a new run.")
    if gone:
        raise WrongMoment(
            f"Of the answers of {run} only length and hash are kept, so nobody can judge them again. "
            "Start a new run under a rule that keeps texts."
        )


def deciding_action(by: User, engagement: Engagement) -> str:
    """The action that lets a person set the rule: the lead's and administrator's, or the approvers'."""
    return "manage_hosts" if access.of(by).can("manage_hosts", engagement) else "authorise_tests"


def policy_path(engagement: Engagement) -> str:
    """Where the rule is read in the browser."""
    return f"/{engagement.tenant.slug}/engagements/{engagement.public_id}/texts/"


def _longer(now: int | None, before: int | None) -> bool:
    return before is not None and (now is None or now > before)
