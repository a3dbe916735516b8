"""What became of bookings over clearing accounts, which hold no money themselves.

Such a booking is money as far as pay-outs that the bank delivered empty the clearing account, and no loss as far as it
sets off what is owed to the same party. The rest pays nobody.
"""

import bisect
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

import polars as pl

from features.ledger import collect

EMPTIED_DAYS: Final = 45
"""Days from a booking until the pay-out that has it must have come."""
MATCH_DAYS: Final = 3
"""Days that two bookings of a set-off may lie apart, or a pay-out and its line on the bank account; and days that a
booking may be dated after the pay-out that has it."""
_FEE_DIVISOR: Final = 4
"""Fees count up to a quarter of the pay-outs around them, a fifth of both together: what marketplaces keep at most."""
NO_PAYOUT: Final = frozenset(
    {
        *("loan_proceeds", "owner_contribution", "cash_deposit", "subsidy", "tax_refund", "insurance_benefit"),
        *("refund_received", "interest_received", "returned_debit", "returned_objection", "transfer"),
    }
)
"""Categories of money in that no provider pays out."""
NO_FACTORS: Final[Mapping[int, int]] = MappingProxyType({})
"""No clearing account is a factor's."""


@dataclass(slots=True, kw_only=True)
class Booking:
    """A booking on one document over one clearing account; a positive amount reduces what is open."""

    payable: int
    document: tuple[str, int]
    """Kind and id, which order bookings of one day: rows come in any order."""
    is_sale: bool
    is_bill: bool
    party: int | None
    account: int
    amount: int
    day: int
    recorded: int
    left: int = 0
    """What is not explained yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """Money that left a clearing account and came in over a line that the bank delivered."""

    line: int
    account: int
    amount: int
    day: int
    recorded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a booking, with what closed it."""

    payable: int
    line: int | None
    amount: int
    means: str
    day: int
    recorded: int


@dataclass(slots=True)
class Resolved:
    """All bookings over clearing accounts in parts."""

    parts: list[Part] = field(default_factory=list)
    sold: dict[int, int] = field(default_factory=dict)
    """Payables that were booked over the account of a factor, with the day since when the books tell that."""


def resolve(
    bookings: Iterable[Booking], payouts: Iterable[Payout], today: int, factors: Mapping[int, int] = NO_FACTORS
) -> Resolved:
    """Tell set-offs and pay-outs from what nobody paid; days are counted from 1970.

    What waits for a pay-out on an account that was emptied before is no part yet: it is open until 45 days have passed.

    Args:
        bookings: Over clearing accounts, in any order.
        payouts: From ``payouts_of``.
        today: The day of reading.
        factors: Clearing accounts of factors with the day since when they are known, from ``payouts_of``.
    """
    resolved = Resolved()
    booked, paid_out = defaultdict[int, list[Booking]](list), defaultdict[int, list[Payout]](list)
    for booking in bookings:
        booked[booking.account].append(booking)
        if booking.is_sale and booking.account in factors:
            sold_on = max(booking.recorded, factors[booking.account])
            resolved.sold[booking.payable] = min(sold_on, resolved.sold.get(booking.payable, sold_on))
    for payout in payouts:
        paid_out[payout.account].append(payout)
    for account, of_account in booked.items():
        of_account.sort(key=_order)
        _Clearing(of_account, paid_out[account], today, resolved).run()
    return resolved


def _order(one: Booking) -> tuple[int, int, tuple[str, int], int]:
    """The oldest first."""
    return one.day, one.recorded, one.document, one.amount


class _Sum:
    """What of a pay-out has no booking yet, and what fees may keep beside it."""

    def __init__(self, payout: Payout) -> None:
        self.payout = payout
        self.left = payout.amount
        self.room = payout.amount // _FEE_DIVISOR

    @property
    def order(self) -> tuple[int, int]:
        """The oldest first."""
        return self.payout.day, self.payout.line


class _SetOff(NamedTuple):
    """A booking on a sale and one on what is owed to the same party; in the order in which they became known."""

    known: int
    apart: int
    """Days between both."""
    sale_number: int
    other_number: int
    sale: Booking
    other: Booking


class _Clearing:
    """One clearing account."""

    def __init__(self, bookings: Sequence[Booking], payouts: Sequence[Payout], today: int, resolved: Resolved) -> None:
        self._bookings = bookings
        self._payouts = sorted(payouts, key=lambda one: (one.day, one.line))
        self._today = today
        self._resolved = resolved
        self._paid_out_since = min((one.recorded for one in payouts), default=None)
        self._sales: list[Booking] = []

    def run(self) -> None:
        """Explain each booking as far as it goes; the strongest evidence first."""
        self._take_back()
        self._sales = [one for one in self._bookings if one.is_sale and one.left > 0]
        self._pay_out(self._set_offs())
        self._leave()

    def _take_back(self) -> None:
        """A negative booking takes back what was booked on the same document before, the latest first."""
        earlier = defaultdict[int, list[Booking]](list)
        for one in self._bookings:
            if one.amount > 0:
                one.left = one.amount
                earlier[one.payable].append(one)
                continue
            self._resolved.parts.append(_part(one, one.amount, "clearing"))
            taken = -one.amount
            for other in reversed(earlier[one.payable]):
                part = min(taken, other.left)
                if part > 0:
                    self._explain(other, part, "clearing")
                    taken -= part

    def _set_offs(self) -> deque[_SetOff]:
        """Sales against bills and credit notes of the same party: as they became known, the nearest days first."""
        owed = defaultdict[int, list[Booking]](list)
        for one in self._bookings:
            if not one.is_sale and one.left > 0 and one.party is not None:
                owed[one.party].append(one)
        pairs = [
            _SetOff(max(sale.recorded, other.recorded), abs(sale.day - other.day), index, number, sale, other)
            for index, sale in enumerate(self._sales)
            if sale.party is not None
            for number, other in enumerate(owed.get(sale.party, ()))
            if abs(sale.day - other.day) <= MATCH_DAYS
        ]
        return deque(sorted(pairs, key=lambda pair: pair[:4]))

    def _set_off(self, pairs: deque[_SetOff], known: int) -> None:
        """What is known by a day; it goes before the pay-outs that became known on that day."""
        while pairs and pairs[0].known <= known:
            pair = pairs.popleft()
            part = min(pair.sale.left, pair.other.left)
            if part > 0:
                day = max(pair.sale.day, pair.other.day)
                for one in (pair.sale, pair.other):
                    self._explain(one, part, "set_off", day=day, recorded=pair.known)

    def _pay_out(self, set_offs: deque[_SetOff]) -> None:
        """First in, first out: each pay-out has the oldest bookings of the last 45 days, and so have fees beside it.

        In the order in which they became known, so that what is known later never changes what was said before.
        """
        fees = [one for one in self._bookings if one.is_bill and one.left > 0]
        events: list[tuple[int, int, int, int, Booking | _Sum]] = sorted(
            [(one.recorded, 0, one.day, number, one) for number, one in enumerate(self._sales)]
            + [(one.recorded, 1, one.day, number, _Sum(one)) for number, one in enumerate(self._payouts)]
            + [(one.recorded, 2, one.day, number, one) for number, one in enumerate(fees)],
            key=lambda event: event[:4],
        )
        sales, sums, waiting = list[Booking](), list[_Sum](), list[Booking]()
        for recorded, _, _, _, one in events:
            self._set_off(set_offs, recorded)
            if isinstance(one, _Sum):
                one.left -= self._cover(sales, one.left, one.payout.day, recorded, one.payout.line)
                bisect.insort(sums, one, key=lambda each: each.order)
                sales = [each for each in sales if each.left > 0]
            elif one.is_sale:
                for each in sums:
                    each.left -= self._cover([one], each.left, each.payout.day, recorded, each.payout.line)
                if one.left > 0:
                    bisect.insort(sales, one, key=_order)
            else:
                bisect.insort(waiting, one, key=_order)
            if sales and waiting:
                self._keep(waiting, sums, sales, recorded)
                sales, waiting = ([each for each in some if each.left > 0] for some in (sales, waiting))
                sums = [each for each in sums if each.left > 0 or each.room > 0]
        # Credit notes come without an event of their own.
        self._set_off(set_offs, self._today)

    def _keep(self, fees: Sequence[Booking], sums: Sequence[_Sum], sales: Sequence[Booking], recorded: int) -> None:
        """Fees explain bookings as pay-outs do, up to the room beside each pay-out of 45 days before and after."""
        for fee in fees:
            for each in sums:
                if each.room > 0 and abs(fee.day - each.payout.day) <= EMPTIED_DAYS:
                    day = max(fee.day, each.payout.day)
                    kept = self._cover(sales, min(fee.left, each.room), day, recorded, None)
                    if kept:
                        each.room -= kept
                        self._explain(fee, kept, "provider", recorded=recorded)

    def _cover(self, sales: Sequence[Booking], amount: int, day: int, recorded: int, line: int | None) -> int:
        """Explain so much of the oldest bookings; returns how much there was."""
        rest = amount
        for one in sales:
            if rest <= 0 or one.day > day + MATCH_DAYS:
                break
            part = min(one.left, rest)
            if part > 0 and one.day >= day - EMPTIED_DAYS:
                self._explain(one, part, "provider", day=max(one.day, day), recorded=recorded, line=line)
                rest -= part
        return amount - rest

    def _leave(self) -> None:
        """What nothing explains; on an account that was emptied before it is known after 45 days."""
        for one in self._bookings:
            said_on = self._said_on(one)
            if one.left > 0 and said_on <= self._today:
                self._explain(one, one.left, "clearing", recorded=said_on)

    def _explain(
        self,
        booking: Booking,
        amount: int,
        means: str,
        *,
        day: int | None = None,
        recorded: int | None = None,
        line: int | None = None,
    ) -> None:
        booking.left -= amount
        said_on = self._said_on(booking)
        if means != "clearing" and recorded is not None and recorded > said_on:
            # Until then it looked as if nobody had paid it.
            self._resolved.parts.append(_part(booking, amount, "clearing", recorded=said_on))
            self._resolved.parts.append(_part(booking, -amount, "clearing", recorded=recorded))
        self._resolved.parts.append(_part(booking, amount, means, day=day, recorded=recorded, line=line))

    def _said_on(self, booking: Booking) -> int:
        """From which day on a booking that nothing explains is known to have paid nobody."""
        is_waiting = self._paid_out_since is not None and self._paid_out_since <= booking.recorded
        if is_waiting and booking.is_sale:
            return max(booking.recorded, booking.day + EMPTIED_DAYS + 1)
        return booking.recorded


def _part(
    booking: Booking,
    amount: int,
    means: str,
    *,
    day: int | None = None,
    recorded: int | None = None,
    line: int | None = None,
) -> Part:
    return Part(
        payable=booking.payable,
        line=line,
        amount=amount,
        means=means,
        day=booking.day if day is None else day,
        recorded=booking.recorded if recorded is None else recorded,
    )


_DAY = pl.col("value_on").to_physical().alias("day")
_RECORDED = pl.col("created_on").to_physical().alias("recorded")
_IS_DATED = pl.col("value_on").is_not_null() & pl.col("created_on").is_not_null()


def payouts_of(
    lines: pl.DataFrame, log: pl.DataFrame, clearing: Sequence[int], recognised: pl.DataFrame
) -> tuple[list[Payout], Mapping[int, int]]:
    """Lines out of clearing accounts that came in over a line that the bank delivered.

    Both are linked by sevdesk, or have equal amounts within three days. No line that came in counts twice, be it for
    two pay-outs or as the payment of a document. A transfer from an own account is none, nor is a loan.

    Args:
        lines: All live lines, with their ``category`` where it is known.
        log: The payment log.
        clearing: Accounts of the kind offline, with bookings on documents.
        recognised: ``id`` and ``is_fed`` of lines, and where they are known ``transfer`` and ``is_duplicate``.

    Returns:
        The pay-outs, and the clearing accounts from which a factor paid, each with the day since when the first such
        line is known, whether the bank delivered it or not: what somebody entered proves no money, but says that the
        claims are another's.
    """
    category = pl.col("category").cast(pl.String) if "category" in lines.columns else pl.lit("other").alias("category")
    columns = ("id", "account", "amount_cents", "source", "target", category, _DAY, _RECORDED)
    live = lines.lazy().filter(_IS_DATED).select(columns)
    booked = log.lazy().group_by("transaction").agg(pl.col("amount_cents").sum().abs().alias("booked_cents"))
    is_booked = pl.col("id").is_in(log["transaction"].implode())
    is_out = pl.col("account").is_in(list(clearing)) & (pl.col("amount_cents") < 0)
    out = collect(live.filter(is_out & ~is_booked).sort("day", "id"))
    if out.is_empty():
        return [], NO_FACTORS
    may_be = recognised.lazy().filter(_may_be_payout(recognised.columns))
    into = collect(
        live.filter((pl.col("amount_cents") > 0) & ~pl.col("category").is_in(list(NO_PAYOUT)))
        .join(may_be.select("id", "is_fed"), on="id")
        .join(booked, left_on="id", right_on="transaction", how="left")
        .sort("day", "id")
    )
    factors = dict[int, int]()
    for one in _matched(out, into.filter(pl.col("category") == "factoring_payout")):
        factors[one.account] = min(one.recorded, factors.get(one.account, one.recorded))
    return _matched(out, into.filter("is_fed")), factors


def _may_be_payout(columns: Sequence[str]) -> pl.Expr:
    where = pl.lit(value=True)
    if "transfer" in columns:
        where &= pl.col("transfer") == "none"
    if "is_duplicate" in columns:
        where &= ~pl.col("is_duplicate")
    return where


def _matched(out: pl.DataFrame, into: pl.DataFrame) -> list[Payout]:
    came = {row["id"]: row for row in into.iter_rows(named=True)}
    left = {line: row["amount_cents"] - (row["booked_cents"] or 0) for line, row in came.items()}
    named = defaultdict[int, list[int]](list)
    for line, row in came.items():
        for other in (row["source"], row["target"]):
            if other is not None:
                named[other].append(line)
    found, unlinked = [], []
    for row in out.iter_rows(named=True):
        ends = [end for end in (row["source"], row["target"]) if end is not None]
        linked = [line for line in (*ends, *named[row["id"]]) if left.get(line, 0) > 0]
        if not linked:
            unlinked += [] if ends or named[row["id"]] else [row]
            continue
        amount = min(-row["amount_cents"], left[linked[0]])
        left[linked[0]] -= amount
        found.append(_payout(row, came[linked[0]], amount))
    linked_lines = {one.line for one in found}
    by_amount = defaultdict[int, list[int]](list)
    for line, row in came.items():
        is_free = row["booked_cents"] is None and row["source"] is None and row["target"] is None
        if is_free and line not in linked_lines:
            by_amount[row["amount_cents"]].append(line)
    for row in unlinked:
        near = [
            (abs(came[line]["day"] - row["day"]), line)
            for line in by_amount[-row["amount_cents"]]
            if left[line] > 0 and abs(came[line]["day"] - row["day"]) <= MATCH_DAYS
        ]
        if near:
            line = min(near)[1]
            left[line] = 0
            found.append(_payout(row, came[line], -row["amount_cents"]))
    return found


def _payout(out: dict[str, int], into: dict[str, int | str], amount: int) -> Payout:
    return Payout(
        line=int(into["id"]),
        account=out["account"],
        amount=amount,
        day=int(into["day"]),
        recorded=max(out["recorded"], int(into["recorded"])),
    )
