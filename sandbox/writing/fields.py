"""Fields of a write, read with sevdesk's tolerance and its complaints: texts, numbers, flags, dates, references."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, TypeAlias

from sandbox.account.errors import ApiError
from sandbox.objects.values import BERLIN, Object, decimal_text, moment_of, moment_of_unix, number_of

Reader: TypeAlias = Callable[[Mapping[str, Any], str], Any]
"""Reads one field of an object; null where it is missing."""

_PHP_NAMES = {dict: "array", list: "array", int: "integer", float: "double", str: "string", bool: "boolean"}
_GERMAN_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_ID = re.compile(r"[0-9]{1,19}")
_LARGEST = Decimal(10) ** 10


def invalid(message: str, code: int | None = None) -> ApiError:
    """HTTP 422: a body that can be read and makes no sense."""
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, message, code=code)


def text(fields: Mapping[str, Any], name: str) -> str | None:
    """A text; numbers and flags become texts, as in PHP."""
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return decimal_text(amount(fields, name) or Decimal(0))
    raise invalid(f"{name} expected string. {_given(value)} given")


def amount(fields: Mapping[str, Any], name: str) -> Decimal | None:
    """A number, which may be a text."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    found = number_of(value) if isinstance(value, str | int | float) else None
    if found is None or abs(found) > _LARGEST:
        raise invalid(f"{name} expected number. {_given(value)} given")
    return found


def amount_text(fields: Mapping[str, Any], name: str) -> str | None:
    """A number as the API writes it."""
    found = amount(fields, name)
    return None if found is None else decimal_text(found)


def flag(fields: Mapping[str, Any], name: str) -> str | None:
    """A flag as the API writes it: ``1`` or ``0``."""
    value = fields.get(name)
    if value is None:
        return None
    if value in (True, False, "0", "1", "true", "false"):
        return "1" if value in (True, "1", "true") else "0"
    raise invalid(f"{name} expected boolean. {_given(value)} given")


def reference(fields: Mapping[str, Any], name: str) -> Object | None:
    """A reference, ``{"id", "objectName"}``; what else is in it is left out."""
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, dict) and isinstance(value.get("objectName"), str):
        object_id = value.get("id")
        if isinstance(object_id, str | int) and not isinstance(object_id, bool) and _ID.fullmatch(str(object_id)):
            return {"id": str(object_id), "objectName": value["objectName"]}
    raise invalid(f"{name} expected array with 'id' and 'objectName'. {_given(value)} given")


def date_text(fields: Mapping[str, Any], name: str) -> str | None:
    """A date as the API writes it, from unix seconds, ``dd.mm.yyyy`` or ISO; days begin in Berlin."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    found = _moment(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
    if found is None:
        raise invalid(f"{name} is no valid date.")
    return found.isoformat(timespec="seconds")


def part(fields: Mapping[str, Any], name: str) -> Object:
    """An object in the body, which must be there."""
    value = fields.get(name)
    if not isinstance(value, dict):
        raise invalid(f"{name} expected array. {_given(value)} given")
    return value


def parts(fields: Mapping[str, Any], name: str) -> list[Object]:
    """A list of objects in the body, empty where it is missing."""
    value = fields.get(name)
    if value is None:
        return []
    items = value if isinstance(value, list) else [value]
    for item in items:
        if not isinstance(item, dict):
            raise invalid(f"{name} expected array. {_given(item)} given")
    return items


def taken(fields: Mapping[str, Any], readers: Mapping[str, Reader], never_null: tuple[str, ...] = ()) -> Object:
    """The fields that were given, each read by its reader; null takes a value away, where one is not needed."""
    found = {name: read(fields, name) for name, read in readers.items() if name in fields}
    return {name: value for name, value in found.items() if value is not None or name not in never_null}


def _moment(value: str | int) -> datetime | None:
    given = str(value).strip()
    try:
        if day := _GERMAN_DAY.fullmatch(given):
            return datetime(int(day[3]), int(day[2]), int(day[1]), tzinfo=BERLIN)
        moment = moment_of_unix(given) or moment_of(given)
        return None if moment is None else moment.astimezone(BERLIN)
    except (ValueError, OverflowError):  # no day of the calendar, in Berlin or at all
        return None


def _given(value: object) -> str:
    return "NULL" if value is None else _PHP_NAMES.get(type(value), "string")
