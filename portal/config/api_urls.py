"""Every address of the API. What is no route here answers as a problem document, not as a page."""

from django.urls import URLPattern, URLResolver, re_path

from assessments.api.urls import urlpatterns as assessments_routes
from demos.api.urls import urlpatterns as demos_routes
from engagements.api.urls import urlpatterns as engagements_routes
from portal.api.problems import not_found
from portal.api.urls import urlpatterns as portal_routes

urlpatterns: list[URLPattern | URLResolver] = [
    *portal_routes,
    *engagements_routes,
    *assessments_routes,
    *demos_routes,
    re_path(r"^.*$", not_found, name="api-unknown"),
]
