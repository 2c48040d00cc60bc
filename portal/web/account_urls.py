"""Signing in, second factors, sessions and invitations. There is no sign-up: accounts come by invitation."""

from allauth.account import views as account
from django.urls import include, path, re_path

from portal.web import people
from portal.web.theme import choose_theme
from portal.web.wishes import notifications

urlpatterns = [
    path("", people.own_account, name="account_email"),
    path("theme/", choose_theme, name="choose_theme"),
    path("notifications/", notifications, name="account_notifications"),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
