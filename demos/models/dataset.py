"""The client's cases: imported into frozen versions, accepted one by one."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from demos.vocabulary import CaseCategory, CaseVerdict, PersonalDataAction
from portal.models import TenantForeignKey, TenantOwned


class Dataset(TenantOwned):
    """A named set of cases. The cases themselves are in its versions."""

    id_prefix: ClassVar[str] = "dst"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="datasets")
    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "name"], name="dataset_name_is_unique_in_engagement"
            )
        ]

    def __str__(self) -> str:
        return self.name


class DatasetVersion(TenantOwned):
    """One import, frozen. ``content_sha256`` covers every case in its order.

    ``pii_counts``: how often each type of personal data was found, never a value; empty: not looked for.
    ``left_out``: what the file asked for and Gatehouse does not have, by name, with the number of cases.
    ``variants``: of which version these are messy variants, by which changes and seed; empty otherwise.
    """

    id_prefix: ClassVar[str] = "dsv"

    dataset = TenantForeignKey(Dataset, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content_sha256 = models.CharField(max_length=64)
    case_count = models.PositiveIntegerField()
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    mapping = models.JSONField()
    pii_counts = models.JSONField(default=dict)
    left_out = models.JSONField(default=dict)
    variants = models.JSONField(default=dict)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="dataset_version_number_is_unique"),
            models.UniqueConstraint(
                fields=["dataset", "content_sha256"], name="dataset_content_is_imported_once"
            ),
            models.CheckConstraint(condition=models.Q(case_count__gt=0), name="dataset_version_holds_cases"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset.name}, version {self.number}"


class Case(TenantOwned):
    """One question with its expected answer, as imported. ``position`` counts from 1.

    ``turns``: what is said before the question, each with checks. ``checks``: checks that this case alone
    carries. ``sealed``: only the client's people may read it. ``variant_of``: the clean case that ``change``
    was made to.
    """

    id_prefix: ClassVar[str] = "cas"

    dataset_version = TenantForeignKey(DatasetVersion, models.PROTECT, related_name="cases")
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=64)
    input = models.TextField()
    expected = models.TextField()
    context = models.TextField(blank=True)
    category = models.CharField(max_length=16, choices=CaseCategory.choices, default=CaseCategory.TYPICAL)
    cluster = models.CharField(max_length=200, blank=True)
    slices = models.JSONField(default=dict)
    turns = models.JSONField(default=list)
    checks = models.JSONField(default=list)
    sealed = models.BooleanField(default=False)
    variant_of = TenantForeignKey("self", models.PROTECT, related_name="variants", null=True)
    change = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset_version", "position"], name="case_position_is_unique"),
            models.UniqueConstraint(fields=["dataset_version", "key"], name="case_key_is_unique"),
        ]

    def __str__(self) -> str:
        return self.key


class CaseReview(TenantOwned):
    """The word of the client's expert on one case. A change of mind is a new row; the newest counts.

    ``carried_from``: the same person's word on the same content in an earlier version.
    """

    id_prefix: ClassVar[str] = "crv"

    case = TenantForeignKey(Case, models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=8, choices=CaseVerdict.choices)
    note = models.CharField(max_length=500, blank=True)
    carried_from = TenantForeignKey("self", models.PROTECT, related_name="+", null=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["case", "-created_at", "-id"], name="case_review_newest")]


class Upload(TenantOwned):
    """A file between its upload and its import. Deleted with the import, or after a day."""

    id_prefix: ClassVar[str] = "upl"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="+")
    dataset_name = models.CharField(max_length=120)
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    columns = models.JSONField()
    guess = models.JSONField()
    preview = models.JSONField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")


class PersonalDataRule(TenantOwned):
    """What happens to cases of an engagement that hold personal data. Without a row they block a run."""

    id_prefix: ClassVar[str] = "pdr"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="+")
    action = models.CharField(max_length=8, choices=PersonalDataAction.choices)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement"], name="personal_data_rule_is_one_for_engagement")
        ]
