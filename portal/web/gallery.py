"""The component gallery: every component with its states, for the consultancy's own people."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from portal.web.gallery_examples import examples


@login_required
def gallery(request: HttpRequest) -> HttpResponse:
    """Show the gallery; to a client's people it does not exist."""
    if getattr(request.user, "side", "") != "consultancy":
        raise Http404
    return render(request, "portal/gallery.html", examples())
