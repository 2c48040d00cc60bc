"""``manage.py framework``: check, import, publish and export from a shell."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from assessments.catalogue import DEFAULT
from assessments.models import FrameworkVersion
from tests.personas import scope

pytestmark = pytest.mark.django_db


def _run(*words):
    out = StringIO()
    call_command("framework", *words, stdout=out)
    return out.getvalue()


def test_a_framework_goes_in_and_out_by_the_shell(world, tmp_path):
    file = tmp_path / "ours.yaml"
    file.write_text(DEFAULT.read_text(encoding="utf-8").replace('"1.0.0"', '"2.0.0"'), encoding="utf-8")
    here = ("--client", "harbor-mutual", "--by", world.lead.email)
    assert "follows the schema" in _run("check", str(file))
    assert "2.0.0: published" in _run("import", str(file), "--publish", *here)
    with scope(world):
        assert FrameworkVersion.objects.get().number == "2.0.0"
    out = _run("export", "gatehouse", "2.0.0", *here)
    assert "E01-1" in out
    with pytest.raises(CommandError, match="does not let"):
        _run("import", str(file), "--client", "harbor-mutual", "--by", world.sponsor.email)


def test_faults_of_a_file_are_listed_with_their_place(tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text("key: x\n", encoding="utf-8")
    with pytest.raises(CommandError, match="required property"):
        _run("check", str(file))
