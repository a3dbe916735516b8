"""The ledger of a simulated firm straight from its history: what a ledger builder has to make of its served books."""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from sandbox.bookkeeping.history import (
    SALES,
    Account,
    History,
    Invoice,
    Line,
    Voucher,
    is_income,
)
from sandbox.bookkeeping.opening import FACTOR_ACCOUNT
from sandbox.portfolio.categories import category_of, funder_of
from sandbox.portfolio.closings import closings, kind_of
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
    return {name: frame_of(rows.get(name, []), schema) for name, schema in LEDGER.items()}


def frame_of(rows: Sequence[Row], schema: pl.Schema) -> pl.DataFrame:
    """A frame of rows in which days are ordinals; the last columns are null where rows end before them."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    columns += [[None] * len(rows)] * (len(schema) - len(columns))
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
    copies, banks = _copies(history), _bank_accounts(history)
    fed = {id(line) for line in lines if _is_fed(line, history.accounts[line.account])}
    return {
        "invoices": sorted(_invoices(history, copies, borrower), key=lambda row: row[2]),
        "bills": [
            (
                *(borrower, v.id, v.supplier, v.issued, *_due(v.issued, v.deadline), v.net, v.gross, v.recorded),
                *(id(v) in copies, None, max(v.recorded, v.last_booking[1]), not v.number, v.has_scan),
            )
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
        "accounts": [
            (borrower, a.id, a.kind, _provenance(a), a.recorded, banks[a.id], _feed(a, history), _covered(a, history))
            for a in history.accounts
        ],
        "balances": list(_balances(history, lines, borrower)),
        "transactions": list(_transactions(history, lines, fed, banks, borrower)),
        "levels": list(_levels(history, lines, banks, borrower)),
        "closings": list(closings(history, fed, borrower)),
        "set_aside": [],
    }


def _is_fact(document: Voucher) -> bool:
    return not document.is_draft and document.kind == "VOU"


def _due(issued: int, deadline: int | None) -> tuple[int, bool]:
    return (issued + ASSUMED_DAYS, True) if deadline is None else (deadline, False)


def _copies(history: History) -> set[int]:
    """``id()`` of the documents that are there before, under the same number, of the same party, over the same sum."""
    seen: set[tuple[object, ...]] = set()
    copies: set[int] = set()
    bills = sorted((v for v in history.vouchers if _is_fact(v)), key=lambda v: (v.recorded, v.id))
    sent = sorted((i for i in history.invoices if i.kind in SALES and not i.is_draft), key=lambda i: (i.recorded, i.id))
    for key, document in (
        *((("voucher", v.side, v.number, v.supplier, v.gross), v) for v in bills),
        *((("invoice", i.number, i.customer, i.gross), i) for i in sent),
    ):
        if key in seen:
            copies.add(id(document))
        seen.add(key)
    return copies


def _invoices(history: History, copies: set[int], borrower: int) -> Iterable[Row]:
    sold = _sold_days(history)
    for i in history.invoices:
        if i.kind in SALES and not i.is_draft:
            due = _due(i.issued, None if i.term is None else i.issued + i.term)
            discount = i.discount_days or None
            retained = i.gross * i.retained_percent // 100
            sums = (discount, i.net, i.gross, i.recorded)
            yield (
                *(borrower, "invoice", i.id, i.customer, i.issued, *due, *sums),
                *(i.recorded, id(i) in copies, None, sold.get(id(i)), retained, None, None),
                *_marks(i, is_locked=history.is_locked),
            )
    for v in history.vouchers:
        if v.side == "D" and _is_fact(v):
            due = _due(v.issued, v.deadline)
            sums = (None, v.net, v.gross, v.recorded)
            recognised = (None, id(v) in copies, None, sold.get(id(v)), 0, None, None)
            marks = (None, None, None, max(v.recorded, v.last_booking[1]), not v.number, None)
            yield borrower, "voucher", v.id, v.supplier, v.issued, *due, *sums, *recognised, *marks


def _marks(invoice: Invoice, *, is_locked: bool) -> Row:
    """Series, number, days of locking and of the last edit, whether its texts say nothing, and its template."""
    digits = str(invoice.number).partition("-")[2]
    number = int(digits) if digits else None
    edited = invoice.updated if invoice.updated > invoice.recorded else None
    locked = invoice.recorded if is_locked else None
    return 1, number, locked, edited, not invoice.retained_percent, invoice.is_recurring


def _sold_days(history: History) -> dict[int, int]:
    """By ``id()`` of documents that were booked over a factor's account: the day from which that is known of both."""
    paid = [
        max(line.recorded, line.payout.recorded)
        for line in history.lines
        if line.payout is not None and history.accounts[line.account].name == FACTOR_ACCOUNT
    ]
    sold: dict[int, int] = {}
    for b in history.bookings if paid else ():
        if history.accounts[b.line.account].name == FACTOR_ACCOUNT:
            day = max(b.recorded, min(paid))
            sold[id(b.document)] = min(day, sold.get(id(b.document), day))
    return sold


def _payments(history: History, borrower: int) -> Iterable[Row]:
    sources = ["register" if account.kind == "register" else "bank" for account in history.accounts]
    for b in history.bookings:
        if history.accounts[b.line.account].kind == "offline":
            continue
        amount = b.amount if is_income(b.document) else -b.amount
        source = sources[b.line.account]
        yield borrower, kind_of(b.document), b.document.id, b.line.id, amount, source, b.line.day, b.recorded
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
            amount = b.amount if is_income(b.document) else -b.amount
            yield borrower, kind_of(b.document), b.document.id, amount, *cause, b.line.day, b.recorded
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


STALE_DAYS = 7
"""A feed that has not synchronised for longer than that has stopped."""


def _feed(account: Account, history: History) -> str:
    covered = _covered(account, history)
    if covered is None:
        return "none"
    return "stale" if history.end_on - covered > STALE_DAYS else "current"


def _covered(account: Account, history: History) -> int | None:
    if _provenance(account) != "bank_feed":
        return None
    return history.end_on if account.synced_on is None else account.synced_on


def _bank_accounts(history: History) -> dict[int, int]:
    """Account to the account at the bank: the newest of those with the same number stands for all."""
    newest: dict[str, int] = {}
    for account in sorted(history.accounts, key=lambda account: (account.recorded, account.id)):
        if account.iban is not None:
            newest[account.iban] = account.id
    return {a.id: a.id if a.iban is None else newest[a.iban] for a in history.accounts}


def _is_fed(line: Line, account: Account) -> bool:
    return _provenance(account) == "bank_feed" and line.came in {None, "feed"}


def _levels(history: History, lines: list[Line], banks: dict[int, int], borrower: int) -> Iterable[Row]:
    """The level before the first line of each account at the bank: the simulated ones all begin with nothing.

    The connection that synchronised last states the level. It is verified where that is the sum of its lines.
    """
    groups: dict[int, list[int]] = {}
    for index, account in enumerate(history.accounts):
        if account.kind != "offline":
            groups.setdefault(banks[account.id], []).append(index)
    for bank, indices in groups.items():
        moved = [line for line in lines if line.account in indices]
        day = min((line.day for line in moved if not line.is_copy), default=history.end_on + 1) - 1
        newest = max(indices, key=lambda index: _covered(history.accounts[index], history) or 0)
        account, stated = history.accounts[newest], 0
        for line in moved:
            if line.account == newest and not (line.is_copy and line.came == "file"):
                stated += line.amount
        feed = _feed(account, history)
        if not moved and not account.balance:
            yield borrower, bank, 0, "unused", day, day
            continue
        state = "verified" if feed != "none" and account.balance == stated else "unverified"
        stale_on = None if feed != "stale" else (_covered(account, history) or 0) + STALE_DAYS + 1
        if stale_on is None or stale_on > day:
            yield borrower, bank, 0, state, day, day
        if stale_on is not None:
            yield borrower, bank, 0, "stale", day, max(day, stale_on)


def _transactions(
    history: History, lines: list[Line], fed: set[int], banks: dict[int, int], borrower: int
) -> Iterable[Row]:
    accounts = history.accounts
    ends = {id(line): line.target for line in lines if line.target is not None}
    ends |= {id(line.target): line for line in lines if line.target is not None}
    for x in lines:
        account = accounts[x.account]
        if account.kind == "offline":
            continue
        end = ends.get(id(x))
        # A link with a clearing account moves no money between accounts.
        transfer = "link" if end is not None and accounts[end.account].kind != "offline" else x.transfer
        if transfer == "link" and end is not None and (id(x) in fed) != (id(end) in fed):
            # Anybody can enter a line, and link it; cash has no other end.
            is_till = "register" in {account.kind, accounts[end.account].kind}
            transfer = "link" if is_till else "entered"
        if transfer == "account" and _provenance(account) != "bank_feed":
            # All accounts of a firm are fed, or none: no bank says whose number it is.
            transfer = "entered"
        number = x.party if x.party is not None and history.parties[x.party].iban else None
        category = category_of(x)
        # That an order is the bank's own booking says its booking text alone, which files and posted lines lack.
        is_probable = category == "garnishment" and x.came in {"file", "posted"}
        certainty = "probable" if is_probable else "certain"
        recognised = (category, certainty, None if category == "other" else "simulated", transfer)
        yield (
            *(borrower, x.id, account.id, x.amount, x.nature, end is not None, x.party, x.day, x.recorded),
            *(banks[account.id], number, *recognised, id(x) in fed, x.is_copy, _booking(x, is_linked=end is not None)),
            funder_of(x, "" if x.party is None else history.parties[x.party].name),
        )


def _booking(line: Line, *, is_linked: bool) -> str:
    if is_linked or line.is_booked:
        return "booked"
    if line.is_private:
        return "private"
    return "booked" if line.is_auto_booked else "created"
