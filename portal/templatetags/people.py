"""People as a reader may know them: `{% load people %}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from portal import bylines
from portal.models import User
from portal.templatetags.ui import face

register = template.Library()


@register.simple_tag(takes_context=True)
def byline(context: Mapping[str, Any], person: User, masked: bool) -> str:
    """The name of who wrote, or the side. ``masked``: it was written under the rule without names."""
    request = context["request"]
    return bylines.byline(request.user, person, masked=masked, client=request.tenant)


@register.simple_tag(takes_context=True)
def commenter(context: Mapping[str, Any], person: User, masked: bool) -> SafeString:
    """``byline`` with a face."""
    return face(byline(context, person, masked), side=person.side)
