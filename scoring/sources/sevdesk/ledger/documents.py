"""Documents of sevdesk to the documents of the ledger: what was issued, by whom, when, due when, over how much.

Drafts, recurring templates and deactivated documents are not facts.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import polars as pl

from features.ledger import DOCUMENT, TAX, Resource, collect_all
from features.spine import ONLINE_BORROWER
from scoring.sources.sevdesk.ledger.marks import MARKS_OF_BILLS, MARKS_OF_REVENUE, marks_of_invoices
from scoring.sources.sevdesk.ledger.taxes import TAX_OF
from scoring.sources.sevdesk.words.fetched import Fetched
from scoring.sources.sevdesk.words.pages import malformed

Frames: TypeAlias = dict[str, pl.LazyFrame]
"""Frames of the ledger by name, not yet computed: all are computed together."""

# Expressions are built once, at import: to build them takes longer than to compute them on a few thousand rows.
BORROWER = pl.lit(ONLINE_BORROWER, dtype=pl.Int64).alias("borrower")
IS_LIVE = ~pl.col("is_deleted")
"""A bank line that was not deleted. Lists leave deleted ones out, by what was seen so far."""

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""Days of facts, as the contract of ledgers has them (``features.contracts``, which is too slow to import here)."""


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


SHORTEST_KEY = 16
"""Bytes; a shorter key could be guessed, and names with it."""
_LONGEST_KEY = 64


class Parties:
    """Hashes for one borrower; each distinct party is hashed once.

    Args:
        key: 16 to 64 secret bytes, of this borrower alone. Whoever destroys it makes the hashes anonymous.

    Raises:
        ValueError: The key is too short or too long.
    """

    def __init__(self, key: bytes) -> None:
        if not SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
            raise ValueError(f"the hash key of a borrower has {SHORTEST_KEY} to {_LONGEST_KEY} bytes, not {len(key)}")
        self._key = key
        self._contacts = _Memo(lambda number: self._hash(f"contact:{number}"))
        self._parts = _Memo(lambda number: self._hash(f"part:{number}"))
        self._names = _Memo(lambda name: self._hash_text("name", " ".join(name.split()).casefold()))
        self._series = _Memo(lambda text: self._hash(f"series:{text}"))
        self._accounts = _Memo(lambda number: self._hash_text("account", "".join(number.split()).upper()))

    def contacts(self, ids: pl.Series) -> pl.Series:
        """Hashes of contact ids."""
        return pl.Series(list(map(self._contacts.__getitem__, ids.to_list())), dtype=pl.Int64)

    def suppliers(self, ids: pl.Series, names: pl.Series) -> pl.Series:
        """Hashes of contact ids, and of the name where there is no id."""
        return self._first(self._contacts, ids, names)

    def items(self, ids: pl.Series, names: pl.Series) -> pl.Series:
        """Hashes of article ids, and of the name where there is no article."""
        return self._first(self._parts, ids, names)

    def counterparties(self, numbers: pl.Series, names: pl.Series) -> pl.Series:
        """Hashes of account numbers, and of the name where there is none."""
        return self._first(self._accounts, numbers, names)

    def account_numbers(self, numbers: pl.Series) -> pl.Series:
        """Hashes of account numbers alone."""
        return pl.Series(list(map(self._accounts.__getitem__, numbers.to_list())), dtype=pl.Int64)

    def series(self, texts: pl.Series) -> pl.Series:
        """Hashes of what the numbers of one series of documents share."""
        return pl.Series(list(map(self._series.__getitem__, texts.to_list())), dtype=pl.Int64)

    def _first(self, memo: "_Memo", keys: pl.Series, names: pl.Series) -> pl.Series:
        known = zip(map(memo.__getitem__, keys.to_list()), names.to_list(), strict=True)
        hashes = [self._names[name] if party is None else party for party, name in known]
        return pl.Series(hashes, dtype=pl.Int64)

    def _hash_text(self, kind: str, text: str) -> int | None:
        return self._hash(f"{kind}:{text}") if text else None

    def _hash(self, text: str) -> int:
        digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "big", signed=True)


class _Memo(dict[object, int | None]):
    """A dictionary that computes what it does not hold; nobody stays nobody."""

    def __init__(self, compute: Callable[..., int | None]) -> None:
        super().__init__({None: None})
        self._compute = compute

    def __missing__(self, key: object) -> int | None:
        value = self[key] = self._compute(key)
        return value


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
    templates: pl.Series
    """Ids of the recurring templates (WKR)."""
    is_marked: bool
    """Whether the resource ``marks`` was asked for."""
    tax: pl.Expr
    """How value added tax applies; null where the resource ``taxes`` was not asked for."""


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
        templates=fetched.invoices.filter(pl.col("type") == "WKR")["id"],
        is_marked=Resource.MARKS in fetched.resources,
        tax=TAX_OF if Resource.TAXES in fetched.resources else _NO_TAX,
    )


ASSUMED_TERM_DAYS = 30
"""Where a document states no term."""
_STATED_TERM = pl.col("term_days").clip(0)  # below 0 is due at once
DUE_AFTER_TERM = [
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
_NO_DAY = pl.lit(None, dtype=pl.Date)
_NOT_DUPLICATE = [pl.lit(value=False).alias("is_duplicate"), _NO_DAY.alias("duplicate_until")]
_UNRECOGNISED = [
    _NO_DAY.alias("sent_on"),
    *_NOT_DUPLICATE,
    _NO_DAY.alias("sold_on"),
    pl.lit(0, dtype=pl.Int64).alias("retention_cents"),
    _NO_DAY.alias("retained_since"),
    _NO_DAY.alias("retained_until"),
]
_NO_TAX = pl.lit(None, dtype=TAX).alias("tax")
_UNMARKED_SALE = [
    pl.lit(None, dtype=pl.Int64).alias("series"),
    pl.lit(None, dtype=pl.Int64).alias("number"),
    _NO_DAY.alias("locked_on"),
    _NO_DAY.alias("edited_on"),
    pl.lit(None, dtype=pl.Boolean).alias("is_blank"),
    pl.lit(None, dtype=pl.Boolean).alias("is_recurring"),
]
_UNMARKED_BILL = [
    _NO_DAY.alias("edited_on"),
    pl.lit(None, dtype=pl.Boolean).alias("is_blank"),
    pl.lit(None, dtype=pl.Boolean).alias("has_scan"),
]
_SUMS = pl.col("net_cents", "gross_cents")


def _invoices(documents: Documents, parties: Parties) -> pl.LazyFrame:
    """Issued invoices, and vouchers for revenue that was not invoiced."""
    sent, revenue = documents.invoices, documents.revenue
    customers = parties.contacts(sent["contact"]).alias("customer")
    payers = parties.suppliers(revenue["supplier"], revenue["supplier_name"]).alias("customer")
    is_marked = documents.is_marked
    marks = marks_of_invoices(parties.series(sent["series"]), documents.templates) if is_marked else _UNMARKED_SALE
    frames = [
        sent.lazy().select(
            BORROWER,
            _INVOICE,
            _ID,
            customers,
            "issued_on",
            *DUE_AFTER_TERM,
            _DISCOUNT_DAYS,
            _SUMS,
            _RECORDED_ON,
            *_UNRECOGNISED,
            *marks,
            documents.tax,
        ),
        revenue.lazy().select(
            BORROWER,
            _VOUCHER,
            _ID,
            payers,
            "issued_on",
            *_DUE_ON_DEADLINE,
            _NO_DISCOUNT,
            _SUMS,
            _RECORDED_ON,
            *_UNRECOGNISED,
            *(MARKS_OF_REVENUE if is_marked else _UNMARKED_SALE),
            documents.tax,
        ),
    ]
    return pl.concat(frames)


def _bills(documents: Documents, parties: Parties) -> pl.LazyFrame:
    """Bills of suppliers."""
    expenses = documents.expenses
    suppliers = parties.suppliers(expenses["supplier"], expenses["supplier_name"]).alias("supplier")
    marks = MARKS_OF_BILLS if documents.is_marked else _UNMARKED_BILL
    facts = expenses.lazy().with_columns(suppliers)
    sums = (*_DUE_ON_DEADLINE, _SUMS, _RECORDED_ON)
    return facts.select(BORROWER, _ID, "supplier", "issued_on", *sums, *_NOT_DUPLICATE, *marks, documents.tax)


def _credit_notes(documents: Documents, parties: Parties) -> pl.LazyFrame:
    sent = documents.credit_notes
    customers = parties.contacts(sent["contact"]).alias("customer")
    facts = (BORROWER, _ID, "invoice_id", customers, "issued_on", _SUMS, _RECORDED_ON)
    return sent.lazy().select(*facts, documents.tax)
