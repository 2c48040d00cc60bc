"""API tokens: their text, who makes them, what is stored."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal import tokens as token_text
from portal.errors import Forbidden, Invalid, NotFound
from portal.models import ApiToken, LedgerEntry, User
from portal.services import tokens
from portal.tokens import ALPHABET, PERSONAL, PREFIXES, SERVICE

from .conftest import FRESH, House

SOON = timedelta(days=30)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_token_has_prefix_chance_and_checksum(prefix: str) -> None:
    made = token_text.generate(prefix)
    assert made.text.startswith(prefix)
    assert len(made.text) == 8 + 43 + 6
    assert token_text.is_well_formed(made.text)
    assert made.sha256 == token_text.digest(made.text)


@given(st.integers(8, 56), st.sampled_from(ALPHABET))
def test_one_wrong_letter_is_noticed_without_asking_the_database(position: int, letter: str) -> None:
    text = token_text.generate(PERSONAL).text
    changed = text[:position] + letter + text[position + 1 :]
    assert token_text.is_well_formed(changed) is (changed == text)


@pytest.mark.parametrize("text", ["", "gth_pat_", "gth_xyz_" + "0" * 49, "gth_pat_" + "é" * 49])
def test_other_text_is_no_token(text: str) -> None:
    assert not token_text.is_well_formed(text)


def test_no_other_prefix_can_be_made() -> None:
    with pytest.raises(ValueError, match="no prefix"):
        token_text.generate("ghp_")


def test_a_lead_makes_a_token_for_a_service_account_of_this_client_only(scoped: House) -> None:
    made = tokens.create_token(
        by=scoped.lead, proof=FRESH, tenant_id=scoped.tenant.pk, name="nightly", service=True,
        scopes=["runs:start", "runs:read"], expires=timezone.now() + SOON,
    )  # fmt: skip
    assert made.text.startswith(SERVICE)
    stored = ApiToken.objects.get()
    assert (stored.token_sha256, stored.scopes) == (token_text.digest(made.text), ["runs:read", "runs:start"])
    assert (stored.owner.affiliation, stored.owner.has_usable_password()) == ("service", False)
    assert [m.tenant_id for m in stored.owner.memberships.all()] == [scoped.tenant.pk]


def test_the_text_of_a_token_is_stored_nowhere(scoped: House) -> None:
    made = tokens.create_token(
        by=scoped.lead, proof=FRESH, tenant_id=scoped.tenant.pk, name="mine", scopes=["runs:read"],
        expires=timezone.now() + SOON,
    )  # fmt: skip
    entry = LedgerEntry.objects.get(event="token.created")
    everything = repr(list(ApiToken.objects.values())) + repr(entry.facts)
    assert made.text not in everything
    assert made.text[8:-6] not in everything
    assert entry.facts["token"] == made.token.public_id


@pytest.mark.parametrize("who", ["consultant", "sponsor"])
def test_who_does_not_manage_tokens_makes_none(scoped: House, who: str) -> None:
    with pytest.raises(Forbidden):
        tokens.create_token(
            by=getattr(scoped, who), proof=FRESH, tenant_id=scoped.tenant.pk, name="x", scopes=["runs:read"],
            expires=timezone.now() + SOON,
        )  # fmt: skip
    assert ApiToken.objects.count() == 0


def test_each_fault_of_a_token_is_named(scoped: House) -> None:
    with pytest.raises(Invalid) as refused:
        tokens.create_token(
            by=scoped.lead, proof=FRESH, tenant_id=scoped.tenant.pk, name=" ", scopes=["gates:decide"],
            expires=timezone.now() + timedelta(days=400),
        )  # fmt: skip
    assert [fault.pointer for fault in refused.value.errors] == ["/name", "/scopes", "/expires"]


def test_a_token_is_taken_back_once(scoped: House) -> None:
    made = tokens.create_token(
        by=scoped.lead, proof=FRESH, tenant_id=scoped.tenant.pk, name="x", scopes=["runs:read"],
        expires=timezone.now() + SOON,
    )  # fmt: skip
    tokens.revoke_token(by=scoped.admin, token_id=made.token.pk)
    tokens.revoke_token(by=scoped.lead, token_id=made.token.pk)
    assert LedgerEntry.objects.filter(event="token.revoked").count() == 1


def test_an_outsider_cannot_find_a_token(scoped: House) -> None:
    made = tokens.create_token(
        by=scoped.lead, proof=FRESH, tenant_id=scoped.tenant.pk, name="x", scopes=["runs:read"],
        expires=timezone.now() + SOON,
    )  # fmt: skip
    with pytest.raises(NotFound):
        tokens.revoke_token(by=User.objects.get(pk=scoped.outsider.pk), token_id=made.token.pk)
