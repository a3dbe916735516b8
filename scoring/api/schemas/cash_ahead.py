"""Wire types of cash ahead."""

from datetime import date
from typing import Literal

import msgspec

from features.feature import Text
from scoring.api.schemas.amounts import Money


class CashDayResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Cash of all accounts at the end of one day; changes since the day of observation where there is no level."""

    day: date
    low: Money
    """Cash is at least this with a probability of 90 %."""
    median: Money
    high: Money
    """Cash is at most this with a probability of 90 %."""
    below_zero: float | None
    """Probability that the day ends below zero; null where there is no level."""


class CashLineResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Cash over time."""

    gap: float | None
    """The highest probability that a day ends below zero; null where there is no level."""
    days_below_zero: int | None
    """Of the next 180 days, those whose median is below zero; null where there is no level."""
    worst: CashDayResponse
    """The first day with the lowest median."""
    days: tuple[CashDayResponse, ...]
    """Of the expected case the next 180 days, then the last day of each month of the term; of the others only ends of
    months."""


class CashCaseResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What is assumed, and what cash does then."""

    case: Literal["expected", "less_revenue", "late_customer", "both"]
    text: Text
    without_loan: CashLineResponse
    with_instalment: CashLineResponse


class CashKindResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected of one kind in a month."""

    kind: str
    text: Text
    amount: Money
    """Positive comes in, negative goes out."""


class CashMonthResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected to come and go in a month; of the first and the last, on the days ahead."""

    month: date
    """Its first day."""
    flows: tuple[CashKindResponse, ...]
    """Without the loan that is asked for."""


class CashAheadResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the firm's cash does ahead, with the instalment that was asked for and without."""

    decision_id: str
    as_of: date
    text: Text
    cause: str | None
    """Why there are no cases; or, beside cases, why there is no level and all amounts are changes."""
    level: Money | None
    """Of all accounts on the day of observation; null where the bank does not confirm it."""
    monthly_instalment: Money
    first_due_on: date
    foreseen_months: int
    """Of the term: 60 at most."""
    cases: tuple[CashCaseResponse, ...]
    months: tuple[CashMonthResponse, ...]
