"""Forms with files: read piece by piece, so that no part of one can be larger than it may."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from scoring.pages.forms import FormError
from scoring.usecases.inspection import FILE_BYTES

_FIELD_BYTES: Final = 32 * 1024
"""Largest field that is no file."""
_PARTS_AT_MOST: Final = 60
_LONGEST_NAME: Final = 120
_NO_NAME: Final = "Dokument"


class FieldTooLongError(FormError):
    """A field that is no file has more than 32 KiB."""


class SentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a form."""

    name: str
    content: bytes
    """Cut off where it is longer than a document may be, so that it is refused for that."""


class SentForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form as it was sent."""

    fields: dict[str, str]
    """By name; of a repeated one, the last."""
    files: dict[str, list[SentFile]]
    """By the name of their field; a field without a chosen file has none."""


async def read_form(content_type: str, pieces: AsyncIterator[bytes]) -> SentForm:
    """Read a form.

    Args:
        content_type: of the request.
        pieces: of its body.

    Raises:
        FormError: it is none.
        FieldTooLongError: a text in it is much too long.
    """
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise FormError("the form could not be read")
    fields: dict[str, str] = {}
    files: dict[str, list[SentFile]] = {}
    part: MultipartSegment | None = None
    held = bytearray()
    try:
        with PushMultipartParser(options["boundary"], max_segment_count=_PARTS_AT_MOST) as parser:
            async for piece in pieces:
                for event in parser.parse(piece) if piece else ():
                    if isinstance(event, MultipartSegment):
                        part, held = event, bytearray()
                    elif event is not None:
                        most = _FIELD_BYTES if part is None or part.filename is None else FILE_BYTES
                        held += event[: most + 1 - len(held)]
                    elif part is not None:
                        _put(part, bytes(held), fields, files)
    except (MultipartError, UnicodeDecodeError):
        raise FormError("the form could not be read") from None
    return SentForm(fields=fields, files=files)


def _put(part: MultipartSegment, content: bytes, fields: dict[str, str], files: dict[str, list[SentFile]]) -> None:
    name = part.name or ""
    if part.filename is None:
        if len(content) > _FIELD_BYTES:
            raise FieldTooLongError("a field of the form is too long")
        fields[name] = content.decode()
    elif part.filename or content:
        files.setdefault(name, []).append(SentFile(name=_plain_name(part.filename), content=content))


def _plain_name(given: str) -> str:
    """A file's name without folders, control characters and signs that turn the direction of reading."""
    last = given.replace("\\", "/").rpartition("/")[2]
    plain = "".join(one for one in last if one.isprintable()).strip()
    return (plain if len(plain) <= _LONGEST_NAME else f"{plain[: _LONGEST_NAME - 9]}…{plain[-8:]}") or _NO_NAME
