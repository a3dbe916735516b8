"""Laws of the forecast: what can never change a bit, and what can only go one way."""

import random
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from builders import Row, make_closing, make_invoice, make_ledger, make_spine
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import ledger_rows

from features.ledger import Ledger
from forecast.habits import HORIZON_DAYS, firm_of, outlook
from forecast.invoices import books
from forecast.receipts import NOTHING, ONE, Integers, Receipts, quantile, receipts, weighed, with_claim

AS_OF = date(2024, 12, 15)
Rows = dict[str, list[Row]]
FEW = settings(max_examples=max(4, settings().max_examples // 10))  # an example forecasts several times

_INVOICE = st.tuples(
    st.integers(0, 4),  # customer
    st.integers(-30, 200),  # days past due
    st.sampled_from([7, 14, 30]),  # term
    st.one_of(st.none(), st.integers(-10, 60)),  # days from due day to payment
    st.integers(1, 500_000),
)


@st.composite
def _firm(draw: st.DrawFn) -> Rows:
    """A firm with payments enough for an answer."""
    drawn = [*draw(st.lists(_INVOICE, min_size=3, max_size=15)), *((number, 90, 30, 3, 10_000) for number in range(5))]
    rows: Rows = {"invoices": [], "closings": []}
    for customer, past_due, term, delay, cents in drawn:
        due = AS_OF - timedelta(days=past_due)
        issued = min(due - timedelta(days=term), AS_OF)
        number = len(rows["invoices"])
        invoice = make_invoice(
            document_id=number, customer=customer, issued_on=issued, due_on=due, net_cents=cents, gross_cents=cents
        )
        rows["invoices"].append(invoice)
        if delay is not None:
            paid = max(due + timedelta(days=delay), issued)
            rows["closings"].append(make_closing(invoice, happened_on=paid))
    return rows


def _of(rows: Rows, borrower: int) -> Rows:
    return {name: [{**row, "borrower": borrower} for row in some] for name, some in rows.items()}


def _receipts(ledger: Ledger, borrower: int = 0, as_of: date = AS_OF) -> Receipts | None:
    (answer,) = receipts(ledger, make_spine((borrower, as_of)))
    return answer.receipts


@FEW
@given(rows=_firm())
def test_quantiles_and_means_rise_with_the_days_and_keep_their_order(rows: Rows) -> None:
    """Cumulative receipts never fall; low, median and high stand in order, and none is more than what is open."""
    found = _receipts(make_ledger(**rows))
    assert found is not None
    for line in (found.expected, found.low, found.median, found.high):
        assert list(line) == sorted(line)
        assert line[0] >= 0
        assert line[-1] <= found.open_cents
    assert all(a <= b <= c for a, b, c in zip(found.low, found.median, found.high, strict=True))
    for one in found.claims:
        assert list(one.paid) == sorted(one.paid)
        assert one.paid[0] >= 0
        assert one.paid[-1] <= ONE


@FEW
@given(rows=_firm())
def test_probabilities_add_up_to_one(rows: Rows) -> None:
    """The archetypes of a customer and that it stopped; the shifts of a firm; whole numbers add up to no more."""
    (book,) = books(make_ledger(**rows), make_spine((0, AS_OF)))
    firm = firm_of(book)
    assert firm.weights.sum() == pytest.approx(1, abs=1e-9)
    assert sum(weight for _, weight in firm.shifts) == pytest.approx(1, abs=1e-9)
    for customer in book.customers:
        if customer.claims:
            view = outlook(customer, firm, 0)
            assert view.weights.sum() + view.stopped == pytest.approx(1, abs=1e-9)
            assert view.paid.min() >= 0
            assert view.paid.max() <= 1
            assert sum(weighed(view).weights) <= ONE


@FEW
@given(rows=_firm(), seed=st.integers(0, 99))
def test_order_of_rows_and_names_of_customers_change_no_bit(rows: Rows, seed: int) -> None:
    """Shuffled rows, and other keys of customers: they are hashes."""
    shuffle = random.Random(seed)  # noqa: S311  the seed is an example
    shuffled = {name: shuffle.sample(some, len(some)) for name, some in rows.items()}
    renamed = [{**row, "customer": (row["customer"] * 7919 + seed) % 100_003} for row in rows["invoices"]]
    first = _receipts(make_ledger(**rows))
    assert _receipts(make_ledger(**shuffled)) == first
    assert _receipts(make_ledger(**{**rows, "invoices": renamed})) == first


@FEW
@given(one=_firm(), other=_firm(), more=ledger_rows())
def test_other_borrowers_and_days_change_no_bit(one: Rows, other: Rows, more: Rows) -> None:
    """Alone, and among others on several days."""
    everyone: dict[str, list[Any]] = {}
    for number, book in enumerate((one, other, more)):
        for name, some in _of(book, number).items():
            everyone.setdefault(name, []).extend(some)
    together = make_ledger(**everyone)
    points = [(number, day) for day in (AS_OF, AS_OF - timedelta(days=40)) for number in range(3)]
    many = receipts(together, make_spine(*points))
    for (number, day), found in zip(points, many, strict=True):
        alone = make_ledger(**_of((one, other, more)[number], number))
        assert receipts(alone, make_spine((number, day))) == [found]


@FEW
@given(rows=_firm())
def test_what_is_recorded_later_changes_no_bit(rows: Rows) -> None:
    """Payments of tomorrow are not there today."""
    past = {
        "invoices": rows["invoices"],
        "closings": [row for row in rows["closings"] if row["happened_on"] <= AS_OF],
    }
    assert _receipts(make_ledger(**past)) == _receipts(make_ledger(**rows))


@given(
    claims=st.lists(st.tuples(st.integers(1, 999), st.integers(0, ONE)), min_size=1, max_size=8),
    more=st.integers(0, 500),
    at=st.integers(0, 7),
)
def test_more_open_money_never_lowers_a_quantile(claims: list[tuple[int, int]], more: int, at: int) -> None:
    """A larger claim, or one more, on the same grid: no quantile falls, by not one step."""
    raised = [*claims]
    cents, share = raised[at % len(claims)]
    raised[at % len(claims)] = (cents + more, share)
    sums = [_sum(some) for some in (claims, raised, [*claims, (more + 1, ONE // 3)])]
    for part in range(1, 64):
        base, higher, longer = (int(quantile(one, part * ONE // 64)[0]) for one in sums)
        assert base <= higher
        assert base <= longer


@given(claims=st.lists(st.tuples(st.integers(1, 999), st.integers(0, ONE)), min_size=1, max_size=8))
def test_the_mean_on_the_grid_is_the_mean_in_cents(claims: list[tuple[int, int]]) -> None:
    """What splitting amounts between two steps changes is no mean, but for rounding of 2^-30."""
    tail = ONE - _sum(claims)[0]
    exact = sum(cents * share for cents, share in claims)
    assert abs(int(tail.sum()) * 10 - exact) <= 10 * len(tail) * 4 * len(claims)


def _sum(claims: list[tuple[int, int]]) -> Integers:
    found = NOTHING
    for cents, share in claims:
        found = with_claim(found, cents, np.full(HORIZON_DAYS, share, dtype=np.int64), 10)
    return found
