"""The books of a big trade as a history: its rows as the documents, lines and bookings of the other firms."""

from typing import Any, TypeAlias

import polars as pl

from sandbox.bookkeeping.history import Booking, CreditNote, History, Invoice, Line, Pulse, Voucher
from sandbox.life.traits import Traits
from sandbox.wholesale.books import TradeBooks

Row: TypeAlias = dict[str, Any]


def history_of(books: TradeBooks) -> History:
    """The whole past, for whoever needs all of it at once: half a gigabyte for 200,000 invoices."""
    history = bare_history(books)
    invoices = {row["id"]: invoice_of(row, books.traits) for row in books.invoices.iter_rows(named=True)}
    for row in books.invoices.filter(pl.col("kind").is_in(["SR", "MA"])).iter_rows(named=True):
        invoices[row["id"]].origin = invoices[row["origin"]]
    vouchers = {row["id"]: voucher_of(row) for row in books.vouchers.iter_rows(named=True)}
    notes = {}
    for row in books.credit_notes.iter_rows(named=True):
        notes[row["id"]] = credit_note_of(row, invoices[row["origin"]])
    lines = {row["id"]: line_of(row) for row in books.lines.iter_rows(named=True)}
    documents: dict[str, dict[int, Any]] = {"Invoice": invoices, "Voucher": vouchers, "CreditNote": notes}
    history.invoices += invoices.values()
    history.vouchers += vouchers.values()
    history.credit_notes += notes.values()
    history.lines += lines.values()
    for row in books.bookings.iter_rows(named=True):
        document = documents[row["kind"]][row["document"]]
        history.bookings.append(booking_of(row, lines[row["line"]], document))
    return history


def bare_history(books: TradeBooks) -> History:
    """A history that knows who and where, but nothing that happened."""
    return History(
        key=books.key,
        end_on=books.end_on,
        opened_on=books.opened_on,
        parties=books.parties,
        accounts=books.accounts,
        pulse=Pulse(first=books.opened_on, means=[], monthly_sales=[]),
    )


def _last(row: Row) -> tuple[int, int]:
    return row["last_day"], row["last_recorded"]


def invoice_of(row: Row, traits: Traits) -> Invoice:
    """An invoice, or what is kept among them, without what it refers to."""
    return Invoice(
        kind=row["kind"],
        customer=row["customer"],
        issued=row["issued"],
        recorded=row["recorded"],
        term=traits.term,
        discount_days=traits.discount_days,
        discount_percent=traits.discount_percent,
        net=row["net"],
        tax=row["tax"],
        gross=row["gross"],
        rate=row["rate"],
        level=row["level"],
        is_draft=row["is_draft"],
        is_cancelled=row["is_cancelled"],
        is_closed=row["is_closed"],
        booked=row["booked"],
        written_off=row["written_off"],
        credited=row["credited"],
        has_booking=row["has_booking"],
        last_booking=_last(row),
        id=row["id"],
        number=row["number"],
    )


def voucher_of(row: Row) -> Voucher:
    """A bill."""
    return Voucher(
        side="C",
        supplier=row["supplier"],
        issued=row["issued"],
        recorded=row["recorded"],
        deadline=row["deadline"],
        net=row["net"],
        tax=row["tax"],
        gross=row["gross"],
        rate=row["rate"],
        kind=row["kind"],
        is_draft=row["is_draft"],
        is_closed=row["is_closed"],
        booked=row["booked"],
        has_booking=row["has_booking"],
        last_booking=_last(row),
        id=row["id"],
        number=row["number"],
    )


def credit_note_of(row: Row, invoice: Invoice) -> CreditNote:
    """A credit note; every third names its invoice as origin only."""
    return CreditNote(
        invoice=invoice,
        is_linked_by_origin=row["is_linked_by_origin"],
        customer=row["customer"],
        issued=row["issued"],
        recorded=row["recorded"],
        net=row["net"],
        tax=row["tax"],
        gross=row["gross"],
        rate=row["rate"],
        offset_on=None if row["is_refunded"] else row["issued"],
        is_closed=row["is_closed"],
        booked=row["booked"],
        has_booking=row["has_booking"],
        last_booking=_last(row),
        id=row["id"],
        number=row["number"],
    )


def line_of(row: Row) -> Line:
    """A line of an account."""
    return Line(
        account=row["account"],
        day=row["day"],
        recorded=row["recorded"],
        amount=row["amount"],
        party=row["party"],
        purpose=row["purpose"],
        entry_text=row["entry_text"],
        nature=row["nature"],
        is_deleted=row["is_deleted"],
        is_booked=row["kind"] is not None,
        id=row["id"],
    )


def booking_of(row: Row, line: Line, document: Invoice | Voucher | CreditNote) -> Booking:
    """An entry of the transaction log."""
    return Booking(
        line=line, document=document, amount=row["amount"], day=row["day"], recorded=row["recorded"], id=row["id"]
    )
