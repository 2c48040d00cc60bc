"""Comments over HTTP: what the owner of the token may read, with the same walls as the pages."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from engagements.api.serializers import PersonSerializer
from engagements.models import Comment
from engagements.selectors import engagement_for
from engagements.selectors.comments import visible_comments
from engagements.services import comments as service
from engagements.services.following import set_following
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField
from portal.bylines import is_masked, side_in_words
from portal.models import User
from portal.vocabulary import Visibility


class CommenterSerializer(PersonSerializer):
    """Who wrote or resolved. `id` null: the client's rule masks the name, and `name` tells the side."""

    id = PublicIdField("usr", source="pk", read_only=True, allow_null=True)


class CommentSerializer(serializers.ModelSerializer[Comment]):
    """One comment. `subject`: the id of what it is about. `thread` null: it begins a thread."""

    id = PublicIdField("cmt", source="pk", read_only=True)
    thread = PublicIdField("cmt", source="thread_id", read_only=True, allow_null=True)
    author = serializers.SerializerMethodField()
    resolved_by = serializers.SerializerMethodField()

    class Meta:
        model = Comment
        fields = [
            "id", "subject", "thread", "body", "visibility", "author", "created_at", "edited_at",
            "resolved_at", "resolved_by",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(CommenterSerializer)
    def get_author(self, row: Comment) -> dict[str, Any]:
        return self._commenter(row, row.author)

    @extend_schema_field(CommenterSerializer(allow_null=True))
    def get_resolved_by(self, row: Comment) -> dict[str, Any] | None:
        return self._commenter(row, row.resolved_by) if row.resolved_by else None

    def _commenter(self, row: Comment, person: User) -> dict[str, Any]:
        viewer, told = self.context["request"].user, dict(CommenterSerializer(person).data)
        if is_masked(viewer, person, masked=row.masked):
            told |= {"id": None, "name": side_in_words(person, row.engagement.tenant)}
        return told


class NewComment(serializers.Serializer[Any]):
    """What is said, about what. `thread`: the first comment of the thread that it answers.

    `visibility` absent: `internal` for the consultancy; the client's words are always for both sides.
    """

    subject = serializers.CharField(max_length=40)
    body = serializers.CharField(max_length=service.LONGEST)
    visibility = serializers.ChoiceField(
        choices=Visibility.choices, required=False, default=Visibility.INTERNAL
    )
    thread = PublicIdField("cmt", required=False, allow_null=True, default=None)
    mentions = serializers.ListField(child=PublicIdField("usr"), required=False, default=list, max_length=50)


class EngagementCommentViewSet(ListModelMixin, ApiViewSet):
    """The comments of one engagement."""

    serializer_class = CommentSerializer
    scopes: ClassVar = {"list": "comments:read", "create": "comments:write"}

    def get_queryset(self) -> QuerySet[Comment]:
        return visible_comments(self.viewer, engagement_for(self.viewer, self.kwargs["engagement_id"]))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Comments that you may read, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewComment, responses={201: CommentSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Say something about a thing, or answer what was said."""
        engagement_for(self.viewer, engagement_id)
        body = NewComment(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        row = service.write_comment(
            by=self.viewer, engagement_id=engagement_id, subject=data["subject"], body=data["body"],
            visibility=Visibility(data["visibility"]), thread_id=data["thread"], mentions=data["mentions"],
        )  # fmt: skip
        return Response(CommentSerializer(row, context={"request": request}).data, status=201)


class Followed(serializers.Serializer[Any]):
    """Whether the caller is told of comments on `subject`, the id of a thing of the engagement."""

    subject = serializers.CharField(max_length=40)
    follows = serializers.BooleanField()


class FollowingViewSet(ApiViewSet):
    """What the caller follows."""

    serializer_class = Followed
    scopes: ClassVar = {"change": "comments:write"}

    @extend_schema(request=Followed, responses={200: Followed})
    def change(self, request: Request, engagement_id: UUID) -> Response:
        """Begin or stop to follow a thing. Who comments on it follows it too, unless that person stopped."""
        engagement_for(self.viewer, engagement_id)
        body = Followed(data=request.data)
        body.is_valid(raise_exception=True)
        set_following(by=self.viewer, engagement_id=engagement_id, **body.validated_data)
        return Response(body.validated_data)


class CommentViewSet(ApiViewSet):
    """One comment."""

    serializer_class = CommentSerializer
    scopes: ClassVar = {"resolve": "comments:write"}

    @extend_schema(request=None, responses={200: CommentSerializer})
    def resolve(self, request: Request, comment_id: UUID) -> Response:
        """Say that the thread which this comment begins is settled."""
        row = service.resolve_thread(by=self.viewer, comment_id=comment_id)
        return Response(CommentSerializer(row, context={"request": request}).data)
