"""What closed the documents of a simulated firm, by which means: the independent statement of docs/ledger.md."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sandbox.bookkeeping.history import SALES, Booking, CreditNote, History, Invoice, Line, Voucher, is_income

EMPTIED_DAYS = 45
"""Within so many days pay-outs must empty a clearing account, or nobody paid what was booked off there."""
MATCH_DAYS = 3
"""Days that a booking may be dated after the pay-out that has it."""
FEE_DIVISOR = 4
"""Fees count up to this part of the pay-outs around them."""
GRACE_BANK_DAYS = 3
"""Days on which banks work that a discount may be taken late."""

Row = tuple[Any, ...]


def kind_of(document: Invoice | Voucher | CreditNote) -> str:
    """The ledger's word for it."""
    if isinstance(document, Invoice):
        return "invoice"
    return "voucher" if isinstance(document, Voucher) else "credit_note"


def closings(history: History, fed: set[int], borrower: int) -> Iterable[Row]:
    """The rows of the frame ``closings``.

    Args:
        history: of the firm.
        fed: ``id()`` of the lines that the bank delivered.
        borrower: its number.
    """
    booked: dict[int, list[Booking]] = defaultdict(list)
    cleared: dict[int, list[_Cleared]] = defaultdict(list)
    for b in history.bookings:
        booked[id(b.document)].append(b)
        amount = b.amount if is_income(b.document) else -b.amount
        kind = history.accounts[b.line.account].kind
        if kind == "offline":
            cleared[b.line.account].append(_Cleared(booking=b, left=amount))
        else:
            means = "register" if kind == "register" else "bank" if id(b.line) in fed else "manual"
            yield borrower, kind_of(b.document), b.document.id, b.line.id, amount, means, True, b.line.day, b.recorded
    for account, of_account in cleared.items():
        payouts = [
            (line, line.payout)
            for line in history.lines
            if line.account == account and line.payout is not None and id(line.payout) in fed
        ]
        for b, *closing in _emptied(of_account, payouts, history.end_on):
            line, amount, means, day, recorded = closing
            yield borrower, kind_of(b.document), b.document.id, line, amount, means, True, day, recorded
    yield from _stated(history, borrower)
    yield from _residues(history, booked, borrower)


def _stated(history: History, borrower: int) -> Iterable[Row]:
    """Documents that say that they are paid, and of which no line is known."""
    for i in history.invoices:
        day = i.paid_by_hand_on
        if day is not None and i.kind in SALES and not i.has_booking:
            yield borrower, "invoice", i.id, None, i.gross - i.credited, "stated", True, day, day
    for c in history.credit_notes:
        day = c.offset_on
        if day is not None and c.is_closed and not c.has_booking:
            yield borrower, "credit_note", c.id, None, c.gross, "stated", True, day, day


def _residues(history: History, booked: dict[int, list[Booking]], borrower: int) -> Iterable[Row]:
    """What closed documents lack on the day of their last booking, as it was known then, or have too much."""
    notes: dict[int, list[CreditNote]] = defaultdict(list)
    for c in history.credit_notes:
        if c.invoice is not None and not c.is_draft:
            notes[id(c.invoice)].append(c)
    documents: list[Invoice | Voucher] = [
        *(i for i in history.invoices if i.kind in SALES and not i.is_cancelled),
        *(v for v in history.vouchers if v.kind == "VOU" and not v.is_draft),
    ]
    for document in documents:
        bookings = booked[id(document)]
        if not document.is_closed or not bookings:
            continue
        day, recorded = max(b.line.day for b in bookings), max(b.recorded for b in bookings)
        known = [note for note in notes[id(document)] if note.issued <= day and note.recorded <= recorded]
        sign = 1 if is_income(document) else -1
        residue = document.gross - sign * sum(b.amount for b in bookings) - sum(note.gross for note in known)
        if residue == 0 or (residue < 0 and known):
            continue
        discount = _discount(document, day)
        means = "fee" if residue < 0 else "discount" if residue <= discount else "short"
        key = (borrower, kind_of(document), document.id, None)
        yield *key, residue, means, True, day, recorded
        if means == "short":
            # Later credit notes are why less was paid than was owed; a discount may remain.
            for note in sorted(notes[id(document)], key=lambda note: (note.issued, note.recorded)):
                taken = min(residue, note.gross)
                if note in known or taken <= 0:
                    continue
                residue -= taken
                days = (max(note.issued, day), max(note.recorded, recorded))
                if 0 < residue <= discount:
                    yield *key, residue, "discount", True, *days
                    taken, residue = taken + residue, 0
                yield *key, -taken, means, True, *days


def _discount(document: Invoice | Voucher, day: int) -> int:
    """The agreed discount on a day, rounded up to the cent where it does not come out even; 0 when it is too late."""
    if not isinstance(document, Invoice) or not document.discount_days or day > _deadline(document):
        return 0
    return -(-document.gross * document.discount_percent // 100)


def _deadline(invoice: Invoice) -> int:
    day = invoice.issued + invoice.discount_days
    for _ in range(GRACE_BANK_DAYS):
        day += 1
        while not _is_bank_day(date.fromordinal(day)):
            day += 1
    return day


def _is_bank_day(day: date) -> bool:
    """Neither a Saturday or Sunday nor one of the six other days on which TARGET is closed."""
    is_fixed = (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}
    return day.weekday() <= 4 and not is_fixed and (day - _easter(day.year)).days not in {-2, 1}


@cache
def _easter(year: int) -> date:
    """The Sunday after the first full moon of spring: Gauss's rule, for 1900 to 2099."""
    moon = (19 * (year % 19) + 24) % 30
    sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    days = moon + sunday
    if days == 35 or (days == 34 and moon == 28 and year % 19 > 10):
        days -= 7
    return date(year, 3, 22) + timedelta(days=days)


@dataclass(slots=True)
class _Cleared:
    """A booking over a clearing account, and what of it is not explained yet."""

    booking: Booking
    left: int
    said_on: int = 0
    """From when on it is known to have paid nobody, where nothing explains it."""

    def __post_init__(self) -> None:
        self.said_on = self.booking.recorded

    @property
    def day(self) -> int:
        return self.booking.line.day


@dataclass(slots=True)
class _Payout:
    """A line that came in from a clearing account, what of it has no booking yet, and what fees may keep beside it."""

    line: Line
    recorded: int
    left: int
    room: int


def _emptied(cleared: list[_Cleared], payouts: list[tuple[Line, Line]], today: int) -> Iterable[Row]:
    """What pay-outs, and fees beside them, emptied of a clearing account: booking, line, cents, means and days.

    Each has the oldest bookings of the last 45 days, as far as they were entered when it was: day by day, as all of
    them become known. Fees are bills that are booked there, up to a quarter of the pay-outs around them. What is left
    waits until 45 days have passed, where a pay-out was known by then; then nobody paid it.
    """
    cleared.sort(key=lambda one: (one.day, one.booking.recorded, one.booking.document.id))
    sales = [one for one in cleared if is_income(one.booking.document)]
    fees = [one for one in cleared if not is_income(one.booking.document)]
    came = sorted(
        (
            _Payout(
                line=into, recorded=max(out.recorded, into.recorded), left=into.amount, room=into.amount // FEE_DIVISOR
            )
            for out, into in payouts
        ),
        key=lambda one: (one.line.day, one.line.id),
    )
    paid_out_since = min((one.recorded for one in came), default=today + 1)
    for one in (one for one in sales if one.booking.recorded >= paid_out_since):
        one.said_on = max(one.said_on, one.day + EMPTIED_DAYS + 1)
    days = {*(one.booking.recorded for one in cleared), *(one.recorded for one in came)}
    for day_of_entry in sorted(days):
        before = [one for one in came if one.recorded < day_of_entry and one.left]
        open_sales = [one for one in sales if one.booking.recorded < day_of_entry and one.left]
        for one in (one for one in sales if one.booking.recorded == day_of_entry):
            for payout in before:
                yield from _taken(payout, [one], day_of_entry)
            open_sales.append(one)
        open_sales.sort(key=lambda one: (one.day, one.booking.recorded, one.booking.document.id))
        beside = [one for one in came if one.recorded < day_of_entry]
        yield from _kept(fees, beside, open_sales, day_of_entry - 1, day_of_entry)
        for payout in (one for one in came if one.recorded == day_of_entry):
            yield from _taken(payout, open_sales, day_of_entry)
            beside = sorted([*beside, payout], key=lambda one: (one.line.day, one.line.id))
            yield from _kept(fees, beside, open_sales, day_of_entry - 1, day_of_entry)
        yield from _kept(fees, beside, open_sales, day_of_entry, day_of_entry)
    for one in cleared:
        if one.left and one.said_on <= today:
            yield one.booking, None, one.left, "clearing", one.day, one.said_on


def _taken(payout: _Payout, sales: list[_Cleared], known: int) -> Iterable[Row]:
    for part in list(_oldest(sales, payout.left, payout.line.day, known, payout.line.id)):
        payout.left -= part[2] if part[3] == "provider" else 0
        yield part


def _kept(
    fees: list[_Cleared], payouts: list[_Payout], sales: list[_Cleared], entered_by: int, known: int
) -> Iterable[Row]:
    """What fees that were entered by a day take beside the pay-outs around them."""
    for fee in fees:
        for payout in payouts if fee.left and fee.booking.recorded <= entered_by else ():
            if abs(fee.day - payout.line.day) <= EMPTIED_DAYS:
                day = max(fee.day, payout.line.day)
                parts = list(_oldest(sales, min(fee.left, payout.room), day, known, None))
                kept = sum(part[2] for part in parts if part[3] == "provider")
                if kept:
                    yield from parts
                    yield fee.booking, None, kept, "provider", fee.day, known
                    yield from _unsaid(fee, kept, known)
                    fee.left, payout.room = fee.left - kept, payout.room - kept


def _oldest(sales: list[_Cleared], amount: int, day: int, recorded: int, line: int | None) -> Iterable[Row]:
    """So much of the oldest bookings as there is, in parts."""
    for one in sales:
        if amount <= 0 or one.day > day + MATCH_DAYS:
            return
        part = min(one.left, amount)
        if part > 0 and one.day >= day - EMPTIED_DAYS:
            one.left, amount = one.left - part, amount - part
            yield one.booking, line, part, "provider", max(one.day, day), recorded
            yield from _unsaid(one, part, recorded)


def _unsaid(one: _Cleared, amount: int, known: int) -> Iterable[Row]:
    """Until it was known that it was paid, it looked as if nobody had."""
    if one.said_on < known:
        yield one.booking, None, amount, "clearing", one.day, one.said_on
        yield one.booking, None, -amount, "clearing", one.day, known
