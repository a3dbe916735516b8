"""Accounts that live below zero: an overdraft line is not in the books, but how far it is used is.

End-of-day levels of one account at the bank over a year, from its latest level and its lines. Only levels that the bank
confirms tell anything: of others the firm says what they are. A credit card is below zero until it is settled, which is
no overdraft.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.ledger import Ledger

WINDOW_DAYS: Final = 365
"""Days that are looked at, the day of observation included."""
FEWEST_DAYS: Final = 10
"""An account that was below zero on fewer days of the window slipped once or twice: that is no line."""
IN_USE_DAYS: Final = 90
"""It is in use if it was below zero within so many days."""
CONFIRMED: Final = ("verified", "stale")
"""States of a level that the bank confirms, or did until its feed stopped."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdraft:
    """How one account was overdrawn within the window. Money in cents."""

    days: int
    """Days that ended below zero."""
    first_on: date
    last_on: date
    deepest_cents: int
    """The most that was used at the end of a day: the line is at least as large, or the bank bore with it."""
    drawn_cents: int
    """Used today; 0 where the account is not below zero."""
    is_in_use: bool


def overdrafts(ledger: Ledger, borrower: int, as_of: date) -> list[Overdraft]:
    """The overdrawn accounts of a borrower, by account, from what was visible on a day.

    Args:
        ledger: of one or many borrowers, with bank lines and levels.
        borrower: in the ledger.
        as_of: the day of observation.
    """
    found = (_overdraft(ends, as_of) for ends in day_ends(ledger, borrower, as_of, WINDOW_DAYS).values())
    return [one for one in found if one is not None]


def day_ends(ledger: Ledger, borrower: int, as_of: date, window_days: int) -> dict[int, Integers]:
    """The levels of a borrower's accounts at the ends of days, from what was visible on a day.

    Only of accounts whose level the bank confirms, without credit cards, and no further back than their lines reach.

    Args:
        ledger: of one or many borrowers, with bank lines and levels.
        borrower: in the ledger.
        as_of: the day of observation.
        window_days: Days that are looked at, the day of observation included.

    Returns:
        By account in cents, by days before the day of observation: that day itself first.
    """
    levels = ledger.levels.filter(
        (pl.col("borrower") == borrower) & (pl.col("happened_on") <= as_of) & (pl.col("recorded_on") <= as_of)
    ).sort("bank_account_id", "happened_on", "recorded_on")
    latest = {row["bank_account_id"]: row for row in levels.iter_rows(named=True)}
    known = {account: row for account, row in latest.items() if row["state"] in CONFIRMED}
    if not known:
        return {}
    lines = ledger.transactions.filter(
        (pl.col("borrower") == borrower)
        & (pl.col("happened_on") <= as_of)
        & (pl.col("recorded_on") <= as_of)
        & ~pl.col("is_duplicate")
    )
    settled = lines.filter((pl.col("transfer") == "card") & (pl.col("amount_cents") > 0))
    cards = set(settled["bank_account_id"].to_list())
    account, cents = lines["bank_account_id"].to_numpy(), lines["amount_cents"].to_numpy()
    age = (np.datetime64(as_of) - lines["happened_on"].to_numpy()).astype(np.int64)
    found = {}
    for number, row in known.items():
        is_own = account == number
        if number not in cards and is_own.any():
            level_age = (as_of - row["happened_on"]).days
            found[number] = _day_ends(age[is_own], cents[is_own], row["level_cents"], level_age, window_days)
    return found


def _day_ends(age: Integers, cents: Integers, level: int, level_age: int, window_days: int) -> Integers:
    """Of one account: from its lines by days before the day of observation, and a level of a day so long before it."""
    window = min(window_days, int(age.max()) + 1)
    moved = np.zeros(max(window, level_age + 1) + 1, dtype=np.int64)
    np.add.at(moved, np.minimum(age, len(moved) - 1), cents)
    # Money that came after each day: by days before the day of observation, 0 first.
    after = np.concatenate([[0], np.add.accumulate(moved)])
    ends: Integers = (level + after[level_age] - after)[:window]
    return ends


def _overdraft(ends: Integers, as_of: date) -> Overdraft | None:
    """Of one account: its levels at the ends of days, that of the day of observation first."""
    below = np.flatnonzero(ends < 0)
    if len(below) < FEWEST_DAYS:
        return None
    first, last = (date.fromordinal(as_of.toordinal() - int(below[at])) for at in (-1, 0))
    return Overdraft(
        days=len(below),
        first_on=first,
        last_on=last,
        deepest_cents=int(-ends.min()),
        drawn_cents=int(max(0, -ends[0])),
        is_in_use=int(below[0]) < IN_USE_DAYS,
    )
