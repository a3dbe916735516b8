"""Habits by hand: one archetype, what a firm's invoices make of them, and what is open already."""

from collections.abc import Sequence

import numpy as np
import pytest

from forecast.habits import EARLIEST, HALF_WIDTHS, USUAL_DAYS, by_day, firm_of, habits, outlook, prior
from forecast.invoices import Book, Claim, Customer, Payment

ON_TIME = USUAL_DAYS.index(0) * len(HALF_WIDTHS)
"""The archetype that pays on the due day, to the day; the next ones are wider."""


def _paid(delay: int, age: int = 200, term: int = 30) -> Payment:
    return Payment(delay=delay, age=age, term=term, cents=1000)


def _open(past_due: int) -> Payment:
    return Payment(delay=past_due, age=past_due, term=30, cents=0, is_open=True)


def _claim(past_due: int) -> Claim:
    return Claim(kind="invoice", document=1, cents=1000, past_due=past_due)


def _within(customer: Customer, book: Book, days: int) -> float:
    """Probability that its first claim is paid within so many days."""
    firm = firm_of(book)
    found = 0.0
    for shift, weight in firm.shifts:
        view = outlook(customer, firm, shift)
        found += weight * float((view.weights * view.paid[:, 0, days - 1]).sum())
    return found


def _customer(delays: Sequence[int], past_due: int) -> Customer:
    payments = [*(_paid(delay) for delay in delays), _open(past_due)]
    return Customer(payments=payments, claims=[_claim(past_due)])


@pytest.mark.parametrize(
    ("day", "regular", "stray"),
    [
        (-4, 0, 0),
        (-3, 1 / 27, 0),
        (-2, 4 / 27, 0),
        (-1, 10 / 27, 0),
        (0, 17 / 27, 1 - (20 / 21) ** 2),
        (1, 23 / 27, 1 - (20 / 22) ** 2),
        (2, 26 / 27, 1 - (20 / 23) ** 2),
        (3, 1, 1 - (20 / 24) ** 2),
        (20, 1, 1 - (20 / 41) ** 2),
    ],
)
def test_an_archetype_is_three_uniform_days_and_strays(day: int, regular: float, stray: float) -> None:
    """The one around the due day of half-width 1: 1, 3, 6, 7, 6, 3, 1 of 27 from -3 to 3."""
    assert by_day(np.array([day]))[0, ON_TIME + 1] == pytest.approx(0.95 * regular + 0.05 * stray, abs=1e-12)


def test_an_archetype_without_width_pays_on_its_day() -> None:
    """Nothing before, and 95 % and the first strays on it."""
    assert by_day(-1)[ON_TIME] == 0
    assert by_day(0)[ON_TIME] == pytest.approx(0.95 + 0.05 * (1 - (20 / 21) ** 2), abs=1e-12)


def test_archetypes_are_distributions() -> None:
    """None falls, none exceeds 1, nothing is paid before the longest term, and the prior adds up to 1."""
    assert (np.diff(habits(), axis=1) >= 0).all()
    assert habits().min() >= 0
    assert habits().max() <= 1
    assert (habits()[:, -1] > 0.99).all()
    assert (by_day(EARLIEST - 1) == 0).all()
    assert prior().sum() == pytest.approx(1, abs=1e-12)


def _band(customer: Customer, book: Book) -> int:
    """Days from the first to the ninth tenth of when its first claim is paid."""
    shares = [_within(customer, book, days) for days in range(1, 181)]
    return sum(0.1 <= share < 0.9 for share in shares)


def test_payments_on_the_due_day_make_a_habit() -> None:
    """Customers who all pay on the due day, and did of late: then this one will, but for a shift of all of them."""
    customer = _customer([0] * 12, -7)
    book = Book(customers=[customer, *(Customer(payments=[_paid(0, 30)] * 12) for _ in range(10))])
    assert _within(customer, book, 4) < 0.2
    assert _within(customer, book, 9) > 0.75
    assert _within(customer, book, 15) > 0.95


def test_the_fewer_payments_the_wider_the_band() -> None:
    """A customer with one payment is not taken for one who always pays so."""
    others = [Customer(payments=[_paid(usual + day, 30) for day in (-9, 0, 12)]) for usual in (-8, 0, 5, 10, 25)]
    made = [_customer([2, -1, 1, 0, -2, 1, 0, 2][:count], -20) for count in (0, 1, 8)]
    bands = [_band(customer, Book(customers=[*others, customer])) for customer in made]
    assert bands[0] > bands[1] > bands[2]


def test_what_is_open_says_that_it_was_not_paid_before() -> None:
    """The longer past due for a punctual customer, the less comes within 30 days; never is part of it."""
    shares = []
    for past_due in (-5, 0, 10, 30, 90, 300):
        customer = _customer([0, 1, 2, 0, 1, 2, 0, 1], past_due)
        shares.append(_within(customer, Book(customers=[customer]), 30))
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.9
    assert shares[-1] < 0.2


def test_given_that_it_is_open_by_hand() -> None:
    """The archetype without width at 3 days past due: of the strays, those from the fourth day on."""
    customer = Customer(claims=[_claim(3)], payments=[_open(3)])
    firm = firm_of(Book())
    never = firm.never
    paid = outlook(customer, firm, 0).paid[ON_TIME, 0]
    is_open = 0.05 * (20 / 24) ** 2
    for days in (1, 30, 180):
        comes = is_open - 0.05 * (20 / (24 + days)) ** 2
        assert paid[days - 1] == pytest.approx((1 - never) * comes / (never + (1 - never) * is_open), abs=1e-9)


@pytest.mark.parametrize(("lost", "ended", "expected"), [(0, 0, 1 / 50), (1, 50, 2 / 101), (5, 45, 6 / 100)])
def test_what_is_never_paid_starts_from_two_percent_of_fifty(lost: int, ended: int, expected: float) -> None:
    """One of 50 before anything is known; each lost invoice of the firm adds one."""
    book = Book(customers=[Customer(payments=[_paid(0)] * ended, lost=lost)])
    assert firm_of(book).never == pytest.approx(expected)


def test_a_customer_that_paid_since_has_not_stopped() -> None:
    """What is old of a customer who paid others since is disputed; without a payment since, it may fail."""
    paid_since = [*(_paid(0, age) for age in (300, 250, 200)), _open(100), _paid(0, 5)]
    none_since = [*(_paid(0, age) for age in (400, 350, 300, 250)), _open(100)]
    firm = firm_of(Book(customers=[Customer(payments=paid_since)]))
    since, silent = (
        outlook(Customer(payments=payments, claims=[_claim(-3)]), firm, 0).stopped
        for payments in (paid_since, none_since)
    )
    assert since < 0.02
    assert silent > 0.1


def test_when_all_customers_pay_later_than_they_used_to_the_firm_expects_it() -> None:
    """Ten customers who always paid on the due day paid six days later of late: then the others will, too."""
    habit = [_paid(0, age) for age in (400, 350, 300, 250, 200, 150, 100)]
    slower = Book(customers=[Customer(payments=[*habit, _paid(6, 40)]) for _ in range(10)])
    usual = Book(customers=[Customer(payments=[*habit, _paid(0, 40)]) for _ in range(10)])
    means = [sum(shift * weight for shift, weight in firm_of(book).shifts) for book in (slower, usual)]
    assert means[0] > 3
    assert abs(means[1]) < 1


def test_an_undated_payment_is_a_bound() -> None:
    """Paid at some time until 200 days after the due day says next to nothing; until 1 day after it, much."""
    vague = Payment(delay=200, age=200, term=30, cents=0, is_dated=False)
    sharp = Payment(delay=1, age=200, term=30, cents=0, is_dated=False)
    new, one, other = (
        Customer(payments=[*payments, _open(-5)], claims=[_claim(-5)]) for payments in ([], [vague] * 6, [sharp] * 6)
    )
    book = Book(customers=[Customer(payments=[_paid(delay)] * 4) for delay in (-5, 0, 10, 20)])
    shares = [_within(customer, book, 6) for customer in (new, one, other)]
    assert shares[1] == pytest.approx(shares[0], abs=0.02)
    assert shares[2] > shares[0] + 0.2


@pytest.mark.parametrize("delay", [-90, -89, 0, 544, 545, 546, 730])
@pytest.mark.parametrize("term", [0, 90])
def test_no_payment_is_impossible(delay: int, term: int) -> None:
    """On the earliest and the latest day, and behind it, together with a usual one: there are numbers."""
    payments = [_paid(delay, 20, term), _paid(0, 20), _open(-5)]
    customer = Customer(payments=payments, claims=[_claim(-5)])
    assert 0 < _within(customer, Book(customers=[customer]), 180) < 1


def test_what_is_long_past_due_for_a_punctual_customer_is_disputed_and_not_just_late() -> None:
    """Ten invoices to a customer who always paid on time, 60 days past due, while it pays others: nobody owes them.

    Without that, only habits of paying after 60 days would be left, and all would be expected soon.
    """
    others = [Customer(payments=[_paid(usual + day, 100) for day in (-2, 0, 2)]) for usual in range(-10, 30, 4)]
    payments = [*(_paid(0, age) for age in range(300, 20, -30)), *[_open(60)] * 10, _paid(0, 5), _open(-10)]
    claims = [_claim(60)] * 10
    customer = Customer(payments=payments, claims=claims)
    book = Book(customers=[*others, customer])
    assert _within(customer, book, 60) < 0.35
    customer.claims = [_claim(-10)]
    assert _within(customer, book, 60) > 0.65
