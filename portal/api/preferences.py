"""How the caller is told of things, over HTTP: the same choices and the same refusals as on the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.base import ApiViewSet
from portal.errors import Invalid
from portal.selectors.mail_wishes import ShownWishes, wishes_of
from portal.services.mail_wishes import save_mail_wishes
from portal.wishes import ALWAYS_WORDS, Topic

_CLOCK: Final = "%H:%M"


@extend_schema_field({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$", "examples": ["08:00"]})
class ClockField(serializers.TimeField):
    """Hours and minutes, such as 08:00."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format=_CLOCK, **options)


class PreferencesSerializer(serializers.Serializer[ShownWishes]):
    """How one person is told of things. `channels` has one of `mail`, `digest`, `inbox`, `off` per topic.

    `quiet_from` and `quiet_until` are times of `zone`, both null for none. `always_mailed` is what no
    choice here mutes.
    """

    channels = serializers.DictField(
        child=serializers.CharField(max_length=20),
        help_text=f"Topics: {', '.join(Topic.values)}. One that is left out is mailed at once.",
    )
    zone = serializers.CharField(max_length=60, help_text="Such as Europe/Berlin.")
    quiet_from = ClockField(allow_null=True)
    quiet_until = ClockField(allow_null=True)
    digest_at = ClockField()
    always_mailed = serializers.SerializerMethodField()

    def get_always_mailed(self, row: ShownWishes) -> str:
        return ALWAYS_WORDS


class PreferencesViewSet(ApiViewSet):
    """The choices of the person who signed in, or who owns the token. Nobody reads or changes another's."""

    serializer_class = PreferencesSerializer
    scopes: ClassVar = {"retrieve": "preferences:read", "replace": "preferences:write"}

    def retrieve(self, request: Request) -> Response:
        """How you are told of things."""
        return Response(PreferencesSerializer(wishes_of(self.viewer)).data)

    @extend_schema(request=PreferencesSerializer, responses={200: PreferencesSerializer})
    def replace(self, request: Request) -> Response:
        """Choose how you are told, all of it at once; it counts for what happens from now on.

        A gate that waits for your signature is mailed whatever `decisions` says.
        """
        body = PreferencesSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        try:
            save_mail_wishes(
                by=self.viewer, channels=said["channels"], zone=said["zone"],
                quiet=(said["quiet_from"], said["quiet_until"]), digest_at=said["digest_at"],
            )  # fmt: skip
        except Invalid as refused:
            raise _placed(refused, said["channels"]) from None
        return Response(PreferencesSerializer(wishes_of(self.viewer)).data)


def _placed(refused: Invalid, channels: dict[str, str]) -> Invalid:
    """The refusal with the places of the body: a topic stands under `channels`."""
    errors = [
        replace(fault, pointer=f"/channels{fault.pointer}") if fault.pointer[1:] in channels else fault
        for fault in refused.errors
    ]
    return Invalid(refused.detail, errors=errors)
