"""Serializer fields that the API shares."""

from typing import Any
from uuid import UUID

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from portal import ids


class PublicIdField(serializers.Field[UUID, str, str, Any]):
    """A row's id as the API writes it (`eng_…`). Reads to a UUID; another prefix is a field error."""

    default_error_messages = {"invalid": "Write an id that begins with {prefix}_."}

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        super().__init__(**kwargs)

    def to_representation(self, value: UUID) -> str:
        return ids.encode(self.prefix, value)

    def to_internal_value(self, data: str) -> UUID:
        try:
            return ids.decode(self.prefix, str(data))
        except ValueError:
            self.fail("invalid", prefix=self.prefix)


class PublicIdSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # registers itself, untyped
    """Tells the schema that a public id is a string with a prefix."""

    target_class = PublicIdField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        prefix = self.target.prefix
        return {"type": "string", "pattern": f"^{prefix}_[0-9a-z]{{26}}$"}
