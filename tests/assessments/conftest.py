"""Two clients with people on both sides, and an engagement in each."""

from types import SimpleNamespace

import pytest

from engagements.models import Engagement
from portal.grants import add_member
from portal.models import Tenant, User
from portal.roles import Role
from portal.scope import tenant_scope
from portal.vocabulary import Affiliation


def person(name, affiliation):
    email = f"{name.lower().replace(' ', '.')}@example.test"
    return User.objects.create_user(email, name=name, affiliation=affiliation)


def client_with_engagement(slug, lead):
    tenant = Tenant.objects.create(name=slug.title(), slug=slug, currency="USD")
    add_member(lead, tenant, Role.LEAD)
    with tenant_scope([tenant.pk]):
        engagement = Engagement.objects.create(
            tenant=tenant, code="HM-01", title="Claims triage", lead=lead, template_version="1"
        )
    return SimpleNamespace(tenant=tenant, engagement=engagement, lead=lead)


@pytest.fixture
def harbor(db):
    """A client with a lead, an expert, a member, and an outsider of another client."""
    place = client_with_engagement("harbor", person("Lea Lead", Affiliation.CONSULTANCY))
    place.expert = person("Ed Expert", Affiliation.CLIENT)
    place.member = person("Mia Member", Affiliation.CLIENT)
    place.reviewer = person("Rex Reviewer", Affiliation.CONSULTANCY)
    add_member(place.expert, place.tenant, Role.CLIENT_EXPERT)
    add_member(place.member, place.tenant, Role.CLIENT_MEMBER)
    add_member(place.reviewer, place.tenant, Role.REVIEWER)
    return place


@pytest.fixture
def other(db):
    """Another client altogether."""
    place = client_with_engagement("other", person("Oda Other", Affiliation.CONSULTANCY))
    place.outsider = place.lead
    return place


@pytest.fixture
def scope(harbor):
    """Work inside the first client's walls."""
    with tenant_scope([harbor.tenant.pk]):
        yield
