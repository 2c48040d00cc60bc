"""The colours that a person pinned: a cookie of this browser, nothing in the database."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from portal.context import THEMES

_YEAR_S = 365 * 24 * 3600


@require_POST
@login_required
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or what the system says (any other word)."""
    answer = redirect("account_email")
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        answer.set_cookie(
            "theme", theme, max_age=_YEAR_S, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    else:
        answer.delete_cookie("theme", samesite="Lax")
    messages.success(request, "The colours are set for this browser.")
    return answer
