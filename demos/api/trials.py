"""Permissions for tests, load and privacy tests over HTTP. Allowing tests is for people in a browser."""

from typing import Any, BinaryIO, ClassVar, NoReturn, cast
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.api import trial_shapes as shapes
from demos.models import LoadTest, PrivacyFinding, PrivacyTest, TestAuthorisation
from demos.selectors import trials as reading
from demos.services import load_tests, privacy_tests
from demos.vocabulary import OPEN_TRIALS
from engagements.selectors import engagement_for
from portal.api import paging
from portal.api.base import ApiViewSet
from portal.api.parsers import Form
from portal.api.scopes import NOBODY
from portal.errors import DeciderNotAllowed, FieldError, Invalid

POLL_AFTER_S = "2"
SAMPLE = {
    "multipart/form-data": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    },
}


class EngagementPermissionViewSet(ListModelMixin, ApiViewSet):
    """The client's permissions for load and privacy tests."""

    serializer_class = shapes.PermissionShape
    scopes: ClassVar = {"list": "runs:read", "create": NOBODY}

    def get_queryset(self) -> QuerySet[TestAuthorisation]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return reading.visible_authorisations(self.viewer, engagement.pk)

    @extend_schema(request=None, responses={403: OpenApiResponse(description="decider-not-allowed, always")})
    def create(self, request: Request, engagement_id: UUID) -> NoReturn:
        """Always refused: tests are allowed by a person of the client, in a browser."""
        engagement_for(self.viewer, engagement_id)
        raise DeciderNotAllowed("Tests are allowed by a person of the client in a browser, not over the API.")


class PermissionViewSet(ApiViewSet):
    """One permission."""

    serializer_class = shapes.PermissionDetail
    scopes: ClassVar = {"retrieve": "runs:read"}

    def retrieve(self, request: Request, authorisation_id: UUID) -> Response:
        """What is allowed, in the words that were signed, and how many requests are used."""
        return Response(self.get_serializer(reading.authorisation_for(self.viewer, authorisation_id)).data)


class EngagementLoadTestViewSet(ListModelMixin, ApiViewSet):
    """The load tests of an engagement; start of a new one."""

    serializer_class = shapes.LoadTestShape
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[LoadTest]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return reading.visible_load_tests(self.viewer, engagement.pk)

    @extend_schema(request=shapes.NewLoadTest, responses={202: shapes.LoadTestDetail})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Queue a load test. Refused with 403 and the reason when no permission covers it."""
        body = shapes.NewLoadTest(data=request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = body.validated_data
        test = load_tests.start_load_test(
            by=self.viewer, engagement_id=engagement_id, target_version_id=given["target_version"],
            dataset_version_id=given["dataset_version"], grader_version_ids=given["grader_versions"],
            order=body.order(),
        )  # fmt: skip
        return _accepted(request, f"load-tests/{test.public_id}", shapes.LoadTestDetail(test).data)


class LoadTestViewSet(ApiViewSet):
    """One load test: poll, cancel."""

    serializer_class = shapes.LoadTestDetail
    scopes: ClassVar = {"retrieve": "runs:read", "cancel": "runs:cancel"}

    def retrieve(self, request: Request, test_id: UUID) -> Response:
        """Where the test stands, and what it came to. `Retry-After` is there while it is on."""
        test = reading.load_test_for(self.viewer, test_id)
        return Response(self.get_serializer(test).data, headers=_poll(test))

    @extend_schema(request=None)
    def cancel(self, request: Request, test_id: UUID) -> Response:
        """Stop it; one that is on ends within two seconds. A part of a test feeds no criterion."""
        test = load_tests.cancel_load_test(by=self.viewer, test_id=test_id)
        return Response(self.get_serializer(test).data, headers=_poll(test))


class EngagementPrivacyTestViewSet(ListModelMixin, ApiViewSet):
    """The privacy tests of an engagement; start of a new one."""

    serializer_class = shapes.PrivacyTestShape
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[PrivacyTest]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return reading.visible_privacy_tests(self.viewer, engagement.pk)

    @extend_schema(request=shapes.NewPrivacyTest, responses={202: shapes.PrivacyTestDetail})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Queue a pass of the probes. Refused with 403 and the reason when no permission covers it."""
        body = shapes.NewPrivacyTest(data=request.data)
        body.is_valid(raise_exception=True)
        test = privacy_tests.start_privacy_test(
            by=self.viewer, engagement_id=engagement_id,
            target_version_id=body.validated_data["target_version"],
        )  # fmt: skip
        return _accepted(request, f"privacy-tests/{test.public_id}", shapes.PrivacyTestDetail(test).data)


class PrivacyTestViewSet(ApiViewSet):
    """One privacy test: poll, cancel."""

    serializer_class = shapes.PrivacyTestDetail
    scopes: ClassVar = {"retrieve": "runs:read", "cancel": "runs:cancel"}

    def retrieve(self, request: Request, test_id: UUID) -> Response:
        """Where the test stands, and what came out. `Retry-After` is there while it is on."""
        test = reading.privacy_test_for(self.viewer, test_id)
        return Response(self.get_serializer(test).data, headers=_poll(test))

    @extend_schema(request=None)
    def cancel(self, request: Request, test_id: UUID) -> Response:
        """Stop it before its next probe. A part of the probes proves nothing."""
        test = privacy_tests.cancel_privacy_test(by=self.viewer, test_id=test_id)
        return Response(self.get_serializer(test).data, headers=_poll(test))


class LogSampleViewSet(ApiViewSet):
    """Search of a log sample of the client's system for what the test planted."""

    serializer_class = shapes.LogSearch
    parser_classes = (Form,)
    scopes: ClassVar = {"search": "runs:start"}

    @extend_schema(request=SAMPLE, responses={201: shapes.LogSearch})
    def search(self, request: Request, test_id: UUID) -> Response:
        """Look for the planted strings of a finished test. The sample is not kept."""
        test = reading.privacy_test_for(self.viewer, test_id)
        file = request.FILES.get("file")
        if file is None or not file.file:
            raise Invalid(
                "No file was sent.", errors=[FieldError("/file", "required", "Send the sample as “file”.")]
            )
        found = privacy_tests.search_log(by=self.viewer, test_id=test.pk, file=cast(BinaryIO, file.file))
        return Response({"found": found, "planted": len(test.canary_hashes)}, status=201)


class FindingViewSet(ListModelMixin, ApiViewSet):
    """What a privacy test found."""

    serializer_class = shapes.FindingShape
    pagination_class = paging.OldestFirst
    scopes: ClassVar = {"list": "runs:read"}

    def get_queryset(self) -> QuerySet[PrivacyFinding]:
        return reading.findings_of(reading.privacy_test_for(self.viewer, self.kwargs["test_id"]))


def _accepted(request: Request, address: str, body: Any) -> Response:
    where = request.build_absolute_uri(f"/api/v1/{address}")
    return Response(body, status=202, headers={"Location": where, "Retry-After": POLL_AFTER_S})


def _poll(test: LoadTest | PrivacyTest) -> dict[str, str]:
    return {"Retry-After": POLL_AFTER_S} if test.status in OPEN_TRIALS else {}
