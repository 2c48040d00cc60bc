"""Import, publish and export frameworks, and copy the one that ships into a client at first use."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessments.catalogue import default_framework, framework_text, framework_yaml
from assessments.models import Framework, FrameworkVersion, QuestionVersion
from assessments.rules.framework import read_framework
from assessments.vocabulary import FRAMEWORK_IMPORTED, FRAMEWORK_PUBLISHED, VersionStatus
from engagements.rules.canonical import canonical, sha256
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, WrongMoment
from portal.models import Tenant, User


@transaction.atomic
def import_framework(*, by: User, tenant: Tenant, text: str) -> FrameworkVersion:
    """Store a framework from YAML as a draft; the same number again replaces the draft.

    Raises Forbidden, Invalid with every fault of the file, WrongMoment when that number is published.
    """
    access.require(by, "manage_templates", tenant)
    return _store(tenant, framework_text(text), by=by)


@transaction.atomic
def publish_framework(*, by: User, version_id: UUID) -> FrameworkVersion:
    """Make a draft final; the database keeps it from here on. Raises NotFound, Forbidden, WrongMoment."""
    version = (
        FrameworkVersion.objects.select_for_update(of=("self",))
        .select_related("framework")
        .filter(pk=version_id)
        .first()
    )
    if version is None:
        raise NotFound
    access.require(by, "manage_templates", version)
    if version.status != VersionStatus.DRAFT:
        raise WrongMoment(f"Version {version.number} is published; import a newer number to change it.")
    return _publish(version, by=by)


def export_framework(*, by: User, version_id: UUID) -> tuple[str, str]:
    """A file name and the YAML of a version, ready to be imported elsewhere. Raises NotFound."""
    version = FrameworkVersion.objects.select_related("framework").filter(pk=version_id).first()
    if version is None or not access.of(by).can("see_engagement", version):
        raise NotFound
    name = f"{version.framework.key}-{version.number}.yaml"
    return name, framework_yaml(version.body)


def default_version(tenant_id: UUID) -> FrameworkVersion:
    """The version that ships, published in this client; copied in the first time. Call in a transaction."""
    content = read_framework(default_framework())
    found = FrameworkVersion.objects.filter(
        framework__key=content.key, number=content.version, tenant_id=tenant_id
    ).first()
    if found is not None:
        return found
    version = _store(Tenant.objects.select_for_update().get(pk=tenant_id), default_framework(), by=None)
    return version if version.status == VersionStatus.PUBLISHED else _publish(version, by=None)


def _store(tenant: Tenant, body: str, *, by: User | None) -> FrameworkVersion:
    content = read_framework(body)
    framework, _ = Framework.objects.get_or_create(
        tenant=tenant, key=content.key, defaults={"title": content.title}
    )
    version = (
        FrameworkVersion.objects.select_for_update()
        .filter(framework=framework, number=content.version)
        .first()
    )
    hashed = sha256(body)
    if version is not None and version.content_sha256 == hashed:
        return version
    if version is not None and version.status != VersionStatus.DRAFT:
        words = f"Version {content.version} is published and says something else. Give yours a newer number."
        raise WrongMoment(words)
    if version is None:
        version = FrameworkVersion(tenant=tenant, framework=framework, number=content.version)
    version.body, version.content_sha256 = body, hashed
    version.save()
    audit.record(
        actor=by,
        event=FRAMEWORK_IMPORTED,
        subject=version,
        facts={"version": version.number, "sha256": hashed},
    )
    return version


def _publish(version: FrameworkVersion, *, by: User | None) -> FrameworkVersion:
    QuestionVersion.objects.bulk_create(
        QuestionVersion(
            tenant_id=version.tenant_id, framework_version=version, key=question.key,
            element=question.element, core=question.core, max_age_days=question.max_age_days,
            may_be_not_applicable=question.may_be_not_applicable,
            content_sha256=sha256(canonical([question.text, question.anchors, question.core])),
        )
        for question in version.content().questions()
    )  # fmt: skip
    version.status, version.published_at, version.published_by = VersionStatus.PUBLISHED, timezone.now(), by
    version.save(update_fields=["status", "published_at", "published_by"])
    audit.record(
        actor=by, event=FRAMEWORK_PUBLISHED, subject=version,
        facts={"version": version.number, "sha256": version.content_sha256},
    )  # fmt: skip
    return version


def published(tenant_id: UUID, version_id: UUID) -> FrameworkVersion:
    """A published version of this client. Raises Invalid for a draft, NotFound for what is not there."""
    version = FrameworkVersion.objects.filter(pk=version_id, tenant_id=tenant_id).first()
    if version is None:
        raise NotFound
    if version.status != VersionStatus.PUBLISHED:
        words = "Choose a published version: a draft can still change."
        raise Invalid(words, errors=[FieldError("/framework", "draft", words)])
    return version
