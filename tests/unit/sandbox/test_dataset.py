from typing import Any

import pytest

from sandbox.bookkeeping.history import Account, Booking, CreditNote, DailyMeans, History, Invoice, Line, Party
from sandbox.portfolio.ledger import ledger_rows

DAY = 739_500


def _history(invoice: Invoice, *amounts: int, account: int = 0, note: CreditNote | None = None) -> History:
    history = History(
        key=1, end_on=DAY + 100, opened_on=DAY - 10, daily=DailyMeans(first=0, means=[], monthly_sales=[])
    )
    history.parties = [Party(name="Customer")]
    history.accounts = [
        Account(id=1, name="Bank", kind="online", is_synced=True, recorded=DAY - 10, balance=sum(amounts)),
        Account(id=2, name="Written off", kind="offline", recorded=DAY - 10),
    ]
    history.invoices = [invoice]
    history.credit_notes = [note] if note else []
    for index, amount in enumerate(amounts):
        day = DAY + 5 + index
        line = Line(id=10 + index, account=account, day=day, recorded=day, amount=amount, party=0, purpose="")
        history.lines.append(line)
        history.bookings.append(Booking(line=line, document=invoice, amount=amount, day=day, recorded=day + 1))
        invoice.has_booking, invoice.last_booking = True, (day, day + 1)
        if account:
            invoice.written_off += amount
        else:
            invoice.booked += amount
    return history


def _invoice(**changes: Any) -> Invoice:  # noqa: ANN401  a builder
    values: dict[str, Any] = {
        "kind": "RE", "customer": 0, "issued": DAY, "recorded": DAY, "term": 14, "net": 10_001, "tax": 0,
        "gross": 10_001, "is_closed": True, "id": 7,
    }  # fmt: skip
    return Invoice(**(values | changes))


@pytest.mark.parametrize(
    ("paid", "discount", "amount", "cause"),
    [
        (9_801, 2, 200, "discount"),
        (9_800, 2, 201, "discount"),  # two percent are 200.02 cents: rounded up
        (9_799, 2, 202, "unknown"),
        (9_801, 0, 200, "unknown"),
        (10_501, 2, -500, "fee"),
    ],
)
def test_the_residue_of_a_settled_invoice_has_a_cause(paid: int, discount: int, amount: int, cause: str) -> None:
    """What a settled invoice lacks is a discount up to the offered one, else unknown; what it has too much, a fee."""
    invoice = _invoice(discount_days=10 if discount else 0, discount_percent=discount)
    rows = ledger_rows(_history(invoice, paid), 3)["settlements"]
    assert rows == [(3, "invoice", 7, amount, cause, "last_booking", DAY + 5, DAY + 6)]


def test_an_open_invoice_has_no_settlement() -> None:
    """A partial payment leaves a rest that is simply open."""
    assert ledger_rows(_history(_invoice(is_closed=False), 4_000), 3)["settlements"] == []


def test_an_invoice_credited_after_payment_has_no_fee() -> None:
    """It was paid in full before it was credited: nobody paid too much."""
    invoice = _invoice()
    note = CreditNote(
        invoice=invoice, customer=0, issued=DAY + 9, recorded=DAY + 9, net=500, tax=0, gross=500, id=8
    )  # fmt: skip
    assert ledger_rows(_history(invoice, 10_001, note=note), 3)["settlements"] == []


def test_a_booking_on_a_clearing_account_is_a_write_off() -> None:
    """It is a settlement and no payment, and its line is no cash."""
    rows = ledger_rows(_history(_invoice(), 10_001, account=1), 3)
    assert rows["settlements"] == [(3, "invoice", 7, 10_001, "write_off", "last_booking", DAY + 5, DAY + 6)]
    assert (rows["payments"], rows["transactions"]) == ([], [])


def test_an_invoice_marked_as_paid_has_a_payment_of_the_document() -> None:
    """Without a booking, the day that was entered is all there is."""
    rows = ledger_rows(_history(_invoice(paid_by_hand_on=DAY + 20)), 3)
    assert rows["payments"] == [(3, "invoice", 7, None, 10_001, "document", DAY + 20, DAY + 20)]


def test_an_invoice_without_a_term_is_due_after_thirty_days() -> None:
    """And the row says that this was assumed."""
    (row,) = ledger_rows(_history(_invoice(term=None)), 3)["invoices"]
    assert row[5:7] == (DAY + 30, True)


@pytest.mark.parametrize(
    ("changes", "is_verified"),
    [({}, True), ({"balance": 1}, False), ({"import_type": "CSV"}, False), ({"is_synced": False}, False)],
)
def test_a_level_is_verified_by_a_bank_feed_that_agrees(changes: dict[str, Any], is_verified: bool) -> None:  # noqa: FBT001  a column of the table
    """A file import, an account without synchronisation, or another balance verify nothing."""
    history = _history(_invoice(), 10_001)
    for name, value in changes.items():
        setattr(history.accounts[0], name, value)
    assert ledger_rows(history, 3)["balances"] == [(3, 1, 0, is_verified, DAY + 4, DAY + 4)]
