"""The ``Prefer`` header (RFC 7240): whether a caller takes an answer later, and how long it waits before that."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

LONGEST_WAIT: Final = 60
"""Seconds that a request waits for its answer at most, whatever was preferred."""
_WAIT = re.compile(r"wait\s*=\s*\"?([0-9]{1,6})\"?", re.IGNORECASE)


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller prefers."""

    responds_later: bool
    wait: int | None
    """Seconds; null where it was not said, or makes no sense."""

    def applied(self) -> str:
        """``Preference-Applied`` of an answer that follows it."""
        return "respond-async" if self.wait is None else f"respond-async, wait={self.wait}"


def preference_of(headers: Iterable[str]) -> Preference:
    """Read the header; what it does not know, or cannot be read, is ignored, as the RFC wants."""
    parts = [part.split(";", 1)[0].strip() for line in headers for part in line.split(",")]
    waits = [found for part in parts if (found := _WAIT.fullmatch(part))]
    return Preference(
        responds_later=any(part.lower() == "respond-async" for part in parts),
        wait=min(int(waits[0][1]), LONGEST_WAIT) if waits else None,
    )
