"""Payments of sales matched to lines of the bank, by how strong the evidence is: strict first.

1. ``log``: the books link the payment with a line that the bank delivered.
2. ``provider``: a pay-out of a payment provider or factor stands behind it.
3. ``amount_day_party``: a line of the same amount, at most three days apart, from an account that this customer's
   payments came from before.
4. ``amount_day``: such a line from an account that no customer's payments came from.
5. ``none``: no line is found.

A line is used once, and only money that the bank delivered counts. Cash is left out: it has no line. Levels 3 and 4 are
guesses of what the books should link. They are shown, and no feature counts them.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec
import polars as pl

from features.ledger import Ledger, collect
from features.marks import MarkedViews
from features.spine import observed, spine_of
from features.views import View, in_year_to_date

DAYS_APART: Final = 3


class Level(StrEnum):
    """How a payment was matched."""

    LOG = "log"
    PROVIDER = "provider"
    AMOUNT_DAY_PARTY = "amount_day_party"
    AMOUNT_DAY = "amount_day"
    NONE = "none"


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What was matched in one way."""

    level: Level
    count: int
    cents: int


class Matches(msgspec.Struct, frozen=True, kw_only=True):
    """Cashless payments of sales of the last twelve full months and since, by how they were matched."""

    levels: tuple[Matched, ...]
    """All levels, strict first."""
    unmatched_inflow_count: int
    unmatched_inflow_cents: int
    """Money from customers in these months that is booked on no sale, and that no payment was matched to."""


class _Receipt(NamedTuple):
    cents: int
    day: int
    customer: int | None


class _Line(NamedTuple):
    id: int
    cents: int
    day: int
    account: int | None


def matches_of(ledger: Ledger, as_of: date) -> Matches:
    """Match the payments of the one borrower of a ledger with the resource ``recognition``."""
    views = MarkedViews(ledger, observed(spine_of(as_of)))
    receipts = collect(
        views[View.RECEIPTS]
        .filter(in_year_to_date() & (pl.col("amount_cents") > 0) & (pl.col("means") != "register"))
        .select("means", "amount_cents", "day", "customer", "transaction_id", "is_own")
        .sort("day", "amount_cents", "customer", nulls_last=True)
    )
    lines = collect(
        views[View.BOOKED]
        .filter(in_year_to_date() & pl.col("is_income"))
        .join(views[View.BANK].select("transaction_id", "counterparty_account"), on="transaction_id")
        .select("transaction_id", "amount_cents", "day", "counterparty_account", "booked_cents")
        .sort("day", "transaction_id")
    )
    is_logged = (pl.col("means") == "bank") & ~pl.col("is_own")
    is_paid_out = pl.col("means") == "provider"
    logged = receipts.filter(is_logged)
    accounts = _accounts_of(logged, lines)
    known = {account for some in accounts.values() for account in some}
    rest = [_Receipt(*row) for row in receipts.filter(~is_logged & ~is_paid_out).select(_RECEIPT).iter_rows()]
    free = [_Line(*row) for row in lines.filter(pl.col("booked_cents") == 0).select(_LINE).iter_rows()]
    by_party, rest, used = _pair(rest, free, lambda line: line.account, lambda one: accounts.get(one.customer, ()))
    free = [line for line in free if line.id not in used]
    # Whoever pays for a known customer pays for nobody else.
    unknown = [line for line in free if line.account not in known]
    by_day, rest, used = _pair(rest, unknown, lambda _: None, lambda _: _ANYBODY)
    free = [line for line in free if line.id not in used]
    paid = {
        Level.LOG: logged["amount_cents"].to_list(),
        Level.PROVIDER: receipts.filter(is_paid_out)["amount_cents"].to_list(),
        Level.AMOUNT_DAY_PARTY: by_party,
        Level.AMOUNT_DAY: by_day,
        Level.NONE: [one.cents for one in rest],
    }
    return Matches(
        levels=tuple(Matched(level=level, count=len(paid[level]), cents=sum(paid[level])) for level in Level),
        unmatched_inflow_count=len(free),
        unmatched_inflow_cents=sum(line.cents for line in free),
    )


_RECEIPT: Final = ("amount_cents", "day", "customer")
_LINE: Final = ("transaction_id", "amount_cents", "day", "counterparty_account")


def _accounts_of(logged: pl.DataFrame, lines: pl.DataFrame) -> Mapping[int | None, set[int]]:
    """Customer to the accounts that their payments came from, as the log has it."""
    named = lines.filter(pl.col("counterparty_account").is_not_null()).select("transaction_id", "counterparty_account")
    pairs = logged.filter(pl.col("customer").is_not_null()).join(named, on="transaction_id")
    found: dict[int | None, set[int]] = defaultdict(set)
    for customer, account in pairs.select("customer", "counterparty_account").iter_rows():
        found[customer].add(account)
    return found


_ANYBODY: Final = (None,)
_Lines = Mapping[tuple[int, int], dict[int | None, deque[_Line]]]
"""Those not used yet, by amount and day, then by account: where all payments are alike, few are looked at for each."""


def _pair(
    receipts: Sequence[_Receipt],
    lines: Sequence[_Line],
    account_of: Callable[[_Line], int | None],
    accounts_of: Callable[[_Receipt], Collection[int | None]],
) -> tuple[list[int], list[_Receipt], set[int]]:
    """Give each payment the nearest line of its amount, from one of the accounts that it may come from.

    Returns:
        The sums of what was paired, the payments that are left, and the lines that are used.
    """
    free: defaultdict[tuple[int, int], dict[int | None, deque[_Line]]] = defaultdict(dict)
    for line in lines:
        free[line.cents, line.day].setdefault(account_of(line), deque()).append(line)
    paired, rest, used = [], [], set()
    for one in receipts:
        found = _nearest(one, free, accounts_of(one))
        if found is None:
            rest.append(one)
            continue
        of_day, account = free[found.cents, found.day], account_of(found)
        of_day[account].popleft()
        if not of_day[account]:
            del of_day[account]
        paired.append(one.cents)
        used.add(found.id)
    return paired, rest, used


def _nearest(one: _Receipt, free: _Lines, accounts: Collection[int | None]) -> _Line | None:
    """The first line of the nearest day."""
    if not accounts:
        return None
    for apart in range(DAYS_APART + 1):
        fitting: list[_Line] = []
        for day in {one.day - apart, one.day + apart}:
            of_day = free.get((one.cents, day), {})
            some, others = sorted((of_day.keys(), accounts), key=len)
            # The lines of a day and account stand in the order of their numbers.
            fitting += [of_day[account][0] for account in some if account in others]
        if fitting:
            return min(fitting, key=lambda line: line.id)
    return None
