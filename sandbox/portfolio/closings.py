"""What closed the documents of a simulated firm, by which means: the independent statement of docs/ledger.md."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sandbox.bookkeeping.history import SALES, Booking, CreditNote, History, Invoice, Line, Voucher, is_income

EMPTIED_DAYS = 45
"""Within so many days pay-outs must empty a clearing account, or nobody paid what was booked off there."""
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
    emptied = _emptied(history, fed)
    booked: dict[int, list[Booking]] = defaultdict(list)
    for b in history.bookings:
        booked[id(b.document)].append(b)
        amount = b.amount if is_income(b.document) else -b.amount
        document = (borrower, kind_of(b.document), b.document.id)
        account = history.accounts[b.line.account]
        if account.kind != "offline":
            means = "register" if account.kind == "register" else "bank" if id(b.line) in fed else "manual"
            yield *document, b.line.id, amount, means, True, b.line.day, b.recorded
        elif (payout := emptied.get(id(b.line))) is not None:
            yield *document, payout.id, amount, "provider", True, payout.day, max(payout.recorded, b.recorded)
        else:
            yield *document, None, amount, "clearing", True, b.line.day, b.recorded
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
        known = [note for note in notes[id(document)] if note.issued <= day]
        sign = 1 if is_income(document) else -1
        residue = document.gross - sign * sum(b.amount for b in bookings) - sum(note.gross for note in known)
        if residue == 0 or (residue < 0 and known):
            continue
        means = "fee" if residue < 0 else "short"
        if isinstance(document, Invoice) and 0 < residue <= _offered(document) and day <= _deadline(document):
            means = "discount"
        yield borrower, kind_of(document), document.id, None, residue, means, True, day, recorded


def _offered(invoice: Invoice) -> int:
    """The agreed discount, rounded up to the cent where it does not come out even."""
    return -(-invoice.gross * invoice.discount_percent // 100) if invoice.discount_days else 0


def _deadline(invoice: Invoice) -> int:
    day = invoice.issued + invoice.discount_days
    for _ in range(GRACE_BANK_DAYS):
        day += 1
        while date.fromordinal(day).weekday() > 4:
            day += 1
    return day


def _emptied(history: History, fed: set[int]) -> dict[int, Line]:
    """Lines of clearing accounts, by ``id()``, to the pay-out that brought their money: the oldest are paid first.

    A pay-out covers what was booked off until its day; money for what the books do not hold covers nothing.
    """
    covered: dict[int, Line] = {}
    moved: dict[int, list[Line]] = defaultdict(list)
    for line in history.lines:
        if history.accounts[line.account].kind == "offline" and not line.is_deleted:
            moved[line.account].append(line)
    for lines in moved.values():
        waiting: list[tuple[Line, int]] = []
        for line in sorted(lines, key=lambda line: (line.day, line.amount < 0, line.id)):
            if line.amount > 0:
                waiting.append((line, line.amount))
                continue
            money = -line.amount if line.payout is not None and id(line.payout) in fed else 0
            while waiting and money:
                oldest, missing = waiting[0]
                if missing > money:
                    waiting[0] = (oldest, missing - money)
                    break
                money -= missing
                waiting.pop(0)
                if line.payout is not None and line.day - oldest.day <= EMPTIED_DAYS:
                    covered[id(oldest)] = line.payout
    return covered
