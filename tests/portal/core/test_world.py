"""The personas themselves: everybody is where the other tests take them to be."""

from portal import access
from tests.personas import World


def test_everybody_but_the_expired_and_the_outsiders_sees_the_first_client(world: World) -> None:
    inside = {name for name, user in world.people().items() if world.tenant.pk in access.of(user).places()}

    assert inside == {
        "lead", "consultant", "reviewer", "sponsor", "security", "expert", "client_member", "client_admin",
    }  # fmt: skip


def test_the_outsiders_see_the_other_client_only(world: World) -> None:
    for name in ("outsider_sponsor", "outsider_lead"):
        assert access.of(world.fresh(name)).places() == {world.other.pk}


def test_an_administrator_of_the_consultancy_sees_no_client_by_that(world: World) -> None:
    assert access.of(world.fresh("org_admin")).places() == frozenset()
