"""Which requests are repeated, and how long before that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_PASSING: Final = frozenset({408, 429, 502, 503, 504})
_NOTHING_DONE: Final = frozenset({408, 429})
"""The body did not arrive, or the request was turned away at the door."""
_OF_A_REPETITION: Final = frozenset({"decision-in-progress", "decision-overtaken"})
"""Another request with the same key is at work: the answer comes to the one that asks again."""


@dataclass(frozen=True, kw_only=True)
class Retries:
    """How patient a client is."""

    at_most: int = 4
    """Repetitions of one request; 0 sends each once."""
    first_pause: float = 0.5
    """Seconds; each further pause is up to twice as long."""
    longest_pause: float = 20.0
    """Seconds. Where ``Retry-After`` asks for more, the problem is raised at once: its ``retry_after`` says when."""
    longest_total: float = 120.0
    """Seconds from the first request, after which none is repeated."""

    def pause(self, repetition: int, *, retry_after: float | None, elapsed: float, chance: float) -> float | None:
        """Seconds before a repetition; None where there is none.

        Args:
            repetition: 1 for the first one.
            retry_after: What the answer asked for.
            elapsed: Seconds since the first request was sent.
            chance: From 0 to 1, so that clients that failed together do not come back together.
        """
        if repetition > self.at_most:
            return None
        if retry_after is None:
            highest = min(self.longest_pause, self.first_pause * 2 ** (repetition - 1))
            pause = highest * (0.5 + chance / 2)
        elif retry_after > self.longest_pause:
            return None
        else:
            pause = retry_after + self.first_pause * chance
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
    return status in _PASSING or (status == 409 and code in _OF_A_REPETITION)


def retry_after_of(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds that an answer asks to wait, said as a number or as a date; None where it says nothing readable."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
