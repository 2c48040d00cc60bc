"""Set how the papers of a client look, and name what a kind of report leaves out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction

from engagements.models import Letterhead, ReportPreset
from engagements.report.paper import logo_is_readable
from engagements.rules.letterhead import LONGEST_COVER, accent_fault, logo_fault
from engagements.selectors.letterheads import letterhead_of, preset_for, presets_of, sections_that_may_go
from engagements.vocabulary import LETTERHEAD_SET, PRESET_REMOVED, PRESET_SET, ReportKind
from portal import access, audit
from portal.errors import FieldError, Invalid
from portal.models import Tenant, User
from portal.scope import tenant_scope

MOST_PRESETS: Final = 20
LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class LetterheadTerms:
    """``logo`` is a PNG file; None keeps the one that is there, empty bytes take it away."""

    accent: str
    cover_text: str
    logo: bytes | None = None


@transaction.atomic
def set_letterhead(*, by: User, tenant_id: UUID, terms: LetterheadTerms) -> Letterhead:
    """Put a letterhead in force; papers that were ordered before keep theirs. The same terms change nothing.

    Raises NotFound, Forbidden, or Invalid with one error for each fault.
    """
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    access.require(by, "manage_templates", tenant, fresh=True)
    terms = LetterheadTerms(terms.accent.strip().lower(), terms.cover_text.strip(), terms.logo)
    _check(terms)
    before = letterhead_of(tenant_id)
    kept = bytes(before.logo) if before else b""
    logo = kept if terms.logo is None else terms.logo
    same = before and (before.accent, before.cover_text, kept) == (terms.accent, terms.cover_text, logo)
    if before and same:
        return before
    digest = hashlib.sha256(logo).hexdigest() if logo else ""
    made = Letterhead.objects.create(
        tenant=tenant, number=before.number + 1 if before else 1, accent=terms.accent,
        cover_text=terms.cover_text, logo=logo, logo_sha256=digest, set_by=by,
    )  # fmt: skip
    facts: dict[str, audit.Fact] = {"number": made.number, "accent": made.accent, "logo_sha256": digest}
    audit.record(actor=by, event=LETTERHEAD_SET, subject=made, facts=facts)
    return made


@transaction.atomic
def set_letterhead_everywhere(*, by: User, terms: LetterheadTerms) -> list[Letterhead]:
    """Put one letterhead in force with every client of whose templates ``by`` takes care: all or none.

    Where ``terms`` keep the logo, each client keeps its own. Raises Invalid.
    """
    made = []
    for tenant_id in sorted(access.of(by, fresh=True).tenants("manage_templates")):
        with tenant_scope([tenant_id]):
            made.append(set_letterhead(by=by, tenant_id=tenant_id, terms=terms))
    return made


def _check(terms: LetterheadTerms) -> None:
    faults = []
    if refused := accent_fault(terms.accent):
        faults.append(FieldError("/accent", "invalid", refused))
    if len(terms.cover_text) > LONGEST_COVER:
        faults.append(FieldError("/cover_text", "too_long", f"At most {LONGEST_COVER} characters fit."))
    if terms.logo:
        refused = logo_fault(terms.logo)
        if refused is None and not logo_is_readable(terms.logo):
            refused = "The typesetter cannot read this PNG file. Save it anew and try again."
        if refused:
            faults.append(FieldError("/logo", "invalid", refused))
    if faults:
        raise Invalid(faults[0].detail, errors=faults)


@transaction.atomic
def set_preset(*, by: User, tenant_id: UUID, kind: str, name: str, left_out: Collection[str]) -> ReportPreset:
    """Name what a kind of report leaves out; a name that is there already gets the new choice.

    Raises NotFound, Forbidden, or Invalid for a section that every paper keeps, or none at all.
    """
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    access.require(by, "manage_templates", tenant, fresh=True)
    name = " ".join(name.split())
    _check_preset(tenant_id, kind, name, left_out)
    may_go = sections_that_may_go()[ReportKind(kind)]
    chosen = [section.key for section in may_go if section.key in left_out]
    made, _ = ReportPreset.objects.update_or_create(
        tenant=tenant, kind=kind, name=name,
        defaults={"left_out": chosen}, create_defaults={"left_out": chosen, "set_by": by},
    )  # fmt: skip
    audit.record(actor=by, event=PRESET_SET, subject=made, facts=_facts(made))
    return made


def _check_preset(tenant_id: UUID, kind: str, name: str, left_out: Collection[str]) -> None:
    faults = []
    may_go = sections_that_may_go().get(ReportKind(kind), []) if kind in ReportKind.values else None
    if may_go is None:
        faults.append(FieldError("/kind", "invalid", "Choose one of the kinds of report."))
    if not name or len(name) > LONGEST_NAME:
        faults.append(FieldError("/name", "invalid", f"Give it a name of 1 to {LONGEST_NAME} characters."))
    if not left_out:
        faults.append(FieldError("/left_out", "required", "Choose at least one section to leave out."))
    unknown = sorted(set(left_out) - {section.key for section in may_go or ()})
    if may_go is not None and unknown:
        detail = f"No paper of this kind can leave out: {', '.join(unknown)}."
        faults.append(FieldError("/left_out", "invalid", detail))
    others = presets_of(tenant_id).exclude(kind=kind, name=name).count()
    if others >= MOST_PRESETS:
        faults.append(FieldError("", "too_many", f"There are {others} presets already. Remove one first."))
    if faults:
        raise Invalid(faults[0].detail, errors=faults)


@transaction.atomic
def remove_preset(*, by: User, tenant_id: UUID, preset_id: UUID) -> None:
    """Take a preset away; papers that were made with it stay. Raises NotFound or Forbidden."""
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    found = preset_for(tenant_id, preset_id)
    access.require(by, "manage_templates", tenant, fresh=True)
    audit.record(actor=by, event=PRESET_REMOVED, subject=found, facts=_facts(found))
    found.delete()


def _facts(preset: ReportPreset) -> dict[str, audit.Fact]:
    return {"kind": preset.kind, "name": preset.name, "left_out": ", ".join(preset.left_out)}
