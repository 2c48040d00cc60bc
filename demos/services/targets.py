"""Targets: registered, changed by a new version, and tried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from demos.egress import egress_rules, note_call
from demos.engine.pricing import Price
from demos.engine.targets.probe import Exchange, probe_sync
from demos.engine.targets.spec import Header, Polling, TargetKind, TargetSpec, Timeouts
from demos.engine.targets.target import wire_for
from demos.models import Target, TargetExchange, TargetVersion
from demos.selectors import targets as reading
from demos.services.transcripts import policy_of
from demos.transcripts import kept_text
from demos.vocabulary import TARGET_CHANGED, TARGET_REGISTERED, TARGET_TESTED, TranscriptMode
from engagements.models import Engagement
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, VersionConflict
from portal.models import User
from portal.scope import tenant_scope
from portal.secrets import read_secrets, store_secret


@transaction.atomic
def register_target(
    *,
    by: User,
    engagement_id: UUID,
    name: str,
    spec: TargetSpec,
    price: Price,
    secrets: Mapping[str, str] | None = None,
) -> TargetVersion:
    """Add a target with its first version. ``secrets`` are values for the names in ``spec``, stored sealed.

    Raises Invalid when the name is taken or the description does not fit its kind.
    """
    engagement = access.visible(by, Engagement.objects.filter(pk=engagement_id)).first()
    if engagement is None:
        raise NotFound
    access.require(by, "manage_targets", engagement)
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise _invalid(
            "/name", "Give the target a name of at most 120 characters, such as “Triage assistant”."
        )
    if Target.objects.filter(engagement=engagement, name=name).exists():
        raise _invalid(
            "/name", f"There is a target called {name} already. Change that one, or choose another name."
        )
    _check_wire(spec)
    target = Target.objects.create(tenant_id=engagement.tenant_id, engagement=engagement, name=name)
    _store_secrets(by, target, secrets or {})
    version = _add_version(by, target, 1, spec, price)
    audit.record(
        actor=by,
        event=TARGET_REGISTERED,
        subject=version,
        engagement_id=engagement.pk,
        facts={"target": target.public_id, "version": 1, "config_sha256": version.config_sha256},
    )
    return version


@transaction.atomic
def change_target(
    *,
    by: User,
    target_id: UUID,
    spec: TargetSpec,
    price: Price,
    secrets: Mapping[str, str] | None = None,
    version: int | None = None,
) -> TargetVersion:
    """A new version when configuration or price differ from the newest one; else the newest one.

    ``version`` is that of the target as it was read; None does not look whether it changed since.
    Raises NotFound, Forbidden, Invalid, VersionConflict.
    """
    reading.target_for(by, target_id)
    target = Target.objects.select_for_update().select_related("engagement").get(pk=target_id)
    access.require(by, "manage_targets", target.engagement)
    if version is not None and version != target.version:
        raise VersionConflict("Not saved: somebody else changed this target meanwhile.")
    _check_wire(spec)
    _store_secrets(by, target, secrets or {})
    latest = target.versions.order_by("-number")[0]
    if latest.config_sha256 == spec.config_sha256 and latest.prices == price_json(price):
        return latest
    target.version += 1
    target.save(update_fields=["version"])
    made = _add_version(by, target, latest.number + 1, spec, price)
    audit.record(
        actor=by,
        event=TARGET_CHANGED,
        subject=made,
        engagement_id=target.engagement_id,
        facts={"target": target.public_id, "version": made.number, "config_sha256": made.config_sha256},
    )
    return made


def try_connection(
    *, by: User, tenant_id: UUID, version_id: UUID, question: str = "Is anybody there?"
) -> TargetExchange:
    """Ask the target one question and keep the exchange, secrets blacked out.

    Opens its own scopes: the call is made between two transactions. A target that fails is a result,
    not an error.
    """
    with tenant_scope([tenant_id]):
        version = reading.target_version_for(by, version_id)
        access.require(by, "manage_targets", version.target.engagement)
        spec = spec_of(version)
        secrets = read_secrets(tenant_id, spec.secret_names)
    note_call(spec.url, tenant_id=tenant_id, what="test of a connection")
    exchange = probe_sync(spec, secrets=secrets, egress=egress_rules(tenant_id), question=question[:2000])
    with tenant_scope([tenant_id]):
        return _keep(by, version, exchange)


def spec_of(version: TargetVersion) -> TargetSpec:
    """The engine's value of a stored version."""
    stored: dict[str, Any] = dict(version.config)
    stored["kind"] = TargetKind(stored["kind"])
    stored["headers"] = tuple(Header(**header) for header in stored["headers"])
    stored["timeouts"] = Timeouts(**stored["timeouts"])
    if stored.get("polling"):
        polling = stored["polling"]
        stored["polling"] = Polling(
            **{**polling, "done": tuple(polling["done"]), "failed": tuple(polling["failed"])}
        )
    return TargetSpec(**stored)


def price_of(version: TargetVersion) -> Price:
    """The engine's price of a stored version."""
    stored = dict(version.prices)
    currency = stored.pop("currency")
    return Price(currency, **{key: Decimal(value) for key, value in stored.items() if value is not None})


def price_json(price: Price) -> dict[str, str]:
    """A price as stored: amounts as text, so that no digit is lost."""
    later = {"per_million_cached": None, "per_minute": Decimal(0)}
    stored = asdict(price)
    return {key: str(value) for key, value in stored.items() if key not in later or value != later[key]}


def _add_version(by: User, target: Target, number: int, spec: TargetSpec, price: Price) -> TargetVersion:
    return TargetVersion.objects.create(
        tenant_id=target.tenant_id,
        target=target,
        number=number,
        config=orjson.loads(orjson.dumps(asdict(spec))),
        config_sha256=spec.config_sha256,
        prices=price_json(price),
        created_by=by,
    )


def _keep(by: User, version: TargetVersion, exchange: Exchange) -> TargetExchange:
    mode = policy_of(version.target.engagement).mode

    def text(said: str) -> str:
        return plain_text(kept_text(TranscriptMode(mode), said))

    kept = TargetExchange.objects.create(
        tenant_id=version.tenant_id,
        target_version=version,
        works=exchange.ok,
        sentence=plain_text(exchange.sentence),
        way_out=plain_text(exchange.way_out),
        error_class=str(exchange.error_class or ""),
        http_status=exchange.status,
        latency_ms=exchange.elapsed_ms,
        ttft_ms=exchange.first_ms,
        answer=text(exchange.answer or ""),
        request_excerpt=text(exchange.request_text),
        response_excerpt=text(exchange.response_text),
        asked_by=by,
    )
    audit.record(
        actor=by,
        event=TARGET_TESTED,
        subject=kept,
        engagement_id=version.target.engagement_id,
        facts={"version": version.number, "works": kept.works, "error_class": kept.error_class},
    )
    return kept


def plain_text(text: str) -> str:
    """Text that PostgreSQL can hold: no zero characters, no half surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _store_secrets(by: User, target: Target, secrets: Mapping[str, str]) -> None:
    for name, value in secrets.items():
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            raise _invalid(
                "/secrets", f"“{name}” holds a line break or another control character. Paste it again."
            )
        store_secret(by=by, tenant=target.tenant, name=name, value=value)


def _check_wire(spec: TargetSpec) -> None:
    try:
        wire_for(spec)
    except ValueError as problem:
        raise _invalid("/config", str(problem)) from None


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
