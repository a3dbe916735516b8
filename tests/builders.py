# ruff: noqa: ANN401  a row holds values of many types
"""Builders of ledger facts: valid by default, a test overrides what matters to it.

``make_invoice(...)`` and its like give one row as a mapping; ``make_ledger(invoices=[...], ...)`` makes frames of them.
A fact is recorded on the day it happened unless ``recorded_on`` says otherwise, and identifiers count up.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any

import polars as pl

from features.derive import derive
from features.ledger import SCHEMAS, Ledger, Resource
from features.spine import ONLINE_BORROWER, SPINE, spine_of

Row = dict[str, Any]

_IDS = count(1000)
_ISSUED_ON = date(2024, 1, 15)


def _row(defaults: Row, overrides: Mapping[str, Any], *, happened: str) -> Row:
    row = {"borrower": ONLINE_BORROWER, **defaults, **overrides}
    row.setdefault("recorded_on", row[happened])
    return row


def make_invoice(**overrides: Any) -> Row:
    """An invoice over 100 euro net, due after 14 days; gross follows ``net_cents``, the due date ``issued_on``."""
    issued_on = overrides.get("issued_on", _ISSUED_ON)
    net_cents = overrides.get("net_cents", 100_00)
    defaults = {
        "document": "invoice",
        "document_id": next(_IDS),
        "customer": 1,
        "issued_on": issued_on,
        "due_on": issued_on + timedelta(days=14),
        "is_due_assumed": False,
        "discount_days": None,
        "net_cents": net_cents,
        "gross_cents": net_cents * 119 // 100,
        "sent_on": None,
        "is_duplicate": False,
        "duplicate_until": None,
        "sold_on": None,
        "retention_cents": 0,
        "retained_since": None,
        "retained_until": None,
    }
    return _row(defaults, overrides, happened="issued_on")


def make_bill(**overrides: Any) -> Row:
    """A bill over 100 euro net, due after 14 days."""
    issued_on = overrides.get("issued_on", _ISSUED_ON)
    net_cents = overrides.get("net_cents", 100_00)
    defaults = {
        "document_id": next(_IDS),
        "supplier": 1,
        "issued_on": issued_on,
        "due_on": issued_on + timedelta(days=14),
        "is_due_assumed": False,
        "net_cents": net_cents,
        "gross_cents": net_cents * 119 // 100,
        "is_duplicate": False,
        "duplicate_until": None,
    }
    return _row(defaults, overrides, happened="issued_on")


def make_payment(paid: Mapping[str, Any] | None = None, **overrides: Any) -> Row:
    """A payment by bank; of a whole document (a row of an invoice or bill) where one is given."""
    defaults = {
        "document": "invoice",
        "document_id": 1,
        "transaction_id": None,
        "amount_cents": 119_00,
        "source": "bank",
        "happened_on": _ISSUED_ON,
    }
    return _row({**defaults, **_of(paid)}, overrides, happened="happened_on")


def make_settlement(settled: Mapping[str, Any] | None = None, **overrides: Any) -> Row:
    """A discount; of a whole document where one is given."""
    defaults = {
        "document": "invoice",
        "document_id": 1,
        "amount_cents": 2_00,
        "cause": "discount",
        "dated_by": "last_booking",
        "happened_on": _ISSUED_ON,
    }
    return _row({**defaults, **_of(settled)}, overrides, happened="happened_on")


def _of(document: Mapping[str, Any] | None) -> Row:
    if document is None:
        return {}
    return {
        "borrower": document["borrower"],
        "document": document.get("document", "voucher"),
        "document_id": document["document_id"],
        "amount_cents": document["gross_cents"],
    }


def make_credit_note(corrected: Mapping[str, Any] | None = None, **overrides: Any) -> Row:
    """A credit note over 100 euro net; linked to the invoice where one is given."""
    net_cents = overrides.get("net_cents", 100_00)
    defaults = {
        "document_id": next(_IDS),
        "invoice_id": None if corrected is None else corrected["document_id"],
        "customer": 1,
        "issued_on": _ISSUED_ON,
        "net_cents": net_cents,
        "gross_cents": net_cents * 119 // 100,
    }
    return _row(defaults, overrides, happened="issued_on")


def make_cancellation(cancelled: Mapping[str, Any] | None = None, **overrides: Any) -> Row:
    """A cancellation document of the invoice that is given."""
    invoice_id = 1 if cancelled is None else cancelled["document_id"]
    defaults = {"document_id": next(_IDS), "invoice_id": invoice_id, "happened_on": _ISSUED_ON}
    return _row(defaults, overrides, happened="happened_on")


def make_reminder(reminded: Mapping[str, Any] | None = None, **overrides: Any) -> Row:
    """A first reminder of the invoice that is given."""
    invoice_id = 1 if reminded is None else reminded["document_id"]
    defaults = {"document_id": next(_IDS), "invoice_id": invoice_id, "level": 1, "happened_on": _ISSUED_ON}
    return _row(defaults, overrides, happened="happened_on")


def make_account(**overrides: Any) -> Row:
    """Account 1: online, fed by the bank."""
    defaults = {
        "account_id": 1,
        "kind": "online",
        "provenance": "bank_feed",
        "recorded_on": _ISSUED_ON,
        "bank_account_id": overrides.get("account_id", 1),
        "feed": "current",
        "covered_until": None,
    }
    return _row(defaults, overrides, happened="recorded_on")


def make_balance(**overrides: Any) -> Row:
    """A confirmed level of account 1: 1,000 euro."""
    defaults = {"account_id": 1, "level_cents": 1_000_00, "is_level_verified": True, "happened_on": _ISSUED_ON}
    return _row(defaults, overrides, happened="happened_on")


def make_level(**overrides: Any) -> Row:
    """A verified level of bank account 1: 1,000 euro."""
    defaults = {"bank_account_id": 1, "level_cents": 1_000_00, "state": "verified", "happened_on": _ISSUED_ON}
    return _row(defaults, overrides, happened="happened_on")


def make_closing(closed: Mapping[str, Any] | None = None, **overrides: Any) -> Row:
    """A document closed over a line of the bank; a whole one where one is given."""
    defaults = {
        "document": "invoice",
        "document_id": 1,
        "transaction_id": None,
        "amount_cents": 119_00,
        "means": "bank",
        "is_day_known": True,
        "happened_on": _ISSUED_ON,
    }
    return _row({**defaults, **_of(closed)}, overrides, happened="happened_on")


def make_set_aside(**overrides: Any) -> Row:
    """An invoice over 100 euro net whose date could not be read."""
    defaults = {
        "kind": "sale",
        "document_id": next(_IDS),
        "reason": "unreadable",
        "field": "invoiceDate",
        "customer": 1,
        "net_cents": 100_00,
        "gross_cents": 119_00,
        "issued_on": None,
        "due_on": None,
        "category": None,
        "recorded_on": _ISSUED_ON,
    }
    return _row(defaults, overrides, happened="recorded_on")


def make_transaction(**overrides: Any) -> Row:
    """A line of account 1: 100 euro in, delivered by the bank."""
    defaults = {
        "transaction_id": next(_IDS),
        "account_id": 1,
        "amount_cents": 100_00,
        "nature": "other",
        "is_internal": False,
        "counterparty": None,
        "happened_on": _ISSUED_ON,
        "bank_account_id": overrides.get("account_id", 1),
        "counterparty_account": None,
        "category": "other",
        "certainty": "certain",
        "rule": None,
        "transfer": "none",
        "is_fed": True,
        "is_duplicate": False,
        "funder": None,
    }
    return _row(defaults, overrides, happened="happened_on")


def make_position(of: Mapping[str, Any] | None = None, **overrides: Any) -> Row:
    """A position over the whole of a document, without an account; of invoice 1 where none is given."""
    defaults = {
        "document": "invoice",
        "document_id": 1,
        "position_id": next(_IDS),
        "item": None,
        "account": None,
        "kind": "unmapped",
        "net_cents": 100_00,
        "gross_cents": 119_00,
        "recorded_on": _ISSUED_ON,
    }
    if of is not None:
        taken = ("borrower", "document_id", "net_cents", "gross_cents", "recorded_on")
        defaults |= {name: of[name] for name in taken} | {"document": of.get("document", "voucher")}
    return _row(defaults, overrides, happened="recorded_on")


def make_ledger(*, fetched: Iterable[Resource] = Resource, **frames: Iterable[Row]) -> Ledger:
    """A ledger of rows by frame name; frames that are not named are empty."""
    unknown = frames.keys() - SCHEMAS.keys()
    if unknown:
        raise TypeError(f"No such frames: {sorted(unknown)}")
    made = {name: pl.DataFrame(list(frames.get(name, ())), schema=schema) for name, schema in SCHEMAS.items()}
    return Ledger(**made, fetched=frozenset(fetched))


def make_spine(*points: tuple[int, date], is_reconstructed: bool = False) -> pl.DataFrame:
    """A spine of (borrower, day) pairs."""
    rows = [(borrower, as_of, is_reconstructed) for borrower, as_of in points]
    return pl.DataFrame(rows, schema=SPINE, orient="row")


def feature_of(name: str, as_of: date, ledger: Ledger) -> float | str:
    """The value of one feature of one applicant, or the cause of its absence."""
    rows = derive(ledger, spine_of(as_of), [name])
    value = rows.row()[name]
    return rows.missing()[name] if value is None else value
