"""Pages that span clients: home, portfolio, inbox, and the check of a printed hash."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def portfolio(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def new_client(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def inbox(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def read_all(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def read_one(request: HttpRequest, notification_id: UUID) -> HttpResponse:
    return HttpResponse()


def verify(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The one page for what is not there and for what is not the viewer's."""
    return render(request, "404.html", status=404)
