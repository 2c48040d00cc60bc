"""A few addresses, so that shells and navigation are tested without the pages of the apps."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def nothing(request: HttpRequest, **place: object) -> HttpResponse:
    return HttpResponse()


_engagements = [
    path("e/<int:engagement_id>/", nothing, name="overview"),
    path("e/<int:engagement_id>/gates/", nothing, name="gates"),
]
urlpatterns = [
    path("", nothing, name="home"),
    path("portfolio/", nothing, name="portfolio"),
    path("inbox/", nothing, name="inbox"),
    path("components/", nothing, name="gallery"),
    path("accounts/logout/", nothing, name="account_logout"),
    path("<slug:tenant>/", include((_engagements, "engagements"))),
]
