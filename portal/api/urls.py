"""The API's own document, and the portal's resources."""

from django.urls import path
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path(
        "openapi.json",
        SpectacularAPIView.as_view(
            authentication_classes=[], permission_classes=[], renderer_classes=[OpenApiJsonRenderer]
        ),
        name="openapi",
    ),
]
