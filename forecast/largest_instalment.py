"""The largest instalment that a firm's cash ahead carries: what a policy bounds a limit by, kept in the record."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Final

import msgspec

from features.ledger import Ledger
from features.recognised import RecognisedViews
from forecast.cash import Case, largest_instalments, look_ahead
from forecast.days import day_in, month_number
from forecast.facilities import Borrowings
from forecast.receipts import ONE

DECIMALS: Final = 4
"""Of a probability."""
SHORTEST_MONTH: Final = 28


class LargestInstalment(msgspec.Struct, frozen=True, kw_only=True):
    """The largest monthly instalment with which cash suffices on each of the next days, or why none is told."""

    gap_probability_at_most: float
    """How probable it may be at most, on each day, that it ends below zero."""
    days: int
    """So many are looked at. The first instalment is due a month after the day of observation."""
    cause: str | None
    """Why nothing is told: then the rest is empty, null or 0."""
    by_term_cents: tuple[int, ...] = ()
    """Of a term of 1, 2, ... months, as far as instalments are due on these days; of a longer one the last."""
    gap_probability: float | None = None
    """The highest of these days, without any instalment."""
    level_cents: int = 0
    """Of all accounts on the day of observation."""
    unspent_cents: int = 0
    """What of the level does not count: others than customers paid it in within 90 days, and it is still there."""

    def is_by(self, gap_probability_at_most: float, days: int) -> bool:
        """Whether it was found with this bound."""
        return (self.gap_probability_at_most, self.days) == (gap_probability_at_most, days)

    def of_term(self, months: int) -> int | None:
        """In cents a month; None where nothing is told."""
        return self.by_term_cents[min(months, len(self.by_term_cents)) - 1] if self.by_term_cents else None


def find_largest_instalment(
    ledger: Ledger,
    as_of: date,
    *,
    gap_probability_at_most: float,
    days: int,
    views: RecognisedViews | None = None,
    borrowings: Borrowings | None = None,
) -> LargestInstalment:
    """Look ahead from the books of one borrower, and find what its cash carries.

    Money that no customer paid of late, and that is still there, does not count: a borrowed sum does not carry the
    next loan. Accounts that are overdrawn together carry nothing.

    Args:
        ledger: Of one borrower, whose number is 0.
        as_of: The day of observation.
        gap_probability_at_most: Below 1.
        days: Up to ``HORIZON_DAYS``, and as many as a month has at least.
        views: Of the same ledger and day, where they are there already.
        borrowings: The same of what the firm owes elsewhere.
    """
    answer = look_ahead(ledger, as_of, 1, cases=(Case.EXPECTED,), views=views, borrowings=borrowings)
    if answer.outlook is None or answer.outlook.level_cents is None:
        return LargestInstalment(
            gap_probability_at_most=gap_probability_at_most,
            days=days,
            cause=None if answer.cause is None else answer.cause.value,
        )
    cash = answer.outlook.counted
    counted = replace(
        cash,
        days=cash.days[:days],
        start_cents=cash.start_cents[:days],
        step_cents=cash.step_cents[:days],
        up_to=cash.up_to[:days],
    )
    months = range(month_number(as_of) + 1, month_number(as_of) + 1 + days // SHORTEST_MONTH)
    dues = [due for month in months if (due := (day_in(month, as_of.day) - as_of).days) <= days]
    at_most = int(Fraction(repr(gap_probability_at_most)) * ONE)
    return LargestInstalment(
        gap_probability_at_most=gap_probability_at_most,
        days=days,
        cause=None,
        by_term_cents=tuple(largest_instalments(counted, dues, at_most)),
        gap_probability=round(max(counted.below(at, 0) for at in range(days)) / ONE, DECIMALS),
        level_cents=answer.outlook.level_cents,
        unspent_cents=answer.outlook.unspent_cents,
    )
