"""The API's own document, and the portal's resources."""

from django.urls import path
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView

from portal.api.ledger import LedgerViewSet
from portal.api.preferences import PreferencesViewSet
from portal.api.routes import route

urlpatterns = [
    path(
        "openapi.json",
        SpectacularAPIView.as_view(
            authentication_classes=[], permission_classes=[], renderer_classes=[OpenApiJsonRenderer]
        ),
        name="openapi",
    ),
    *route("ledger", LedgerViewSet, {"get": "list"}, name="api-ledger"),
    *route("preferences", PreferencesViewSet, {"get": "retrieve", "put": "replace"}, name="api-preferences"),
    *route("ledger/verify", LedgerViewSet, {"get": "verify"}, name="api-ledger-verify"),
]
