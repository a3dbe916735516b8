"""The sum by hand: one and two claims, one customer's and two customers', and when there is no answer."""

from datetime import date, timedelta

import numpy as np
import pytest
from builders import Row, make_closing, make_invoice, make_ledger

from features.feature import Missing
from features.ledger import Resource
from features.spine import spine_of
from forecast.habits import HORIZON_DAYS
from forecast.receipts import (
    NOTHING,
    ONE,
    Answer,
    Integers,
    Weighed,
    quantile,
    receipts,
    with_claim,
    with_customer,
)

AS_OF = date(2024, 12, 15)
HALF = ONE // 2


def _share(share: int) -> Integers:
    return np.full(HORIZON_DAYS, share, dtype=np.int64)


def _first_day(distribution: Integers) -> list[float]:
    return [int(value) / ONE for value in distribution[0]]


def test_one_claim_that_comes_with_a_half() -> None:
    """3 steps or nothing."""
    assert _first_day(with_claim(NOTHING, 300, _share(HALF), 100)) == [0.5, 0.5, 0.5, 1]


def test_two_claims_that_come_independently() -> None:
    """1 and 2 steps, each with a half: 0, 1, 2, 3 with a quarter each."""
    both = with_claim(with_claim(NOTHING, 100, _share(HALF), 100), 200, _share(HALF), 100)
    assert _first_day(both) == [0.25, 0.5, 0.75, 1]


def test_an_amount_between_two_steps_keeps_its_mean() -> None:
    """175 cents are one step with a quarter and two with three quarters, where it comes at all."""
    assert _first_day(with_claim(NOTHING, 175, _share(HALF), 100)) == [0.5, 0.625, 1]


def test_claims_of_one_customer_come_together_or_not() -> None:
    """A habit that pays both and one that pays none, each with a half: nothing, or all; never one alone."""
    paid = np.stack([np.stack([_share(ONE)] * 2), np.stack([_share(0)] * 2)])
    one = with_customer(NOTHING, [100, 100], Weighed(weights=(HALF, HALF), paid=paid), 100)
    assert _first_day(one) == [0.5, 0.5, 1]


def test_claims_of_two_customers_come_independently() -> None:
    """The same of two customers: 0, 1, 2 steps with a quarter, a half, a quarter."""
    paid = np.stack([_share(ONE), _share(0)])[:, None, :]
    view = Weighed(weights=(HALF, HALF), paid=paid)
    assert _first_day(with_customer(with_customer(NOTHING, [100], view, 100), [100], view, 100)) == [0.25, 0.75, 1]


def test_a_customer_that_stopped_pays_nothing() -> None:
    """What the weights lack to one is a customer who pays no more."""
    view = Weighed(weights=(HALF,), paid=np.stack([np.stack([_share(ONE)] * 2)]))
    assert _first_day(with_customer(NOTHING, [100, 100], view, 100)) == [0.5, 0.5, 1]


@pytest.mark.parametrize(("share", "expected"), [(1, 0), (HALF, 0), (HALF + 1, 3), (ONE, 3)])
def test_a_quantile_is_the_least_amount_that_reaches_the_share(share: int, expected: int) -> None:
    """Of 3 or nothing with a half: nothing up to the half, included."""
    assert quantile(with_claim(NOTHING, 300, _share(HALF), 100), share)[0] == expected


def _books(paid: int, is_open: int) -> dict[str, list[Row]]:
    """Invoices of three customers in turn, paid early or late, and open ones due in ten days."""
    invoices, closings = [], []
    for number in range(paid + is_open):
        due = AS_OF - timedelta(days=20 + 7 * number) if number < paid else AS_OF + timedelta(days=10)
        invoices.append(make_invoice(customer=number % 3, issued_on=due - timedelta(days=30), due_on=due))
        if number < paid:
            closings.append(make_closing(invoices[-1], happened_on=due + timedelta(days=(2, -6, 15, 0, 6)[number % 5])))
    return {"invoices": invoices, "closings": closings}


def _answer(paid: int, is_open: int, **more: frozenset[Resource]) -> Answer:
    (answer,) = receipts(make_ledger(**_books(paid, is_open), **more), spine_of(AS_OF))
    return answer


@pytest.mark.parametrize(("paid", "cause"), [(0, True), (4, True), (5, False)])
def test_a_firm_with_fewer_than_five_payments_has_no_habit(paid: int, cause: bool) -> None:  # noqa: FBT001
    """No guess: the answer is missing, with its cause."""
    answer = _answer(paid, 3)
    assert (answer.cause is Missing.TOO_FEW_DOCUMENTS) is cause
    assert (answer.receipts is None) is cause


def test_books_whose_facts_were_not_recognised_have_no_answer() -> None:
    """Closings are facts of version 2."""
    answer = _answer(9, 3, fetched=frozenset({Resource.INVOICES}))
    assert (answer.receipts, answer.cause) == (None, Missing.NOT_FETCHED)


def test_three_invoices_of_a_firm_of_five_payments_have_a_wide_band() -> None:
    """After 12 days, when they come as a rule, it may be none or two of three; after 60 mostly all."""
    found = _answer(5, 3).receipts
    assert found is not None
    assert found.open_cents == 3 * 119_00
    assert found.low[0] == found.median[0] == 0
    assert found.low[11] < 119_00
    assert found.high[11] >= 2 * 119_00
    assert found.median[59] > 300_00
    assert found.expected[59] < found.open_cents


def test_nothing_open_brings_nothing() -> None:
    """A firm without open invoices has an answer: nothing on any day."""
    found = _answer(9, 0).receipts
    assert found is not None
    assert found.open_cents == 0
    assert set(found.expected) | set(found.low) | set(found.high) == {0}


def test_what_is_owed_beyond_all_that_was_ever_paid_is_a_strangers() -> None:
    """A customer with five small payments on time, and an invoice a hundred times as large, which anybody can write."""
    books = _books(15, 3)
    small, large = (
        make_invoice(customer=0, issued_on=AS_OF, due_on=AS_OF + timedelta(days=10), net_cents=cents)
        for cents in (100_00, 10_000_00)
    )
    shares = []
    for invoice in (small, large):
        rows = {**books, "invoices": [*books["invoices"], invoice]}
        (answer,) = receipts(make_ledger(**rows), spine_of(AS_OF))
        assert answer.receipts is not None
        shares += [
            outlook.paid[29] for outlook in answer.receipts.claims if outlook.claim.document == invoice["document_id"]
        ]
    assert shares[1] < shares[0]
