"""What closed the documents: money that came or went (payments), and everything else (settlements).

Amounts are signed so that positive reduces what is open, whichever side the document is on.
"""

from datetime import date

import polars as pl

from features.ledger import DATED_BY, DOCUMENT, PAYMENT_SOURCE, SETTLEMENT_CAUSE
from features.spine import ONLINE_BORROWER
from scoring.sevdesk.documents import PAID, complete

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


# To make expressions and to share them out among threads takes longer than to compute them on a few thousand rows: they
# are made once, and computed one after the other (`_seq`).
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


def documents(
    invoices: pl.DataFrame, revenue: pl.DataFrame, expenses: pl.DataFrame, credit_notes: pl.DataFrame
) -> pl.DataFrame:
    """All documents that can be paid, in one frame.

    Args:
        invoices: From ``documents.sent_invoices``.
        revenue: Vouchers from ``documents.valid_vouchers``, side D.
        expenses: Vouchers, side C.
        credit_notes: From ``documents.sent_credit_notes``.

    Returns:
        ``payable`` (its number here), ``document``, ``document_id``, ``resource``, ``sign`` (of a log amount that
        reduces what is open), ``status``, ``gross_cents``, ``stated_cents`` (what the document itself says was paid),
        ``paid_on``, ``offer_cents`` (the early-payment discount).
    """
    frames = [
        invoices.select_seq(_INVOICE),
        revenue.select_seq(_REVENUE),
        expenses.select_seq(_EXPENSE),
        credit_notes.select_seq(_CREDIT_NOTE),
    ]
    return pl.concat(frames).with_row_index("payable")


def bookings(
    log: pl.DataFrame, documents: pl.DataFrame, transactions: pl.DataFrame, accounts: pl.DataFrame
) -> pl.DataFrame:
    """Entries of the payment log on documents of the ledger, with the kind of account that they went over.

    Args:
        log: As fetched.
        documents: From ``documents``.
        transactions: As fetched, of all accounts.
        accounts: As fetched.

    Returns:
        ``payable``, ``document``, ``document_id``, ``transaction_id`` and ``kind`` (null where the transaction is not
        known), ``amount_cents``, ``happened_on``, ``recorded_on``; in the order of these days.
    """
    lines = (
        transactions.filter(~pl.col("is_deleted"))
        .join(accounts.select_seq(pl.col("id").alias("account"), "kind"), on="account")
        .select_seq(pl.col("id").alias("transaction"), "kind", "value_on")
    )
    payables = documents.select_seq("payable", "resource", "document_id", "document", "sign")
    entries = (
        # A number is quick to join on; where it stands for an invoice and for a voucher, the kind decides afterwards.
        log.join(payables, left_on="document", right_on="document_id", suffix="_of")
        .filter(pl.col("document_kind") == pl.col("resource"))
        .join(lines, on="transaction", how="left")
        .select_seq(_BOOKING)
        .sort("happened_on", "recorded_on", "id")
    )
    required = {"happened_on": "bookingDate", "recorded_on": "create"}
    return complete(entries, "CheckAccountTransactionLog", required)


def balanced(documents: pl.DataFrame, bookings: pl.DataFrame | None) -> pl.DataFrame:
    """The documents with what was booked on each: ``booked_cents`` and the days of the last booking, null for none."""
    if bookings is None or bookings.is_empty():
        booked_cents = pl.lit(None, dtype=pl.Int64)
        return documents.with_columns_seq(booked_cents=booked_cents, last_on=_NO_DAY, last_recorded_on=_NO_DAY)
    return documents.join(bookings.group_by("payable").agg(_BOOKED), on="payable", how="left")


def payments(bookings: pl.DataFrame | None, balanced: pl.DataFrame, fetched_on: date) -> pl.DataFrame:
    """Money that came or went: from the log, else from what a document says of itself.

    Args:
        bookings: From ``bookings``; none without a log.
        balanced: From ``balanced``.
        fetched_on: Stands in for a missing ``payDate``.
    """
    day = pl.col("paid_on").fill_null(fetched_on)
    stated = balanced.filter(pl.col("booked_cents").is_null() & (pl.col("stated_cents") != 0)).select_seq(
        _BORROWER,
        *_KEY,
        pl.lit(None, dtype=pl.Int64).alias("transaction_id"),
        pl.col("stated_cents").alias("amount_cents"),
        pl.lit("document", dtype=PAYMENT_SOURCE).alias("source"),
        day.alias("happened_on"),
        day.alias("recorded_on"),
    )
    if bookings is None:
        return stated
    logged = bookings.filter(_KIND.ne_missing("offline")).select_seq(
        _BORROWER,
        *_KEY,
        "transaction_id",
        "amount_cents",
        _SOURCE,
        "happened_on",
        "recorded_on",
    )
    return pl.concat([logged, stated])


def settlements(
    bookings: pl.DataFrame | None,
    balanced: pl.DataFrame,
    credit_notes: pl.DataFrame,
    cancelled: pl.Series,
    fetched_on: date,
) -> pl.DataFrame:
    """What closed documents other than money: write-offs, and the residue of whatever has status 1000.

    Args:
        bookings: From ``bookings``; none without a log.
        balanced: From ``balanced``.
        credit_notes: From ``documents.sent_credit_notes``.
        cancelled: Ids of cancelled invoices.
        fetched_on: The day of last resort.
    """
    corrected = (
        credit_notes.filter(pl.col("invoice_id").is_not_null())
        .group_by(pl.col("invoice_id").alias("document_id"))
        .agg(pl.col("gross_cents").sum().alias("credited_cents"))
        .with_columns_seq(pl.lit("invoice", dtype=DOCUMENT).alias("document"))
    )
    is_cancelled = (pl.col("document") == "invoice") & pl.col("document_id").is_in(cancelled.implode())
    paid = pl.coalesce("booked_cents", "stated_cents")
    residue, credited = pl.col("amount_cents"), pl.col("credited_cents")
    residues = (
        balanced.filter((pl.col("status") == PAID) & (pl.col("gross_cents") != paid))
        .join(corrected, on=_KEY, how="left")
        .with_columns_seq((pl.col("gross_cents") - paid - credited.fill_null(0)).alias("amount_cents"))
        .filter(~is_cancelled & ((residue > 0) | ((residue < 0) & credited.is_null())))
        .select_seq(
            _BORROWER,
            *_KEY,
            "amount_cents",
            _CAUSE,
            _DATED_BY,
            pl.coalesce("last_on", "paid_on", pl.lit(fetched_on)).alias("happened_on"),
            pl.coalesce("last_recorded_on", "paid_on", pl.lit(fetched_on)).alias("recorded_on"),
        )
    )
    if bookings is None:
        return residues
    written_off = bookings.filter(_KIND == "offline").select_seq(
        _BORROWER,
        *_KEY,
        "amount_cents",
        pl.lit("write_off", dtype=SETTLEMENT_CAUSE).alias("cause"),
        pl.lit("last_booking", dtype=DATED_BY).alias("dated_by"),
        "happened_on",
        "recorded_on",
    )
    return pl.concat([written_off, residues])
