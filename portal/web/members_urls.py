"""Addresses of people and keys."""

from django.urls import path

from portal import ids
from portal.web import people

ids.register_prefix("inv")
ids.register_prefix("tok")

urlpatterns = [
    path("invitations/<str:token>/", people.accept_invitation, name="accept_invitation"),
    path("<slug:tenant>/members/", people.members, name="members"),
    path(
        "<slug:tenant>/members/invitations/<inv:invitation_id>/withdraw/",
        people.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path("<slug:tenant>/tokens/", people.api_tokens, name="api_tokens"),
    path("<slug:tenant>/tokens/<tok:token_id>/revoke/", people.revoke_token, name="revoke_token"),
]
