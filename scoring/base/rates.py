"""So many in a time, as settings and commands write it: ``600/minute``."""

from types import MappingProxyType
from typing import Final

import msgspec
from typing_extensions import override

_SECONDS: Final = MappingProxyType({"second": 1, "minute": 60, "hour": 3_600, "day": 86_400})
_HIGHEST: Final = 100_000_000


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """How many in how long."""

    count: int
    seconds: int
    """Of the window."""

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Read ``600/minute``; the other units are ``second``, ``hour`` and ``day``.

        Raises:
            ValueError: It is none.
        """
        count, _, unit = text.strip().partition("/")
        if not (count.isascii() and count.isdecimal() and 1 <= int(count[:12]) <= _HIGHEST) or unit not in _SECONDS:
            raise ValueError(f"{text.strip()[:40]!r} is not a rate such as 600/minute (second, minute, hour, day)")
        return cls(count=int(count), seconds=_SECONDS[unit])

    @override
    def __str__(self) -> str:
        """As ``parse`` reads it."""
        return f"{self.count}/{next(unit for unit, seconds in _SECONDS.items() if seconds == self.seconds)}"


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit, and where its user stands."""

    name: str
    rate: Rate
    left: int
    """Requests that are still free now."""
    resets_in: int
    """Seconds until all are free again."""
