"""A run as report.json and as JUnit XML over HTTP."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from demos.exporting import junit, report, rows
from demos.selectors import runs
from demos.services.exports import record_export
from demos.vocabulary import OPEN_STATUSES
from portal.api.base import ApiViewSet
from portal.errors import WrongMoment
from portal.scope import tenant_scope


class RunExportViewSet(ApiViewSet):
    """The results of a run that is over, for machines."""

    serializer_class = serializers.Serializer
    scopes: ClassVar = {"report": "runs:read", "junit": "runs:read"}

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def report(self, request: Request, run_id: UUID) -> Response:
        """Figures, and the hashes of everything they rest on. Fits demos/exporting/report.schema.json."""
        run = self._over(run_id)
        record_export(by=self.viewer, subject=run, what="figures", form="report", rows=run.done)
        return Response(report.report_of(run))

    @extend_schema(responses={(200, "application/xml"): OpenApiTypes.STR})
    def junit(self, request: Request, run_id: UUID) -> Any:
        """One test case for each attempt, as build pipelines read it."""
        run = self._over(run_id)
        found = rows.attempts_of(run, self.viewer, only_failures=False)
        record_export(by=self.viewer, subject=run, what="attempts", form="junit", rows=found.count())

        def read() -> Any:
            with tenant_scope([run.tenant_id]):
                yield from found.values(*junit.FIELDS).iterator(chunk_size=rows.CHUNK)

        return StreamingHttpResponse(junit.junit_chunks(run, read()), content_type="application/xml")

    def _over(self, run_id: UUID) -> Any:
        run = runs.run_for(self.viewer, run_id)
        if run.status in OPEN_STATUSES:
            raise WrongMoment(f"{run} is under way. Its results can be taken when all cases are in.")
        return run
