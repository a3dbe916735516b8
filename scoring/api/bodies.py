"""Request bodies: strict JSON into structs, and everything that is wrong with them at once.

The happy path is one decoding. Only when that fails is the body taken apart field by field, to name every fault.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, get_args

import msgspec
from litestar import Request

from scoring.api.errors import FieldError, InvalidFieldsError, MalformedJsonError, UnsupportedMediaTypeError

T = TypeVar("T", bound=msgspec.Struct)

_TYPE = re.compile(r"`(\w+(?: \| \w+)*)`")
_WORDS = {
    "int": "a whole number",
    "float": "a decimal number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "date": "a day such as 2026-01-31",
    "null": "null",
}


def require_json(request: Request[Any, Any, Any]) -> None:
    """Refuse a body that is declared as something else.

    Raises:
        UnsupportedMediaTypeError: the content type is not ``application/json``.
    """
    if request.content_type[0].lower() != "application/json":
        raise UnsupportedMediaTypeError("send the body with `Content-Type: application/json`")


def parse_body(body: bytes, wanted: type[T], check: Callable[[T], Iterator[FieldError]]) -> T:
    """Decode and check a body.

    Args:
        body: the request's bytes.
        wanted: the struct, which forbids unknown fields.
        check: what the types do not say.

    Raises:
        MalformedJsonError: not JSON.
        InvalidFieldsError: with one entry for each fault.
    """
    if not body.strip():
        raise MalformedJsonError("the body is empty")
    try:
        parsed = _decode(body, wanted)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJsonError(f"the body is not JSON: {error}") from None
    if repeated := list(_repeated(json.loads(body, object_pairs_hook=_Members), "")):
        raise InvalidFieldsError(repeated)
    if errors := list(check(parsed)):
        raise InvalidFieldsError(errors)
    return parsed


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object as they were written."""


def _repeated(value: object, path: str) -> Iterator[FieldError]:
    """Members that were given more than once: readers of JSON disagree about which of them counts."""
    if isinstance(value, _Members):
        seen: set[str] = set()
        for name, inner in value:
            if name in seen:
                yield FieldError(field=path + name, message="is given more than once")
            seen.add(name)
            yield from _repeated(inner, f"{path}{name}.")


def _decode(body: bytes, wanted: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as error:
        errors = list(_faults(msgspec.json.decode(body), wanted, ""))
        # never empty: what the decoder refuses, some field refuses
        raise InvalidFieldsError(errors or [FieldError(field="body", message=str(error))]) from None


def _faults(value: object, wanted: type[msgspec.Struct], path: str) -> Iterator[FieldError]:
    if not isinstance(value, dict):
        yield FieldError(field=path.rstrip(".") or "body", message="must be an object")
        return
    known = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    for name in value:
        if name not in known:
            yield FieldError(field=path + name[:64], message="is not a field of this request")
    for name, field in known.items():
        if name in value:
            yield from _fault(value[name], field.type, path + name)
        elif field.required:
            yield FieldError(field=path + name, message="is missing")


def _fault(value: object, wanted: Any, path: str) -> Iterator[FieldError]:  # noqa: ANN401  any annotation of a field
    kinds = [kind for kind in (get_args(wanted) or (wanted,)) if isinstance(kind, type)]
    struct = next((kind for kind in kinds if issubclass(kind, msgspec.Struct)), None)
    if struct is not None and (value is not None or type(None) not in kinds):
        yield from _faults(value, struct, f"{path}.")
        return
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        yield FieldError(field=path, message=in_words(str(error), wanted))


def in_words(message: str, wanted: Any) -> str:  # noqa: ANN401  any annotation
    """What msgspec finds wrong with a value, in words.

    Args:
        message: as in "Expected `int`, got `str` - at `$`"; the place is said by the name of the field.
        wanted: the annotation of the value.
    """
    message = _TYPE.sub(_name, message.partition(" - at `")[0])
    message = message.replace("Expected", "Must be").replace(", got", ", not")
    message = message.replace(
        "Invalid RFC3339 encoded datetime",
        "Is no instant such as 2026-01-31T00:00:00Z; in an address, + is written %2B",
    )
    message = message.replace("Invalid RFC3339 encoded date", "Is no day, such as 2026-01-31")
    if choices := _choices(wanted):
        message += f"; one of {', '.join(choices)}"
    return message[:1].lower() + message[1:].replace("`", "")


def _name(name: re.Match[str]) -> str:
    return " or ".join(_WORDS.get(kind, kind) for kind in name[1].split(" | "))


def _choices(annotation: Any) -> list[str]:  # noqa: ANN401  any annotation of a field
    kind = msgspec.inspect.type_info(annotation)
    if isinstance(kind, msgspec.inspect.Metadata):
        kind = kind.type
    if isinstance(kind, msgspec.inspect.UnionType):
        kind = next(part for part in kind.types if not isinstance(part, msgspec.inspect.NoneType))
    if isinstance(kind, msgspec.inspect.ListType):
        kind = kind.item_type
    if isinstance(kind, msgspec.inspect.EnumType):
        return [str(member.value) for member in kind.cls]
    return [str(value) for value in kind.values] if isinstance(kind, msgspec.inspect.LiteralType) else []
