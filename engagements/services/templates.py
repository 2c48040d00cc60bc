"""Bringing an engagement template: checked whole, stored as it is, never changed."""

from __future__ import annotations

from django.db import transaction

from engagements.catalogue import default_template, faults_of_way, read_template
from engagements.models import EngagementTemplate
from engagements.starting import starters
from engagements.vocabulary import TEMPLATE_IMPORTED
from portal import access, audit
from portal.errors import FieldError, Invalid
from portal.models import Tenant, User


@transaction.atomic
def import_template(*, by: User, tenant: Tenant, text: str) -> EngagementTemplate:
    """Store one version of a template for a client. Nothing is stored of one that has a fault.

    Raises NotFound, Forbidden, and Invalid with one error for each fault, or for a version that is taken.
    """
    access.require(by, "manage_templates", tenant)
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    made = read_template(text)
    faults = faults_of_way(made)
    faults += [fault for starter in starters for fault in starter.faults(tenant.pk, made)]
    if faults:
        raise Invalid(faults[0].detail, errors=faults)
    taken = EngagementTemplate.objects.filter(tenant=tenant, key=made.key, version=made.version).exists()
    if taken or made.key == default_template().key:
        detail = f"{made.key} {made.version} is there already. A change gets another version."
        if made.key == default_template().key:
            detail = f"The key {made.key} is that of the template which ships. Choose another key."
        raise Invalid(detail, errors=[FieldError("/version", "taken", detail)])
    row = EngagementTemplate.objects.create(
        tenant=tenant, key=made.key, version=made.version, title=made.title, body=text, sha256=made.sha256,
        imported_by=by,
    )  # fmt: skip
    audit.record(
        actor=by,
        event=TEMPLATE_IMPORTED,
        subject=row,
        facts={"key": made.key, "version": made.version, "sha256": made.sha256},
    )
    return row
