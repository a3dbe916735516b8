"""What closed each document, and by which means: version 2 of what ``settlements`` says.

Amounts are signed so that positive reduces what is open, whichever side the document is on. ``docs/ledger.md`` says
what each means is.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import polars as pl

from features.bank_days import BANK_HOLIDAYS
from features.ledger import CLOSINGS, DOCUMENT, MEANS, collect
from scoring.sources.sevdesk.ledger.clearing import Booking, Resolved, payouts_of, resolve
from scoring.sources.sevdesk.ledger.documents import BORROWER, IS_LIVE, PAID, Documents
from scoring.sources.sevdesk.ledger.settlements import Booked
from scoring.sources.sevdesk.words.fetched import Fetched

GRACE_BANK_DAYS: Final = 3
"""Days on which banks work that a payment with discount may come after its last day."""
_BILL_DISCOUNT_DIVISOR: Final = 20
"""A bill states no terms of discount: at most a twentieth less, paid by its deadline, is one."""

_KEY = ("document", "document_id")
_COLUMNS = CLOSINGS.names()
_NO_LINE = pl.lit(None, dtype=pl.Int64).alias("transaction_id")
_IS_KNOWN = pl.lit(value=True).alias("is_day_known")
_KIND = pl.col("kind")
_IS_NOTE = pl.col("document") == "credit_note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What closed the documents."""

    closings: pl.DataFrame
    sold: pl.DataFrame
    """``document``, ``document_id`` and ``sold_on`` of sales that a factor paid, or that wait in its account."""
    is_day_unknown: bool
    """Whether a document says that it is paid, and nothing says when."""


def close(
    fetched: Fetched, booked: Booked, documents: Documents, recognised: pl.DataFrame | None, fetched_on: date
) -> Closed:
    """The means by which each document was closed.

    Args:
        fetched: As read.
        booked: From ``booked_on``.
        documents: From ``build_documents``.
        recognised: ``id`` and ``is_fed`` of bank lines, and where they are known what ``recognition`` has besides;
            None where only the accounts tell which lines the bank delivered.
        fetched_on: Stands in for days that are not stated.
    """
    lines = fed_lines(fetched) if recognised is None else recognised
    resolved = _over_clearing(fetched, booked, lines, fetched_on)
    stated = booked.balanced.filter(_IS_STATED)
    frames = [_stated(stated, fetched_on), *_residues(booked.balanced, documents, fetched_on)]
    if booked.bookings is not None:
        frames += [_booked(booked.bookings, lines, _twice(booked.bookings, lines, fetched.transactions))]
    if resolved.parts:
        frames += [_parts(resolved, booked.balanced)]
    sold = pl.DataFrame(list(resolved.sold.items()), schema=_SOLD, orient="row").with_columns(_SOLD_ON)
    every = pl.concat([sold, _paid_by_factor(booked.bookings, fetched.transactions)])
    first = every.join(booked.balanced.filter(pl.col("sign") > 0), on="payable").group_by(_KEY)
    return Closed(
        closings=collect(pl.concat(frames)),  # read more than once
        sold=first.agg(pl.col("sold_on").min()),
        is_day_unknown=((stated["status"] == PAID) & stated["paid_on"].is_null()).any(),
    )


def fed_lines(fetched: Fetched) -> pl.DataFrame:
    """``id`` and ``is_fed`` of all lines, as their account tells: a synchronised online account without imports."""
    fed = fetched.accounts.filter((pl.col("kind") == "online") & pl.col("is_synced") & ~pl.col("is_imported"))["id"]
    return fetched.transactions.select(
        "id", pl.col("account").is_in(fed.implode()).fill_null(value=False).alias("is_fed")
    )


_MEANS = (
    pl.when(_KIND.is_null())
    .then(pl.lit("stated", dtype=MEANS))
    .when(_KIND == "register")
    .then(pl.lit("register", dtype=MEANS))
    .when("is_fed")
    .then(pl.lit("bank", dtype=MEANS))
    .otherwise(pl.lit("manual", dtype=MEANS))
    .alias("means")
)
_BOOKED = [
    BORROWER,
    pl.col(_KEY),
    pl.col("transaction_id", "amount_cents"),
    _MEANS,
    _IS_KNOWN,
    pl.col("happened_on"),
    pl.col("known_on").alias("recorded_on"),
]


def _booked(bookings: pl.DataFrame, lines: pl.DataFrame, twice: Sequence[int]) -> pl.LazyFrame:
    """Bookings over bank accounts and registers, and those whose line is not known."""
    fed = lines.lazy().select(pl.col("id").alias("transaction_id"), "is_fed")
    is_seen = pl.col("is_fed").fill_null(value=False) & ~pl.col("id").is_in(list(twice))
    return (
        bookings.lazy()
        .filter(_KIND.ne_missing("offline"))
        .join(fed, on="transaction_id", how="left")
        .with_columns(is_seen.alias("is_fed"))
        .select(_BOOKED)
    )


_SIZE = pl.col("amount_cents").abs().alias("cents")
_LINE = ["bank_account_id", "value_on", "amount_cents"]
"""What a line and its copies have in common."""


def _twice(bookings: pl.DataFrame, lines: pl.DataFrame, transactions: pl.DataFrame) -> list[int]:
    """Bookings over copies of lines whose money pays other documents already: no bank delivered it twice."""
    if "is_duplicate" not in lines.columns or not lines["is_duplicate"].any():
        return []
    told = lines.select("id", "bank_account_id", "value_on", "is_duplicate")
    known = told.join(transactions.select("id", "amount_cents"), on="id")
    copied = known.join(known.filter("is_duplicate").select(_LINE).unique(), on=_LINE, how="semi")
    left = Counter[tuple[Any, ...]]()
    for *line, cents in copied.filter(~pl.col("is_duplicate")).select(*_LINE, _SIZE).iter_rows():
        left[tuple(line)] += cents
    over = bookings.select("id", "transaction_id", _SIZE).join(
        copied.rename({"id": "transaction_id"}), on="transaction_id"
    )
    twice = []
    # What is booked over the line itself goes first.
    for number, cents, *line in over.sort("is_duplicate", "id").select("id", "cents", *_LINE).iter_rows():
        if cents > left[tuple(line)]:
            twice.append(number)
        else:
            left[tuple(line)] -= cents
    return twice


_IS_STATED = pl.col("booked_cents").is_null() & (pl.col("stated_cents") != 0)
# Of a part payment without a day nothing is said about the day on which the document was paid.
_IS_DAY_KNOWN = (pl.col("paid_on").is_not_null() | (pl.col("status") != PAID)).alias("is_day_known")
_STATED = [
    BORROWER,
    pl.col(_KEY),
    _NO_LINE,
    pl.col("stated_cents").alias("amount_cents"),
    pl.lit("stated", dtype=MEANS).alias("means"),
    _IS_DAY_KNOWN,
]


def _stated(stated: pl.DataFrame, fetched_on: date) -> pl.LazyFrame:
    """What documents say of themselves, where the log is silent."""
    day = pl.col("paid_on").fill_null(fetched_on)
    return stated.lazy().select(*_STATED, day.alias("happened_on"), day.alias("recorded_on"))


_ON_INVOICE = pl.col("document") == "invoice"
_CORRECTION = ("invoice_id", "issued_on", "created_on", "gross_cents")
_PAID_CENTS = pl.coalesce("booked_cents", "stated_cents")
_HAS_RESIDUE = (pl.col("status") == PAID) & (pl.col("gross_cents") != _PAID_CENTS)
_LAST_ON = pl.coalesce("last_on", "paid_on").alias("last_on")
_KNOWN_ON = pl.coalesce("last_known_on", "paid_on").alias("known_on")
_IS_UNPAID = (pl.col("booked_cents").is_null() & (pl.col("stated_cents") == 0)).alias("is_unpaid")
_CLOSED = [
    pl.col("payable", "document", "document_id", "sign", "gross_cents", "offer_cents", "offered_until"),
    _PAID_CENTS.alias("paid_cents"),
    _IS_UNPAID,
    _LAST_ON,
    _KNOWN_ON,
    pl.col("due_by"),
]
_REST = (pl.col("gross_cents") - pl.col("paid_cents") - pl.col("before_cents").fill_null(0)).alias("amount_cents")
_IS_OVER = pl.when(pl.col("gross_cents") < 0).then(pl.col("amount_cents") > 0).otherwise(pl.col("amount_cents") < 0)
_GRACE = pl.col("offered_until").dt.add_business_days(GRACE_BANK_DAYS, holidays=BANK_HOLIDAYS, roll="backward")
# Of a negative document the firm keeps back what is left, and may do so up to the same share.
_LEFT = pl.col("amount_cents").abs()
_IS_AGREED = (pl.col("offer_cents").abs() >= _LEFT) & (pl.col("last_on") <= _GRACE)
_IS_KEPT_BACK = (
    (pl.col("sign") < 0)
    & (pl.col("gross_cents").abs() >= _LEFT * _BILL_DISCOUNT_DIVISOR)
    & (pl.col("last_on") <= pl.col("due_by"))
)
_RESIDUE_MEANS = (
    pl.when(_IS_OVER)
    .then(pl.lit("fee", dtype=MEANS))
    .when(~pl.col("is_unpaid") & (_IS_AGREED | _IS_KEPT_BACK))
    .then(pl.lit("discount", dtype=MEANS))
    .otherwise(pl.lit("short", dtype=MEANS))
    .alias("means")
)
# What was paid above the total is a fee; with a credit note before it is money to be paid back, which closes nothing.
_IS_CLOSED = (pl.col("amount_cents") != 0) & ~(_IS_OVER & (pl.col("before_cents").fill_null(0) != 0))
# A credit note that nobody paid out is still owed.
_IS_TOLD = ~_IS_NOTE | (pl.col("means") != "short")
_DAY = pl.coalesce("last_on", "credited_on")
_RESIDUE = [
    BORROWER,
    pl.col(_KEY),
    _NO_LINE,
    pl.col("amount_cents", "means"),
    _DAY.is_not_null().alias("is_day_known"),
]


class _Credit(NamedTuple):
    """A credit note on an invoice."""

    happened_on: date
    recorded_on: date
    cents: int


_NO_CREDITS = pl.DataFrame(
    schema={"document": DOCUMENT, "document_id": pl.Int64, "before_cents": pl.Int64, "credited_on": pl.Date}
)


def _residues(balanced: pl.DataFrame, documents: Documents, fetched_on: date) -> list[pl.LazyFrame]:
    """What is left on documents of status 1000, by what was known at their last booking."""
    closed = balanced.filter(_HAS_RESIDUE)
    # A cancellation closes its invoice by itself, and no residue of it is left to settle.
    is_cancelled = _ON_INVOICE & pl.col("document_id").is_in(documents.cancellations["origin"].implode())
    left = closed.lazy().filter(~is_cancelled).select(_CLOSED)
    before, later = _credits(closed, documents)
    left = left.join(before.lazy(), on=_KEY, how="left")
    told = left.with_columns(_REST).filter(_IS_CLOSED).with_columns(_RESIDUE_MEANS).filter(_IS_TOLD)
    residues = [
        *_RESIDUE,
        _DAY.fill_null(fetched_on).alias("happened_on"),
        pl.coalesce("known_on", "credited_on", pl.lit(fetched_on)).alias("recorded_on"),
    ]
    if not later:
        return [told.select(residues)]
    found = collect(told.select(*residues, "offer_cents", (pl.col("last_on") <= _GRACE).alias("is_in_time")))
    return [found.lazy().drop("offer_cents", "is_in_time"), _explained(found, later)]


def _credits(closed: pl.DataFrame, documents: Documents) -> tuple[pl.DataFrame, dict[int, list[_Credit]]]:
    """Credit notes on these documents: the sum of those known at the last booking, and by invoice the later ones."""
    notes = documents.credit_notes.filter(pl.col("invoice_id").is_in(closed["document_id"].implode()))
    if notes.is_empty():
        return _NO_CREDITS, {}
    days = closed.filter(_ON_INVOICE).select("document_id", _LAST_ON, _KNOWN_ON, _IS_UNPAID)
    last = {invoice: (day, known_on, is_unpaid) for invoice, day, known_on, is_unpaid in days.iter_rows()}
    before, later = dict[int, tuple[int, date | None]](), defaultdict[int, list[_Credit]](list)
    for invoice, *values in notes.select(_CORRECTION).sort(_CORRECTION).iter_rows():
        credit, (last_on, known_on, is_unpaid) = _Credit(*values), last.get(invoice, (None, None, False))
        # One that is dated back was not known then.
        is_before = last_on is not None and credit.happened_on <= last_on and credit.recorded_on <= known_on
        if is_unpaid or is_before:
            cents = before.get(invoice, (0, None))[0] + credit.cents
            # What money never closed is closed by the last of them.
            before[invoice] = cents, credit.happened_on if is_unpaid else None
        else:
            later[invoice].append(credit)
    rows = [("invoice", invoice, *credited) for invoice, credited in before.items()]
    return pl.DataFrame(rows, schema=_NO_CREDITS.schema, orient="row"), later


def _explained(residues: pl.DataFrame, later: Mapping[int, Sequence[_Credit]]) -> pl.LazyFrame:
    """Later credit notes take back what was closed with less than was owed: they are why.

    What then remains is a discount where it would have been one at the last booking.
    """
    short = residues.filter((pl.col("means") == "short") & _ON_INVOICE & (pl.col("amount_cents") > 0))
    rows = []
    for row in short.iter_rows(named=True):
        rest, is_in_time, offer = row["amount_cents"], row.pop("is_in_time"), row.pop("offer_cents")
        for credit in later.get(row["document_id"], ()):
            taken = min(rest, credit.cents)
            if taken <= 0:
                continue
            rest -= taken
            days = {
                "happened_on": max(credit.happened_on, row["happened_on"]),
                "recorded_on": max(credit.recorded_on, row["recorded_on"]),
            }
            if is_in_time and 0 < rest <= offer:
                rows.append({**row, **days, "amount_cents": rest, "means": "discount"})
                taken, rest = taken + rest, 0
            rows.append({**row, **days, "amount_cents": -taken})
    return pl.LazyFrame(rows, schema=residues.drop("offer_cents", "is_in_time").schema)


_IS_OFFLINE = _KIND == "offline"


def _over_clearing(fetched: Fetched, booked: Booked, lines: pl.DataFrame, fetched_on: date) -> Resolved:
    """Bookings over clearing accounts, in parts."""
    if booked.bookings is None or fetched.payment_log is None:
        return Resolved()
    offline = booked.bookings.filter(_IS_OFFLINE)
    if offline.is_empty():
        return Resolved()
    known = booked.balanced.select("payable", "sign", "party")
    bookings = [_booking(row) for row in offline.join(known, on="payable").iter_rows(named=True)]
    live = fetched.transactions.filter(IS_LIVE)
    payouts, factors = payouts_of(live, fetched.payment_log, offline["account"].unique().to_list(), lines)
    return resolve(bookings, payouts, _number(fetched_on), factors)


_EPOCH = date(1970, 1, 1)


def _number(day: date) -> int:
    return (day - _EPOCH).days


def _booking(row: dict[str, Any]) -> Booking:
    return Booking(
        payable=row["payable"],
        document=(row["document"], row["document_id"]),
        is_sale=row["sign"] > 0,
        is_bill=row["sign"] < 0 and row["document"] == "voucher",
        party=row["party"],
        account=row["account"],
        amount=row["amount_cents"],
        day=_number(row["happened_on"]),
        recorded=_number(row["known_on"]),
    )


def _paid_by_factor(bookings: pl.DataFrame | None, transactions: pl.DataFrame) -> pl.DataFrame:
    """``payable`` and ``sold_on`` of what lines of a factor were booked on: what is left open is kept back by it."""
    if bookings is None or "category" not in transactions.columns:
        return pl.DataFrame(schema={"payable": pl.UInt32, "sold_on": pl.Date})
    of_factor = transactions.filter((pl.col("category") == "factoring_payout") & (pl.col("amount_cents") > 0))["id"]
    paid = bookings.filter(pl.col("transaction_id").is_in(of_factor.implode()))
    return paid.select("payable", pl.col("known_on").alias("sold_on"))


_SOLD = pl.Schema({"payable": pl.UInt32(), "sold_on": pl.Int32()})
_SOLD_ON = pl.col("sold_on").cast(pl.Date)
_PART = pl.Schema(
    {
        "payable": pl.UInt32(),
        "transaction_id": pl.Int64(),
        "amount_cents": pl.Int64(),
        "means": MEANS,
        "happened_on": pl.Int32(),
        "recorded_on": pl.Int32(),
    }
)


_IS_OFF = pl.col("means") == "clearing"
# No bank says when something was booked off: whoever books chooses the day, but not that of the entry.
_BETWEEN = pl.max_horizontal(pl.min_horizontal("happened_on", "recorded_on"), "issued_on")
_OFF_ON = pl.when(_IS_OFF).then(_BETWEEN).otherwise("happened_on").alias("happened_on")


def _parts(resolved: Resolved, balanced: pl.DataFrame) -> pl.LazyFrame:
    """The parts as closings; a credit note that was booked off and not paid out is still owed.

    A document was booked off between its own day and that of the entry, whatever day the booking has.
    """
    rows = [(one.payable, one.line, one.amount, one.means, one.day, one.recorded) for one in resolved.parts]
    parts = pl.LazyFrame(rows, schema=_PART, orient="row").with_columns(
        BORROWER, _IS_KNOWN, pl.col("happened_on", "recorded_on").cast(pl.Date)
    )
    documents = balanced.lazy().select("payable", "issued_on", *_KEY)
    kept = parts.join(documents, on="payable").filter(~(_IS_NOTE & _IS_OFF))
    return kept.with_columns(_OFF_ON).select(_COLUMNS)
