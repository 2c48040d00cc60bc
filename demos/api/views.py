"""Datasets, targets and graders over HTTP."""

import io
from typing import Any, BinaryIO, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.api import serializers as shapes
from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.pricing import Price
from demos.engine.targets.spec import Header, Polling, TargetKind, TargetSpec, Timeouts
from demos.models import Case, Dataset, GraderVersion, Target
from demos.selectors import datasets, targets
from demos.selectors.sealing import readable_cases
from demos.services.datasets import import_cases, review_cases
from demos.services.graders import store_grader
from demos.services.targets import change_target, register_target, try_connection
from demos.vocabulary import CaseVerdict
from engagements.selectors import engagement_for
from portal.api import paging
from portal.api.base import ApiViewSet, tenants_of
from portal.api.parsers import CsvBody, FileBody, Form, JsonLines
from portal.api.versions import expected_version, tagged
from portal.errors import FieldError, Invalid
from portal.scope import tenant_scope

UPLOAD = {
    "multipart/form-data": {
        "type": "object",
        "required": ["file"],
        "properties": {"name": {"type": "string"}, "file": {"type": "string", "format": "binary"}},
    },
    "application/x-ndjson": {"schema": {"type": "string"}},
    "text/csv": {"schema": {"type": "string"}},
}


class DatasetViewSet(ListModelMixin, ApiViewSet):
    """The datasets of an engagement; import of cases into a new, frozen version."""

    serializer_class = shapes.DatasetSerializer
    parser_classes = (Form, FileBody, JsonLines, CsvBody)
    scopes: ClassVar = {"list": "datasets:read", "create": "datasets:write"}
    query_parameters: ClassVar = {"create": frozenset({"name"})}

    def get_queryset(self) -> QuerySet[Dataset]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return datasets.visible_datasets(self.viewer, engagement.pk).prefetch_related("versions__dataset")

    @extend_schema(
        parameters=[OpenApiParameter("name", description="Name of the dataset, when the body is the file")],
        request=UPLOAD,
        responses={200: shapes.DatasetVersionSerializer, 201: shapes.DatasetVersionSerializer},
    )
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Import every row as a case, or nothing and the errors by row.

        The same cases again give the version that is there, with status 200: the import may be repeated.
        """
        name, file_name, file = _upload(request)
        result = import_cases(
            by=self.viewer, engagement_id=engagement_id, dataset_name=name, file_name=file_name, file=file
        )
        version = datasets.dataset_version_for(self.viewer, result.version.pk)
        where = request.build_absolute_uri(f"/api/v1/dataset-versions/{version.public_id}")
        status = 201 if result.created else 200
        return Response(
            shapes.DatasetVersionSerializer(version).data, status=status, headers={"Location": where}
        )


class DatasetVersionViewSet(ApiViewSet):
    """One frozen version."""

    serializer_class = shapes.DatasetVersionSerializer
    scopes: ClassVar = {"retrieve": "datasets:read", "review": "reviews:write"}

    def retrieve(self, request: Request, version_id: UUID) -> Response:
        """A version with its hash and number of cases."""
        return Response(self.get_serializer(datasets.dataset_version_for(self.viewer, version_id)).data)

    @extend_schema(request=shapes.NewReview, responses={201: shapes.ReviewCount})
    def review(self, request: Request, version_id: UUID) -> Response:
        """Accept or reject cases, as the expert who owns the token. Only accepted cases are asked."""
        body = shapes.NewReview(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        count = review_cases(
            by=self.viewer, version_id=version_id, verdict=CaseVerdict(given["verdict"]),
            case_ids=given["cases"], note=given["note"],
        )  # fmt: skip
        return Response({"reviewed": count}, status=201)


class CasePaging(paging.CreatedCursor):
    """Cases in the order of their file."""

    ordering = "position"


class CaseViewSet(ListModelMixin, ApiViewSet):
    """The cases of a version."""

    serializer_class = shapes.CaseSerializer
    pagination_class = CasePaging
    scopes: ClassVar = {"list": "datasets:read"}

    def get_queryset(self) -> QuerySet[Case]:
        version = datasets.dataset_version_for(self.viewer, self.kwargs["version_id"])
        rows: QuerySet[Case] = datasets.cases_of(version)
        return readable_cases(self.viewer, rows, version.dataset.engagement)


class EngagementTargetViewSet(ListModelMixin, ApiViewSet):
    """The targets of an engagement; registration of a new one."""

    serializer_class = shapes.TargetSerializer
    scopes: ClassVar = {"list": "targets:read", "create": "targets:write"}

    def get_queryset(self) -> QuerySet[Target]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return targets.visible_targets(self.viewer, engagement.pk).prefetch_related("versions__target")

    @extend_schema(request=shapes.NewTarget, responses={201: shapes.TargetVersionSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Register a target with its first version."""
        engagement = engagement_for(self.viewer, engagement_id)
        body = shapes.NewTarget(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        price = Price(currency=engagement.currency, **given.pop("price"))
        name, secrets = given.pop("name"), given.pop("secrets", {})
        version = register_target(
            by=self.viewer,
            engagement_id=engagement.pk,
            name=name,
            spec=_spec(given),
            price=price,
            secrets=secrets,
        )
        where = request.build_absolute_uri(f"/api/v1/targets/{version.target.public_id}")
        return Response(shapes.TargetVersionSerializer(version).data, status=201, headers={"Location": where})


class TargetViewSet(ApiViewSet):
    """One target, and the test of its connection."""

    serializer_class = shapes.TargetSerializer
    scopes: ClassVar = {"retrieve": "targets:read", "change": "targets:write", "test": "targets:write"}
    without_scope: ClassVar = frozenset({"test"})

    def retrieve(self, request: Request, target_id: UUID) -> Response:
        """A target with all its versions."""
        row = targets.target_for(self.viewer, target_id)
        return tagged(request, row, Response(self.get_serializer(row).data))

    @extend_schema(request=shapes.TargetChange, responses=shapes.TargetVersionSerializer)
    def change(self, request: Request, target_id: UUID) -> Response:
        """A new version of how the target is asked; the same again gives the newest. Needs If-Match."""
        row = targets.target_for(self.viewer, target_id)
        version = expected_version(request, row)
        body = shapes.TargetChange(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        price = Price(currency=row.engagement.currency, **given.pop("price"))
        secrets = given.pop("secrets", {})
        made = change_target(
            by=self.viewer, target_id=row.pk, spec=_spec(given), price=price, secrets=secrets, version=version
        )
        return tagged(request, made.target, Response(shapes.TargetVersionSerializer(made).data))

    @extend_schema(request=shapes.NewTest, responses={201: shapes.ExchangeSerializer})
    def test(self, request: Request, version_id: UUID) -> Response:
        """Ask the target one question. A target that fails is a result with `works` false."""
        body = shapes.NewTest(data=request.data)
        body.is_valid(raise_exception=True)
        with tenant_scope(tenants_of(request)):
            tenant_id = targets.target_version_for(self.viewer, version_id).tenant_id
        exchange = try_connection(
            by=self.viewer,
            tenant_id=tenant_id,
            version_id=version_id,
            question=body.validated_data["question"],
        )
        return Response(shapes.ExchangeSerializer(exchange).data, status=201)


class GraderViewSet(ListModelMixin, ApiViewSet):
    """The newest version of each grader of an engagement; a new setting."""

    serializer_class = shapes.GraderVersionSerializer
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[GraderVersion]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return targets.newest_grader_versions(self.viewer, engagement.pk)

    @extend_schema(request=shapes.NewGrader, responses={201: shapes.GraderVersionSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Store a setting of a grader."""
        body = shapes.NewGrader(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        name = given.pop("name")
        spec = GraderSpec(
            kind=GraderKind(given["kind"]),
            params=given["params"],
            must=given["must"],
            weight=given["weight"],
            categories=frozenset(given["categories"]),
        )
        version = store_grader(by=self.viewer, engagement_id=engagement_id, name=name, spec=spec)
        return Response(self.get_serializer(version).data, status=201)


def _upload(request: Request) -> tuple[str, str, BinaryIO]:
    """Dataset name, file name and file, from a form or from a body that is the file. Raises Invalid."""
    if isinstance(request.data, io.IOBase) or hasattr(request.data, "rollover"):
        name = request.query_params.get("name", "")
        return name, f"{name or 'cases'}.txt", cast(BinaryIO, request.data)
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(
            "No file was sent.", errors=[FieldError("/file", "required", "Send the file as “file”.")]
        )
    form = cast(QueryDict, request.data)
    name = str(form.get("name") or request.query_params.get("name", ""))
    return name, file.name or "cases", cast(BinaryIO, file.file)


def _spec(given: dict[str, Any]) -> TargetSpec:
    """The engine's value; its refusals become field errors. Raises Invalid."""
    headers = tuple(Header(**header) for header in _checked_headers(given.pop("headers")))
    polling = given.pop("polling")
    try:
        return TargetSpec(
            kind=TargetKind(given.pop("kind")),
            headers=headers,
            timeouts=Timeouts(**given.pop("timeouts")),
            polling=Polling(**_as_tuples(polling)) if polling else None,
            **given,
        )
    except ValueError as error:
        raise Invalid(str(error), errors=[FieldError("", "invalid", str(error))]) from None


def _as_tuples(given: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _checked_headers(headers: list[dict[str, str]]) -> list[dict[str, str]]:
    for index, header in enumerate(headers):
        try:
            Header(**header)
        except ValueError as error:
            fault = FieldError(f"/headers/{index}", "invalid", str(error))
            raise Invalid(str(error), errors=[fault]) from None
    return headers
