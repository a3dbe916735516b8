"""Monitoring: how often books are read again, and what a subscription's state means."""

import hashlib
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from scoring.base.identifiers import BERLIN, day_in_berlin
from scoring.base.toml import in_words

SHORTEST_DAYS: Final = 3
Days = Annotated[int, Meta(ge=SHORTEST_DAYS, le=92)]
"""The bounds are those of the consent text."""
DAYS_WITHOUT_LOAN: Final = 60
"""From the decision on: so long a loan may be prepared, signed and entered. The consent text says the same number."""
_DAY_SECONDS: Final = 24 * 60 * 60


class SubscriptionState(StrEnum):
    """State of a subscription."""

    ACTIVE = "active"
    PAUSED = "paused"
    """Books could not be read; ``cause`` has the code of the problem. It goes on when an observation is asked for."""
    ENDED = "ended"


class EndCause(StrEnum):
    """Why a subscription ended."""

    BY_LENDER = "by_lender"
    WITHDRAWN = "withdrawn"
    """The consent to the purpose."""
    DISCONNECTED = "disconnected"
    """The connection was deleted, whoever wanted it."""
    DECISION_ERASED = "decision_erased"
    """The decision that it watches."""
    LOAN_ENDED = "loan_ended"
    """The last open loan of the borrower that the lender entered."""
    NO_LOAN = "no_loan"
    """None was entered in time, or none will be: the application was declined or withdrawn."""


class RhythmError(Exception):
    """A file that is no rhythm; the message says what is wrong, and where."""


class Rhythm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often books are read again."""

    version: str
    otherwise_days: Days
    """Without a score, or with a grade that is not named."""
    retry_hours: Annotated[tuple[Annotated[int, Meta(ge=1, le=168)], ...], Meta(min_length=1, max_length=10)]
    """After each try that failed, until the next one."""
    every_days: dict[str, Days]
    """By grade."""

    def days_for(self, grade: str | None) -> int:
        """Days between two observations of a borrower with this grade; null without a score."""
        return self.otherwise_days if grade is None else self.every_days.get(grade, self.otherwise_days)

    def pause_after(self, tries: int) -> timedelta | None:
        """How long to wait after so many tries that failed; None where no other one is made."""
        return timedelta(hours=self.retry_hours[tries - 1]) if tries <= len(self.retry_hours) else None


def read_rhythm(content: bytes) -> Rhythm:
    """The rhythm in a TOML file.

    Raises:
        RhythmError: there is none.
    """
    try:
        return msgspec.toml.decode(content, type=Rhythm)
    except msgspec.ValidationError as error:
        raise RhythmError(in_words(error)) from None
    except msgspec.DecodeError as error:
        raise RhythmError(f"is no TOML: {error}") from None


def due_after(moment: datetime, days: int, subscription_id: str) -> datetime:
    """When a subscription is due, so many days after a moment; days are those of Berlin, as in records.

    The time of the day follows from the identifier: thousands that begin on one day are not due at once.
    """
    digest = hashlib.sha256(subscription_id.encode()).digest()
    seconds = int.from_bytes(digest[:8], "big") % _DAY_SECONDS
    midnight = datetime.combine(day_in_berlin(moment) + timedelta(days=days), time(), BERLIN)
    return (midnight + timedelta(seconds=seconds)).astimezone(UTC)


def last_day_without_loan(decided_at: datetime) -> date:
    """The last day on which books may be read for a decision without a loan that was entered."""
    return day_in_berlin(decided_at) + timedelta(days=DAYS_WITHOUT_LOAN)


FEWEST_DOCUMENTS: Final = 10
"""Of the decision's last year: with fewer, nothing tells whose books are read."""


def are_other_books(known: Collection[str], found: Collection[str]) -> bool:
    """Whether books are not those of the decision, but of another account: most of its documents are not there.

    Args:
        known: identifiers at the source of the documents of the decision's last year; none where nothing is known.
        found: those that were read now.
    """
    return len(known) >= FEWEST_DOCUMENTS and 2 * sum(one in found for one in known) < len(known)


def due_before(day: date, observed_at: datetime | None, now: datetime, subscription_id: str) -> datetime:
    """When books must be read so that a test on a day has them, no sooner than the firm was told.

    Args:
        day: of the test; one that is past is today.
        observed_at: when they were read last; None: not since the decision.
        now: the present.
        subscription_id: spreads the times of the day.
    """
    since = observed_at or now
    days = max((day - day_in_berlin(since)).days, 1 if observed_at is None else SHORTEST_DAYS)
    return max(due_after(since, days, subscription_id), now)


def first_due(decided_at: datetime, now: datetime, days: int, subscription_id: str) -> datetime:
    """When a new subscription is due: as if its decision were an observation, or within a day where that is past."""
    due = due_after(decided_at, days, subscription_id)
    if due > now:
        return due
    today = due_after(now, 0, subscription_id)
    return today if today > now else today + timedelta(days=1)
