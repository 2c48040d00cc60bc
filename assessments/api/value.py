"""The process map, pain points and the value case over HTTP: parse, one service or selector, render."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from assessments.api import value_shapes as shapes
from assessments.models import PainPoint, ProcessStep, ValueCase
from assessments.report.value_workbook import workbook_bytes
from assessments.rules.process import read_csv
from assessments.selectors.pain_points import pain_points_map
from assessments.selectors.value_case import value_page, versions_for
from assessments.services.pain_points import map_pain_point, remove_pain_point, revise_pain_point
from assessments.services.process_map import add_step, import_steps, remove_step, revise_step
from assessments.services.suitability import screen_pain_point
from assessments.services.value_case import save_value_case
from assessments.views.value_case import XLSX
from engagements.selectors import engagement_for
from portal import access
from portal.api import paging
from portal.api.base import ApiViewSet
from portal.api.parsers import CsvBody
from portal.api.versions import expected_version, tagged
from portal.errors import FieldError, Invalid, NotFound, WrongMoment

LARGEST_FILE = 1_000_000


class StepOrder(paging.CreatedCursor):
    """Process by process, from the first step to the last."""

    ordering = ("process", "order")


class ProcessStepViewSet(ListModelMixin, ApiViewSet):
    """The steps of an engagement's processes."""

    serializer_class = shapes.ProcessStepSerializer
    pagination_class = StepOrder
    scopes: ClassVar = {
        "list": "value:read", "create": "value:write", "retrieve": "value:read", "replace": "value:write",
        "remove": "value:write",
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[ProcessStep]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return access.visible(self.viewer, ProcessStep.objects.filter(engagement=engagement))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Steps, process by process, from the first to the last."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=shapes.NewStep, responses={201: shapes.ProcessStepSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Add a step at the end of its process."""
        body = shapes.NewStep(data=request.data)
        body.is_valid(raise_exception=True)
        row = add_step(by=self.viewer, engagement_id=engagement_id, facts=body.facts())
        return tagged(request, row, Response(self.get_serializer(row).data, status=201))

    def retrieve(self, request: Request, step_id: UUID) -> Response:
        """One step."""
        row = self._step(step_id)
        return tagged(request, row, Response(self.get_serializer(row).data))

    @extend_schema(request=shapes.NewStep)
    def replace(self, request: Request, step_id: UUID) -> Response:
        """Replace what is said of a step. Needs If-Match."""
        version = expected_version(request, self._step(step_id))
        body = shapes.NewStep(data=request.data)
        body.is_valid(raise_exception=True)
        row = revise_step(by=self.viewer, step_id=step_id, version=version, facts=body.facts())
        return tagged(request, row, Response(self.get_serializer(row).data))

    @extend_schema(responses={204: None})
    def remove(self, request: Request, step_id: UUID) -> Response:
        """Take a step out; 409 while a pain point hangs on it. Needs If-Match."""
        expected_version(request, self._step(step_id))
        remove_step(by=self.viewer, step_id=step_id)
        return Response(status=204)

    def _step(self, step_id: UUID) -> ProcessStep:
        row = access.visible(self.viewer, ProcessStep.objects.filter(pk=step_id)).first()
        if row is None:
            raise NotFound
        return row


class ProcessImportViewSet(ApiViewSet):
    """Steps from a file."""

    serializer_class = shapes.ImportedSteps
    parser_classes = (CsvBody,)
    scopes: ClassVar = {"create": "value:write"}

    @extend_schema(request={"text/csv": OpenApiTypes.BINARY}, responses={201: shapes.ImportedSteps})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Add the steps of a CSV, or none. Its first line names the columns."""
        engagement_for(self.viewer, engagement_id)
        steps, faults = read_csv(_text(request.data))
        if faults:
            raise Invalid(
                "Nothing was stored. Put right what is named, and send the file again.",
                errors=[FieldError("", "line", sentence) for sentence in faults[:20]],
            )
        count = import_steps(by=self.viewer, engagement_id=engagement_id, steps=steps)
        return Response({"steps": count}, status=201)


class PainPointViewSet(ListModelMixin, ApiViewSet):
    """Pain points with their costs."""

    serializer_class = shapes.PainPointSerializer
    scopes: ClassVar = {
        "list": "value:read", "create": "value:write", "ranking": "value:read", "retrieve": "value:read",
        "replace": "value:write", "remove": "value:write", "screen": "value:write",
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[PainPoint]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return self._visible().filter(engagement=engagement)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Pain points that you may read, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=shapes.NewPainPoint, responses={201: shapes.PainPointSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Map a pain point with what it costs a year."""
        body = shapes.NewPainPoint(data=request.data)
        body.is_valid(raise_exception=True)
        made = map_pain_point(
            by=self.viewer,
            engagement_id=engagement_id,
            facts=body.facts(),
            components=body.components_given(),
        )
        return self._answer(request, made.pk, status=201)

    @extend_schema(responses={200: shapes.RankingSerializer})
    def ranking(self, request: Request, engagement_id: UUID) -> Response:
        """Every pain point under three lenses, and where they disagree."""
        found = pain_points_map(self.viewer, engagement_for(self.viewer, engagement_id))
        return Response(shapes.RankingSerializer(found).data)

    def retrieve(self, request: Request, pain_point_id: UUID) -> Response:
        """One pain point."""
        return self._answer(request, pain_point_id)

    @extend_schema(request=shapes.NewPainPoint)
    def replace(self, request: Request, pain_point_id: UUID) -> Response:
        """Replace what is said of it, costs included. Needs If-Match."""
        version = expected_version(request, self._point(pain_point_id))
        body = shapes.NewPainPoint(data=request.data)
        body.is_valid(raise_exception=True)
        revise_pain_point(
            by=self.viewer, pain_point_id=pain_point_id, version=version, facts=body.facts(),
            components=body.components_given(),
        )  # fmt: skip
        return self._answer(request, pain_point_id)

    @extend_schema(responses={204: None})
    def remove(self, request: Request, pain_point_id: UUID) -> Response:
        """Take it off the map; 409 while the value case or the demo counts on it. Needs If-Match."""
        version = expected_version(request, self._point(pain_point_id))
        remove_pain_point(by=self.viewer, pain_point_id=pain_point_id, version=version)
        return Response(status=204)

    @extend_schema(request=shapes.SuitabilityShape)
    def screen(self, request: Request, pain_point_id: UUID) -> Response:
        """Answer the seven checks: should this be AI at all? Needs If-Match."""
        version = expected_version(request, self._point(pain_point_id))
        body = shapes.SuitabilityShape(data=request.data)
        body.is_valid(raise_exception=True)
        screen_pain_point(by=self.viewer, pain_point_id=pain_point_id, version=version, facts=body.facts())
        return self._answer(request, pain_point_id)

    def _visible(self) -> QuerySet[PainPoint]:
        return access.visible(self.viewer, PainPoint.objects.prefetch_related("components"))

    def _point(self, pain_point_id: UUID) -> PainPoint:
        row = self._visible().filter(pk=pain_point_id).first()
        if row is None:
            raise NotFound
        return row

    def _answer(self, request: Request, pain_point_id: UUID, *, status: int = 200) -> Response:
        row = self._point(pain_point_id)
        return tagged(request, row, Response(self.get_serializer(row).data, status=status))


class ValueCaseViewSet(ListModelMixin, ApiViewSet):
    """The versions of a value case. Handing in a gate freezes the draft; the next one starts a new number."""

    serializer_class = shapes.ValueCaseSerializer
    scopes: ClassVar = {
        "list": "value:read", "create": "value:write", "retrieve": "value:read", "replace": "value:write",
        "workbook": "value:read",
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[ValueCase]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return versions_for(self.viewer, engagement).prefetch_related("benefits")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every version with what it comes to, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=shapes.NewValueCase, responses={201: shapes.ValueCaseSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Start the next version; 409 while there is a draft: replace that one."""
        engagement = engagement_for(self.viewer, engagement_id)
        body = shapes.NewValueCase(data=request.data)
        body.is_valid(raise_exception=True)
        if versions_for(self.viewer, engagement).filter(frozen_at__isnull=True).exists():
            raise WrongMoment("There is a draft already. Read it, and replace it with PUT.")
        made = self._save(engagement_id, body, version=0)
        return tagged(request, made, Response(self.get_serializer(made).data, status=201))

    def retrieve(self, request: Request, value_case_id: UUID) -> Response:
        """One version with P10, P50 and P90, payback, NPV, ROI, break-even and drivers."""
        row = self._case(value_case_id)
        return tagged(request, row, Response(self.get_serializer(row).data))

    @extend_schema(request=shapes.NewValueCase)
    def replace(self, request: Request, value_case_id: UUID) -> Response:
        """Write the draft anew; a frozen version answers 409. Needs If-Match."""
        row = self._case(value_case_id)
        if row.is_frozen:
            raise WrongMoment(f"Version {row.number} is frozen. A new one is started with POST.")
        version = expected_version(request, row)
        body = shapes.NewValueCase(data=request.data)
        body.is_valid(raise_exception=True)
        saved = self._save(row.engagement_id, body, version=version)
        return tagged(request, saved, Response(self.get_serializer(saved).data))

    @extend_schema(responses={(200, XLSX): OpenApiTypes.BINARY})
    def workbook(self, request: Request, value_case_id: UUID) -> HttpResponse:
        """The version as a workbook whose formulas recompute its numbers."""
        row = self._case(value_case_id)
        page = value_page(self.viewer, row.engagement, case_id=row.pk)
        if page is None:
            raise NotFound
        currency, title = row.engagement.currency, row.engagement.title
        answer = HttpResponse(workbook_bytes(page, title=title, currency=currency), content_type=XLSX)
        answer["Content-Disposition"] = (
            f'attachment; filename="{row.engagement.code}-value-{row.number}.xlsx"'
        )
        return answer

    def _save(self, engagement_id: UUID, body: shapes.NewValueCase, *, version: int) -> ValueCase:
        return save_value_case(
            by=self.viewer, engagement_id=engagement_id, version=version, facts=body.facts(),
            costs=body.costs_given(), benefits=body.benefits_given(),
        )  # fmt: skip

    def _case(self, value_case_id: UUID) -> ValueCase:
        rows = access.visible(self.viewer, ValueCase.objects.filter(pk=value_case_id))
        row = rows.select_related("engagement").first()
        if row is None:
            raise NotFound
        return row


def _text(file: Any) -> str:
    """The text of a file that was sent. Raises Invalid for one that is no UTF-8 or too long."""
    if not hasattr(file, "read"):
        raise Invalid("Send the file as text/csv.")
    body = file.read(LARGEST_FILE + 1)
    if len(body) > LARGEST_FILE:
        raise Invalid("The file is larger than 1 MB.")
    try:
        return str(body.decode())
    except UnicodeDecodeError:
        raise Invalid("The file is not UTF-8 text. Save it as “CSV UTF-8”.") from None
