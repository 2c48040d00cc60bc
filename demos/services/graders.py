"""Graders are stored in frozen versions."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from demos.engine.graders import GraderKind, GraderSpec, build_grader
from demos.models import Grader, GraderVersion
from demos.vocabulary import GRADER_STORED, CaseCategory
from engagements.models import Engagement
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound
from portal.models import User


@transaction.atomic
def store_grader(*, by: User, engagement_id: UUID, name: str, spec: GraderSpec) -> GraderVersion:
    """The version of the named grader that judges as ``spec`` says, made if there is none yet.

    Raises Invalid for bad parameters, with the sentence of the engine.
    """
    engagement = access.visible(by, Engagement.objects.filter(pk=engagement_id)).first()
    if engagement is None:
        raise NotFound
    access.require(by, "start_run", engagement)
    _check(name, spec)
    Grader.objects.get_or_create(tenant_id=engagement.tenant_id, engagement=engagement, name=name)
    grader = Grader.objects.select_for_update().get(engagement=engagement, name=name)
    latest = grader.versions.order_by("-number").first()
    if latest is not None and latest.config_sha256 == spec.config_sha256:
        return latest
    version = GraderVersion.objects.create(
        tenant_id=grader.tenant_id,
        grader=grader,
        number=(latest.number if latest else 0) + 1,
        kind=spec.kind,
        params=dict(spec.params),
        must=spec.must,
        weight=spec.weight,
        categories=sorted(spec.categories),
        config_sha256=spec.config_sha256,
        created_by=by,
    )
    audit.record(
        actor=by,
        event=GRADER_STORED,
        subject=version,
        engagement_id=engagement.pk,
        facts={
            "grader": grader.public_id,
            "version": version.number,
            "kind": version.kind,
            "sha256": version.config_sha256,
        },
    )
    return version


def spec_of(version: GraderVersion) -> GraderSpec:
    """The engine's value of a stored version."""
    return GraderSpec(
        kind=GraderKind(version.kind),
        params=version.params,
        name=version.grader.name,
        must=version.must,
        weight=version.weight,
        categories=frozenset(version.categories),
    )


def _check(name: str, spec: GraderSpec) -> None:
    try:
        build_grader(spec)
    except ValueError as problem:
        raise _invalid("/params", str(problem)) from None
    if not name.strip() or len(name) > 120:
        raise _invalid("/name", "Give the grader a name of at most 120 characters, such as “Right category”.")
    unknown = spec.categories - set(CaseCategory.values)
    if unknown:
        raise _invalid("/categories", f"There is no category {', '.join(sorted(unknown))}.")


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
