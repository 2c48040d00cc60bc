"""One request is one transaction, and a refusal takes back what the request wrote."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from portal.models import Secret
from portal.scope import outside_scope, scoped_tenants
from portal.web import middleware
from tests.personas import World, scope


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "kept"), [(200, 1), (302, 1), (400, 0), (409, 0), (422, 0), (500, 0)])
def test_an_answer_of_400_or_above_takes_back_what_was_written(world: World, status: int, kept: int) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        Secret.objects.create(
            tenant=world.tenant, name="half", key_id="t", ciphertext=b"", rotated_at=world.tenant.created_at
        )
        return HttpResponse(status=status)

    _ask(world, view)
    with scope(world):
        assert Secret.objects.filter(name="half").count() == kept


@pytest.mark.django_db
def test_a_view_that_talks_to_the_network_gets_no_scope(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    @outside_scope
    def view(request: HttpRequest) -> HttpResponse:
        seen.append(scoped_tenants())
        return HttpResponse()

    monkeypatch.setattr(middleware, "_match", lambda request: type("Match", (), {"kwargs": {}, "func": view}))
    _ask(world, view)
    assert seen == [None]


def _ask(world: World, view: middleware.GetResponse) -> HttpResponse:
    request = RequestFactory().get("/portfolio/")
    request.user = world.lead
    return middleware.TenantScope(view)(request)
