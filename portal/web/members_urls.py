"""Addresses of people and keys."""

from django.urls import path

from portal import ids
from portal.web import lists, people, places, view_as

for _prefix in ("inv", "tok", "mem", "usr", "eng"):
    ids.register_prefix(_prefix)

urlpatterns = [
    path("invitations/<str:token>/", people.accept_invitation, name="accept_invitation"),
    path("<slug:tenant>/members/", people.members, name="members"),
    path(
        "<slug:tenant>/members/invitations/<inv:invitation_id>/withdraw/",
        people.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path("<slug:tenant>/members/several/", places.invite_several, name="invite_several"),
    path("<slug:tenant>/members/<mem:membership_id>/end/", places.end_place, name="end_place"),
    path(
        "<slug:tenant>/members/guests/<eng:engagement_id>/<usr:user_id>/end/",
        places.end_guest,
        name="end_guest",
    ),
    path("<slug:tenant>/view-as-client/", view_as.begin, name="view_as_client"),
    path("<slug:tenant>/view-as-client/end/", view_as.end, name="end_view_as_client"),
    path("<slug:tenant>/lists/<listed:name>/", lists.export_client_list, name="export_client_list"),
    path("<slug:tenant>/hosts/", places.hosts, name="hosts"),
    path("<slug:tenant>/about/", places.about_client, name="about_client"),
    path("<slug:tenant>/tokens/", people.api_tokens, name="api_tokens"),
    path("<slug:tenant>/tokens/<tok:token_id>/revoke/", people.revoke_token, name="revoke_token"),
]
