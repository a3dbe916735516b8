"""Documents of sevdesk to the documents of the ledger: what was issued, by whom, when, due when, over how much.

Drafts, recurring templates and deactivated documents are not facts.
"""

from dataclasses import dataclass

import polars as pl

from features.collecting import collect_all
from features.ledger import DOCUMENT
from scoring.sources.sevdesk.ledger.facts import BORROWER, Frames, complete
from scoring.sources.sevdesk.ledger.parties import Parties
from scoring.sources.sevdesk.words.fetched import Fetched

PAID = 1000
"""Status of what is settled: paid, but also cancelled, written off, discounted, and every cancellation."""
IS_SENT = pl.col("status") >= 200
"""An invoice or a credit note that is no draft."""
IS_SALE = pl.col("type").is_in(("RE", "TR", "AR", "ER")) & IS_SENT
"""An invoice that is revenue; of a final invoice (ER) the sum is taken for what is left to pay."""
IS_VALID = (pl.col("type") == "VOU") & (pl.col("status") >= 100)
"""A voucher that is neither a draft nor a template."""


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


def build_documents(fetched: Fetched, parties: Parties) -> tuple[Documents, Frames]:
    """The documents that are facts, and their frames of the ledger.

    Args:
        fetched: As read.
        parties: Hashes of customers and suppliers.

    Raises:
        UnexpectedAnswerError: A fact lacks a value that every fact has.
    """
    documents = _facts(fetched)
    return documents, {
        "invoices": _invoices(documents, parties),
        "bills": _bills(documents, parties),
        "credit_notes": _credit_notes(documents, parties),
        "cancellations": documents.cancellations.lazy().select(BORROWER, _ID, _ORIGIN, _HAPPENED_ON, _RECORDED_ON),
        "reminders": documents.reminders.lazy().select(BORROWER, _ID, _ORIGIN, _LEVEL, _HAPPENED_ON, _RECORDED_ON),
    }


_ID = pl.col("id").alias("document_id")
_ORIGIN = pl.col("origin").alias("invoice_id")
_HAPPENED_ON = pl.col("issued_on").alias("happened_on")
_RECORDED_ON = pl.col("created_on").alias("recorded_on")
_LEVEL = pl.col("level").fill_null(1).cast(pl.Int32).alias("level")  # a missing level is the first

_HAS_ORIGIN = IS_SENT & pl.col("origin").is_not_null()
_IS_CANCELLATION = (pl.col("type") == "SR") & _HAS_ORIGIN
_IS_REMINDER = (pl.col("type") == "MA") & _HAS_ORIGIN
_IS_REVENUE = (pl.col("side") == "D") & IS_VALID
_IS_EXPENSE = (pl.col("side") == "C") & IS_VALID
_CORRECTION = [
    # An origin may be a document of another kind, which the ledger does not have.
    pl.coalesce("invoice", pl.when(pl.col("origin_kind") == "Invoice").then("origin")).alias("invoice_id"),
    # Positive in the ledger, whichever sign they have in the books.
    pl.col("net_cents").abs(),
    pl.col("gross_cents").abs(),
]
_DATED = {"issued_on": "invoiceDate", "created_on": "create"}
_AMOUNTS = {"net_cents": "sumNet", "gross_cents": "sumGross"}
_OF_NOTE = _DATED | _AMOUNTS | {"issued_on": "creditNoteDate"}
_OF_VOUCHER = _DATED | _AMOUNTS | {"issued_on": "voucherDate"}


def _facts(fetched: Fetched) -> Documents:
    """Tell facts from drafts, templates and deactivated documents."""
    sent, cancelled, reminded, revenue, expenses, notes = collect_all(
        fetched.invoices.lazy().filter(IS_SALE),
        fetched.invoices.lazy().filter(_IS_CANCELLATION),
        fetched.reminders.lazy().filter(_IS_REMINDER),
        fetched.vouchers.lazy().filter(_IS_REVENUE),
        fetched.vouchers.lazy().filter(_IS_EXPENSE),
        fetched.credit_notes.lazy().filter(IS_SENT).with_columns(_CORRECTION),
    )
    return Documents(
        invoices=complete(sent, "Invoice", _DATED | _AMOUNTS),
        revenue=complete(revenue, "Voucher", _OF_VOUCHER),
        expenses=complete(expenses, "Voucher", _OF_VOUCHER),
        credit_notes=complete(notes, "CreditNote", _OF_NOTE),
        # These two need no amounts: the invoice that they belong to has them.
        cancellations=complete(cancelled, "Invoice", _DATED),
        reminders=complete(reminded, "Invoice", _DATED),
    )


ASSUMED_TERM_DAYS = 30
"""Where a document states no term."""
_STATED_TERM = pl.col("term_days").clip(0)  # below 0 is due at once
_DUE_AFTER_TERM = [
    (pl.col("issued_on") + pl.duration(days=_STATED_TERM.fill_null(ASSUMED_TERM_DAYS))).alias("due_on"),
    _STATED_TERM.is_null().alias("is_due_assumed"),
]
_DUE_ON_DEADLINE = [
    pl.coalesce("due_on", pl.col("issued_on") + pl.duration(days=ASSUMED_TERM_DAYS)).alias("due_on"),
    pl.col("due_on").is_null().alias("is_due_assumed"),
]
_INVOICE = pl.lit("invoice", dtype=DOCUMENT).alias("document")
_VOUCHER = pl.lit("voucher", dtype=DOCUMENT).alias("document")
_DISCOUNT_DAYS = pl.when(pl.col("discount_days") > 0).then("discount_days").cast(pl.Int32).alias("discount_days")
_NO_DISCOUNT = pl.lit(None, dtype=pl.Int32).alias("discount_days")
_SUMS = pl.col("net_cents", "gross_cents")


def _invoices(documents: Documents, parties: Parties) -> pl.LazyFrame:
    """Issued invoices, and vouchers for revenue that was not invoiced."""
    sent, revenue = documents.invoices, documents.revenue
    customers = parties.contacts(sent["contact"]).alias("customer")
    payers = parties.suppliers(revenue["supplier"], revenue["supplier_name"]).alias("customer")
    frames = [
        sent.lazy().select(
            BORROWER, _INVOICE, _ID, customers, "issued_on", *_DUE_AFTER_TERM, _DISCOUNT_DAYS, _SUMS, _RECORDED_ON
        ),
        revenue.lazy().select(
            BORROWER, _VOUCHER, _ID, payers, "issued_on", *_DUE_ON_DEADLINE, _NO_DISCOUNT, _SUMS, _RECORDED_ON
        ),
    ]
    return pl.concat(frames)


def _bills(documents: Documents, parties: Parties) -> pl.LazyFrame:
    """Bills of suppliers."""
    expenses = documents.expenses
    suppliers = parties.suppliers(expenses["supplier"], expenses["supplier_name"]).alias("supplier")
    return expenses.lazy().select(BORROWER, _ID, suppliers, "issued_on", *_DUE_ON_DEADLINE, _SUMS, _RECORDED_ON)


def _credit_notes(documents: Documents, parties: Parties) -> pl.LazyFrame:
    sent = documents.credit_notes
    customers = parties.contacts(sent["contact"]).alias("customer")
    return sent.lazy().select(BORROWER, _ID, "invoice_id", customers, "issued_on", _SUMS, _RECORDED_ON)
