"""Which requests are repeated, and how long before that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

from hauptbuch_client.problems import ArgumentError

_PASSING: Final = frozenset({408, 429, 502, 503, 504})
_NOTHING_DONE: Final = frozenset({408, 429})
"""The body did not arrive, or the request was turned away at the door."""
_OF_A_REPETITION: Final = frozenset({"decision-in-progress", "decision-overtaken"})
"""Another request with the same key is at work: the answer comes to the one that asks again."""
_LONGEST: Final = 86_400.0


class Clock(Protocol):
    """Measures and waits, as the module ``time`` does. Another one makes tests of waits quick."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    def sleep(self, seconds: float, /) -> object:
        """Wait."""


class AsyncClock(Protocol):
    """The same for asyncio."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    async def sleep(self, seconds: float, /) -> object:
        """Wait."""


def seconds_of(argument: str, value: float, *, least: float = 0.0) -> float:
    """A number of seconds that a caller gave.

    Raises:
        ArgumentError: It is none, or longer than a day.
    """
    if not (_is_number(value, least) and value <= _LONGEST):
        raise ArgumentError(argument, f"is a number of seconds from {least:g} to {_LONGEST:.0f}")
    return value


def _is_number(given: object, least: float) -> bool:
    return isinstance(given, int | float) and given >= least


_OWN_PAUSE = 0.1
"""Seconds: no repetitions are counted while a client waits for its own attempt, so it must not ask in a loop."""


@dataclass(frozen=True, kw_only=True)
class Retries:
    """How patient a client is."""

    at_most: int = 4
    """Repetitions of one request that failed; 0 sends each once. Waiting for its own earlier attempt does not count."""
    first_pause: float = 0.5
    """Seconds; each further pause is up to twice as long."""
    longest_pause: float = 20.0
    """Seconds. Where ``Retry-After`` asks for more, the problem is raised at once: its ``retry_after`` says when."""
    longest_total: float = 120.0
    """Seconds from the first request, after which none is repeated."""

    def __post_init__(self) -> None:
        """Refuse what would repeat for ever, or wait for no time at all.

        Raises:
            ArgumentError: A number cannot be one.
        """
        if not _is_number(self.at_most, 0):
            raise ArgumentError("at_most", "is a number of repetitions, 0 or more")
        if not _is_number(self.longest_total, 0):
            raise ArgumentError("longest_total", "is a number of seconds, 0 or more")
        for name in ("first_pause", "longest_pause"):
            seconds_of(name, getattr(self, name))

    def pause(
        self,
        repetition: int,
        *,
        retry_after: float | None,
        elapsed: float,
        chance: float,
        is_own: bool = False,
    ) -> float | None:
        """Seconds before a repetition; None where there is none.

        Args:
            repetition: 1 for the first one.
            is_own: Whether the client only waits for its own earlier attempt: time alone ends that.
            retry_after: What the answer asked for.
            elapsed: Seconds since the first request was sent.
            chance: From 0 to 1, so that clients that failed together do not come back together.
        """
        if repetition > self.at_most and (not is_own or self.at_most == 0):
            return None
        if retry_after is None:
            highest = min(self.longest_pause, self.first_pause * 2.0 ** min(repetition - 1, 60))
            pause = highest * (0.5 + chance / 2)
        elif retry_after > self.longest_pause:
            return None
        else:
            pause = retry_after + self.first_pause * chance
        if is_own:
            pause = max(pause, _OWN_PAUSE)
        return pause if elapsed + pause <= self.longest_total else None


def is_passing(status: int, code: str, *, may_repeat: bool) -> bool:
    """Whether the same request may bring another answer, and does no harm.

    Args:
        status: Of the answer.
        code: Of its problem, or empty.
        may_repeat: Whether the request only reads, or has an idempotency key.
    """
    if not may_repeat:
        return status in _NOTHING_DONE
    return status in _PASSING or is_own_attempt(status, code)


def is_own_attempt(status: int, code: str) -> bool:
    """Whether a request with an idempotency key came while an earlier attempt at it is at work."""
    return status == 409 and code in _OF_A_REPETITION


def retry_after_of(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds that an answer asks to wait, said as a number or as a date; None where it says nothing readable.

    A date is compared with the answer's own, where it has one: the clocks of both sides may differ.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) < 10 else None  # of centuries
    at = _instant(text)
    if at is None:
        return None
    return max(0.0, (at - (_instant(headers.get("date", "")) or now)).total_seconds())


def _instant(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
