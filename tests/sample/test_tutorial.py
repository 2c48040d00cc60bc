"""The tutorial, step by step with the words of its buttons: from the demo to a signed pilot gate."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from demos.models import PrivacyTest, Run
from demos.services.execution import execute_shard
from demos.services.privacy_tests import execute_privacy_test
from engagements.models import Decision, Stage
from portal.management.story.cast import member, people_file
from portal.models import Tenant
from portal.scope import tenant_scope
from tests.sample import tutorial_steps as told
from tests.sample.page_reader import Form, Page
from tests.sample.test_walk import loaded

__all__ = ["loaded"]
pytestmark = pytest.mark.django_db(transaction=True)


class Walker:
    """Does what a step says, on the pages as they come."""

    def __init__(self) -> None:
        self.client, self.at, self.page = Client(), "/", Page("")

    def get(self, address: str) -> None:
        self._arrive(self.client.get(urljoin(self.at, address), follow=True), urljoin(self.at, address))

    def _arrive(self, answer, address: str) -> None:
        chain = getattr(answer, "redirect_chain", [])
        self.at = urljoin(address, chain[-1][0]) if chain else address
        self.page = Page(answer.text)
        assert answer.status_code == 200, (self.at, self.page.text[:1500])

    def do(self, step: object) -> None:
        match step:
            case told.SignIn(name):
                self.client, self.at = Client(), "/"
                self.get("/accounts/login/")
                form = next(form for form in self.page.forms if "login" in form.values)
                self._send(form, {**form.values, "login": member(name).email, "password": self.password})
            case told.Follow(link):
                self.get(self.page.link(link))
            case told.See(words):
                assert words in self.page.text, (self.at, words, self.page.text[:3000])
            case told.WaitForRun():
                with tenant_scope([Tenant.objects.get(slug="harbor-mutual").pk]):
                    run = Run.objects.get()
                execute_shard(tenant_id=run.tenant_id, run_id=run.pk)
                self.get(self.at)
            case told.WaitForProbes():
                with tenant_scope([Tenant.objects.get(slug="harbor-mutual").pk]):
                    test = PrivacyTest.objects.get()
                execute_privacy_test(tenant_id=test.tenant_id, test_id=test.pk)
                self.get(self.at)
            case told.Press():
                self.press(step)

    def press(self, step: told.Press) -> None:
        form, button = self.page.button(step.button)
        data: dict[str, object] = {name: list(values) for name, values in form.values.items()}
        for label, value in step.fields.items():
            control = self.page.control(label, form)
            data[control.name] = control.value if value is None else value
        if step.file[0]:
            name = self.page.control(step.file[0], form).name
            data[name] = SimpleUploadedFile(step.file[1], step.file[2].encode())
        if button.name:
            data[button.name] = button.value
        self._send(form, data)

    def _send(self, form: Form, data: dict[str, object]) -> None:
        address = urljoin(self.at, form.action) if form.action else self.at
        assert form.method == "post"
        self._arrive(self.client.post(address, data, follow=True), address)

    @property
    def password(self) -> str:
        return str(json.loads(people_file().read_text())["password"])


def test_the_tutorial_ends_in_a_pilot_gate_that_both_have_signed(loaded):
    walker = Walker()
    for number, step in enumerate(told.steps(), 1):
        try:
            walker.do(step)
        except AssertionError as wrong:
            raise AssertionError(f"step {number}, {step}, at {walker.at}: {wrong}") from None
    with tenant_scope([Tenant.objects.get(slug="harbor-mutual").pk]):
        decision = Decision.objects.get(round__gate__number=2)
        assert decision.outcome == "approve"
        assert Stage.objects.get(kind="deployment").status == "in_progress"


def test_the_tutorial_names_every_button_and_link_that_is_used():
    text = Path("docs/tutorial.md").read_text()
    for step in told.steps():
        words = step.button if isinstance(step, told.Press) else getattr(step, "link", "")
        if words and not words.startswith("Save "):
            assert f"**{words}**" in " ".join(text.split()), words
