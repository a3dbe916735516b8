"""The ledger of a simulated firm straight from its history: what a ledger builder has to make of its served books."""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from sandbox.bookkeeping.history import (
    SALES,
    Account,
    CreditNote,
    History,
    Invoice,
    Line,
    Voucher,
    is_income,
)
from sandbox.portfolio.ledger_schemas import LEDGER

_UNIX_EPOCH = 719_163
"""The ordinal of 1970-01-01."""
ASSUMED_DAYS = 30
"""Days to pay where the document states none."""

Row = tuple[Any, ...]
Rows = dict[str, list[Row]]
"""Frame name to rows; days are ordinals."""


def ledger_frames(history: History, *, borrower: int = 0) -> dict[str, pl.DataFrame]:
    """The ledger of one firm, as of the last day of its books.

    Args:
        history: the firm's simulated past.
        borrower: the number that all of its rows carry.

    Returns:
        Frame name to frame, with the schemas of ``sandbox.portfolio.ledger_schemas.LEDGER``.
    """
    rows = ledger_rows(history, borrower)
    return {name: frame_of(rows[name], schema) for name, schema in LEDGER.items()}


def frame_of(rows: Sequence[Row], schema: pl.Schema) -> pl.DataFrame:
    """A frame of rows in which days are ordinals."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    series = []
    for (name, dtype), values in zip(schema.items(), columns, strict=True):
        if dtype == pl.Date:
            series.append((pl.Series(name, values, dtype=pl.Int32) - _UNIX_EPOCH).cast(pl.Date))
        else:
            series.append(pl.Series(name, values, dtype=dtype))
    return pl.DataFrame(series)


def ledger_rows(history: History, borrower: int) -> Rows:
    """The rows of every frame; days are ordinals."""
    lines = [line for line in history.lines if not line.is_deleted]
    return {
        "invoices": sorted(_invoices(history, borrower), key=lambda row: row[2]),
        "bills": [
            (borrower, v.id, v.supplier, v.issued, *_due(v.issued, v.deadline), v.net, v.gross, v.recorded)
            for v in history.vouchers
            if v.side == "C" and _is_fact(v)
        ],
        "payments": list(_payments(history, borrower)),
        "settlements": list(_settlements(history, borrower)),
        "credit_notes": [
            (borrower, c.id, c.invoice.id if c.invoice else None, c.customer, c.issued, c.net, c.gross, c.recorded)
            for c in history.credit_notes
            if not c.is_draft
        ],
        "cancellations": [
            (borrower, i.id, i.origin.id, i.issued, i.recorded)
            for i in history.invoices
            if i.kind == "SR" and i.origin is not None
        ],
        "reminders": [
            (borrower, i.id, i.origin.id, i.level, i.issued, i.recorded)
            for i in history.invoices
            if i.kind == "MA" and i.origin is not None
        ],
        "accounts": [(borrower, a.id, a.kind, _provenance(a), a.recorded) for a in history.accounts],
        "balances": list(_balances(history, lines, borrower)),
        "transactions": list(_transactions(history, lines, borrower)),
    }


def _is_fact(document: Voucher) -> bool:
    return not document.is_draft and document.kind == "VOU"


def _due(issued: int, deadline: int | None) -> tuple[int, bool]:
    return (issued + ASSUMED_DAYS, True) if deadline is None else (deadline, False)


def _invoices(history: History, borrower: int) -> Iterable[Row]:
    for i in history.invoices:
        if i.kind in SALES and not i.is_draft:
            due = _due(i.issued, None if i.term is None else i.issued + i.term)
            discount = i.discount_days or None
            yield borrower, "invoice", i.id, i.customer, i.issued, *due, discount, i.net, i.gross, i.recorded
    for v in history.vouchers:
        if v.side == "D" and _is_fact(v):
            due = _due(v.issued, v.deadline)
            yield borrower, "voucher", v.id, v.supplier, v.issued, *due, None, v.net, v.gross, v.recorded


def _kind(document: Invoice | Voucher | CreditNote) -> str:
    if isinstance(document, Invoice):
        return "invoice"
    return "voucher" if isinstance(document, Voucher) else "credit_note"


def _payments(history: History, borrower: int) -> Iterable[Row]:
    sources = ["register" if account.kind == "register" else "bank" for account in history.accounts]
    for b in history.bookings:
        if history.accounts[b.line.account].kind == "offline":
            continue
        amount = b.amount if is_income(b.document) else -b.amount
        source = sources[b.line.account]
        yield borrower, _kind(b.document), b.document.id, b.line.id, amount, source, b.line.day, b.recorded
    for i in history.invoices:
        day = i.paid_by_hand_on
        if day is not None and i.kind in SALES and not i.has_booking:
            yield borrower, "invoice", i.id, None, i.gross - i.credited, "document", day, day
    for c in history.credit_notes:
        day = c.offset_on
        if day is not None and c.is_closed and not c.has_booking:
            yield borrower, "credit_note", c.id, None, c.gross, "document", day, day


def _settlements(history: History, borrower: int) -> Iterable[Row]:
    """What closed documents other than money: write-offs as booked, and the residue of documents that are settled."""
    for b in history.bookings:
        if history.accounts[b.line.account].kind == "offline":
            cause = ("write_off", "last_booking")
            yield borrower, _kind(b.document), b.document.id, b.amount, *cause, b.line.day, b.recorded
    credited: dict[int, int] = {}
    for c in history.credit_notes:
        if c.invoice is not None and not c.is_draft:
            credited[c.invoice.id] = credited.get(c.invoice.id, 0) + c.gross
    for i in history.invoices:
        if i.kind not in SALES or not i.is_closed or i.is_cancelled or not i.has_booking:
            continue
        by_notes = credited.get(i.id, 0)
        residue = i.gross - i.booked - i.written_off - by_notes
        if residue == 0 or (residue < 0 and by_notes > 0):
            continue
        # The discount was rounded up to the cent where it does not come out even.
        offered = -(-i.gross * i.discount_percent // 100) if i.discount_days else 0
        cause_of = "fee" if residue < 0 else ("discount" if residue <= offered else "unknown")
        yield borrower, "invoice", i.id, residue, cause_of, "last_booking", *i.last_booking
    for v in history.vouchers:
        residue = v.gross - v.booked
        if v.is_closed and v.has_booking and _is_fact(v) and residue:
            cause_of = "fee" if residue < 0 else "unknown"
            yield borrower, "voucher", v.id, residue, cause_of, "last_booking", *v.last_booking


def _provenance(account: Account) -> str:
    if account.kind != "online":
        return "none"
    if account.import_type is not None:
        return "file_import"
    return "bank_feed" if account.is_synced else "none"


def _balances(history: History, lines: list[Line], borrower: int) -> Iterable[Row]:
    """Levels: the API's balance at a day is the sum of all lines until then, so the level before the first is 0."""
    sums = [0] * len(history.accounts)
    firsts = [history.end_on + 1] * len(history.accounts)
    for line in lines:
        sums[line.account] += line.amount
        firsts[line.account] = min(firsts[line.account], line.day)
    for index, account in enumerate(history.accounts):
        if account.kind != "offline":
            is_verified = _provenance(account) == "bank_feed" and account.balance == sums[index]
            day = firsts[index] - 1
            yield borrower, account.id, 0, is_verified, day, day


def _transactions(history: History, lines: list[Line], borrower: int) -> Iterable[Row]:
    named = {id(line.target) for line in lines if line.target is not None}
    accounts = history.accounts
    for x in lines:
        account = accounts[x.account]
        if account.kind != "offline":
            is_internal = x.target is not None or id(x) in named
            yield borrower, x.id, account.id, x.amount, x.nature, is_internal, x.party, x.day, x.recorded
