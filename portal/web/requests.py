"""The request as a signed-in page sees it: the middleware has put these on it."""

from __future__ import annotations

from django.http import HttpRequest

from portal.access import Access
from portal.models import Tenant, User


class PersonRequest(HttpRequest):
    """A request behind ``login_required`` on a path with a tenant.

    A type for views only: nothing makes one, Django's own request has the same attributes by then.
    """

    user: User
    tenant: Tenant
    access: Access
    request_id: str
