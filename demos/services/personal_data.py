"""Personal data in cases: looked for before anything is sent; blocked, masked or allowed by rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import transaction

from demos.engine.personal_data import LABELS, PersonalData, counts_of
from demos.models import EvaluationPlan, PersonalDataRule
from demos.selectors import datasets
from demos.vocabulary import PERSONAL_DATA_RULE_SET, PersonalDataAction
from engagements.services.engagements import locked_engagement
from portal import access, audit
from portal.errors import FieldError, Forbidden, PersonalDataBlocked
from portal.models import User
from portal.vocabulary import Affiliation


@transaction.atomic
def set_personal_data_rule(*, by: User, engagement_id: UUID, action: PersonalDataAction) -> PersonalDataRule:
    """Say what happens to cases with personal data. Sending them as they are is the client's to allow."""
    engagement = locked_engagement(by, engagement_id)
    access.require(by, "manage_datasets", engagement)
    if action == PersonalDataAction.ALLOW and by.affiliation != Affiliation.CLIENT:
        raise Forbidden("Only the client’s own people can allow personal data to be sent.")
    before = action_for(engagement.pk)
    rule, _ = PersonalDataRule.objects.update_or_create(
        tenant_id=engagement.tenant_id, engagement=engagement, defaults={"action": action, "set_by": by}
    )
    if before != action:
        audit.record(
            actor=by,
            event=PERSONAL_DATA_RULE_SET,
            subject=rule,
            facts={"action": str(action), "before": str(before)},
        )
    return rule


def action_for(engagement_id: UUID) -> PersonalDataAction:
    """What happens to cases with personal data in an engagement. Without a rule they block."""
    rule = PersonalDataRule.objects.filter(engagement_id=engagement_id).first()
    return PersonalDataAction(rule.action) if rule else PersonalDataAction.BLOCK


def check_personal_data(plan: EvaluationPlan) -> None:
    """Raises PersonalDataBlocked when accepted cases hold personal data and the rule is to block."""
    version = plan.dataset_version
    known_clean = version.pii_counts and not any(version.pii_counts.values())
    if plan.personal_data != PersonalDataAction.BLOCK or known_clean:
        return
    rows = datasets.accepted_cases(version).values_list("input", "context", "turns")
    found = counts_of(text for row in rows.iterator(chunk_size=2_000) for text in texts_of(*row))
    if any(found.values()):
        detail = (
            f"The accepted cases hold personal data: {in_words(found)}. Nothing was sent. "
            "Reject these cases, import them without it, or let it be blacked out (on the page of the cases)."
        )
        raise PersonalDataBlocked(detail, errors=[FieldError("/dataset_version", "pii", detail)])


def texts_of(question: str, context: str, turns: Iterable[Mapping[str, object]]) -> list[str]:
    """The texts of a case that are sent."""
    return [question, context, *(str(turn.get("say", "")) for turn in turns)]


def in_words(counts: Mapping[str, int]) -> str:
    """Counts by type: “2 × e-mail address, 1 × payment card”."""
    return ", ".join(f"{n} × {LABELS[PersonalData(kind)]}" for kind, n in counts.items() if n)
