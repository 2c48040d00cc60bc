"""Bodies that are files, each with a size above which nothing is kept. JSON has Django's own limit."""

import tempfile
from collections.abc import Mapping
from typing import IO, Any, ClassVar

from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser, MultiPartParser

MIB = 1024 * 1024
_CHUNK = 64 * 1024


class TooLarge(APIException):
    """More bytes than this address takes."""

    status_code = 413
    default_code = "too-large"


class Form(MultiPartParser):
    """A form with a file; refused by its declared length before a byte is stored."""

    max_bytes: ClassVar[int] = 32 * MIB

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if int(length) > self.max_bytes + MIB:
            raise TooLarge(f"A file has at most {self.max_bytes // MIB} MiB here.")
        return super().parse(stream, media_type, parser_context)


class FileBody(BaseParser):
    """The body is the file itself. Gives an open temporary file at its beginning."""

    media_type = "application/x-ndjson"
    max_bytes: ClassVar[int] = 32 * MIB

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        file = tempfile.SpooledTemporaryFile(max_size=MIB)  # noqa: SIM115  # the view closes it by leaving
        size = 0
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > self.max_bytes:
                raise TooLarge(f"A file has at most {self.max_bytes // MIB} MiB here.")
            file.write(chunk)
        file.seek(0)
        return file


class JsonLines(FileBody):
    """The other name that JSON Lines goes by."""

    media_type = "application/jsonl"


class CsvBody(FileBody):
    """CSV as the body."""

    media_type = "text/csv"
