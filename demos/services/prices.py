"""Price tables: stored in versions that are valid for a time; a run pins the one it is counted by."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import Q

from demos.engine.pricing import Price
from demos.models import EvaluationPlan, PriceLine, PriceTable, PriceVersion
from demos.services.targets import price_of
from demos.vocabulary import PRICES_STORED, PriceClass
from engagements.models import Engagement
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound
from portal.models import User

MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Line:
    """What one class of use of one model costs."""

    model: str
    price_class: PriceClass
    amount: Decimal


@transaction.atomic
def store_prices(
    *,
    by: User,
    engagement_id: UUID,
    name: str,
    valid_from: date,
    valid_to: date | None = None,
    lines: Sequence[Line],
    source: str = "",
) -> PriceVersion:
    """Store a new, frozen version of the named table; the same again gives the newest version.

    Amounts are in the currency of the engagement. Raises Invalid, Forbidden, NotFound.
    """
    engagement = access.visible(by, Engagement.objects.filter(pk=engagement_id)).first()
    if engagement is None:
        raise NotFound
    access.require(by, "manage_prices", engagement)
    name = " ".join(name.split())
    _check(name, valid_from, valid_to, lines)
    PriceTable.objects.get_or_create(
        tenant_id=engagement.tenant_id,
        engagement=engagement,
        name=name,
        defaults={"currency": engagement.currency},
    )
    table = PriceTable.objects.select_for_update().get(engagement=engagement, name=name)
    sha256 = _sha256(table.currency, valid_from, valid_to, lines)
    latest = table.versions.order_by("-number").first()
    if latest is not None and latest.content_sha256 == sha256:
        return latest
    version = PriceVersion.objects.create(
        tenant_id=table.tenant_id, table=table, number=(latest.number if latest else 0) + 1,
        valid_from=valid_from, valid_to=valid_to, source=source[:300], content_sha256=sha256, created_by=by,
    )  # fmt: skip
    PriceLine.objects.bulk_create(
        PriceLine(
            tenant_id=table.tenant_id, price_version=version, model=line.model,
            price_class=line.price_class, amount=line.amount,
        )
        for line in lines
    )  # fmt: skip
    audit.record(
        actor=by,
        event=PRICES_STORED,
        subject=version,
        engagement_id=engagement.pk,
        facts={
            "table": table.public_id, "version": version.number, "valid_from": valid_from,
            "valid_to": valid_to, "content_sha256": sha256,
        },
    )  # fmt: skip
    return version


def version_for(engagement: Engagement, model: str, *, on: date) -> PriceVersion | None:
    """The newest version that is valid on a day and prices ``model``; None when there is none."""
    if not model:
        return None
    valid = Q(valid_to__isnull=True) | Q(valid_to__gte=on)
    return (
        PriceVersion.objects.filter(
            valid, table__engagement=engagement, valid_from__lte=on, lines__model=model
        )
        .select_related("table")
        .order_by("-valid_from", "-created_at")
        .first()
    )


def price_in(version: PriceVersion, model: str) -> Price:
    """The engine's price of a model in a version. Raises ValueError when the version does not price it."""
    amounts = dict(version.lines.filter(model=model).values_list("price_class", "amount"))
    if not amounts:
        raise ValueError(f"{version} has no price for {model}.")
    zero = Decimal(0)
    return Price(
        version.table.currency,
        per_million_in=amounts.get(PriceClass.TOKENS_IN, zero),
        per_million_out=amounts.get(PriceClass.TOKENS_OUT, zero),
        per_million_cached=amounts.get(PriceClass.TOKENS_CACHED),
        per_call=amounts.get(PriceClass.CALL, zero),
        per_minute=amounts.get(PriceClass.MINUTE, zero),
    )


def price_for(plan: EvaluationPlan) -> Price:
    """The price that a plan pins: that of its price version, or else that of its target version."""
    if plan.price_version is None:
        return price_of(plan.target_version)
    return price_in(plan.price_version, str(plan.target_version.config.get("model", "")))


def _check(name: str, valid_from: date, valid_to: date | None, lines: Sequence[Line]) -> None:
    if not name or len(name) > 120:
        raise _invalid("/name", "Give the table a name of at most 120 characters, such as the provider's.")
    if valid_to is not None and valid_to < valid_from:
        raise _invalid("/valid_to", "The last day lies before the first. Swap them, or leave the last empty.")
    if not lines:
        raise _invalid("/lines", "Write at least one price: model, what is charged for, amount.")
    if len(lines) > MOST_LINES:
        raise _invalid("/lines", f"A version takes at most {MOST_LINES} prices. Split the table.")
    seen: set[tuple[str, str]] = set()
    for place, line in enumerate(lines):
        if not line.model.strip() or len(line.model) > 200:
            raise _invalid(f"/lines/{place}/model", "Name the model as the target names it.")
        if line.amount < 0:
            raise _invalid(f"/lines/{place}/amount", "A price is not negative.")
        if (line.model, line.price_class) in seen:
            what = line.price_class.label.lower()
            raise _invalid(f"/lines/{place}", f"{line.model} has two prices for a {what}. Keep one.")
        seen.add((line.model, line.price_class))


def _sha256(currency: str, first: date, last: date | None, lines: Sequence[Line]) -> str:
    rows = sorted([line.model, str(line.price_class), format(line.amount.normalize(), "f")] for line in lines)
    content = [currency, first.isoformat(), last.isoformat() if last else "", rows]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
