"""Documents of sevdesk to the documents of the ledger: what was issued, by whom, when, due when, over how much.

Drafts, recurring templates and deactivated documents are not facts.
"""

import polars as pl

from features.ledger import DOCUMENT
from features.spine import ONLINE_BORROWER
from scoring.sevdesk.pages import malformed
from scoring.sevdesk.parties import Parties

ASSUMED_TERM_DAYS = 30
"""Where a document states no term."""
PAID = 1000
"""Status of what is settled: paid, but also cancelled, written off, discounted, and every cancellation."""

_SALES = ("RE", "TR", "AR", "ER")
_SENT = 200
_UNPAID_VOUCHER = 100
_BORROWER = pl.lit(ONLINE_BORROWER, dtype=pl.Int64).alias("borrower")


# To make expressions and to share them out among threads takes longer than to compute them on a few thousand rows: they
# are made once, and computed one after the other (`_seq`).
_IS_SENT = pl.col("status") >= _SENT
_IS_SALE = pl.col("type").is_in(_SALES) & _IS_SENT
_IS_VALID = (pl.col("type") == "VOU") & (pl.col("status") >= _UNPAID_VOUCHER)
_ID, _RECORDED_ON = pl.col("id").alias("document_id"), pl.col("created_on").alias("recorded_on")
_TERM, _ASSUMED_TERM = pl.col("term_days"), pl.duration(days=ASSUMED_TERM_DAYS)
_INVOICE = [
    (pl.col("issued_on") + pl.duration(days=_TERM.fill_null(ASSUMED_TERM_DAYS))).alias("due_on"),
    _TERM.is_null().alias("is_due_assumed"),
    pl.when(pl.col("discount_days") > 0).then("discount_days").cast(pl.Int32).alias("discount_days"),
]
_DEADLINE = [
    pl.coalesce("due_on", pl.col("issued_on") + _ASSUMED_TERM).alias("due_on"),
    pl.col("due_on").is_null().alias("is_due_assumed"),
]
_NO_DISCOUNT = pl.lit(None, dtype=pl.Int32).alias("discount_days")
_CREDIT_NOTE = [
    pl.coalesce("invoice", pl.when(pl.col("origin_kind") == "Invoice").then("origin")).alias("invoice_id"),
    pl.col("net_cents").abs(),
    pl.col("gross_cents").abs(),
]


def complete(frame: pl.DataFrame, resource: str, required: dict[str, str]) -> pl.DataFrame:
    """The frame itself, once it is sure that no fact lacks a value.

    Args:
        frame: Facts with their ``id``.
        resource: For the error.
        required: Column to the field of sevdesk that it comes from.

    Raises:
        UnexpectedAnswerError: A value is null; names the first object that lacks one.
    """
    for column, field in required.items():
        if frame[column].null_count():
            raise malformed(resource, field, frame.filter(pl.col(column).is_null())["id"][0])
    return frame


def sent_invoices(invoices: pl.DataFrame) -> pl.DataFrame:
    """Invoices that are sales and were sent."""
    return _complete_document(invoices.filter(_IS_SALE), "Invoice", "invoiceDate")


def valid_vouchers(vouchers: pl.DataFrame, side: str) -> pl.DataFrame:
    """Vouchers of one side: C for bills of suppliers, D for revenue."""
    return _complete_document(vouchers.filter((pl.col("side") == side) & _IS_VALID), "Voucher", "voucherDate")


def sent_credit_notes(credit_notes: pl.DataFrame) -> pl.DataFrame:
    """Credit notes that were sent, amounts positive, with ``invoice_id``."""
    sent = _complete_document(credit_notes.filter(_IS_SENT), "CreditNote", "creditNoteDate")
    return sent.with_columns_seq(_CREDIT_NOTE)


def _complete_document(frame: pl.DataFrame, resource: str, date_field: str) -> pl.DataFrame:
    required = {"issued_on": date_field, "created_on": "create", "net_cents": "sumNet", "gross_cents": "sumGross"}
    return complete(frame, resource, required)


def invoices(sent: pl.DataFrame, revenue: pl.DataFrame, parties: Parties) -> pl.DataFrame:
    """Issued invoices, and vouchers for revenue that was not invoiced.

    Args:
        sent: From ``sent_invoices``.
        revenue: From ``valid_vouchers``, side D.
        parties: Hashes of customers.
    """
    frames = [
        sent.select_seq(
            _BORROWER,
            pl.lit("invoice", dtype=DOCUMENT).alias("document"),
            _ID,
            parties.contacts(sent["contact"]).alias("customer"),
            "issued_on",
            *_INVOICE,
            "net_cents",
            "gross_cents",
            _RECORDED_ON,
        ),
        revenue.select_seq(
            _BORROWER,
            pl.lit("voucher", dtype=DOCUMENT).alias("document"),
            _ID,
            parties.suppliers(revenue["supplier"], revenue["supplier_name"]).alias("customer"),
            "issued_on",
            *_DEADLINE,
            _NO_DISCOUNT,
            "net_cents",
            "gross_cents",
            _RECORDED_ON,
        ),
    ]
    return pl.concat(frames)


def bills(expenses: pl.DataFrame, parties: Parties) -> pl.DataFrame:
    """Bills of suppliers.

    Args:
        expenses: From ``valid_vouchers``, side C.
        parties: Hashes of suppliers.
    """
    return expenses.select_seq(
        _BORROWER,
        _ID,
        parties.suppliers(expenses["supplier"], expenses["supplier_name"]).alias("supplier"),
        "issued_on",
        *_DEADLINE,
        "net_cents",
        "gross_cents",
        _RECORDED_ON,
    )


def credit_notes(sent: pl.DataFrame, parties: Parties) -> pl.DataFrame:
    """Credit notes.

    Args:
        sent: From ``sent_credit_notes``.
        parties: Hashes of customers.
    """
    return sent.select_seq(
        _BORROWER,
        _ID,
        "invoice_id",
        parties.contacts(sent["contact"]).alias("customer"),
        "issued_on",
        "net_cents",
        "gross_cents",
        _RECORDED_ON,
    )


def cancellations(invoices: pl.DataFrame) -> pl.DataFrame:
    """Cancellation documents (SR) with the invoice that they cancel."""
    return _notices(invoices, "SR")


def reminders(reminders: pl.DataFrame) -> pl.DataFrame:
    """Dunning documents (MA) with the invoice that they remind of; a missing level is the first."""
    level = pl.col("level").fill_null(1).cast(pl.Int32)
    return _notices(reminders, "MA", level.alias("level"))


def _notices(invoices: pl.DataFrame, kind: str, *more: pl.Expr) -> pl.DataFrame:
    is_fact = (pl.col("type") == kind) & _IS_SENT & pl.col("origin").is_not_null()
    notices = complete(invoices.filter(is_fact), "Invoice", {"issued_on": "invoiceDate", "created_on": "create"})
    return notices.select_seq(
        _BORROWER,
        _ID,
        pl.col("origin").alias("invoice_id"),
        *more,
        pl.col("issued_on").alias("happened_on"),
        _RECORDED_ON,
    )
