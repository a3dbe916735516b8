"""Open invoices on the grid of the look ahead: how many are told apart."""

import numpy as np

from forecast.invoices import Book, Claim, Customer, Payment
from forecast.open_invoices import MOST_CLAIMS, MOST_HABITS, open_invoices


def book(claims: list[Claim]) -> Book:
    """One customer that pays 3 days late, always."""
    paid = [
        Payment(delay=3, age=400 - day, term=14, cents=1_000_000, is_open=False, is_dated=True)
        for day in range(0, 300, 30)
    ]
    return Book(customers=[Customer(payments=paid, claims=claims)])


def test_invoices_of_a_customer_that_fall_due_together_are_told_as_one() -> None:
    """Three of each day, as many days as are told apart: the same to the bit as one of each day, of the same sum."""
    days = range(MOST_CLAIMS, 0, -1)
    many = [Claim(kind="invoice", document=3 * day + n, cents=100, past_due=-day) for day in days for n in range(3)]
    few = [Claim(kind="invoice", document=3 * day, cents=300, past_due=-day) for day in days]
    # Due first is what is past due longest.
    many, few = many[::-1], few[::-1]
    for one, other in zip(open_invoices(book(many), 100), open_invoices(book(few), 100), strict=True):
        assert np.array_equal(one.summed, other.summed)
        assert np.array_equal(one.expected, other.expected)


def test_as_many_invoices_as_one_likes_make_no_larger_grid() -> None:
    """A thousand of one customer are summed on a grid of their sum, not of their number; all of it is expected."""
    claims = [Claim(kind="invoice", document=number, cents=997, past_due=-(number % 60)) for number in range(1_000)]
    claims.sort(key=lambda claim: -claim.past_due)
    usual, _ = open_invoices(book(claims), 10_000)
    assert usual.summed.shape[1] <= 1 + 997_000 // 10_000 + 1 + MOST_CLAIMS
    assert 0.9 * 997_000 < usual.expected[-1] <= 997_000


def test_of_many_customers_those_who_owe_least_are_taken_together() -> None:
    """Each counts with what it owes; whoever owes most keeps a place of its own."""
    customers = [
        Customer(claims=[Claim(kind="invoice", document=number, cents=1_000 + number, past_due=-(number % 30) - 1)])
        for number in range(2 * MOST_HABITS)
    ]
    found, _ = open_invoices(Book(customers=customers), 10_000)
    alone, _ = open_invoices(Book(customers=customers[MOST_HABITS:]), 10_000)
    assert np.array_equal(found.summed, alone.summed)
    owed = [sum(claim.cents for one in some for claim in one.claims) for some in (customers, customers[MOST_HABITS:])]
    shares = [one.expected[-1] / cents for one, cents in zip((found, alone), owed, strict=True)]
    assert abs(shares[0] - shares[1]) < 0.01
