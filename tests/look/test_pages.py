"""What every page tells the browser, which shell a viewer gets, and who may see the gallery."""

import re
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse
from django.template import engines
from django.test import RequestFactory

from portal import context
from portal.models import User
from portal.web.gallery import gallery
from portal.web.headers import SecurityHeaders

pytestmark = pytest.mark.urls("tests.look.addresses")
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


@pytest.fixture
def consultant():
    person = User(name="Jonas Lindqvist", affiliation="consultancy", org_role="lead")
    person._gatehouse_unread = 4
    return person


def nav(rf, viewer, *, path="/", tenant=None, engagement=None) -> str:
    request = rf.get(path)
    request.user, request.tenant = viewer, tenant
    source = "{% load ui %}{% include shell %}"
    side = "staff" if viewer.side == "consultancy" else "client"
    values = {"shell": f"components/nav_{side}.html", "engagement": engagement}
    return engines["django"].from_string(source).render(values, request)


TENANT = SimpleNamespace(name="Harbor Mutual", slug="harbor")
ENGAGEMENT = SimpleNamespace(pk=7, title="Claims triage", public_id="eng_7")


def test_staff_see_the_engagement_they_are_in_and_the_current_page(rf, consultant):
    html = nav(rf, consultant, path="/harbor/e/7/gates/1/", tenant=TENANT, engagement=ENGAGEMENT)
    assert "<b>Claims triage</b> Harbor Mutual" in html
    assert '<a href="/harbor/e/7/gates/" aria-current="true">' in html
    assert html.count("aria-current") == 1
    assert '<span class="count is-ink" aria-label="4 unread">4</span>' in html


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/harbor/e/7/", "Overview"),
        ("/harbor/e/7/edit/", "Overview"),
        ("/harbor/e/7/rounds/1/", "Gates"),
        ("/harbor/e/7/gates/", "Gates"),
        ("/portfolio/", "Portfolio"),
    ],
)
def test_the_current_link_is_the_one_that_the_page_belongs_to(rf, consultant, path, current):
    html = nav(rf, consultant, path=path, tenant=TENANT, engagement=ENGAGEMENT)
    assert re.findall(r"aria-current[^>]*>.*?</svg>([^<]*)", html) == [current]


def test_pages_that_do_not_exist_are_not_linked(rf, consultant):
    html = nav(rf, consultant, tenant=TENANT, engagement=ENGAGEMENT)
    assert "Risks" not in html
    assert "Search" not in html


def test_outside_a_client_there_is_no_engagement_in_the_navigation(rf, consultant):
    assert "Claims triage" not in nav(rf, consultant, engagement=ENGAGEMENT)


def test_a_client_has_one_bar_and_no_set_up(rf):
    sponsor = User(name="Margaret Osei", affiliation="client")
    sponsor._gatehouse_unread = 4
    html = nav(rf, sponsor, path="/", tenant=TENANT, engagement=ENGAGEMENT)
    assert "For you" in html
    assert 'href="/harbor/e/7/"' in html
    assert "Components" not in html
    assert "unread" not in html


def test_the_gallery_does_not_exist_for_a_client(rf):
    request = rf.get("/components/")
    request.user = User(name="Margaret Osei", affiliation="client")
    with pytest.raises(Http404):
        gallery(request)


def test_the_gallery_opens_for_the_consultancy(rf, consultant):
    request = rf.get("/components/")
    request.user, request.tenant = consultant, None
    response = gallery(request)
    assert response.status_code == 200
    assert b"Measured against target" in response.content
