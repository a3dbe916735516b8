"""Documents of sevdesk to the documents of the ledger: what was issued, by whom, when, due when, over how much.

Drafts, recurring templates and deactivated documents are not facts.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from features.collecting import collect_all
from features.ledger import DOCUMENT
from features.spine import ONLINE_BORROWER
from scoring.sources.sevdesk.ledger.parties import Parties
from scoring.sources.sevdesk.words.pages import malformed

ASSUMED_TERM_DAYS = 30
"""Where a document states no term."""
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""Days of facts, as the contract of ledgers has them (``features.contracts``, which is too slow to import here)."""
PAID = 1000
"""Status of what is settled: paid, but also cancelled, written off, discounted, and every cancellation."""

_SALES = ("RE", "TR", "AR", "ER")
_SENT = 200
_UNPAID_VOUCHER = 100
_BORROWER = pl.lit(ONLINE_BORROWER, dtype=pl.Int64).alias("borrower")


# To make expressions takes longer than to compute them on a few thousand rows: they are made once.
IS_SENT = pl.col("status") >= _SENT
"""An invoice or a credit note that is no draft."""
IS_SALE = pl.col("type").is_in(_SALES) & IS_SENT
"""An invoice that is revenue; of a final invoice (ER) the sum is taken for what is left to pay."""
IS_VALID = (pl.col("type") == "VOU") & (pl.col("status") >= _UNPAID_VOUCHER)
"""A voucher that is neither a draft nor a template."""
_IS_REVENUE, _IS_EXPENSE = (pl.col("side") == "D") & IS_VALID, (pl.col("side") == "C") & IS_VALID
_HAS_ORIGIN = IS_SENT & pl.col("origin").is_not_null()
_IS_CANCELLATION, _IS_REMINDER = (pl.col("type") == "SR") & _HAS_ORIGIN, (pl.col("type") == "MA") & _HAS_ORIGIN
_OF_INVOICE = pl.lit("invoice", dtype=DOCUMENT).alias("document")
_OF_VOUCHER = pl.lit("voucher", dtype=DOCUMENT).alias("document")
_ORIGIN, _HAPPENED_ON = pl.col("origin").alias("invoice_id"), pl.col("issued_on").alias("happened_on")
_LEVEL = pl.col("level").fill_null(1).cast(pl.Int32).alias("level")
_ID, _RECORDED_ON = pl.col("id").alias("document_id"), pl.col("created_on").alias("recorded_on")
_TERM, _ASSUMED_TERM = pl.col("term_days").clip(0), pl.duration(days=ASSUMED_TERM_DAYS)
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
_AMOUNTS = {"net_cents": "sumNet", "gross_cents": "sumGross"}
_VOUCHER_FIELDS = {"issued_on": "voucherDate", "created_on": "create"} | _AMOUNTS


def complete(frame: pl.DataFrame, resource: str, required: dict[str, str]) -> pl.DataFrame:
    """The frame itself, once it is sure that no fact lacks a value or has an impossible day.

    Args:
        frame: Facts with their ``id``.
        resource: For the error.
        required: Column to the field of sevdesk that it comes from.

    Raises:
        UnexpectedAnswerError: A value is null, or a day lies before 1970 or after 2199; names the first such object.
    """
    for column, field in required.items():
        values = frame[column]
        if values.null_count():
            raise malformed(resource, field, frame.filter(pl.col(column).is_null())["id"][0])
        if values.dtype == pl.Date and frame.height:
            for day in (values.min(), values.max()):
                if isinstance(day, date) and not FIRST_DAY <= day <= LAST_DAY:
                    raise malformed(resource, field, frame.filter(pl.col(column) == day)["id"][0])
    return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """The documents of one account that are facts, in the columns of ``pages``."""

    invoices: pl.DataFrame
    """Invoices that are sales and were sent."""
    revenue: pl.DataFrame
    """Vouchers for revenue that was not invoiced."""
    expenses: pl.DataFrame
    """Vouchers of suppliers."""
    credit_notes: pl.DataFrame
    """Credit notes that were sent, amounts positive, with ``invoice_id``."""
    cancellations: pl.DataFrame
    """Cancellation documents (SR) with the invoice that they cancel, ``origin``."""
    reminders: pl.DataFrame
    """Dunning documents (MA) with the invoice that they remind of, ``origin``."""


def facts(
    invoices: pl.DataFrame, vouchers: pl.DataFrame, credit_notes: pl.DataFrame, reminders: pl.DataFrame
) -> Documents:
    """Tell what are facts from drafts, templates and deactivated documents.

    Raises:
        UnexpectedAnswerError: A fact lacks a value that every fact has.
    """
    sent, revenue, expenses, notes, cancelled, reminded = collect_all(
        invoices.lazy().filter(IS_SALE),
        vouchers.lazy().filter(_IS_REVENUE),
        vouchers.lazy().filter(_IS_EXPENSE),
        credit_notes.lazy().filter(IS_SENT).with_columns(_CREDIT_NOTE),
        invoices.lazy().filter(_IS_CANCELLATION),
        reminders.lazy().filter(_IS_REMINDER),
    )
    dated = {"issued_on": "invoiceDate", "created_on": "create"}
    return Documents(
        invoices=complete(sent, "Invoice", dated | _AMOUNTS),
        revenue=complete(revenue, "Voucher", _VOUCHER_FIELDS),
        expenses=complete(expenses, "Voucher", _VOUCHER_FIELDS),
        credit_notes=complete(notes, "CreditNote", {"issued_on": "creditNoteDate", "created_on": "create"} | _AMOUNTS),
        cancellations=complete(cancelled, "Invoice", dated),
        reminders=complete(reminded, "Invoice", dated),
    )


def invoices(documents: Documents, parties: Parties) -> pl.LazyFrame:
    """Issued invoices, and vouchers for revenue that was not invoiced.

    Args:
        documents: From ``facts``.
        parties: Hashes of customers.
    """
    sent, revenue = documents.invoices, documents.revenue
    frames = [
        sent.lazy().select(
            _BORROWER,
            _OF_INVOICE,
            _ID,
            parties.contacts(sent["contact"]).alias("customer"),
            "issued_on",
            *_INVOICE,
            "net_cents",
            "gross_cents",
            _RECORDED_ON,
        ),
        revenue.lazy().select(
            _BORROWER,
            _OF_VOUCHER,
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


def bills(documents: Documents, parties: Parties) -> pl.LazyFrame:
    """Bills of suppliers.

    Args:
        documents: From ``facts``.
        parties: Hashes of suppliers.
    """
    expenses = documents.expenses
    return expenses.lazy().select(
        _BORROWER,
        _ID,
        parties.suppliers(expenses["supplier"], expenses["supplier_name"]).alias("supplier"),
        "issued_on",
        *_DEADLINE,
        "net_cents",
        "gross_cents",
        _RECORDED_ON,
    )


def credit_notes(documents: Documents, parties: Parties) -> pl.LazyFrame:
    """Credit notes.

    Args:
        documents: From ``facts``.
        parties: Hashes of customers.
    """
    sent = documents.credit_notes
    return sent.lazy().select(
        _BORROWER,
        _ID,
        "invoice_id",
        parties.contacts(sent["contact"]).alias("customer"),
        "issued_on",
        "net_cents",
        "gross_cents",
        _RECORDED_ON,
    )


def cancellations(documents: Documents) -> pl.LazyFrame:
    """Cancellation documents with the invoice that they cancel."""
    return documents.cancellations.lazy().select(_BORROWER, _ID, _ORIGIN, _HAPPENED_ON, _RECORDED_ON)


def reminders(documents: Documents) -> pl.LazyFrame:
    """Dunning documents with the invoice that they remind of; a missing level is the first."""
    return documents.reminders.lazy().select(_BORROWER, _ID, _ORIGIN, _LEVEL, _HAPPENED_ON, _RECORDED_ON)
