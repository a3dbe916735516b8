"""Instants, days and identifiers, from an injected clock and injected randomness.

Days are days in Berlin: those of books, policies and lenders here.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
Clock = Callable[[], datetime]
"""Returns the current time as an aware UTC instant."""
Randomness = Callable[[int], bytes]
"""Returns the given number of random bytes, like ``os.urandom``."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_SORTABLE = re.compile(f"[0-7][{_ALPHABET}]{{25}}")


def day_in_berlin(moment: datetime) -> date:
    """The day on which a moment falls."""
    return moment.astimezone(BERLIN).date()


def new_id(prefix: str, now: datetime, randomness: Randomness) -> str:
    """``<prefix>_`` and 26 characters: 48 bits of milliseconds, 80 bits of randomness (the layout of a ULID)."""
    number = (int(now.timestamp() * 1000) << 80) | int.from_bytes(randomness(10), "big")
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def is_id(text: str, prefix: str) -> bool:
    """Whether a text has the format of ``new_id`` with this prefix."""
    return text.startswith(f"{prefix}_") and _SORTABLE.fullmatch(text[len(prefix) + 1 :]) is not None


def pattern_of(prefix: str) -> str:
    """Pattern of identifiers with this prefix, for API descriptions."""
    return f"^{prefix}_{_SORTABLE.pattern}$"


def instant(moment: datetime) -> str:
    """UTC in ISO 8601 with milliseconds and ``Z``: 24 characters that sort by time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
