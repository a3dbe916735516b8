"""What closed the documents: money that came or went (payments), and everything else (settlements).

Amounts are signed so that positive reduces what is open, whichever side the document is on.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from features.ledger import DATED_BY, DOCUMENT, PAYMENT_SOURCE, SETTLEMENT_CAUSE, collect
from scoring.sources.sevdesk.ledger.documents import (
    ASSUMED_TERM_DAYS,
    BORROWER,
    DUE_AFTER_TERM,
    IS_LIVE,
    PAID,
    Documents,
    Frames,
    complete,
)
from scoring.sources.sevdesk.words.fetched import Fetched

_KEY = ("document", "document_id")
_NO_DAY = pl.lit(None, dtype=pl.Date)
_KIND = pl.col("kind")  # of the account that a booking went over; null where its bank line is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What can be paid, and what was booked on it."""

    bookings: pl.DataFrame | None
    """Entries of the payment log on documents of the ledger; None without a log."""
    balanced: pl.DataFrame
    """The documents that can be paid, with what was booked on each."""


def booked_on(fetched: Fetched, documents: Documents) -> Booked:
    """What the payment log has of each document.

    Args:
        fetched: As read.
        documents: From ``build_documents``.

    Raises:
        UnexpectedAnswerError: An entry of the log lacks a value that every entry has.
    """
    payables = collect(_payables(documents))
    log = fetched.payment_log
    bookings = None if log is None else _bookings(log, fetched, payables)
    return Booked(bookings=bookings, balanced=collect(_balanced(payables, bookings)))


def build_settlements(booked: Booked, documents: Documents, fetched_on: date) -> Frames:
    """Payments and settlements: from the payment log, and from what documents say of themselves where it is silent.

    Args:
        booked: From ``booked_on``.
        documents: From ``build_documents``.
        fetched_on: Stands in for days that are not stated.
    """
    bookings, balanced = booked.bookings, booked.balanced.lazy()
    return {
        "payments": _payments(bookings, balanced, fetched_on),
        "settlements": _settlements(bookings, balanced, documents, fetched_on),
    }


# The deadline of a bill may be the one of its discount, so that no earlier day is sure to be late.
_DUE_BY = pl.max_horizontal("due_on", pl.col("issued_on") + pl.duration(days=ASSUMED_TERM_DAYS))
_DUE_ON = DUE_AFTER_TERM[0]


def _payable(document: str, resource: str, sign: int, stated: pl.Expr, offer: pl.Expr) -> list[pl.Expr]:
    return [
        pl.lit(document, dtype=DOCUMENT).alias("document"),
        pl.col("id").alias("document_id"),
        pl.lit(resource).alias("resource"),
        pl.lit(sign, dtype=pl.Int64).alias("sign"),
        pl.col("status"),
        pl.col("issued_on", "gross_cents"),
        stated.fill_null(0).alias("stated_cents"),
        pl.col("paid_on"),
        offer.alias("offer_cents"),
    ]


def _offer() -> pl.Expr:
    """The discount in cents, away from 0 to the next cent: floor division of the negative, in integers."""
    millionths = (pl.col("discount_percent") * 10_000).round().cast(pl.Int64)
    gross = pl.col("gross_cents")
    rounded_up = -gross.sign() * ((-gross.abs() * millionths) // 1_000_000)
    return pl.when(pl.col("discount_days") > 0).then(rounded_up).otherwise(0).fill_null(0)


_STATED, _NO_OFFER = pl.col("paid_cents"), pl.lit(0, dtype=pl.Int64)
# Credit notes have no paid amount: with status and day of a payment they are paid whole.
_STATED_ON_NOTE = pl.when((pl.col("status") == PAID) & pl.col("paid_on").is_not_null()).then("gross_cents").otherwise(0)
_CONTACT, _SUPPLIER = pl.col("contact").alias("party"), pl.col("supplier").alias("party")
_OFFERED_UNTIL = (pl.col("issued_on") + pl.duration(days="discount_days")).alias("offered_until")
_NOT_OFFERED, _NOT_DUE = _NO_DAY.alias("offered_until"), _NO_DAY.alias("due_by")
_INVOICE = [
    *_payable("invoice", "Invoice", 1, _STATED, _offer()),
    *(_CONTACT, _OFFERED_UNTIL, _DUE_ON.alias("due_by")),
]
_REVENUE = [*_payable("voucher", "Voucher", 1, _STATED, _NO_OFFER), _SUPPLIER, _NOT_OFFERED, _NOT_DUE]
_EXPENSE = [
    *_payable("voucher", "Voucher", -1, _STATED, _NO_OFFER),
    *(_SUPPLIER, _NOT_OFFERED, _DUE_BY.alias("due_by")),
]
_CREDIT_NOTE = [
    *_payable("credit_note", "CreditNote", -1, _STATED_ON_NOTE, _offer()),
    *(_CONTACT, _OFFERED_UNTIL, _NOT_DUE),
]


def _payables(documents: Documents) -> pl.LazyFrame:
    """All documents that can be paid, in one frame.

    Returns:
        ``payable`` (its number here), ``document``, ``document_id``, ``resource``, ``sign`` (of a log amount that
        reduces what is open), ``status``, ``issued_on``, ``gross_cents``, ``stated_cents`` (what the document itself
        says was paid), ``paid_on``, ``offer_cents`` (the early-payment discount), ``party`` (its contact),
        ``offered_until`` (the last day of the discount), ``due_by`` (of an invoice its due day, of a bill the deadline,
        but not before 30 days).
    """
    frames = [
        documents.invoices.lazy().select(_INVOICE),
        documents.revenue.lazy().select(_REVENUE),
        documents.expenses.lazy().select(_EXPENSE),
        documents.credit_notes.lazy().select(_CREDIT_NOTE),
    ]
    return pl.concat(frames).with_row_index("payable")


_ACCOUNT = [pl.col("id").alias("account"), _KIND]
_LINE = [pl.col("id").alias("transaction"), pl.col("account", "value_on"), pl.col("created_on").alias("entered_on")]
_PAYABLE = pl.col("payable", "resource", "document_id", "document", "sign")
_IS_ON_PAYABLE = pl.col("document_kind") == pl.col("resource")
_BOOKING = [
    pl.col("id"),
    pl.col("payable"),
    pl.col("document_of").alias("document"),
    pl.col("document").alias("document_id"),
    pl.when(_KIND.is_not_null()).then("transaction").alias("transaction_id"),
    _KIND,
    pl.col("amount_cents") * pl.col("sign"),
    # The day on which the bank moved the money, where it is known: a booking may be made weeks later.
    # What was booked off has no day but the firm's own: where that cannot be read, the day of the entry has to do.
    pl.coalesce("value_on", "booked_on", pl.when(_KIND == "offline").then("created_on")).alias("happened_on"),
    pl.col("created_on").alias("recorded_on"),
    # The booking of a line is never known before the line.
    pl.max_horizontal("created_on", "entered_on").alias("known_on"),
    pl.col("account"),
]
_BOOKING_FIELDS = {"happened_on": "bookingDate", "recorded_on": "create"}


def _bookings(log: pl.DataFrame, fetched: Fetched, payables: pl.DataFrame) -> pl.DataFrame:
    """Entries of the payment log on documents of the ledger, with the kind of account that they went over.

    Returns:
        ``payable``, ``document``, ``document_id``, ``transaction_id`` and ``kind`` (null where the transaction is not
        known), ``amount_cents``, ``happened_on``, ``recorded_on``, ``known_on``, ``account``; in the order of the
        days.
    """
    lines = fetched.transactions.lazy().filter(IS_LIVE).select(_LINE)
    entries = collect(
        # A number is quick to join on; where it stands for an invoice and for a voucher, the kind decides afterwards.
        log.lazy()
        .join(payables.lazy().select(_PAYABLE), left_on="document", right_on="document_id", suffix="_of")
        .filter(_IS_ON_PAYABLE)
        .join(lines.join(fetched.accounts.lazy().select(_ACCOUNT), on="account"), on="transaction", how="left")
        .select(_BOOKING)
        .sort("happened_on", "recorded_on", "id")
    )
    return complete(entries, "CheckAccountTransactionLog", _BOOKING_FIELDS)


_NOT_BOOKED = [
    pl.lit(None, dtype=pl.Int64).alias("booked_cents"),
    _NO_DAY.alias("last_on"),
    _NO_DAY.alias("last_recorded_on"),
    _NO_DAY.alias("last_known_on"),
    _NO_DAY.alias("first_recorded_on"),
]
_BOOKED = [
    pl.col("amount_cents").sum().alias("booked_cents"),
    pl.col("happened_on").last().alias("last_on"),
    pl.col("recorded_on").last().alias("last_recorded_on"),
    pl.col("known_on").max().alias("last_known_on"),
    pl.col("recorded_on").min().alias("first_recorded_on"),
]


def _balanced(payables: pl.DataFrame, bookings: pl.DataFrame | None) -> pl.LazyFrame:
    """The payables with what was booked on each: ``booked_cents`` and the days of the last booking, null for none."""
    if bookings is None or bookings.is_empty():
        return payables.lazy().with_columns(_NOT_BOOKED)
    return payables.lazy().join(bookings.lazy().group_by("payable").agg(_BOOKED), on="payable", how="left")


_IS_MONEY = _KIND.ne_missing("offline")  # clearing accounts hold no money
_SOURCE = (
    pl.when(_KIND == "online")
    .then(pl.lit("bank", dtype=PAYMENT_SOURCE))
    .when(_KIND == "register")
    .then(pl.lit("register", dtype=PAYMENT_SOURCE))
    .otherwise(pl.lit("document", dtype=PAYMENT_SOURCE))
    .alias("source")
)
_LOGGED_PAYMENT = [
    BORROWER,
    pl.col(_KEY),
    pl.col("transaction_id", "amount_cents"),
    _SOURCE,
    pl.col("happened_on", "recorded_on"),
]
_IS_STATED = pl.col("booked_cents").is_null() & (pl.col("stated_cents") != 0)
_STATED_PAYMENT = [
    BORROWER,
    pl.col(_KEY),
    pl.lit(None, dtype=pl.Int64).alias("transaction_id"),
    pl.col("stated_cents").alias("amount_cents"),
    pl.lit("document", dtype=PAYMENT_SOURCE).alias("source"),
]


def _payments(bookings: pl.DataFrame | None, balanced: pl.LazyFrame, fetched_on: date) -> pl.LazyFrame:
    """Money that came or went: from the log, else from what a document says of itself."""
    day = pl.col("paid_on").fill_null(fetched_on)
    stated = balanced.filter(_IS_STATED).select(*_STATED_PAYMENT, day.alias("happened_on"), day.alias("recorded_on"))
    if bookings is None:
        return stated
    return pl.concat([bookings.lazy().filter(_IS_MONEY).select(_LOGGED_PAYMENT), stated])


_IS_WRITE_OFF = _KIND == "offline"  # sevdesk books them over a clearing account
_WRITE_OFF = [
    BORROWER,
    pl.col(_KEY),
    pl.col("amount_cents"),
    pl.lit("write_off", dtype=SETTLEMENT_CAUSE).alias("cause"),
    pl.lit("last_booking", dtype=DATED_BY).alias("dated_by"),
    pl.col("happened_on", "recorded_on"),
]
_IS_CORRECTION = pl.col("invoice_id").is_not_null()
_CORRECTED = [pl.lit("invoice", dtype=DOCUMENT).alias("document"), pl.col("invoice_id").alias("document_id")]
_CREDITED = pl.col("gross_cents").sum().alias("credited_cents")
_ON_INVOICE = pl.col("document") == "invoice"
_PAID_CENTS = pl.coalesce("booked_cents", "stated_cents")
_HAS_RESIDUE = (pl.col("status") == PAID) & (pl.col("gross_cents") != _PAID_CENTS)
_CREDIT = pl.col("credited_cents")
_RESIDUE = (pl.col("gross_cents") - _PAID_CENTS - _CREDIT.fill_null(0)).alias("amount_cents")
# What was paid above the total is a fee; with a credit note it is money to be paid back, which closes nothing.
_IS_SETTLED = (pl.col("amount_cents") > 0) | ((pl.col("amount_cents") < 0) & _CREDIT.is_null())
_CAUSE = (
    pl.when(pl.col("amount_cents") < 0)
    .then(pl.lit("fee", dtype=SETTLEMENT_CAUSE))
    .when(pl.col("amount_cents") <= pl.col("offer_cents"))
    .then(pl.lit("discount", dtype=SETTLEMENT_CAUSE))
    .otherwise(pl.lit("unknown", dtype=SETTLEMENT_CAUSE))
    .alias("cause")
)
_DATED_BY = (
    pl.when(pl.col("last_on").is_not_null())
    .then(pl.lit("last_booking", dtype=DATED_BY))
    .when(pl.col("paid_on").is_not_null())
    .then(pl.lit("pay_date", dtype=DATED_BY))
    .otherwise(pl.lit("as_of", dtype=DATED_BY))
    .alias("dated_by")
)
_RESIDUE_SETTLEMENT = [BORROWER, pl.col(_KEY), pl.col("amount_cents"), _CAUSE, _DATED_BY]


def _settlements(
    bookings: pl.DataFrame | None, balanced: pl.LazyFrame, documents: Documents, fetched_on: date
) -> pl.LazyFrame:
    """What closed documents other than money: write-offs, and the residue of whatever has status 1000."""
    credited = documents.credit_notes.lazy().filter(_IS_CORRECTION).group_by(_CORRECTED).agg(_CREDITED)
    # A cancellation closes its invoice by itself, and no residue of it is left to settle.
    is_cancelled = _ON_INVOICE & pl.col("document_id").is_in(documents.cancellations["origin"].implode())
    last_resort = pl.lit(fetched_on)
    residues = (
        balanced.filter(_HAS_RESIDUE)
        .join(credited, on=_KEY, how="left")
        .with_columns(_RESIDUE)
        .filter(~is_cancelled & _IS_SETTLED)
        .select(
            *_RESIDUE_SETTLEMENT,
            pl.coalesce("last_on", "paid_on", last_resort).alias("happened_on"),
            pl.coalesce("last_recorded_on", "paid_on", last_resort).alias("recorded_on"),
        )
    )
    if bookings is None:
        return residues
    return pl.concat([bookings.lazy().filter(_IS_WRITE_OFF).select(_WRITE_OFF), residues])
