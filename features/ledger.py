"""The input contract of every feature: dated facts of one or many borrowers, and nothing else.

A ledger never says "paid", "open" or "overdue": those are derived at an observation date from invoices, payments,
credit notes, cancellations and settlements. Every fact carries the day it happened (``happened_on``, for documents
``issued_on``) and the day it was recorded (``recorded_on``); it is visible at ``as_of`` when both are at or before it.

The facts of version 1 stay as they are, for the features of catalogue 1. What version 2 added (columns at the end of a
frame; ``levels``, ``closings``, ``set_aside``) is read by the features of catalogue 2: ``levels`` in place of
``balances``, ``closings`` in place of ``payments`` and ``settlements``. Version 3 added what a source notes on
documents and lines beside their amounts (resource ``marks``), the positions of documents, and funders of bank lines.
See ``docs/ledger.md``.

Units: money is Int64 cents, days are ``Date``, identifiers are Int64. ``customer``, ``supplier`` and ``counterparty``
are keyed hashes: equal means the same party within one borrower, and nothing more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

import polars as pl


class Resource(StrEnum):
    """What can be fetched from a bookkeeping system; a feature declares which of these it needs."""

    INVOICES = "invoices"
    """Issued invoices, with their cancellations."""
    REMINDERS = "reminders"
    """Dunning documents."""
    CREDIT_NOTES = "credit_notes"
    VOUCHERS = "vouchers"
    """Bills of suppliers, and revenue that was not invoiced (tills, marketplaces)."""
    ACCOUNTS = "accounts"
    """Bank and cash accounts: kind and provenance. Bank data."""
    BALANCES = "balances"
    """Account levels. Bank data."""
    TRANSACTIONS = "transactions"
    """Lines of bank and cash accounts. Bank data."""
    PAYMENT_LOG = "payment_log"
    """Which bank line paid which document. Bank data. Without it payments come from the documents' own fields."""
    RECOGNITION = "recognition"
    """What a source recognises in what was read: duplicates, own transfers, categories of bank lines, how documents
    were closed, what was set aside. Nothing more is read for it. Facts from before version 2 do not have it."""
    MARKS = "marks"
    """What a source notes on documents and lines beside their amounts: running numbers, locks, last edits, blank texts,
    scans, whether a line was booked. No list more is read for it. Facts from before version 3 do not have it."""
    TAXES = "taxes"
    """How value added tax applies to documents. Nothing more is read for it. Facts from before version 3 do not have
    it."""
    POSITIONS = "positions"
    """Positions of invoices, credit notes and vouchers, with their booking accounts."""


BANK_DATA = frozenset({Resource.ACCOUNTS, Resource.BALANCES, Resource.TRANSACTIONS, Resource.PAYMENT_LOG})
"""Resources whose content counts as information on incoming and outgoing payments on bank accounts."""

DOCUMENT = pl.Enum(["invoice", "voucher", "credit_note"])
PAYMENT_SOURCE = pl.Enum(["bank", "register", "document"])
SETTLEMENT_CAUSE = pl.Enum(["discount", "write_off", "fee", "unknown"])
DATED_BY = pl.Enum(["last_booking", "pay_date", "as_of"])
ACCOUNT_KIND = pl.Enum(["online", "offline", "register"])
PROVENANCE = pl.Enum(["bank_feed", "file_import", "none"])
NATURE = pl.Enum(
    [
        "other",
        "returned_debit",
        "reminder_fee",
        "garnishment",
        "tax",
        "social_security",
        "debt_service",
        "loan_proceeds",
        "wages",
        "rent",
        "owner_drawing",
        "owner_contribution",
    ]
)
"""What a bank line is about, as version 1 recognised it at the edge from its text, which goes no further."""
CATEGORY = pl.Enum(
    [
        "other",
        "customer_receipt",
        "collected_debit",
        "provider_payout",
        "factoring_payout",
        "cash_deposit",
        "loan_proceeds",
        "owner_contribution",
        "subsidy",
        "tax_refund",
        "insurance_benefit",
        "refund_received",
        "customer_insolvency",
        "enforced_receipt",
        "interest_received",
        "supplier",
        "wages",
        "wage_garnishment",
        "social_security",
        "vat",
        "payroll_tax",
        "income_tax",
        "trade_tax",
        "other_tax",
        "rent",
        "utilities",
        "communication",
        "insurance",
        "vehicle",
        "advertising",
        "software",
        "professional_fees",
        "chamber_dues",
        "travel",
        "shipping",
        "loan_service",
        "lease",
        "factoring_fee",
        "provider_fee",
        "card_settlement",
        "owner_drawing",
        "refund_paid",
        "cash_withdrawal",
        "bank_fee",
        "return_fee",
        "reminder_fee",
        "garnishment",
        "enforcement_cost",
        "insolvency_own",
        "returned_debit",
        "returned_objection",
        "returned_customer_debit",
        "transfer",
    ]
)
"""What a bank line is about; ``docs/bank-lines.md`` says what each means."""
CERTAINTY = pl.Enum(["certain", "probable"])
"""How strong the evidence is."""
TRANSFER = pl.Enum(["none", "link", "account", "card", "entered", "own_name", "amount"])
"""What shows that a line is a transfer between own accounts: the source links both lines; the counterparty is the
account number of another own account; it settles an own credit card; it is linked with a line, or has the number of an
account, that somebody entered; the counterparty has the firm's own name, and the account is not in the books; or only
equal opposite amounts within three days. The last three are probable."""
FEED = pl.Enum(["current", "stale", "none"])
"""Whether the bank delivers the lines of an account, and still did of late."""
LEVEL_STATE = pl.Enum(["verified", "stale", "unverified", "unused"])
"""Whether the bank confirms a level: it does; it did, until its feed stopped; it does not; or there is nothing to
confirm, because the account has no line and no money."""
MEANS = pl.Enum(
    [
        "bank",
        "manual",
        "register",
        "provider",
        "stated",
        "set_off",
        "discount",
        "fee",
        "clearing",
        "short",
    ]
)
"""How a document was closed, or a part of it.

bank: over a line that the bank delivered. manual: over a line that somebody entered. register: in cash. provider: over
a clearing account that pay-outs of a payment provider or factor emptied. stated: the document says that it is paid, and
no line is known. set_off: against what is owed to the same party. discount: the agreed early-payment discount, taken in
time. fee: paid above the total. clearing: booked off over a clearing account, and no money is seen. short: closed with
less than was owed.
"""
SET_ASIDE_KIND = pl.Enum(
    [
        "sale",
        "bill",
        "credit_note",
        "cancellation",
        "reminder",
        "account",
        "bank_line",
        "log_entry",
        "unknown",
    ]
)
SET_ASIDE_REASON = pl.Enum(["missing", "unreadable", "out_of_range"])
TAX = pl.Enum(
    [
        "standard",
        "exempt",
        "reverse_charge",
        "intra_community",
        "export",
        "not_taxable",
        "one_stop_shop",
        "small_business",
        "not_deductible",
        "other",
    ]
)
"""How value added tax applies to a document: the firm charges or deducts it; the turnover is exempt; the recipient owes
it (of a bill: the firm itself, who deducts it); a supply within the European Union, or its acquisition; an export; a
service that is not taxable here; tax that another member state is owed, by the one-stop shop; a small business that
charges none; input tax that cannot be deducted; another rule of the source."""
BOOKING = pl.Enum(["created", "linked", "private", "booked"])
"""How far a bank line was worked off in the books: not at all; linked with a document that it does not close; marked as
private; booked."""
COST_KIND = pl.Enum(
    [
        "revenue",
        "other_income",
        "material",
        "wages",
        "social_security",
        "rent",
        "utilities",
        "vehicle",
        "advertising",
        "travel",
        "communication",
        "insurance",
        "professional_fees",
        "repairs",
        "other_cost",
        "depreciation",
        "interest",
        "tax",
        "loan",
        "lease",
        "owner",
        "asset",
        "unmapped",
    ]
)
"""What a position is about, by its booking account; ``unmapped`` where the account is not known or not stated."""

INVOICES = pl.Schema(
    {
        "borrower": pl.Int64(),
        "document": DOCUMENT,  # "invoice", or "voucher" for revenue that was not invoiced
        "document_id": pl.Int64(),
        "customer": pl.Int64(),  # null when the document names nobody
        "issued_on": pl.Date(),
        "due_on": pl.Date(),
        "is_due_assumed": pl.Boolean(),  # no term stated: 30 days were assumed
        "discount_days": pl.Int32(),  # days in which an early-payment discount was offered, else null
        "net_cents": pl.Int64(),
        "gross_cents": pl.Int64(),
        "recorded_on": pl.Date(),
        "sent_on": pl.Date(),  # before it the document was a draft; null where nothing tells
        "is_duplicate": pl.Boolean(),  # a copy of another document, which counts
        "duplicate_until": pl.Date(),  # from this day on it is none any more, and counts; null where it stays one
        "sold_on": pl.Date(),  # the day since when the books tell that it was sold to a factor; null where it was not
        "retention_cents": pl.Int64(),  # of the gross amount, kept back by the customer until its release
        "retained_since": pl.Date(),  # the day since when the books tell that; null: as long as the document
        "retained_until": pl.Date(),  # null where no day is known
        "series": pl.Int64(),  # keyed hash of what the numbers of one series share; null for vouchers
        "number": pl.Int64(),  # the running part of its number; null where there is none
        "locked_on": pl.Date(),  # since when it cannot be edited any more; null where it can
        "edited_on": pl.Date(),  # of the last change after it was last sent, a payment included
        "is_blank": pl.Boolean(),  # its header and texts say nothing of what was sold; positions may
        "is_recurring": pl.Boolean(),  # made of a template, by its rhythm
        "tax": TAX,
    }
)
BILLS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "document_id": pl.Int64(),  # always a voucher
        "supplier": pl.Int64(),
        "issued_on": pl.Date(),
        "due_on": pl.Date(),
        "is_due_assumed": pl.Boolean(),
        "net_cents": pl.Int64(),
        "gross_cents": pl.Int64(),
        "recorded_on": pl.Date(),
        "is_duplicate": pl.Boolean(),  # the same bill of the same supplier was entered before
        "duplicate_until": pl.Date(),  # as of the invoices
        "edited_on": pl.Date(),  # of the last change of any kind, a payment included
        "is_blank": pl.Boolean(),  # it has no number and no description
        "has_scan": pl.Boolean(),  # the source keeps the document itself; null where that cannot be read
        "tax": TAX,
    }
)
PAYMENTS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "document": DOCUMENT,
        "document_id": pl.Int64(),
        "transaction_id": pl.Int64(),  # the bank line, where known
        "amount_cents": pl.Int64(),  # positive reduces what is open on the document, whichever side it is on
        "source": PAYMENT_SOURCE,
        "happened_on": pl.Date(),
        "recorded_on": pl.Date(),
    }
)
SETTLEMENTS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "document": DOCUMENT,
        "document_id": pl.Int64(),
        "amount_cents": pl.Int64(),  # positive reduces what is open; negative: paid above the total (fees)
        "cause": SETTLEMENT_CAUSE,
        "dated_by": DATED_BY,
        "happened_on": pl.Date(),
        "recorded_on": pl.Date(),
    }
)
CREDIT_NOTES = pl.Schema(
    {
        "borrower": pl.Int64(),
        "document_id": pl.Int64(),
        "invoice_id": pl.Int64(),  # the invoice it corrects, else null
        "customer": pl.Int64(),
        "issued_on": pl.Date(),
        "net_cents": pl.Int64(),  # positive
        "gross_cents": pl.Int64(),  # positive
        "recorded_on": pl.Date(),
        "tax": TAX,
    }
)
CANCELLATIONS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "document_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "happened_on": pl.Date(),
        "recorded_on": pl.Date(),
    }
)
REMINDERS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "document_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "level": pl.Int32(),  # 1 is the first reminder
        "happened_on": pl.Date(),
        "recorded_on": pl.Date(),
    }
)
ACCOUNTS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "account_id": pl.Int64(),
        "kind": ACCOUNT_KIND,
        "provenance": PROVENANCE,
        "recorded_on": pl.Date(),
        "bank_account_id": pl.Int64(),  # the account at the bank: connections of one account share it
        "feed": FEED,
        "covered_until": pl.Date(),  # the last day that the bank's data cover; null where the bank delivers none
    }
)
BALANCES = pl.Schema(
    {
        "borrower": pl.Int64(),
        "account_id": pl.Int64(),
        "level_cents": pl.Int64(),  # at the end of happened_on, before all transactions of later days
        "is_level_verified": pl.Boolean(),  # a bank-fed balance confirms the level
        "happened_on": pl.Date(),
        "recorded_on": pl.Date(),
    }
)
TRANSACTIONS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "transaction_id": pl.Int64(),
        "account_id": pl.Int64(),  # an online or register account; lines of clearing accounts are not cash
        "amount_cents": pl.Int64(),  # signed: positive is money in
        "nature": NATURE,
        "is_internal": pl.Boolean(),  # a transfer between own accounts
        "counterparty": pl.Int64(),
        "happened_on": pl.Date(),
        "recorded_on": pl.Date(),
        "bank_account_id": pl.Int64(),  # as in the accounts
        "counterparty_account": pl.Int64(),  # hash of its account number alone; null where none is stated
        "category": CATEGORY,
        "certainty": CERTAINTY,  # of the category
        "rule": pl.String(),  # that gave the category; null for "other"
        "transfer": TRANSFER,
        "is_fed": pl.Boolean(),  # the bank delivered it; else somebody entered or imported it
        "is_duplicate": pl.Boolean(),  # another copy of a line that counts
        "booking": BOOKING,
        "funder": pl.String(),  # code of a known funder, as docs/facilities.md lists them; null for others
    }
)
LEVELS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "bank_account_id": pl.Int64(),
        "level_cents": pl.Int64(),  # at the end of happened_on, before all lines of later days that are no duplicates
        "state": LEVEL_STATE,
        "happened_on": pl.Date(),
        "recorded_on": pl.Date(),
    }
)
CLOSINGS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "document": DOCUMENT,
        "document_id": pl.Int64(),
        "transaction_id": pl.Int64(),  # the bank line, where known
        "amount_cents": pl.Int64(),  # positive reduces what is open on the document, whichever side it is on
        "means": MEANS,
        "is_day_known": pl.Boolean(),  # else it happened at some time up to happened_on
        "happened_on": pl.Date(),
        "recorded_on": pl.Date(),
    }
)
SET_ASIDE = pl.Schema(
    {
        "borrower": pl.Int64(),
        "kind": SET_ASIDE_KIND,
        "document_id": pl.Int64(),
        "reason": SET_ASIDE_REASON,
        "field": pl.String(),  # the source's name of what could not be read
        "customer": pl.Int64(),  # or supplier
        "net_cents": pl.Int64(),  # these four null where they could not be read
        "gross_cents": pl.Int64(),
        "issued_on": pl.Date(),
        "due_on": pl.Date(),
        "category": CATEGORY,  # of a bank line
        "recorded_on": pl.Date(),
    }
)
POSITIONS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "document": DOCUMENT,
        "document_id": pl.Int64(),
        "position_id": pl.Int64(),
        "item": pl.Int64(),  # keyed hash of the article, else of its name; null where neither is stated
        "account": pl.Int64(),  # number of the booking account in the firm's chart; null where none is stated
        "kind": COST_KIND,
        "net_cents": pl.Int64(),  # as the amounts of the document: positive on a credit note
        "gross_cents": pl.Int64(),
        "recorded_on": pl.Date(),
    }
)

SCHEMAS: dict[str, pl.Schema] = {
    "invoices": INVOICES,
    "bills": BILLS,
    "payments": PAYMENTS,
    "settlements": SETTLEMENTS,
    "credit_notes": CREDIT_NOTES,
    "cancellations": CANCELLATIONS,
    "reminders": REMINDERS,
    "accounts": ACCOUNTS,
    "balances": BALANCES,
    "transactions": TRANSACTIONS,
    "levels": LEVELS,
    "closings": CLOSINGS,
    "set_aside": SET_ASIDE,
    "positions": POSITIONS,
}
"""Frame name to its exact schema, column order included."""

LEDGER_VERSION = 3
"""Of this structure; each is kept in ``features.ledger_versions``, which says how to change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Dated facts of one or many borrowers, one frame per kind of fact, each with the schema in ``SCHEMAS``."""

    invoices: pl.DataFrame
    bills: pl.DataFrame
    payments: pl.DataFrame
    settlements: pl.DataFrame
    credit_notes: pl.DataFrame
    cancellations: pl.DataFrame
    reminders: pl.DataFrame
    accounts: pl.DataFrame
    balances: pl.DataFrame
    transactions: pl.DataFrame
    levels: pl.DataFrame
    closings: pl.DataFrame
    set_aside: pl.DataFrame
    positions: pl.DataFrame
    fetched: frozenset[Resource]
    """The resources that were requested. The frames of others are empty because they were not fetched."""

    @classmethod
    def empty(cls, fetched: frozenset[Resource] = frozenset(Resource)) -> "Ledger":
        """A ledger without facts."""
        return cls(**{name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}, fetched=fetched)

    def frames(self) -> dict[str, pl.DataFrame]:
        """The frames by name, in the order of ``SCHEMAS``."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "fetched"}


def appended(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """A frame of the ledger with more rows, of which only the frame's columns count; those that rows lack are null."""
    known = [
        pl.col(name).cast(dtype) if name in rows.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in frame.schema.items()
    ]
    return pl.concat([frame, rows.select(known)])


_AS_WRITTEN = pl.QueryOptFlags._eager().update(simplify_expression=False)  # noqa: SLF001  no public name for it
"""Types are found, and nothing else is done to a plan: on a few thousand rows looking for better ones costs more."""


def collect_all(*frames: pl.LazyFrame) -> list[pl.DataFrame]:
    """Collect several frames at once, by the operations as they were written."""
    return pl.collect_all(frames, optimizations=_AS_WRITTEN)


def collect(frame: pl.LazyFrame) -> pl.DataFrame:
    """Collect one frame by the operations as they were written."""
    return collect_all(frame)[0]


def grouped(frame: pl.LazyFrame, keys: Sequence[str], aggregates: Iterable[pl.Expr]) -> pl.LazyFrame:
    """Aggregate by keys that take few values, sorted by these.

    Groups of rows that are sorted by one column are slices, which takes half the time of hashing; of two it does not.
    """
    if len(keys) == 1:
        return frame.sort(keys).group_by(keys, maintain_order=True).agg(aggregates)
    return frame.group_by(keys).agg(aggregates).sort(keys)
