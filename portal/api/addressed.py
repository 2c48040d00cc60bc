"""What an address names must be there for the caller, before anything else of the request is looked at.

So a bad body, a wrong content type or a used key says nothing about rows of others: the answer is the one
that an address of nobody gives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db.models import Model, Q
from rest_framework.request import Request

from portal import access
from portal.errors import NotFound
from portal.models import TenantOwned
from portal.scope import tenant_scope

_PART: Final = re.compile(r"<([a-z]{3}):(\w+)>")
SAFE: Final = ("GET", "HEAD", "OPTIONS")


def require_addressed_rows(request: Request, keys: Mapping[str, Any], *, scope: frozenset[UUID]) -> None:
    """Raise NotFound if a row that the address names is not one that the caller may see.

    Reading needs no such look: a view that reads answers 404 itself and takes no body.
    """
    if request.method in SAFE or request.resolver_match is None:
        return
    named = [(prefix, keys[name]) for prefix, name in _PART.findall(request.resolver_match.route)]
    if not named:
        return
    with tenant_scope(scope):
        for prefix, key in named:
            model = _models().get(prefix)
            if (
                model is not None
                and not model._default_manager.filter(_seen(request, model), pk=key).exists()
            ):
                raise NotFound


def _seen(request: Request, model: type[Model]) -> Q:
    """Rows of this table in the engagements that the caller may see."""
    held = access.of(request.user)
    seen = Q(tenant_id__in=held.tenants("see_engagement"))
    guest, way = held.engagements("see_engagement"), _way_to_engagement(model)
    return seen | Q(**{f"{way}__in": guest}) if guest and way else seen


@cache
def _models() -> dict[str, type[TenantOwned]]:
    """The tables of clients' rows by the prefix of their public ids."""
    return {model.id_prefix: model for model in apps.get_models() if issubclass(model, TenantOwned)}


@cache
def _way_to_engagement(model: type[Model]) -> str | None:
    """How a row leads to its engagement: itself, by a link, or by one link more. None: it leads to none."""
    if getattr(model, "id_prefix", "") == "eng":
        return "pk"
    links = [field for field in model._meta.fields if field.is_relation]
    if any(field.name == "engagement" for field in links):
        return "engagement"
    for field in links:
        parent = field.related_model
        if isinstance(parent, type) and any(one.name == "engagement" for one in parent._meta.fields):
            return f"{field.name}__engagement"
    return None
