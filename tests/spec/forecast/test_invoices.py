"""What of a ledger becomes a payment, a claim, or is left out, with the days on which that changes."""

from datetime import date, timedelta
from typing import Any

import pytest
from builders import (
    Row,
    make_cancellation,
    make_closing,
    make_credit_note,
    make_invoice,
    make_ledger,
    make_transaction,
)

from features.ledger import Ledger
from features.spine import spine_of
from forecast.invoices import Book, Claim, Customer, Payment, books

AS_OF = date(2024, 12, 15)


def _ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def _book(ledger: Ledger) -> Book:
    (book,) = books(ledger, spine_of(AS_OF))
    return book


def _due(days_ago: int, **more: Any) -> Row:  # noqa: ANN401  any field of an invoice
    """An invoice over 119 euro that fell due so many days ago, issued 30 days before, recorded at once."""
    return make_invoice(issued_on=_ago(days_ago + 30), due_on=_ago(days_ago), **more)


def _only(book: Book) -> Customer:
    (customer,) = book.customers
    return customer


@pytest.mark.parametrize(
    ("paid_ago", "expected"),
    [
        (8, Payment(delay=2, age=10, term=30, cents=119_00)),
        (10, Payment(delay=0, age=10, term=30, cents=119_00)),
        (12, Payment(delay=-2, age=10, term=30, cents=119_00)),
        (0, Payment(delay=10, age=10, term=30, cents=119_00)),
        (-1, Payment(delay=10, age=10, term=30, cents=0, is_open=True)),
    ],
)
def test_a_payment_counts_until_the_day_of_observation(paid_ago: int, expected: Payment) -> None:
    """Days from the due day to the payment; what is paid tomorrow is open today, with its days so far."""
    invoice = _due(10)
    book = _book(make_ledger(invoices=[invoice], closings=[make_closing(invoice, happened_on=_ago(paid_ago))]))
    assert _only(book).payments == [expected]
    assert len(_only(book).claims) == expected.is_open


@pytest.mark.parametrize(("days_ago", "count"), [(730, 1), (731, 0)])
def test_a_habit_is_of_two_years(days_ago: int, count: int) -> None:
    """An invoice that fell due 731 days ago says nothing any more."""
    invoice = _due(days_ago)
    book = _book(make_ledger(invoices=[invoice], closings=[make_closing(invoice, happened_on=_ago(days_ago))]))
    assert len(_only(book).payments) == count


@pytest.mark.parametrize(("days_ago", "claims", "lost"), [(365, 1, 0), (366, 0, 1)])
def test_more_than_a_year_past_due_is_lost(days_ago: int, claims: int, lost: int) -> None:
    """It brings nothing, and counts as never paid."""
    book = _book(make_ledger(invoices=[_due(days_ago)]))
    assert (len(_only(book).claims), _only(book).lost) == (claims, lost)
    assert book.lost_cents == 119_00 * lost


def test_what_is_left_of_a_part_payment_is_the_claim() -> None:
    """50 of 119 euro came: 69 are to come, and the invoice is open."""
    invoice = _due(-5)
    closing = make_closing(invoice, amount_cents=50_00, happened_on=_ago(3))
    claim = Claim(kind="invoice", document=invoice["document_id"], cents=69_00, past_due=-5)
    customer = _only(_book(make_ledger(invoices=[invoice], closings=[closing])))
    assert customer.claims == [claim]
    assert customer.payments == [Payment(delay=-5, age=-5, term=30, cents=50_00, is_open=True)]


@pytest.mark.parametrize("means", ["short", "clearing", "set_off"])
def test_what_ends_without_money_is_lost(means: str) -> None:
    """Written off, booked off or set off: no payment, and no habit of paying."""
    invoice = _due(40)
    closing = make_closing(invoice, means=means, happened_on=_ago(40))
    customer = _only(_book(make_ledger(invoices=[invoice], closings=[closing])))
    assert (customer.payments, customer.claims, customer.lost) == ([], [], 1)


def test_a_credit_note_over_all_of_it_is_no_payment() -> None:
    """The invoice is closed, and brought nothing."""
    invoice = _due(40)
    note = make_credit_note(invoice, issued_on=_ago(35))
    customer = _only(_book(make_ledger(invoices=[invoice], credit_notes=[note])))
    assert (customer.payments, customer.claims, customer.lost) == ([], [], 1)


def test_a_cancelled_invoice_is_none() -> None:
    """Nor is there a customer of it."""
    invoice = _due(-5)
    cancelled = make_cancellation(invoice_id=invoice["document_id"], happened_on=_ago(3))
    assert _book(make_ledger(invoices=[invoice], cancellations=[cancelled])).customers == []


def test_where_the_bank_has_seen_payments_a_day_that_somebody_entered_is_only_a_bound() -> None:
    """A payment that is stated on the due day was made at some time up to today."""
    by_bank, stated = _due(100), _due(50)
    closings = [
        make_closing(by_bank, happened_on=_ago(95)),
        make_closing(stated, means="stated", happened_on=_ago(50)),
    ]
    customer = _only(_book(make_ledger(invoices=[by_bank, stated], closings=closings)))
    assert customer.payments == [
        Payment(delay=5, age=100, term=30, cents=119_00),
        Payment(delay=50, age=50, term=30, cents=0, is_dated=False),
    ]


def test_where_the_bank_has_seen_none_the_stated_day_is_all_there_is() -> None:
    """Books without a bank feed have habits, too."""
    invoice = _due(50)
    closing = make_closing(invoice, means="stated", happened_on=_ago(50))
    book = _book(make_ledger(invoices=[invoice], closings=[closing]))
    assert _only(book).payments == [Payment(delay=0, age=50, term=30, cents=119_00)]
    assert not book.is_traced


@pytest.mark.parametrize(
    ("line", "is_paid"),
    [
        ({}, True),
        ({"happened_on": _ago(44)}, True),
        ({"happened_on": _ago(45)}, False),
        ({"amount_cents": 119_01}, False),
        ({"amount_cents": -119_00}, False),
        ({"is_fed": False}, False),
        ({"is_duplicate": True}, False),
        ({"category": "loan_proceeds"}, False),
        ({"transfer": "account"}, False),
        ({"recorded_on": _ago(-1)}, False),
    ],
)
def test_a_line_that_no_document_has_pays_what_is_open_over_its_amount(line: Row, is_paid: bool) -> None:  # noqa: FBT001
    """It is in the bank and not to come; only what the bank delivered and a customer may have paid counts."""
    invoice = _due(20)
    made = make_transaction(**{"amount_cents": 119_00, "happened_on": _ago(3)} | line)
    book = _book(make_ledger(invoices=[invoice], transactions=[made]))
    assert book.unbooked_cents == 119_00 * is_paid
    assert len(_only(book).claims) == (not is_paid)
    assert _only(book).payments[0].is_open is not is_paid


def test_a_line_that_a_document_has_pays_no_other() -> None:
    """Nor does one of before the invoice."""
    paid, is_open, new = _due(20), _due(20), make_invoice(issued_on=_ago(2), due_on=_ago(-12))
    line = make_transaction(amount_cents=119_00, happened_on=_ago(3))
    closing = make_closing(paid, transaction_id=line["transaction_id"], happened_on=_ago(3))
    other = make_transaction(amount_cents=119_00, happened_on=_ago(3))
    ledger = make_ledger(invoices=[paid, is_open, new], transactions=[line, other], closings=[closing])
    assert [claim.document for claim in _only(_book(ledger)).claims] == [new["document_id"]]


def test_sold_claims_retentions_and_late_entries_are_left_out() -> None:
    """They bring the firm nothing, or on a day that nobody knows; how much is said."""
    sold = _due(-5, sold_on=_ago(20))
    kept = _due(-5, retention_cents=11_90)
    entered_late = make_invoice(issued_on=date(2024, 3, 1), due_on=date(2024, 3, 15), recorded_on=date(2024, 12, 1))
    book = _book(make_ledger(invoices=[sold, kept, entered_late]))
    assert [claim.cents for claim in _only(book).claims] == [107_10]
    assert (book.sold_cents, book.retained_cents, book.late_entered_cents) == (119_00, 11_90, 119_00)


def test_what_was_kept_back_is_due_on_its_release() -> None:
    """The day of release is its due day, before it as after it."""
    before = _due(10, retention_cents=11_90, retained_until=_ago(-40))
    after = _due(100, retention_cents=11_90, retained_until=_ago(7))
    closings = [make_closing(invoice, amount_cents=107_10, happened_on=_ago(5)) for invoice in (before, after)]
    customer = _only(_book(make_ledger(invoices=[before, after], closings=closings)))
    assert [(claim.cents, claim.past_due) for claim in customer.claims] == [(11_90, 7), (11_90, -40)]


def test_what_a_customer_is_owed_is_taken_off_the_oldest_claims() -> None:
    """A credit note over 119 euro without an invoice pays the older of two, whatever else the firm is owed."""
    older, newer, other = _due(9), _due(-5), _due(20, customer=2)
    note = make_credit_note(issued_on=_ago(1), net_cents=150_00)
    book = _book(make_ledger(invoices=[newer, older, other], credit_notes=[note]))
    assert [[(claim.cents, claim.past_due) for claim in one.claims] for one in book.customers] == [
        [(119_00, 20)],
        [(59_50, -5)],
    ]
    assert book.credited_cents == 178_50


def test_documents_that_name_nobody_are_customers_of_their_own() -> None:
    """And revenue at a till is no claim."""
    rows = [_due(5, customer=None), _due(6, customer=None), _due(7, customer=None, document="voucher")]
    book = _book(make_ledger(invoices=rows))
    assert [[claim.past_due for claim in one.claims] for one in book.customers] == [[6], [5]]
