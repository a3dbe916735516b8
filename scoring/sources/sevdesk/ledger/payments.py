"""What closed the documents: money that came or went (payments), and everything else (settlements).

Amounts are signed so that positive reduces what is open, whichever side the document is on.
"""

from datetime import date

import polars as pl

from features.collecting import collect
from features.ledger import DATED_BY, DOCUMENT, PAYMENT_SOURCE, SETTLEMENT_CAUSE
from features.spine import ONLINE_BORROWER
from scoring.sources.sevdesk.ledger.documents import PAID, Documents, complete

_BORROWER = pl.lit(ONLINE_BORROWER, dtype=pl.Int64).alias("borrower")
_KEY = ("document", "document_id")
_NO_DAY = pl.lit(None, dtype=pl.Date)
_KIND = pl.col("kind")


def _payable(document: str, resource: str, sign: int, stated: pl.Expr, offer: pl.Expr) -> list[pl.Expr]:
    return [
        pl.lit(document, dtype=DOCUMENT).alias("document"),
        pl.col("id").alias("document_id"),
        pl.lit(resource).alias("resource"),
        pl.lit(sign, dtype=pl.Int64).alias("sign"),
        pl.col("status"),
        pl.col("gross_cents"),
        stated.fill_null(0).alias("stated_cents"),
        pl.col("paid_on"),
        offer.alias("offer_cents"),
    ]


def _offer() -> pl.Expr:
    """The discount in cents, rounded up: floor division of the negative, in integers."""
    millionths = (pl.col("discount_percent") * 10_000).round().cast(pl.Int64)
    rounded_up = -((-pl.col("gross_cents") * millionths) // 1_000_000)
    return pl.when(pl.col("discount_days") > 0).then(rounded_up).otherwise(0).fill_null(0)


# To make expressions takes longer than to compute them on a few thousand rows: they are made once.
_STATED, _NOTHING = pl.col("paid_cents"), pl.lit(0, dtype=pl.Int64)
_STATED_ON_NOTE = pl.when((pl.col("status") == PAID) & pl.col("paid_on").is_not_null()).then("gross_cents").otherwise(0)
_INVOICE = _payable("invoice", "Invoice", 1, _STATED, _offer())
_REVENUE = _payable("voucher", "Voucher", 1, _STATED, _NOTHING)
_EXPENSE = _payable("voucher", "Voucher", -1, _STATED, _NOTHING)
_CREDIT_NOTE = _payable("credit_note", "CreditNote", -1, _STATED_ON_NOTE, _offer())
_BOOKING = [
    pl.col("id"),
    pl.col("payable"),
    pl.col("document_of").alias("document"),
    pl.col("document").alias("document_id"),
    pl.when(_KIND.is_not_null()).then("transaction").alias("transaction_id"),
    _KIND,
    pl.col("amount_cents") * pl.col("sign"),
    pl.coalesce("value_on", "booked_on").alias("happened_on"),
    pl.col("created_on").alias("recorded_on"),
]
_BOOKING_FIELDS = {"happened_on": "bookingDate", "recorded_on": "create"}
_IS_LIVE = ~pl.col("is_deleted")
_LINE = [pl.col("id").alias("transaction"), pl.col("account", "value_on")]
_PAYABLE = pl.col("payable", "resource", "document_id", "document", "sign")
_IS_ON_PAYABLE = pl.col("document_kind") == pl.col("resource")
_UNBOOKED = [
    pl.lit(None, dtype=pl.Int64).alias("booked_cents"),
    _NO_DAY.alias("last_on"),
    _NO_DAY.alias("last_recorded_on"),
]
_BOOKED = [
    pl.col("amount_cents").sum().alias("booked_cents"),
    pl.col("happened_on").last().alias("last_on"),
    pl.col("recorded_on").last().alias("last_recorded_on"),
]
_SOURCE = (
    pl.when(_KIND == "online")
    .then(pl.lit("bank", dtype=PAYMENT_SOURCE))
    .when(_KIND == "register")
    .then(pl.lit("register", dtype=PAYMENT_SOURCE))
    .otherwise(pl.lit("document", dtype=PAYMENT_SOURCE))
    .alias("source")
)
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

_IS_STATED = pl.col("booked_cents").is_null() & (pl.col("stated_cents") != 0)
_STATED_PAYMENT = [
    _BORROWER,
    pl.col(_KEY),
    pl.lit(None, dtype=pl.Int64).alias("transaction_id"),
    pl.col("stated_cents").alias("amount_cents"),
    pl.lit("document", dtype=PAYMENT_SOURCE).alias("source"),
]
_IS_MONEY, _IS_WRITE_OFF = _KIND.ne_missing("offline"), _KIND == "offline"
_LOGGED_PAYMENT = [
    _BORROWER,
    pl.col(_KEY),
    pl.col("transaction_id", "amount_cents"),
    _SOURCE,
    pl.col("happened_on", "recorded_on"),
]
_WRITE_OFF = [
    _BORROWER,
    pl.col(_KEY),
    pl.col("amount_cents"),
    pl.lit("write_off", dtype=SETTLEMENT_CAUSE).alias("cause"),
    pl.lit("last_booking", dtype=DATED_BY).alias("dated_by"),
    pl.col("happened_on", "recorded_on"),
]
_ON_INVOICE = pl.col("document") == "invoice"
_IS_CORRECTION, _CORRECTED = pl.col("invoice_id").is_not_null(), pl.col("invoice_id").alias("document_id")
_CREDITED = pl.col("gross_cents").sum().alias("credited_cents")
_IS_OF_INVOICE = pl.lit("invoice", dtype=DOCUMENT).alias("document")
_PAID_CENTS = pl.coalesce("booked_cents", "stated_cents")
_HAS_RESIDUE = (pl.col("status") == PAID) & (pl.col("gross_cents") != _PAID_CENTS)
_CREDIT = pl.col("credited_cents")
_RESIDUE = (pl.col("gross_cents") - _PAID_CENTS - _CREDIT.fill_null(0)).alias("amount_cents")
_IS_SETTLED = (pl.col("amount_cents") > 0) | ((pl.col("amount_cents") < 0) & _CREDIT.is_null())
_RESIDUE_SETTLEMENT = [_BORROWER, pl.col(_KEY), pl.col("amount_cents"), _CAUSE, _DATED_BY]


def payables(documents: Documents) -> pl.LazyFrame:
    """All documents that can be paid, in one frame.

    Returns:
        ``payable`` (its number here), ``document``, ``document_id``, ``resource``, ``sign`` (of a log amount that
        reduces what is open), ``status``, ``gross_cents``, ``stated_cents`` (what the document itself says was paid),
        ``paid_on``, ``offer_cents`` (the early-payment discount).
    """
    frames = [
        documents.invoices.lazy().select(_INVOICE),
        documents.revenue.lazy().select(_REVENUE),
        documents.expenses.lazy().select(_EXPENSE),
        documents.credit_notes.lazy().select(_CREDIT_NOTE),
    ]
    return pl.concat(frames).with_row_index("payable")


def bookings(
    log: pl.DataFrame, payables: pl.DataFrame, transactions: pl.DataFrame, accounts: pl.DataFrame
) -> pl.DataFrame:
    """Entries of the payment log on documents of the ledger, with the kind of account that they went over.

    Args:
        log: As fetched.
        payables: From ``payables``.
        transactions: As fetched, of all accounts.
        accounts: As fetched.

    Returns:
        ``payable``, ``document``, ``document_id``, ``transaction_id`` and ``kind`` (null where the transaction is not
        known), ``amount_cents``, ``happened_on``, ``recorded_on``; in the order of these days.
    """
    kinds = accounts.lazy().select(pl.col("id").alias("account"), "kind")
    lines = transactions.lazy().filter(_IS_LIVE).select(_LINE).join(kinds, on="account")
    entries = collect(
        # A number is quick to join on; where it stands for an invoice and for a voucher, the kind decides afterwards.
        log.lazy()
        .join(payables.lazy().select(_PAYABLE), left_on="document", right_on="document_id", suffix="_of")
        .filter(_IS_ON_PAYABLE)
        .join(lines, on="transaction", how="left")
        .select(_BOOKING)
        .sort("happened_on", "recorded_on", "id")
    )
    return complete(entries, "CheckAccountTransactionLog", _BOOKING_FIELDS)


def balanced(payables: pl.DataFrame, bookings: pl.DataFrame | None) -> pl.LazyFrame:
    """The payables with what was booked on each: ``booked_cents`` and the days of the last booking, null for none."""
    if bookings is None or bookings.is_empty():
        return payables.lazy().with_columns(_UNBOOKED)
    return payables.lazy().join(bookings.lazy().group_by("payable").agg(_BOOKED), on="payable", how="left")


def payments(bookings: pl.DataFrame | None, balanced: pl.DataFrame, fetched_on: date) -> pl.LazyFrame:
    """Money that came or went: from the log, else from what a document says of itself.

    Args:
        bookings: From ``bookings``; none without a log.
        balanced: From ``balanced``.
        fetched_on: Stands in for a missing ``payDate``.
    """
    day = pl.col("paid_on").fill_null(fetched_on)
    stated = (
        balanced.lazy().filter(_IS_STATED).select(*_STATED_PAYMENT, day.alias("happened_on"), day.alias("recorded_on"))
    )
    if bookings is None:
        return stated
    return pl.concat([bookings.lazy().filter(_IS_MONEY).select(_LOGGED_PAYMENT), stated])


def settlements(
    bookings: pl.DataFrame | None, balanced: pl.DataFrame, documents: Documents, fetched_on: date
) -> pl.LazyFrame:
    """What closed documents other than money: write-offs, and the residue of whatever has status 1000.

    Args:
        bookings: From ``bookings``; none without a log.
        balanced: From ``balanced``.
        documents: From ``documents.facts``, for credit notes and cancellations.
        fetched_on: The day of last resort.
    """
    corrected = documents.credit_notes.lazy().filter(_IS_CORRECTION).group_by(_CORRECTED).agg(_CREDITED)
    is_cancelled = _ON_INVOICE & pl.col("document_id").is_in(documents.cancellations["origin"].implode())
    last_resort = pl.lit(fetched_on)
    residues = (
        balanced.lazy()
        .filter(_HAS_RESIDUE)
        .join(corrected.with_columns(_IS_OF_INVOICE), on=_KEY, how="left")
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
