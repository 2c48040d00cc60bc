"""Cases come in, are frozen, and are accepted or rejected by the client's expert."""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from demos.engine.personal_data import counts_of
from demos.importing.cases import CaseDraft, content_sha256, draft_cases
from demos.importing.limits import PREVIEW_ROWS
from demos.importing.mapping import Mapping, check_mapping, guess_mapping
from demos.importing.reading import check_size, open_table
from demos.models import Case, CaseReview, Dataset, DatasetVersion, Upload
from demos.selectors import datasets as reading
from demos.services.personal_data import texts_of
from demos.vocabulary import CASES_REVIEWED, DATASET_IMPORTED, CaseVerdict
from engagements.models import Engagement
from portal import access, audit
from portal.bulk import note_many_rows
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
        guess={**guess.as_json(), "left_out": dict(table.left_out)},
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
        pii_counts=pii_of(drafts),
        left_out=dict(table.left_out),
        imported_by=by,
    )
    insert_cases(version, drafts)
    carried = _carry_reviews(version)
    note_many_rows(Case, len(drafts))
    note_many_rows(CaseReview, carried)
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
            "carried": carried,
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
        note_many_rows(CaseReview, count)
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


def insert_cases(
    version: DatasetVersion,
    drafts: Sequence[CaseDraft],
    links: Sequence[tuple[UUID, str]] | None = None,
    *,
    after: int = 0,
) -> None:
    """Store drafts as the cases of a version, behind the ``after`` that it has.

    ``links``: the clean case and the change of each variant.
    """
    rows = (
        Case(
            tenant_id=version.tenant_id,
            dataset_version=version,
            position=position,
            variant_of_id=links[position - after - 1][0] if links else None,
            change=links[position - after - 1][1] if links else "",
            **{part.name: getattr(draft, part.name) for part in fields(draft)},
        )
        for position, draft in enumerate(drafts, start=after + 1)
    )
    while batch := list(itertools.islice(rows, INSERT_BATCH)):
        Case.objects.bulk_create(batch)


def draft_of(case: Case, *, key: str, question: str) -> CaseDraft:
    """A stored case as a draft with another key and question."""
    return CaseDraft(
        key, question, case.expected, case.context, case.category, case.cluster or case.key, case.slices,
        case.turns, case.checks, case.sealed,
    )  # fmt: skip


def pii_of(drafts: Sequence[CaseDraft]) -> dict[str, int]:
    """How often each type of personal data stands in what would be sent; every type is named."""
    return counts_of(text for draft in drafts for text in texts_of(draft.input, draft.context, draft.turns))


def _carry_reviews(version: DatasetVersion) -> int:
    """Let the newest word on a case of the version before hold for the same content here. Returns how many.

    Same content: question, expected answer, context, category, turns and checks. The row names the person
    who said it and the review that it comes from.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO demos_casereview (id, tenant_id, created_at, case_id, verdict, note, "
            "reviewed_by_id, carried_from_id) SELECT DISTINCT ON (n.id) gen_random_uuid(), "
            "n.tenant_id, clock_timestamp(), "
            "n.id, r.verdict, r.note, r.reviewed_by_id, r.id "
            "FROM demos_case n JOIN demos_case o ON o.dataset_version_id = (SELECT v.id "
            "FROM demos_datasetversion v WHERE v.dataset_id = %s AND v.number = %s) "
            "AND md5(o.input) = md5(n.input) AND o.input = n.input AND o.expected = n.expected "
            "AND o.context = n.context AND o.category = n.category AND o.turns = n.turns "
            "AND o.checks = n.checks "
            "JOIN LATERAL (SELECT * FROM demos_casereview c WHERE c.case_id = o.id "
            "ORDER BY c.created_at DESC, c.id DESC LIMIT 1) r ON true "
            "WHERE n.dataset_version_id = %s ORDER BY n.id, r.created_at DESC",
            [version.dataset_id, version.number - 1, version.pk],
        )
        return int(cursor.rowcount)


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
