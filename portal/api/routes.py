"""Paths of the API: each is served with and without its trailing slash."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, path

from portal.api.base import ApiViewSet


def route(
    address: str, viewset: type[ApiViewSet], actions: Mapping[str, str], *, name: str
) -> list[URLPattern]:
    """Two patterns for one address; only the one without slash has the name and is in the schema."""
    view: Callable[..., HttpResponseBase] = viewset.as_view(dict(actions))
    return [path(address, view, name=name), path(address + "/", view, kwargs={})]


def without_slashes(
    endpoints: list[tuple[str, str, str, Any]], **_: object
) -> list[tuple[str, str, str, Any]]:
    """For the schema: each operation once, under its address without the trailing slash."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]
