"""Who may: one map per person, read in two queries, that no grant can bend."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from engagements.models import Engagement, EngagementUserPermission, Stage
from portal import access, grants
from portal.errors import Forbidden, NotFound
from portal.models import Membership, Tenant, TenantGroupPermission
from portal.roles import ACTIONS, CLIENT_ONLY_ACTIONS, CLIENT_ROLES, CONSULTANCY_ROLES, ROLES, Role
from portal.vocabulary import TenantStatus
from tests.personas import World, both, person, scope

ROLE_OF = {
    "lead": Role.LEAD, "consultant": Role.CONSULTANT, "reviewer": Role.REVIEWER,
    "sponsor": Role.CLIENT_SPONSOR, "security": Role.CLIENT_SECURITY, "expert": Role.CLIENT_EXPERT,
    "client_member": Role.CLIENT_MEMBER, "client_admin": Role.CLIENT_ADMIN,
}  # fmt: skip


def _grant_row(model: Any, action: str, **row: Any) -> None:
    """A grant written past `portal.grants`, as a mistake or a bad hand would."""
    kind = ContentType.objects.get_for_model(Tenant if model is TenantGroupPermission else Engagement)
    permission = Permission.objects.get(content_type=kind, codename=action)
    model.objects.create(permission=permission, **row)


def test_each_role_may_do_what_the_table_says_and_nothing_else(world: World) -> None:
    for persona, role in ROLE_OF.items():
        mine = access.of(world.fresh(persona))
        answers = {action: mine.can(action, world.tenant) for action in ACTIONS}

        assert {action for action, answer in answers.items() if answer} == ROLES[role], persona
        assert all(bool(answer) == (answer.reason == "") for answer in answers.values())
        assert not any(mine.can(action, world.other) for action in ACTIONS)


@pytest.mark.parametrize("clients", [1, 3])
def test_access_is_read_in_two_queries_whatever_the_number_of_clients(
    world: World, clients: int, django_assert_num_queries: Any
) -> None:
    for number in range(clients):
        tenant = Tenant.objects.create(name=f"Client {number}", slug=f"client-{number}")
        grants.add_member(world.lead, tenant, Role.LEAD)
    lead = world.fresh("lead")

    with django_assert_num_queries(2):
        assert len(access.of(lead).places()) == clients + 1
        assert access.of(lead).can("start_run", world.tenant)


def test_a_place_that_has_ended_opens_nothing(world: World) -> None:
    expired = world.fresh("expired")

    assert access.of(expired).places() == frozenset()
    with pytest.raises(NotFound):
        access.require(expired, "see_engagement", world.tenant)


def test_a_place_that_has_not_begun_opens_nothing(world: World) -> None:
    early = person("Nora Early", "consultancy")
    grants.add_member(early, world.tenant, Role.CONSULTANT, starts=timezone.now() + timedelta(hours=1))

    assert access.of(early).places() == frozenset()


def test_ending_a_place_closes_it_at_the_next_reading(world: World) -> None:
    consultant = world.fresh("consultant")
    assert access.of(consultant).can("start_run", world.tenant)

    grants.end_membership(Membership.objects.get(user=consultant))

    assert not access.of(consultant, fresh=True).can("start_run", world.tenant)


def test_a_person_who_is_switched_off_may_nothing(world: World) -> None:
    world.lead.is_active = False
    world.lead.save()

    assert access.of(world.fresh("lead")).places() == frozenset()


def test_a_client_that_is_suspended_opens_to_nobody_guests_included(world: World, engagement: Any) -> None:
    guest = person("Gus Guest", "client")
    with scope(world):
        grants.add_guest(guest, engagement, {"see_engagement"})
    Tenant.objects.filter(pk=world.tenant.pk).update(status=TenantStatus.SUSPENDED)

    assert access.of(world.fresh("sponsor")).places() == frozenset()
    assert access.of(guest).places() == frozenset()
    assert not access.of(guest).can("see_engagement", engagement)


def test_not_seen_is_not_found_and_not_allowed_is_said(world: World) -> None:
    with pytest.raises(NotFound):
        access.require(world.outsider_lead, "start_run", world.tenant)
    with pytest.raises(Forbidden, match=r"Your place here \(reviewer\) does not let you start a run"):
        access.require(world.reviewer, "start_run", world.tenant)


def test_an_action_nobody_knows_is_a_mistake_in_the_code(world: World) -> None:
    with pytest.raises(LookupError):
        access.of(world.lead).can("fly", world.tenant)


# The consultancy never decides


def test_nobody_gets_a_role_of_the_other_side(world: World) -> None:
    for person_of_one_side, roles in ((world.lead, CLIENT_ROLES), (world.sponsor, CONSULTANCY_ROLES)):
        for role in roles:
            with pytest.raises(Forbidden):
                grants.add_member(person_of_one_side, world.tenant, role)


@pytest.mark.parametrize("action", sorted(CLIENT_ONLY_ACTIONS))
def test_the_consultancys_people_get_no_such_guest_grant(world: World, engagement: Any, action: str) -> None:
    with scope(world), pytest.raises(Forbidden):
        grants.add_guest(world.consultant, engagement, {"see_engagement", action})


@pytest.mark.parametrize("action", sorted(CLIENT_ONLY_ACTIONS))
def test_even_grant_rows_written_by_hand_let_no_consultant_decide(
    world: World, engagement: Any, action: str
) -> None:
    group = grants.role_group(world.tenant, Role.LEAD)
    _grant_row(TenantGroupPermission, action, group=group, content_object=world.tenant)
    with scope(world):
        _grant_row(EngagementUserPermission, action, user=world.lead, content_object=engagement)
        lead = world.fresh("lead")

        for obj in (world.tenant, engagement):
            answer = access.of(lead).can(action, obj)
            assert not answer
            assert answer.reason.startswith("Only the client's own people can ")
        assert access.of(lead).tenants(action) == frozenset()
        assert access.of(lead).engagements(action) == frozenset()
        assert list(access.visible(lead, Engagement.objects.all(), action)) == []
        assert lead not in access.holders(action, tenant_id=world.tenant.pk, engagement_id=engagement.pk)


def test_a_superuser_is_nobody_here(world: World) -> None:
    user = world.org_admin
    user.is_superuser = True
    user.save()
    with pytest.raises(NotFound):
        access.require(user, "decide_gate", world.tenant)


def test_writing_a_roles_grants_again_takes_away_what_the_table_does_not_name(world: World) -> None:
    group = grants.role_group(world.tenant, Role.REVIEWER)
    _grant_row(TenantGroupPermission, "start_run", group=group, content_object=world.tenant)

    grants.role_group(world.tenant, Role.REVIEWER)

    assert not access.of(world.fresh("reviewer")).can("start_run", world.tenant)


# Guests


def test_a_guest_sees_one_engagement_and_the_rows_below_it(world: World, engagement: Any) -> None:
    from engagements.services.engagements import create_engagement

    guest = person("Gus Guest", "client")
    with scope(world):
        other = create_engagement(by=world.lead, tenant=world.tenant, title="Second")
        grants.add_guest(guest, engagement, {"see_engagement"})

        assert access.of(guest).places() == {world.tenant.pk}
        assert list(access.visible(guest, Engagement.objects.all())) == [engagement]
        assert set(access.visible(guest, Stage.objects.all())) == set(
            Stage.objects.filter(engagement=engagement)
        )
        assert not access.of(guest).can("see_engagement", other)
        assert not access.of(guest).can("see_engagement", world.tenant)

        grants.remove_guest(guest, engagement, {"see_engagement"})
        assert access.of(guest, fresh=True).places() == frozenset()


def test_visible_starts_from_what_the_viewer_may_see(world: World, engagement: Any) -> None:
    with both(world):
        assert list(access.visible(world.fresh("sponsor"), Engagement.objects.all())) == [engagement]
        for name in ("outsider_sponsor", "outsider_lead", "expired", "org_admin"):
            assert list(access.visible(world.fresh(name), Engagement.objects.all())) == []


def test_holders_are_those_who_may_now(world: World) -> None:
    names = [user.name for user in access.holders("decide_gate", tenant_id=world.tenant.pk)]

    assert names == ["Margaret Osei", "Piotr Nowak"]
    assert world.expired not in access.holders("start_run", tenant_id=world.tenant.pk)


@pytest.mark.django_db
def test_a_narrowed_access_stays_narrow_when_it_is_read_again(world: World) -> None:
    access.narrow(world.lead, lambda held: access.Access(held.user))
    assert access.of(world.lead, fresh=True).places() == frozenset()
