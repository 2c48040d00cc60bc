"""Every address of the API. What is no route here answers as a problem document, not as a page."""

from django.urls import URLPattern, re_path

from portal.api.problems import not_found
from portal.api.urls import urlpatterns as portal_routes

urlpatterns: list[URLPattern] = [
    *portal_routes,
    re_path(r"^.*$", not_found, name="api-unknown"),
]
