"""Every address. A path with ``<slug:tenant>`` opens that tenant's scope; the rest spans the viewer's."""

from django.urls import include, path

from portal.site import views as site
from portal.web import health
from portal.web.gallery import gallery

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("accounts/", include("portal.web.account_urls")),
    path("api/v1/", include("portal.config.api_urls")),
    path("components/", gallery, name="gallery"),
    path("", include("portal.site.urls")),
    path("", include("portal.web.members_urls")),
    path("<slug:tenant>/", include("engagements.urls")),
    path("<slug:tenant>/", include("assessments.urls")),
    path("<slug:tenant>/", include("demos.urls")),
]

handler404 = site.not_found
