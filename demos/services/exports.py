"""An export is written down in the ledger before a row of it leaves."""

from __future__ import annotations

from django.db import transaction

from demos.vocabulary import RESULTS_EXPORTED
from portal import access, audit
from portal.models import TenantOwned, User


@transaction.atomic
def record_export(*, by: User, subject: TenantOwned, what: str, form: str, rows: int) -> None:
    """``by`` takes ``rows`` rows away as a file. Raises NotFound or Forbidden."""
    access.require(by, "see_engagement", subject)
    audit.record(
        actor=by, event=RESULTS_EXPORTED, subject=subject, facts={"what": what, "form": form, "rows": rows}
    )
