"""What an engagement starts with beside its gates. Apps that keep it register when Django is ready.

Engagements imports no app that measures; the part that it keeps itself is in services.engagements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engagements.catalogue import Template
from engagements.models import Engagement
from portal.errors import FieldError
from portal.models import User


@dataclass(frozen=True, slots=True)
class Starter:
    """One app's part of a template.

    ``faults(tenant_id, template)`` says what this client cannot start with.
    ``lay_out(engagement, template, by)`` copies it in, in the transaction of the start.
    ``take(engagement)`` gives it back as it is now, in the shape of the schema, without what is not there.
    """

    faults: Callable[[UUID, Template], list[FieldError]]
    lay_out: Callable[[Engagement, Template, User], None]
    take: Callable[[Engagement], dict[str, Any]]


starters: list[Starter] = []


def register_starter(starter: Starter) -> None:
    """Bring a part of what an engagement starts with."""
    starters.append(starter)
