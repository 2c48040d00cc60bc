"""How many cases it takes, asked on a page without script."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db

QUESTIONS = [
    ("ask=rate&expected=95&target=90&confidence=95", "140 cases prove 90 %"),
    ("ask=rate&expected=92&target=90&confidence=95", "874 cases prove 90 %"),
    ("ask=rate&expected=100&target=99&confidence=95", "381 cases prove 99 %"),
    ("ask=rate&expected=90&target=95&confidence=95", "No number of cases proves 95 %"),
    ("ask=more&passed=43&n=50&target=80", "About 78 more cases"),
    ("ask=more&passed=95&n=100&target=90", "proves 90 % already"),
    ("ask=more&passed=9&n=5&target=90", "No more cases can be right than were asked."),
    ("ask=zero&upper=5&confidence=95", "59 probes without a single event"),
    ("ask=zero&upper=0.1&confidence=95", "2,995 probes"),
    ("ask=pairs&difference=5&flips=10", "312 cases asked in both runs"),
    ("ask=pairs&difference=10&flips=5", "At least as many cases change sides"),
    ("ask=nothing", "To prove a rate"),
]


def test_the_planner_answers_with_the_published_numbers(client, world, engagement):
    client.force_login(world.client_member)
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}/planner/"
    for question, words in QUESTIONS:
        page = client.get(f"{base}?{question}")
        assert page.status_code == 200
        assert words in page.text, question
