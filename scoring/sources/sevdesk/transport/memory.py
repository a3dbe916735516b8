"""What the process remembers of each token between requests: its pace, and the little that may be cached."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scoring.sources.sevdesk.transport.pace import Pace
from scoring.sources.sevdesk.words.token import Token

LIFETIMES = {"StaticCountry": 86_400.0, "SevClient": 3_600.0, "CheckAccount": 600.0}
"""Seconds for which something may be answered from memory; of accounts only which there are, never what is on them.

What is not named is asked for anew each time: contacts, invoices, vouchers, credit notes, transactions and balances
change with every day's work."""

_MOST_TOKENS = 4_096


class Cache:
    """Lists of one token that hardly change, each for its lifetime.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: dict[str, tuple[float, Any]] = {}

    def get(self, resource: str) -> Any:  # noqa: ANN401  whatever was put
        """What was put for a resource, none once its lifetime has ended."""
        until, value = self._held.get(resource, (float("-inf"), None))
        return value if self._clock() < until else None

    def put(self, resource: str, value: object) -> None:
        """Keep what was read, where the resource may be cached at all."""
        if resource in LIFETIMES:
            self._held[resource] = (self._clock() + LIFETIMES[resource], value)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of one token."""

    pace: Pace
    cache: Cache


class Memory:
    """The tokens of a process, those used last; a token itself is not kept.

    Args:
        clock: Seconds that only grow.
        requests_at_once: Of one token.
    """

    def __init__(self, clock: Callable[[], float], requests_at_once: int) -> None:
        self._clock = clock
        self._requests_at_once = requests_at_once
        self._tokens: OrderedDict[bytes, Remembered] = OrderedDict()
        self.busy_seconds = 0.0
        """How long the process was at work on answers, so that its own slowness is not taken for sevdesk's."""

    def of(self, token: Token) -> Remembered:
        """What is remembered of a token; a new one begins with a clean slate."""
        key = hashlib.sha256(token.reveal().encode()).digest()
        if key not in self._tokens:
            self._tokens[key] = Remembered(Pace(self._requests_at_once), Cache(self._clock))
            if len(self._tokens) > _MOST_TOKENS:
                self._tokens.popitem(last=False)
        self._tokens.move_to_end(key)
        return self._tokens[key]
