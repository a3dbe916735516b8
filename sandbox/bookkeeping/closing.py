"""Closes the books of a simulated firm: entries outside its trade, then order, numbers and balances."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sandbox.bookkeeping.history import (
    MAIN,
    SALES,
    SAVINGS,
    Account,
    Booking,
    CreditNote,
    History,
    Invoice,
    Line,
    Voucher,
)
from sandbox.bookkeeping.identifiers import first_and_step
from sandbox.life.traits import Traits

D = TypeVar("D")


def add_oddments(history: History, traits: Traits, opening: int) -> None:
    """The opening of the accounts, and things in the books that are no facts: drafts, templates, deletions.

    Args:
        history: what happened so far.
        traits: what the firm is like.
        opening: cents on the main account when the books open.
    """
    if traits.bank == "feed":
        _open_account(history, MAIN, opening)
        if traits.saves:
            _open_account(history, SAVINGS, 100)
    if (register := history.register) is not None and not traits.has_empty_till:
        _open_account(history, register, 20_000)
    real = [invoice for invoice in history.invoices if invoice.kind == "RE"]
    if not real:
        return
    last = real[-1]
    drafted_on = min(last.recorded + 1, history.end_on)
    history.invoices.append(_draft(last, drafted_on))
    history.invoices.append(replace(_draft(last, drafted_on), customer=None))
    history.invoices.append(replace(_draft(real[0], real[0].recorded), kind="WKR"))
    if history.vouchers:
        bill = replace(
            history.vouchers[0], has_booking=False, booked=0, last_booking=(0, 0), is_closed=False, number="E-1"
        )
        history.vouchers.append(replace(bill, is_draft=True, issued=drafted_on, recorded=drafted_on))
        history.vouchers.append(replace(bill, kind="RV"))
    if history.lines:
        history.lines.append(replace(history.lines[0], is_deleted=True, is_booked=False, target=None))


def _open_account(history: History, account: int, amount: int) -> None:
    day = history.opened_on
    history.lines.append(
        Line(account=account, day=day, recorded=day, amount=amount, party=None, purpose="Anfangsbestand")
    )


def _draft(invoice: Invoice, day: int) -> Invoice:
    """A copy with another date of which nothing was ever sent or booked."""
    return replace(
        invoice,
        issued=day,
        recorded=day,
        is_draft=True,
        is_closed=False,
        is_cancelled=False,
        paid_by_hand_on=None,
        has_booking=False,
        booked=0,
        written_off=0,
        credited=0,
        last_booking=(0, 0),
    )


EDITED_LATER = 24
"""Days from the sending of an invoice until it is changed."""


def keep(history: History, traits: Traits) -> None:
    """How carefully the books are kept: what is locked, edited, filed, made of templates, and booked.

    No random number is drawn: which documents it concerns follows from their place, so that all else stays the same.
    """
    history.is_locked = traits.locks
    real = [invoice for invoice in history.invoices if invoice.kind in SALES and not invoice.is_draft]
    for invoice in _one_in(real, traits.edited_share):
        if invoice.recorded + EDITED_LATER <= history.end_on:
            invoice.edited = invoice.recorded + EDITED_LATER
    for invoice in real:
        invoice.is_recurring = _place(invoice.customer or 0) < traits.recurring_share
    for voucher in _one_in(history.vouchers, traits.scanless_share):
        voucher.has_scan = False
    days = traits.booked_after_days
    for line in history.lines:
        is_done = days is not None and line.recorded + days <= history.end_on
        line.is_auto_booked = is_done and not (line.is_copy or line.is_deleted or line.is_private)


def _place(number: int) -> float:
    """A number between 0 and 1 that looks drawn."""
    return number * 0.618034 % 1


def _one_in(documents: Sequence[D], share: float) -> Sequence[D]:
    """Evenly so many of some documents."""
    return [document for place, document in enumerate(documents, start=1) if _place(place) < share]


def close(history: History, traits: Traits, sold: Mapping[int, Invoice], balance_before: int) -> None:
    """Bring everything into the order in which it was recorded, number it, and state the balances.

    Args:
        history: what happened.
        traits: what the firm is like.
        sold: the invoices by their place among the sales, as ``{place}`` in purposes of lines names them.
        balance_before: cents on each bank account that no line shows.
    """
    history.invoices.sort(key=lambda invoice: (invoice.recorded, invoice.issued))
    history.vouchers.sort(key=lambda voucher: (voucher.recorded, voucher.issued))
    history.credit_notes.sort(key=lambda note: (note.recorded, note.issued))
    history.lines.sort(key=lambda line: (line.recorded, line.day))
    history.bookings.sort(key=lambda booking: (booking.recorded, booking.day))
    _identify(history)
    keep(history, traits)
    _number(history, traits.skipped_share)
    _name_invoices(history, sold)
    _state_balances(history, balance_before)


def _identify(history: History) -> None:
    series: Mapping[str, Sequence[Account | Booking | CreditNote | Invoice | Line | Voucher]] = {
        "Invoice": history.invoices,
        "CreditNote": history.credit_notes,
        "Voucher": history.vouchers,
        "CheckAccount": history.accounts,
        "CheckAccountTransaction": history.lines,
        "CheckAccountTransactionLog": history.bookings,
    }
    for resource, items in series.items():
        first, step = first_and_step(resource, history.key)
        for index, item in enumerate(items):
            item.id = first + step * index
    first, step = first_and_step("Contact", history.key)
    known = [party for party in history.parties if party.contact_id is not None]
    for index, party in enumerate(known):
        party.contact_id = first + step * index


def _number(history: History, skipped_share: float) -> None:
    """Reminders and templates count for themselves, all others along with invoices; drafts have no number.

    Args:
        history: what happened.
        skipped_share: numbers of invoices that are left out.
    """
    following = {"RE": 1000, "MA": 1000, "WKR": 1000}
    for invoice in history.invoices:
        if not invoice.is_draft:
            circle = invoice.kind if invoice.kind in following else "RE"
            if circle == "RE":
                following[circle] += _place(following[circle]) < skipped_share
            invoice.number = f"{circle}-{following[circle]}"
            following[circle] += 1
    for index, note in enumerate(history.credit_notes):
        note.number = f"GU-{1000 + index}"


def _name_invoices(history: History, sold: Mapping[int, Invoice]) -> None:
    """Put the numbers of invoices into the purposes of bank lines."""
    for line in history.lines:
        head, brace, rest = line.purpose.partition("{")
        if brace:
            invoice = sold.get(int(rest[:-1]))
            line.purpose = head + (str(invoice.number) if invoice else "Vorjahr")


def _state_balances(history: History, balance_before: int) -> None:
    sums = [0] * len(history.accounts)
    for line in history.lines:
        # The bank knows nothing of what was imported once more.
        if not line.is_deleted and not (line.is_copy and line.came == "file"):
            sums[line.account] += line.amount
    for index, account in enumerate(history.accounts):
        if account.is_base:
            account.balance = None
        else:
            account.balance = sums[index] + balance_before if account.is_synced else 0
