"""Values of sevdesk's objects: read with tolerance of what an export may hold, and written as sevdesk does."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

Object: TypeAlias = dict[str, Any]
"""One sevdesk object: the API's keys and JSON types."""

Reference: TypeAlias = tuple[str, str]
"""``objectName`` and ``id``."""

BERLIN = ZoneInfo("Europe/Berlin")
"""The zone in which sevdesk cuts days."""

_LARGEST_EXPONENT = 18  # beyond any sum of money: "1e999999" must not be written out
_UNIX_SECONDS = re.compile(r"-?[0-9]{1,11}")


def text_of(value: object) -> str:
    """Return the value as text, ``""`` for null: ids and statuses should be strings, which exports may miss."""
    return "" if value is None else str(value)


def number_of(value: object) -> Decimal | None:
    """Return an amount (``"-39.2"``, ``87.49``), or None for null and for what is no finite number."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _LARGEST_EXPONENT else None


def moment_of(value: object) -> datetime | None:
    """Return the instant of an ISO timestamp (Berlin time where it has no offset), or None where it is none."""
    return _parsed(value) if isinstance(value, str) else None


def day_of(value: object) -> date | None:
    """Return the Berlin day of an ISO timestamp, or None where it is none."""
    moment = moment_of(value)
    return None if moment is None else _berlin_day(moment)


def moment_of_unix(text: str) -> datetime | None:
    """Return the instant of a filter value in unix seconds, or None where it is not an integer in reach."""
    if not _UNIX_SECONDS.fullmatch(text):
        return None
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (OverflowError, OSError, ValueError):
        return None


def reference_of(value: object) -> Reference | None:
    """Return what a nested ``{"id", "objectName"}`` points at, or None where it is absent or no reference."""
    if not isinstance(value, dict) or value.get("id") is None:
        return None
    return text_of(value.get("objectName")), text_of(value["id"])


def field_of(resource: str) -> str:
    """Return the name of the field that refers to an object of a resource: ``creditNote``."""
    return resource[0].lower() + resource[1:]


def decimal_text(number: Decimal) -> str:
    """Write an amount as sevdesk does: decimal point, trailing zeros dropped, never an exponent, no negative zero."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _berlin_day(moment: datetime) -> date:
    try:
        return moment.astimezone(BERLIN).date()
    except OverflowError:  # the first and last day of the calendar, in another zone
        return moment.date()


@lru_cache(maxsize=1 << 16)  # the same midnights come again and again
def _parsed(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=BERLIN) if moment.tzinfo is None else moment
