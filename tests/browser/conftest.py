"""A served Gatehouse with an engagement before its demo gate, and browsers that are signed in to it."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from portal.scope import tenant_scope

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's own loop runs in this thread

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def way(transactional_db: None, live_server: Any) -> SimpleNamespace:
    """The people, the engagement, its open round, and ``url(path)`` on the served address."""
    from tests.engagements.conftest import make_world, start, submit_demo
    from tests.personas import PASSWORD

    world = make_world()
    with tenant_scope([world.harbor.pk]):
        engagement = start(world)
        row = submit_demo(world, engagement)
        first = row.results.order_by("pk").first().criterion
        about = f"gates/{row.gate.public_id}/criteria/{first.public_id}/about/"
    for user in (world.lead, world.sponsor):
        user.set_password(PASSWORD)
        user.save()
    base = f"/{world.harbor.slug}/engagements/{engagement.public_id}/"
    return SimpleNamespace(
        world=world, engagement=engagement, round=row, base=base, password=PASSWORD,
        brief=f"{base}rounds/{row.public_id}/",
        criterion=base + about, url=lambda path: live_server.url + path,
    )  # fmt: skip


@pytest.fixture
def signed_in(way: SimpleNamespace, browser: Any) -> Callable[..., Any]:
    """``signed_in(user, viewport, **context options)`` gives a page with that person's session."""

    def open_page(user: Any, viewport: dict[str, int], **options: Any) -> Any:
        client = Client()
        client.force_login(user)
        context = browser.new_context(viewport=viewport, **options)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": way.url("/")}])
        return context.new_page()

    return open_page
