"""A client with one engagement, a token with every scope, and callers that use them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from engagements.models import Engagement
from engagements.services.engagements import create_engagement
from portal.models import User
from portal.scope import tenant_scope
from portal.services.tokens import create_token
from portal.tokens import SCOPES
from tests.portal.conftest import FRESH, House, _quick_passwords, house, person

__all__ = ["_quick_passwords", "house", "person"]


class Caller:
    """A machine with a bearer token. JSON in, JSON out."""

    def __init__(self, text: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {text}"})

    def get(self, address: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{address}", query)

    def post(self, address: str, body: Any = None) -> Any:
        data = json.dumps({} if body is None else body)
        return self.client.post(f"/api/v1/{address}", data, content_type="application/json")

    def send(self, address: str, body: bytes, content_type: str) -> Any:
        return self.client.post(f"/api/v1/{address}", body, content_type=content_type)


@dataclass
class Site:
    """The house, one engagement in it and the text of a token."""

    house: House
    engagement: Engagement
    text: str

    @property
    def api(self) -> Caller:
        return Caller(self.text)


def token_for(house: House, *, by: User, scopes: Sequence[str] = tuple(SCOPES), service: bool = True) -> str:
    with tenant_scope([m.tenant_id for m in by.memberships.all()]):
        made = create_token(
            by=by, proof=FRESH, tenant_id=by.memberships.get().tenant_id, name="machine", scopes=scopes,
            expires=timezone.now() + timedelta(days=30), service=service,
        )  # fmt: skip
    return made.text


@pytest.fixture
def site(house: House) -> Site:
    return build_site(house)


def build_site(house: House) -> Site:
    with tenant_scope([house.tenant.pk]):
        engagement = create_engagement(by=house.lead, tenant=house.tenant, title="Claims triage")
    return Site(house, engagement, token_for(house, by=house.lead))


@pytest.fixture
def api(site: Site) -> Caller:
    return site.api


@pytest.fixture
def stranger(site: Site) -> Caller:
    """A machine of the other client, with every scope."""
    return Caller(token_for(site.house, by=site.house.outsider))
