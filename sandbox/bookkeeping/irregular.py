"""What befalls books that were kept well enough until then: connections made anew, imports done twice, a migration."""

from collections.abc import Sequence
from dataclasses import replace

from sandbox.bookkeeping.history import MAIN, CreditNote, History, Invoice, Line, Voucher
from sandbox.life.traits import Traits

FIRST_SYNC_DAYS = 90
"""How far back the first synchronisation of a bank account reaches."""
_STATEMENT_DAYS, _TWICE_LATER = 30, 31
"""Length of a statement, and days from its end until it is imported for the second time."""
_SETTLED_DAYS = 60
"""Books that are younger are neither moved nor connected anew."""
_BILL_LATER = 9
"""Days until a bill is entered for the second time."""


def disturb(history: History, traits: Traits) -> None:
    """Do to the books what the traits say, before they are closed; nothing happens to those of other firms."""
    if traits.has_marks:
        for line in history.lines:
            account = history.accounts[line.account]
            if account.kind == "online" and line.came is None:
                line.came = "file" if account.import_type else "feed"
    if traits.repeated_bill_share:
        _enter_bills_twice(history, traits)
    if traits.imported_twice_days is not None:
        _import_twice(history, history.end_on - traits.imported_twice_days)
    is_moved = _is_in_books(history, traits.migrated_days)
    # Who moves the books connects the account as it is by then: what was connected before is in the old books.
    is_forgotten = is_moved and (traits.migrated_days or 0) <= (traits.reconnected_days or 0)
    if _is_in_books(history, traits.reconnected_days) and not is_forgotten:
        _reconnect(history, traits)
    if is_moved:
        _migrate(history, traits)


def _is_in_books(history: History, days: int | None) -> bool:
    """Whether something befalls the books so many days before their end: not before they are old enough for it."""
    if days is None:
        return False
    day = history.end_on - days
    return history.opened_on + _SETTLED_DAYS <= day and (history.died_on is None or day < history.died_on)


def _enter_bills_twice(history: History, traits: Traits) -> None:
    every = max(1, round(1 / traits.repeated_bill_share))
    bills = [voucher for voucher in history.vouchers if voucher.side == "C" and not voucher.is_draft]
    for bill in bills[::every]:
        recorded = bill.recorded + _BILL_LATER
        if bill.kind == "VOU" and recorded <= history.end_on:
            again = replace(
                bill, recorded=recorded, is_closed=False, booked=0, has_booking=False, last_booking=(0, 0)
            )  # fmt: skip
            history.vouchers.append(again)


def _import_twice(history: History, first: int) -> None:
    last = first + _STATEMENT_DAYS
    recorded = last + _TWICE_LATER
    # What the books do not have yet by then, the second import brings for the first time.
    again = [
        replace(_copy(line, recorded), came=line.came and "file")
        for line in history.lines
        if line.account == MAIN and first <= line.day < last and line.recorded < recorded and not line.is_deleted
    ]
    history.lines += again if recorded <= history.end_on else []


def _copy(line: Line, recorded: int) -> Line:
    """The same line once more: nobody links or books it, and only what it says itself shows a transfer."""
    transfer = line.transfer if line.transfer in {"account", "card"} else "none"
    return replace(line, recorded=recorded, is_booked=False, target=None, transfer=transfer, is_copy=True)


def _reconnect(history: History, traits: Traits) -> None:
    """Move what came before to an account of its own; the new one opens with the bank's level of that day.

    Days in which both accounts were fed stand on both. Days in which none was are posted on the new one by hand.
    """
    again, overlap = history.end_on - (traits.reconnected_days or 0), traits.reconnect_overlap
    opens, before = again - abs(overlap), len(history.accounts)
    main = history.accounts[MAIN]
    old = replace(
        main,
        name=f"{main.name} (alt)",
        is_default=False,
        is_archived=traits.is_old_archived,
        synced_on=again if overlap >= 0 else opens,
    )
    history.accounts.append(old)
    main.recorded = again
    moved = [line for line in history.lines if line.account == MAIN and line.day < again]
    level = sum(line.amount for line in moved if line.day < opens and not line.is_deleted)
    for line in moved:
        if line.day < opens or overlap > 0:
            line.account = before
            if line.day >= opens:
                copy = _copy(line, again)
                copy.account = MAIN
                history.lines.append(copy)
        else:
            line.came, line.recorded = line.came and "posted", again + 1
    opening = Line(account=MAIN, day=opens, recorded=again, amount=level, party=None, purpose="Anfangsbestand")
    opening.came, opening.is_copy = "feed" if traits.has_marks else None, True
    history.lines.append(opening)
    _book_again(history)


def _migrate(history: History, traits: Traits) -> None:
    """Record everything older within a week; the bank's feed begins then, what it does not reach is imported."""
    moved_on = history.kept_since = history.end_on - (traits.migrated_days or 0)
    documents: Sequence[Invoice | Voucher | CreditNote] = [
        *history.invoices, *history.vouchers, *history.credit_notes
    ]  # fmt: skip
    for number, document in enumerate(documents):
        if document.recorded < moved_on:
            # What is about an invoice is recorded after it.
            is_about = isinstance(document, CreditNote) or (
                isinstance(document, Invoice) and document.origin is not None
            )
            document.recorded = moved_on + (3 + number % 2 if is_about else number % 3)
    for line in history.lines:
        if line.recorded < moved_on:
            line.recorded = moved_on
            if line.came == "feed" and line.day < moved_on - FIRST_SYNC_DAYS:
                line.came = "file"
    for account in history.accounts:
        account.recorded = max(account.recorded, moved_on)
    for party in history.parties:
        party.since = max(party.since, moved_on)
    _book_again(history)


def _book_again(history: History) -> None:
    """Nothing is booked before its line and its document are recorded."""
    for booking in history.bookings:
        document = booking.document
        booking.recorded = max(booking.recorded, booking.line.recorded, document.recorded)
        document.last_booking = max(document.last_booking, (booking.day, booking.recorded))
