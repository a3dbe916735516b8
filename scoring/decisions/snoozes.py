"""A rule that refers, set aside for one firm until a day: asked for by one person, confirmed by another.

Which rules: those behind which there can be an honest, lasting reason that a person has seen. What guards against
false books, a borrowed account or a hopeless firm is never set aside; neither is what the law or the application asks.
"""

from datetime import date, timedelta
from typing import Final, Literal

import msgspec

SNOOZABLE: Final = frozenset(
    {
        "FOREIGN_CURRENCY_ACCOUNT",  # an account in francs, whose statements a person has seen
        "DUE_DATES_ASSUMED",  # a trade that is paid at once, and writes no terms
        "SALES_BURST",  # a season, or one large order
        "BOOKS_IDLE",  # a firm that rests in winter
        "OVERDRAFT_LONG",  # an agreed credit line
        "LOSSES_HIGH",  # one customer's insolvency
        "SALES_RECORDED_LATE",  # books that were moved to another system
        "PAYERS_SHARED",  # a factor or a payment service pays for the customers
    }
)
"""Rules that may be set aside. A new rule may not, until it stands here."""
LONGEST: Final = timedelta(days=90)


class Snooze(msgspec.Struct, frozen=True, kw_only=True):
    """What a case knows of one rule that is to be, is or was set aside."""

    step: int
    """That asked for it, in its case."""
    rule: str
    until: date
    """The last day."""
    asked_by: str
    confirmed_by: str | None = None
    ended_by: str | None = None
    """Who rejected it, or took it back."""

    def status(self, day: date) -> Literal["asked", "in_force", "ended", "over"]:
        """Where it stands on a day: ended by a person, or over by the calendar."""
        if self.ended_by is not None:
            return "ended"
        if day > self.until:
            return "over"
        return "asked" if self.confirmed_by is None else "in_force"

    def is_in_force(self, day: date) -> bool:
        """Whether two persons stand behind it on a day."""
        return self.status(day) == "in_force"

    def is_open(self, day: date) -> bool:
        """Whether it waits for the second person."""
        return self.status(day) == "asked"
