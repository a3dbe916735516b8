"""What counts as distress: events in a firm's own books, with their thresholds."""

from typing import Annotated, Final, Literal, Self

import msgspec
import polars as pl
from msgspec import Meta

Event = Literal[
    "insolvency", "garnishment", "returned_debits", "levies_unpaid", "overdue_bills", "overdraft", "wages_stopped"
]
EVENTS: Final[tuple[Event, ...]] = (
    *("insolvency", "garnishment", "returned_debits", "levies_unpaid", "overdue_bills", "overdraft", "wages_stopped"),
)
"""The gravest first: of several on one day the first is named."""
EVENT: Final = pl.Enum(EVENTS)

_Count = Annotated[int, Meta(ge=1, le=365)]
_Months = Annotated[int, Meta(ge=1, le=60)]
_Cents = Annotated[int, Meta(ge=0, le=10**12)]
_Share = Annotated[float, Meta(ge=0.0, le=1.0)]


class DistressDefinition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What counts as distress. It is stored with every model that was trained on it."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    events: tuple[Event, ...] = EVENTS
    horizon_months: _Months = 12
    """Length of the window, which starts on the day after ``as_of``."""
    lookback_months: _Months = 12
    """A firm with an event within so many months up to ``as_of`` is in distress already, and left out."""
    every_months: Literal[1, 2, 3, 4, 6, 12] = 3
    """Points are the last days of every so manieth month of the calendar year."""
    history_months: _Months = 12
    """Bank lines must reach back so far from a point."""
    returned_debits: _Count = 3
    returned_debit_days: _Count = 90
    """So many debits of the firm returned within so many days are an event."""
    unpaid_levies: _Count = 2
    unpaid_levy_days: _Count = 180
    """So many late fees or returned debits of tax offices and health funds, or months of wages without social security
    contributions, within so many days."""
    bill_days_late: _Count = 90
    bill_material_cents: _Cents = 1_000_00
    bill_material_share: _Share = 0.05
    """Bills so many days past due on one day add up to more than both: this amount, and this share of the bills of the
    year before the point."""
    bills_matched_share: _Share = 0.5
    """Where less than this share of older bills has a payment in the books, bills say nothing."""
    overdraft_days: _Count = 10
    overdraft_material_cents: _Cents = 1_000_00
    overdraft_material_share: _Share = 0.25
    """So many days on end below the estimated line, by more than both: this amount, and this share of the line."""
    months_without_wages: Annotated[int, Meta(ge=1, le=12)] = 2
    """So many calendar months without wages, where there were wages in the month before and a year before."""

    def __post_init__(self) -> None:
        if not self.events or len(set(self.events)) < len(self.events):
            raise ValueError(f"definition {self.name!r}: events must be named, each once")

    @classmethod
    def usual(cls) -> Self:
        """Seven events within twelve months."""
        return cls(name="distress in the firm's own books, 12 months")

    def describe(self) -> str:
        """What is bad and what is good, for people."""
        texts = {
            "insolvency": "own insolvency",
            "garnishment": "a garnishment",
            "returned_debits": f"{self.returned_debits} own debits returned within {self.returned_debit_days} days",
            "levies_unpaid": (
                f"{self.unpaid_levies} signs of unpaid taxes or social security within {self.unpaid_levy_days} days"
            ),
            "overdue_bills": (
                f"bills {self.bill_days_late} days late of more than {self.bill_material_cents / 100:.0f} euro and "
                f"{self.bill_material_share:.0%} of a year's bills"
            ),
            "overdraft": f"{self.overdraft_days} days on end beyond the estimated overdraft line",
            "wages_stopped": f"{self.months_without_wages} months without wages where there were",
        }
        said = "; ".join(texts[event] for event in EVENTS if event in self.events)
        return (
            f"Bad: distress in the firm's own books, all of it after the observation day and within "
            f"{self.horizon_months} months: {said}. Good: none of these, and the books go on. Left out: distress in "
            f"the {self.lookback_months} months before, or under way. It is no default on a loan."
        )
