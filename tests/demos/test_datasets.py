"""Cases are imported whole or not at all, frozen, and accepted by the client."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from demos.importing.mapping import Mapping
from demos.models import Case, CaseReview, Dataset, DatasetVersion, Upload
from demos.selectors.datasets import accepted_cases, review_counts
from demos.services import datasets
from demos.vocabulary import CaseVerdict
from portal.errors import Forbidden, Invalid, NotFound
from portal.models import LedgerEntry, OutboxEvent
from tests.demos.conftest import csv_of
from tests.personas import World, scope

pytestmark = pytest.mark.django_db


def imported(
    world: World, engagement: Any, questions: list[str], by: str = "consultant"
) -> datasets.ImportResult:
    return datasets.import_cases(
        by=getattr(world, by), engagement_id=engagement.pk, dataset_name="Claims", file_name="claims.csv",
        file=csv_of(questions),
    )  # fmt: skip


def test_an_import_makes_a_frozen_version_and_says_so(world, engagement):
    with scope(world):
        entries = LedgerEntry.objects.count()
        result = imported(world, engagement, ["a", "b"])
        assert (result.created, result.version.number, result.version.case_count) == (True, 1, 2)
        assert [c.key for c in Case.objects.order_by("position")] == ["C-0001", "C-0002"]
        assert Case.objects.get(key="C-0001").slices == {"product": "home"}
        assert LedgerEntry.objects.count() == entries + 1
        assert OutboxEvent.objects.filter(event="dataset.imported").count() == 1


def test_the_same_cases_again_change_nothing(world, engagement):
    with scope(world):
        first = imported(world, engagement, ["a", "b"])
        again = imported(world, engagement, ["a", "b"], by="expert")
        assert (again.created, again.version) == (False, first.version)
        assert Case.objects.count() == 2
        assert imported(world, engagement, ["a", "c"]).version.number == 2


def test_one_bad_row_stores_nothing(world, engagement):
    with scope(world):
        with pytest.raises(Invalid) as caught:
            imported(world, engagement, ["a", "", "c"])
        assert [e.pointer for e in caught.value.errors] == ["/rows/3/input", "/rows/3/expected"]
        assert (Dataset.objects.count(), DatasetVersion.objects.count(), Case.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("who", "refusal"), [("sponsor", Forbidden), ("reviewer", Forbidden), ("outsider_lead", NotFound)]
)
def test_who_may_not_import(world, engagement, who, refusal):
    with scope(world), pytest.raises(refusal):
        imported(world, engagement, ["a"], by=who)


def test_an_upload_is_previewed_then_imported_and_dropped(world, engagement):
    with scope(world):
        upload = datasets.preview_upload(
            by=world.consultant, engagement_id=engagement.pk, dataset_name=" Claims  mail ",
            file_name="c.csv",
            file=csv_of(["a", "b"]),
        )  # fmt: skip
        assert upload.columns == ["question", "answer", "product"]
        assert upload.guess["input"] == "question"
        assert upload.preview[0] == {
            "number": 2,
            "values": {"question": "a", "answer": "A", "product": "home"},
            "problem": "",
        }
        result = datasets.import_upload(
            by=world.consultant, upload_id=upload.pk, mapping=Mapping.from_json(upload.guess)
        )
        assert result.version.dataset.name == "Claims mail"
        assert not Upload.objects.exists()


def test_an_unreadable_upload_is_not_kept(world, engagement):
    with scope(world):
        with pytest.raises(Invalid):
            datasets.preview_upload(
                by=world.consultant, engagement_id=engagement.pk, dataset_name="Claims", file_name="c.csv",
                file=io.BytesIO(b"\xff\xfe\x00"),
            )  # fmt: skip
        assert not Upload.objects.exists()


def test_a_failed_import_keeps_the_upload_for_another_mapping(world, engagement):
    with scope(world):
        upload = datasets.preview_upload(
            by=world.consultant, engagement_id=engagement.pk, dataset_name="Claims", file_name="c.csv",
            file=csv_of(["a"]),
        )  # fmt: skip
        with pytest.raises(Invalid):
            datasets.import_upload(
                by=world.consultant, upload_id=upload.pk, mapping=Mapping(input="question")
            )
        assert Upload.objects.filter(pk=upload.pk).exists()


def test_only_the_client_accepts_and_the_newest_word_counts(world, engagement):
    with scope(world):
        version = imported(world, engagement, ["a", "b", "c"]).version
        with pytest.raises(Forbidden):
            datasets.review_cases(by=world.lead, version_id=version.pk, verdict=CaseVerdict.ACCEPTED)
        assert (
            datasets.review_cases(by=world.expert, version_id=version.pk, verdict=CaseVerdict.ACCEPTED) == 3
        )
        assert (
            datasets.review_cases(by=world.expert, version_id=version.pk, verdict=CaseVerdict.REJECTED) == 0
        )
        one = Case.objects.get(key="C-0002")
        datasets.review_cases(
            by=world.expert,
            version_id=version.pk,
            verdict=CaseVerdict.REJECTED,
            case_ids=[one.pk],
            note="twice",
        )
        counts = review_counts(version)
        assert (counts.accepted, counts.rejected, counts.open) == (2, 1, 0)
        assert [case.key for case in accepted_cases(version)] == ["C-0001", "C-0003"]


def test_a_case_of_another_version_cannot_be_reviewed_through_this_one(world, engagement):
    with scope(world):
        first = imported(world, engagement, ["a"]).version
        second = imported(world, engagement, ["b"]).version
        stray = second.cases.get()
        with pytest.raises(NotFound):
            datasets.review_cases(
                by=world.expert, version_id=first.pk, verdict=CaseVerdict.ACCEPTED, case_ids=[stray.pk]
            )
        assert not CaseReview.objects.exists()


@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
@pytest.mark.parametrize("table", ["demos_datasetversion", "demos_case"])
def test_a_version_and_its_cases_cannot_be_touched(world, engagement, table, statement):
    with scope(world):
        imported(world, engagement, ["a"])
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement.format(table))
