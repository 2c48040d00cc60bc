"""A list that leaves is written down in the ledger before its first row does."""

from __future__ import annotations

from django.db import transaction

from engagements.models import Engagement
from portal import access, audit
from portal.models import User
from portal.vocabulary import LIST_EXPORTED


@transaction.atomic
def record_list(*, by: User, engagement: Engagement, name: str, form: str) -> None:
    """``by`` takes a list away as a file. Raises NotFound or Forbidden."""
    access.require(by, "see_engagement", engagement)
    audit.record(actor=by, event=LIST_EXPORTED, subject=engagement, facts={"list": name, "form": form})
