"""Secrets: sealed, bound to their row, and never given to another."""

import pytest
from django.test import override_settings

from portal import secrets
from portal.errors import Invalid
from portal.models import LedgerEntry, Secret
from tests.personas import World, both, scope

SENTINEL = "sk-live-3f9c2a77-do-not-leak"
KEY_A = "a:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
KEY_B = "b:" + "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="


@pytest.fixture
def secret(world: World) -> Secret:
    with scope(world):
        return secrets.store_secret(by=world.lead, tenant=world.tenant, name="model-key", value=SENTINEL)


def test_a_secret_is_read_back_by_name_and_its_use_is_noted(world: World, secret: Secret) -> None:
    with scope(world):
        assert secrets.read_secrets(world.tenant.pk, ["model-key"]) == {"model-key": SENTINEL}
        secret.refresh_from_db()
        assert secret.last_used is not None


def test_neither_the_row_nor_the_ledger_holds_the_value(world: World, secret: Secret) -> None:
    with scope(world):
        stored = Secret.objects.get()
        assert SENTINEL.encode() not in bytes(stored.ciphertext)
        assert SENTINEL not in str(stored.__dict__)
        assert SENTINEL not in str(list(LedgerEntry.objects.values()))


def test_a_ciphertext_moved_to_another_row_does_not_open(world: World, secret: Secret) -> None:
    with both(world):
        for tenant, name in ((world.tenant, "second"), (world.other, "model-key")):
            moved = secrets.store_secret(by=world.lead, tenant=tenant, name=name, value="another")
            Secret.objects.filter(pk=moved.pk).update(ciphertext=bytes(secret.ciphertext))
            with pytest.raises(Invalid, match="changed or moved"):
                secrets.read_secrets(tenant.pk, [name])


def test_a_changed_byte_does_not_open(world: World, secret: Secret) -> None:
    with scope(world):
        sealed = bytearray(secret.ciphertext)
        sealed[-1] ^= 1
        Secret.objects.filter(pk=secret.pk).update(ciphertext=bytes(sealed))
        with pytest.raises(Invalid, match="changed or moved"):
            secrets.read_secrets(world.tenant.pk, ["model-key"])


def test_the_same_value_is_sealed_differently_each_time(world: World, secret: Secret) -> None:
    with scope(world):
        before = bytes(secret.ciphertext)
        again = secrets.store_secret(by=world.lead, tenant=world.tenant, name="model-key", value=SENTINEL)
        assert again.pk == secret.pk
        assert bytes(again.ciphertext) != before


def test_an_older_key_still_opens_and_the_first_one_seals(world: World) -> None:
    with scope(world):
        with override_settings(FIELD_KEYS=KEY_A):
            secrets.store_secret(by=world.lead, tenant=world.tenant, name="old", value=SENTINEL)
        with override_settings(FIELD_KEYS=f"{KEY_B},{KEY_A}"):
            assert secrets.read_secrets(world.tenant.pk, ["old"]) == {"old": SENTINEL}
            new = secrets.store_secret(by=world.lead, tenant=world.tenant, name="new", value=SENTINEL)
            assert new.key_id == "b"
        with override_settings(FIELD_KEYS=KEY_B), pytest.raises(Invalid, match="key a"):
            secrets.read_secrets(world.tenant.pk, ["old"])


def test_a_missing_secret_is_named(world: World, secret: Secret) -> None:
    with scope(world), pytest.raises(Invalid, match="no secret called other"):
        secrets.read_secrets(world.tenant.pk, ["model-key", "other"])


def test_an_empty_secret_is_refused(world: World) -> None:
    with scope(world), pytest.raises(Invalid):
        secrets.store_secret(by=world.lead, tenant=world.tenant, name="empty", value="")
