"""Decodes list answers so that one odd value does not cost the whole page."""

import re
from typing import Any, Final, Generic, Protocol, TypeVar, get_args

import msgspec

from scoring.sources.sevdesk.words.records import Id, LenientRecord, Page, Reason, Ref

R = TypeVar("R", bound=LenientRecord)
A_co = TypeVar("A_co", covariant=True)

UNDECODABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoders raise for a body: no JSON or other types, no UTF-8, too deep."""

_BOUND = re.compile(r"out of range|`[a-z]+` [<>]")
_EMPTY = (b"false", b"[]", b"{}")
"""How PHP writes nothing, besides an empty text."""
_NO_ID = (b"null", b'""', b'"0"', b"0")
"""How a reference to nothing is written."""


class Decoder(Protocol[A_co]):
    """Decodes a body; raises one of ``UNDECODABLE``."""

    def decode(self, body: bytes, /) -> A_co:
        """The decoded body."""


class _Identity(msgspec.Struct, frozen=True, gc=False):
    id: Id


_SURROGATES = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""Halves of characters, as a text that was cut off within one ends; whole ones and escaped backslashes are a group."""
_REPLACEMENT = rb"\ufffd"
_ABSENT = msgspec.Raw()
_IDENTITIES = msgspec.json.Decoder(Page[_Identity], strict=False)


class LenientDecoder(Generic[R]):
    """A decoder of list answers.

    A value that cannot be read becomes null and is named in the record's ``unread``. The ids of all objects must be
    readable, and the page must be JSON. Half a character in a text becomes the sign for an unreadable one.

    Args:
        record: The record type of one object.
    """

    def __init__(self, record: type[R]) -> None:
        page: Any = Page
        self._record = record
        self._strict: msgspec.json.Decoder[Page[R]] = msgspec.json.Decoder(page[record], strict=False)
        fields = msgspec.structs.fields(record)
        self._raw: msgspec.json.Decoder[Page[msgspec.Raw]] = msgspec.json.Decoder(page[msgspec.Raw], strict=False)
        self._object = msgspec.json.Decoder(record, strict=False)
        self._fields = [_Field(field) for field in fields if field.name != "unread"]
        texts: Any = msgspec.defstruct(
            "Texts", [(one.name, msgspec.Raw, msgspec.field(name=one.outside, default=_ABSENT)) for one in self._fields]
        )
        self._texts: msgspec.json.Decoder[Any] = msgspec.json.Decoder(texts)

    def decode(self, body: bytes, /) -> Page[R]:
        """The page.

        Raises:
            msgspec.DecodeError: No JSON, no page, or an object without a readable id.
            UnicodeDecodeError: No UTF-8.
            RecursionError: Nested too deeply.
        """
        try:
            return self._decoded(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            whole = _SURROGATES.sub(lambda found: found[1] or _REPLACEMENT, body)
            if whole == body:
                raise
        return self._decoded(whole)

    def _decoded(self, body: bytes) -> Page[R]:
        try:
            return self._strict.decode(body)
        except msgspec.ValidationError:
            pass  # something is odd: now object by object
        _IDENTITIES.decode(body)  # an id that cannot be read is refused here, with its place
        page = self._raw.decode(body)
        return Page(objects=[self._read(item) for item in page.objects], total=page.total, error=page.error)

    def _read(self, item: msgspec.Raw) -> R:
        try:
            return self._object.decode(item)
        except msgspec.ValidationError:
            pass
        texts, values, unread = self._texts.decode(item), {}, []
        for field in self._fields:
            text = getattr(texts, field.name)
            if text is _ABSENT:
                continue
            values[field.name], reason = field.read(bytes(text))
            if reason is not None:
                unread.append((field.outside, reason))
        return self._record(**values, unread=tuple(unread))


class _Field:
    """One field of a record."""

    def __init__(self, field: msgspec.structs.FieldInfo) -> None:
        self.name, self.outside = field.name, field.encode_name
        kinds = get_args(field.type)
        self._is_reference, self._is_text = Ref in kinds, str in kinds
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(field.type, strict=False)

    def read(self, raw: bytes) -> tuple[Any, Reason | None]:
        """Its value; null with a reason where it cannot be read."""
        if self._is_text and raw[:1] in b"-0123456789":
            return raw.decode(), None  # a number is as good a text
        try:
            return self._decoder.decode(raw), None
        except msgspec.ValidationError as error:
            return None, self._reason(raw, error)

    def _reason(self, raw: bytes, error: msgspec.ValidationError) -> Reason:
        if raw in _EMPTY or not raw.strip(b'" '):
            return "missing"
        if self._is_reference and raw.startswith(b"{"):
            found = msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).get("id")
            if found is None or bytes(found) in _NO_ID:
                return "missing"
        return "out_of_range" if _BOUND.search(str(error)) else "unreadable"
