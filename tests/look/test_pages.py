"""What every page tells the browser, which shell a viewer gets, and who may see the gallery."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.template import engines
from django.test import RequestFactory

from portal import context
from portal.models import User
from portal.web.headers import SecurityHeaders

SHELLS = ["portal/staff.html", "portal/client.html", "portal/bare.html"]


def answer(**headers: str) -> HttpResponse:
    def view(request):
        response = HttpResponse("x")
        for name, value in headers.items():
            response[name.replace("_", "-")] = value
        return response

    return SecurityHeaders(view)(RequestFactory().get("/harbor/engagements/"))


def test_no_inline_script_or_style_may_run():
    policy = answer()["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_nothing_is_stored_unless_the_view_says_so():
    assert answer()["Cache-Control"] == "no-store, private"
    assert answer(Cache_Control="max-age=60")["Cache-Control"] == "max-age=60"


def test_types_are_not_guessed_and_addresses_not_told():
    response = answer()
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.parametrize(
    ("affiliation", "shell"),
    [
        ("consultancy", "portal/staff.html"),
        ("client", "portal/client.html"),
        ("auditor", "portal/client.html"),
        (None, "portal/bare.html"),
    ],
)
def test_each_side_has_its_shell(rf, affiliation, shell):
    request = rf.get("/")
    request.user = AnonymousUser() if affiliation is None else User(name="Ada Roe", affiliation=affiliation)
    assert context.page(request)["base_template"] == shell


def test_the_theme_is_one_of_two_words(rf):
    request = rf.get("/")
    request.COOKIES["theme"] = '"><script>'
    assert context.page(request)["theme"] == ""
    request.COOKIES["theme"] = "dark"
    assert context.page(request)["theme"] == "dark"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_has_a_way_past_the_navigation_and_no_inline_code(shell):
    html = engines["django"].get_template(shell).render({})
    assert '<a class="skip" href="#main">' in html
    assert html.count('id="main"') == 1
    assert '"allowEval":false' in html
    assert '"allowScriptTags":false' in html
    assert '"includeIndicatorStyles":false' in html
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style", html)


@pytest.mark.parametrize("page", ["400.html", "403.html", "404.html", "409.html", "500.html"])
def test_error_pages_need_nothing_from_the_request(page):
    assert "<h1>" in engines["django"].get_template(page).render({})
