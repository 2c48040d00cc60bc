"""Cases come in, are frozen, and are accepted or rejected by the client's expert."""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from demos.importing.cases import CaseDraft, content_sha256, draft_cases
from demos.importing.limits import PREVIEW_ROWS
from demos.importing.mapping import Mapping, check_mapping, guess_mapping
from demos.importing.reading import check_size, open_table
from demos.models import Case, CaseReview, Dataset, DatasetVersion, Upload
from demos.selectors import datasets as reading
from demos.vocabulary import CASES_REVIEWED, DATASET_IMPORTED, CaseVerdict
from engagements.models import Engagement
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound
from portal.models import User

UPLOAD_KEPT_FOR = timedelta(days=1)
INSERT_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class ImportResult:
    """``created`` is False when the very same cases were there already; then nothing was written."""

    version: DatasetVersion
    created: bool


def preview_upload(
    *, by: User, engagement_id: UUID, dataset_name: str, file_name: str, file: BinaryIO
) -> Upload:
    """Keep an upload for a day, with a guess at its columns. Raises Invalid, and keeps nothing, if bad."""
    engagement = _engagement(by, engagement_id)
    size = check_size(file)
    table = open_table(file)
    first = list(itertools.islice(table.rows, PREVIEW_ROWS))
    guess = guess_mapping(table.columns, first)
    content = _content(file)
    return Upload.objects.create(
        tenant_id=engagement.tenant_id,
        engagement=engagement,
        dataset_name=_name(dataset_name),
        file_name=file_name[-200:],
        file_sha256=hashlib.sha256(content).hexdigest(),
        size=size,
        content=content,
        columns=list(table.columns),
        guess=guess.as_json(),
        preview=[{"number": row.number, "values": dict(row.values), "problem": row.problem} for row in first],
        uploaded_by=by,
    )


@transaction.atomic
def import_upload(*, by: User, upload_id: UUID, mapping: Mapping) -> ImportResult:
    """Import a kept upload with the chosen columns, then drop it. Raises Invalid with errors by row."""
    upload = access.visible(by, Upload.objects.select_for_update()).filter(pk=upload_id).first()
    if upload is None:
        raise NotFound
    result = import_cases(
        by=by,
        engagement_id=upload.engagement_id,
        dataset_name=upload.dataset_name,
        file_name=upload.file_name,
        file=io.BytesIO(bytes(upload.content)),
        mapping=mapping,
    )
    upload.delete()
    return result


@transaction.atomic
def import_cases(
    *,
    by: User,
    engagement_id: UUID,
    dataset_name: str,
    file_name: str,
    file: BinaryIO,
    mapping: Mapping | None = None,
) -> ImportResult:
    """Store every row of the file as a case of a new, frozen version; or nothing, with errors by row.

    ``mapping`` None takes the guess. A file with the same cases as an earlier version of the dataset gives
    that version again. Raises Invalid, Forbidden, NotFound.
    """
    engagement = _engagement(by, engagement_id)
    check_size(file)
    table = open_table(file)
    if mapping is None:
        first = list(itertools.islice(table.rows, PREVIEW_ROWS))
        mapping = guess_mapping(table.columns, first)
        table = open_table(file)
    check_mapping(mapping, table.columns)
    drafts = draft_cases(table, mapping)
    sha256 = content_sha256(drafts)
    dataset = _locked_dataset(engagement, _name(dataset_name))
    existing = dataset.versions.filter(content_sha256=sha256).first()
    if existing is not None:
        return ImportResult(existing, created=False)
    version = DatasetVersion.objects.create(
        tenant_id=dataset.tenant_id,
        dataset=dataset,
        number=dataset.versions.count() + 1,
        content_sha256=sha256,
        case_count=len(drafts),
        file_name=file_name[-200:],
        file_sha256=hashlib.sha256(_content(file)).hexdigest(),
        mapping=mapping.as_json(),
        imported_by=by,
    )
    _insert_cases(version, drafts)
    audit.record(
        actor=by,
        event=DATASET_IMPORTED,
        subject=version,
        engagement_id=engagement.pk,
        facts={
            "dataset": dataset.public_id,
            "version": version.number,
            "cases": len(drafts),
            "content_sha256": sha256,
        },
    )
    return ImportResult(version, created=True)


@transaction.atomic
def review_cases(
    *,
    by: User,
    version_id: UUID,
    verdict: CaseVerdict,
    case_ids: Sequence[UUID] | None = None,
    note: str = "",
) -> int:
    """Accept or reject cases of a version; ``case_ids`` None means all that nobody has reviewed yet.

    Returns how many reviews were written. Raises Forbidden unless ``by`` may accept cases, NotFound for a
    case of another version.
    """
    version = reading.dataset_version_for(by, version_id)
    engagement = version.dataset.engagement
    access.require(by, "accept_cases", engagement)
    DatasetVersion.objects.select_for_update().get(pk=version.pk)  # no run starts from it meanwhile
    if case_ids is None:
        count = _review_the_rest(version, verdict, by)
    else:
        wanted = set(case_ids)
        found = list(Case.objects.filter(dataset_version=version, pk__in=wanted))
        if len(found) != len(wanted):
            raise NotFound
        CaseReview.objects.bulk_create(
            CaseReview(
                tenant_id=version.tenant_id, case=case, verdict=verdict, note=note[:500], reviewed_by=by
            )
            for case in found
        )
        count = len(found)
    if count:
        audit.record(
            actor=by,
            event=CASES_REVIEWED,
            subject=version,
            engagement_id=engagement.pk,
            facts={"version": version.number, "verdict": str(verdict), "cases": count},
        )
    return count


def drop_old_uploads() -> int:
    """Delete uploads of the scoped tenants that nobody imported within a day."""
    count, _ = Upload.objects.filter(created_at__lt=timezone.now() - UPLOAD_KEPT_FOR).delete()
    return count


def _engagement(by: User, engagement_id: UUID) -> Engagement:
    engagement = access.visible(by, Engagement.objects.filter(pk=engagement_id)).first()
    if engagement is None:
        raise NotFound
    access.require(by, "manage_datasets", engagement)
    return engagement


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > 120:
        detail = "Give the dataset a name of at most 120 characters, such as “Accepted claims”."
        raise Invalid(detail, errors=[FieldError(pointer="/name", code="name", detail=detail)])
    return name


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _locked_dataset(engagement: Engagement, name: str) -> Dataset:
    Dataset.objects.get_or_create(tenant_id=engagement.tenant_id, engagement=engagement, name=name)
    return Dataset.objects.select_for_update().get(engagement=engagement, name=name)


def _insert_cases(version: DatasetVersion, drafts: Sequence[CaseDraft]) -> None:
    rows = (
        Case(
            tenant_id=version.tenant_id,
            dataset_version=version,
            position=position,
            key=draft.key,
            input=draft.input,
            expected=draft.expected,
            context=draft.context,
            category=draft.category,
            cluster=draft.cluster,
            slices=draft.slices,
        )
        for position, draft in enumerate(drafts, start=1)
    )
    while batch := list(itertools.islice(rows, INSERT_BATCH)):
        Case.objects.bulk_create(batch)


def _review_the_rest(version: DatasetVersion, verdict: CaseVerdict, by: User) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO demos_casereview "
            "(id, tenant_id, created_at, case_id, verdict, note, reviewed_by_id) "
            "SELECT gen_random_uuid(), c.tenant_id, clock_timestamp(), c.id, %s, '', %s FROM demos_case c "
            "WHERE c.dataset_version_id = %s "
            "AND NOT EXISTS (SELECT 1 FROM demos_casereview r WHERE r.case_id = c.id)",
            [str(verdict), by.pk, version.pk],
        )
        return int(cursor.rowcount)
