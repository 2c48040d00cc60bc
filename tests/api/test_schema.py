"""The OpenAPI document: served, complete, and the one in docs/."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator

from portal.tokens import SCOPES

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
FOR_PEOPLE_ONLY = ("/decisions", "/waivers", "/delegations", "/acceptance")
VERBS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def document(db: None, client: Client) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    body: dict[str, Any] = json.loads(answer.content)
    return body


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{verb} {path}", entry[verb])
        for path, entry in document["paths"].items()
        for verb in VERBS
        if verb in entry and not path.endswith("openapi.json")
    ]


def test_each_address_stands_there_once_and_without_its_slash(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.1"
    assert len(operations(document)) >= 20
    assert not [path for path in document["paths"] if path.endswith("/")]


def test_each_operation_names_its_scope_and_its_problems(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        signing = name.startswith("post") and "test-permissions" in name
        if not name.endswith(FOR_PEOPLE_ONLY) and not signing:
            assert operation["x-required-scope"] in SCOPES, name
        for status in ("400", "401", "403", "404", "429"):
            shape = operation["responses"][status]
            assert "application/problem+json" in shape.get("content", {"application/problem+json": 1}), name
        assert {"bearer": []} in operation["security"], name
        assert operation["description"], name


def test_every_schema_in_it_is_a_schema(document: dict[str, Any]) -> None:
    for shape in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(shape)


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_the_document_in_docs_is_in_step(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.json"
    call_command("spectacular", format="openapi-json", file=str(fresh), validate=True, fail_on_warn=True)
    assert json.loads(fresh.read_text()) == json.loads(COMMITTED.read_text())
