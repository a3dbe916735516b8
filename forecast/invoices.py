"""What the books tell of invoices on a day: how earlier ones were paid, and what of the open ones is still to come."""

from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import msgspec
import polars as pl

from features.ledger import DOCUMENT, Ledger, collect
from features.recognised import COLLECTIVE, NO_SALES, RecognisedViews
from features.spine import observed
from features.views import View

WINDOW_DAYS: Final = 730
"""Habits are those of invoices that fell due so many days ago at most."""
LOST_DAYS: Final = 365
"""An invoice that has been open for so many days past due counts as never paid, and brings nothing."""
MONEY: Final = ("bank", "manual", "register", "provider", "stated")
"""Means by which a customer pays; what was set off, credited or booked off brings no cash and shows no habit."""
UNBOOKED_DAYS: Final = 45
"""A line of the bank is looked at for so many days, whether it pays what the books still have as open."""
TRACED: Final = ("bank", "provider")
"""Those of them that the bank has seen."""


class Payment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How an earlier invoice ended, or that it has not yet."""

    delay: int
    """Days from the due day to the payment; of an open one, to the day of observation. Negative before the due day."""
    age: int
    """Days from the due day to the day of observation; negative before it."""
    term: int
    """Days from issue to the due day: no payment is earlier than that before it."""
    cents: int
    """What was paid; 0 where nothing was, or where only the firm says so."""
    is_open: bool = False
    """Not paid until the day of observation: the delay is a lower bound."""
    is_dated: bool = True
    """The day of the payment is known. Else it was paid at some time up to the delay, which is an upper bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What of one document is still to come."""

    kind: str
    """``invoice``, or ``voucher`` for revenue that was not invoiced by the source."""
    document: int
    """Its number in the source."""
    cents: int
    past_due: int
    """Days from the due day to the day of observation; negative before it."""


@dataclass(slots=True, kw_only=True)
class Customer:
    """One customer as of a day. A document that names nobody is of a customer of its own."""

    payments: list[Payment] = field(default_factory=list)
    """Earliest due first."""
    lost: int = 0
    """Invoices that brought no money: written off, closed short, credited, set off, or open past ``LOST_DAYS``."""
    claims: list[Claim] = field(default_factory=list)
    """Earliest due first."""


@dataclass(slots=True, kw_only=True)
class Book:
    """The invoices of one firm as of a day, by customer in the order of their first document."""

    customers: list[Customer] = field(default_factory=list)
    is_traced: bool = False
    """The bank has seen payments. Then days that only the firm states are no evidence."""
    sold_cents: int = 0
    """Open, but sold to a factor, who has been paid or will be."""
    retained_cents: int = 0
    """Kept back until a day that the books do not tell."""
    lost_cents: int = 0
    """Open for longer than ``LOST_DAYS`` past due."""
    late_entered_cents: int = 0
    """Entered so long after their quarter that nobody would lend on them; see ``features.recognised``."""
    unbooked_cents: int = 0
    """Open in the books, but a line of that very amount came in that no document has: it is in the bank already."""
    credited_cents: int = 0
    """What customers are owed: taken off their claims, earliest due first."""


class _Row(NamedTuple):
    """A document, in the columns of ``features.recognised``, and what was paid on it."""

    point: int
    document: int
    document_id: int
    customer: int | None
    day: int
    due_day: int
    paid_day: int | None
    as_of_day: int
    released_day: int | None
    gross_cents: int
    open_cents: int
    owed_cents: int
    is_sold: bool
    is_lost: bool
    is_credible: bool
    is_day_known: bool
    money_cents: int
    traced_cents: int


_PAID: Final = ("money_cents", "traced_cents")
_OF_SALE: Final = tuple(name for name in _Row._fields if name not in _PAID)
_KEY: Final = ("point", "document", "document_id")
_IS_CLAIM: Final = pl.col("is_invoice") | pl.col("customer").is_not_null()
_ORDER: Final = ("point", "due_day", "day", "document", "document_id")
_MONEY: Final = pl.col("means").is_in(MONEY) & ~pl.col("is_own")
_IS_TRACED: Final = pl.col("means").is_in(TRACED) & ~pl.col("is_own") & pl.col("is_day_known")


def _claim(row: _Row, cents: int, due: int) -> Claim:
    kind: str = DOCUMENT.categories[row.document]
    return Claim(kind=kind, document=row.document_id, cents=cents, past_due=row.as_of_day - due)


@dataclass(slots=True)
class _Reader:
    """Puts the rows of one point, which come earliest due first, into a book."""

    book: Book = field(default_factory=Book)
    known: dict[int | tuple[int, int], Customer] = field(default_factory=dict)
    unbooked: dict[int, list[int]] = field(default_factory=dict)
    """Amounts of lines that no document has, with their days, earliest first."""

    def read(self, row: _Row) -> None:
        """Take one document."""
        if not row.is_credible:
            self.book.late_entered_cents += row.open_cents
        elif row.is_sold:
            self.book.sold_cents += row.open_cents
        else:
            key = (row.document, row.document_id) if row.customer is None else row.customer
            if key not in self.known:
                self.known[key] = Customer()
                self.book.customers.append(self.known[key])
            row = self._booked(row)
            self._remember(self.known[key], row)
            self._expect(self.known[key], row)

    def _booked(self, row: _Row) -> _Row:
        """The document as it will be when the line that pays it is booked, where there is one."""
        owed = row.owed_cents
        if owed <= 0 or row.paid_day is not None:
            return row
        days = self.unbooked.get(owed, [])
        paid_on = next((day for day in days if day >= row.day), None)
        if paid_on is None:
            return row
        days.remove(paid_on)
        self.book.unbooked_cents += owed
        return row._replace(
            owed_cents=0,
            open_cents=row.open_cents - owed,
            paid_day=paid_on,
            is_day_known=True,
            money_cents=row.money_cents + owed,
            traced_cents=row.traced_cents + owed,
        )

    def _remember(self, customer: Customer, row: _Row) -> None:
        past_due = row.as_of_day - row.due_day
        is_open = row.paid_day is None
        if past_due > WINDOW_DAYS:
            return
        if row.is_lost or (past_due > LOST_DAYS if is_open else 2 * row.money_cents < row.gross_cents):
            customer.lost += 1
        else:
            cents = row.traced_cents if self.book.is_traced else row.money_cents
            is_dated = row.is_day_known and 2 * cents >= row.gross_cents
            customer.payments.append(
                Payment(
                    delay=past_due if row.paid_day is None or not is_dated else row.paid_day - row.due_day,
                    age=past_due,
                    term=row.due_day - row.day,
                    cents=cents,
                    is_open=is_open,
                    is_dated=is_dated or is_open,
                )
            )

    def _expect(self, customer: Customer, row: _Row) -> None:
        as_of, due, released = row.as_of_day, row.due_day, row.released_day
        if row.owed_cents > 0 and row.paid_day is not None:
            # All that was due is paid: what is left was kept back, and is due since its release.
            due = due if released is None else max(due, released)
        if as_of - due > LOST_DAYS:
            self.book.lost_cents += row.owed_cents
        elif row.owed_cents > 0:
            customer.claims.append(_claim(row, row.owed_cents, due))
        kept = row.open_cents - row.owed_cents
        if released is None:
            self.book.retained_cents += kept
        elif kept:
            customer.claims.append(_claim(row, kept, released))

    def take_off(self, customer: int | None, cents: int) -> None:
        """Take what is owed to a customer, or to nobody named, off the claims that fell due first."""
        named = [self.known[customer]] if customer in self.known else []
        found = self.book.customers if customer is None else named
        claims = sorted(
            ((claim.past_due, number, claim) for number, one in enumerate(found) for claim in one.claims),
            key=lambda entry: (-entry[0], entry[1], entry[2].document),
        )
        for _, number, claim in claims:
            taken = min(cents, claim.cents)
            cents -= taken
            self.book.credited_cents += taken
            claims_left = found[number].claims
            at = claims_left.index(claim)
            claims_left[at : at + 1] = [replace(claim, cents=claim.cents - taken)] if claim.cents > taken else []


def books(ledger: Ledger, spine: pl.DataFrame) -> list[Book]:
    """The invoices of each point of a spine.

    Args:
        ledger: Of one or many borrowers; what it tells of others, or later, changes nothing.
        spine: As ``features.spine.SPINE``.

    Returns:
        One book per row of the spine, in its order.
    """
    return books_of(RecognisedViews(ledger, observed(spine)))


def books_of(views: RecognisedViews) -> list[Book]:
    """The invoices of each point of some views."""
    sales = _numbered(views[View.RECEIVABLES].filter(_IS_CLAIM & (pl.col("gross_cents") > 0)), views)
    receipts = _numbered(views[View.RECEIPTS], views)
    paid = receipts.group_by(_KEY).agg(
        pl.when(_MONEY).then("amount_cents").otherwise(0).sum().alias("money_cents"),
        pl.when(_IS_TRACED).then("amount_cents").otherwise(0).sum().alias("traced_cents"),
    )
    rows = collect(
        sales.select(_OF_SALE)
        .join(paid, on=list(_KEY), how="left")
        .with_columns(pl.col(_PAID).fill_null(0))
        .select(_Row._fields)
        .sort(_ORDER)
    )
    credit = collect(_numbered(views[View.CREDITS], views).select("point", "customer", "credit_cents"))
    found = [_Reader() for _ in range(views.points.height)]
    for row in rows.filter(pl.col("traced_cents") > 0)["point"].unique():
        found[row].book.is_traced = True
    for point, cents, day in _unbooked(views, receipts).iter_rows():
        found[point].unbooked.setdefault(cents, []).append(day)
    for row in map(_Row._make, rows.iter_rows()):
        found[row.point].read(row)
    for point, customer, cents in credit.sort("point", "customer", nulls_last=True).iter_rows():
        found[point].take_off(customer, cents)
    return [reader.book for reader in found]


_IS_PAYMENT: Final = (
    (pl.col("amount_cents") > 0)
    & pl.col("is_fed")
    & ~pl.col("is_internal")
    & ~pl.col("category").is_in([*NO_SALES, *COLLECTIVE])
    & (pl.col("as_of_day") - pl.col("day") < UNBOOKED_DAYS)
)


def _unbooked(views: RecognisedViews, receipts: pl.LazyFrame) -> pl.DataFrame:
    """What customers may have paid that no sale has yet: point, amount and day, earliest first."""
    lines = _numbered(views[View.BANK].filter(_IS_PAYMENT), views)
    booked = receipts.filter(pl.col("transaction_id").is_not_null()).select("point", "transaction_id")
    free = lines.join(booked, on=["point", "transaction_id"], how="anti").select("point", "amount_cents", "day")
    return collect(free.sort("point", "day", "amount_cents"))


def _numbered(frame: pl.LazyFrame, views: RecognisedViews) -> pl.LazyFrame:
    """With the number of the point, also where there is only one."""
    return frame if views.by else frame.with_columns(pl.lit(0, dtype=pl.UInt32).alias("point"))
