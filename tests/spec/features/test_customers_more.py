"""Customers, catalogue 2 without predecessors: concentration, who is new or regular, and how they pay."""

from datetime import date, timedelta

import pytest
from builders import (
    Row,
    feature_of,
    make_account,
    make_cancellation,
    make_closing,
    make_invoice,
    make_ledger,
    make_transaction,
)

from features.ledger import Resource

YEAR_END = date(2024, 12, 31)
EARLIER = make_invoice(issued_on=date(2023, 1, 1), net_cents=1_00, customer=9)
"""Makes the books old enough, outside every window of 12 months."""
PAID = make_closing(EARLIER, happened_on=date(2023, 1, 15))


def _sale(day: date, net_euro: int, customer: int | None = 1, **overrides: object) -> Row:
    return make_invoice(issued_on=day, net_cents=net_euro * 100, customer=customer, **overrides)


def _value(name: str, sales: list[Row], closings: list[Row] | None = None, **frames: list[Row]) -> object:
    ledger = make_ledger(invoices=[EARLIER, *sales], closings=[PAID, *(closings or [])], **frames)
    return feature_of(name, YEAR_END, ledger)


MAY = date(2024, 5, 1)


@pytest.mark.parametrize(
    ("euro", "top3", "top5", "hhi", "effective"),
    [
        ({1: 100}, 1.0, 1.0, 1.0, 1.0),
        ({1: 50, 2: 50}, 1.0, 1.0, 0.5, 2.0),
        ({1: 40, 2: 30, 3: 20, 4: 10}, 0.9, 1.0, 0.3, 3.3333),
        (dict.fromkeys(range(10), 10), 0.3, 0.5, 0.1, 10.0),
        ({1: 60, 2: -10}, 1.0, 1.0, 1.0, 1.0),  # at most all there is
        ({1: 60, 2: -60}, "undefined", "undefined", 1.0, 1.0),
        ({1: -5}, "undefined", "undefined", "undefined", "undefined"),
    ],
)
def test_concentration_is_of_the_customers_of_a_year(
    euro: dict[int, int], top3: float | str, top5: float | str, hhi: float | str, effective: float | str
) -> None:
    """One document each."""
    sales = [_sale(MAY, amount, customer) for customer, amount in euro.items()]
    sales += [_sale(date(2023, 12, 31), 900), _sale(date(2025, 1, 1), 900)]
    assert _value("customers_top3_share_12m_v2", sales) == top3
    assert _value("customers_top5_share_12m_v2", sales) == top5
    assert _value("customers_hhi_12m_v2", sales) == hhi
    assert _value("customers_effective_12m_v2", sales) == effective


def test_two_documents_of_one_customer_are_one_and_without_a_name_two() -> None:
    """Leaving out names makes a till of many buyers, and no large customer of them."""
    assert _value("customers_hhi_12m_v2", [_sale(MAY, 50), _sale(MAY, 50)]) == 1.0
    assert _value("customers_hhi_12m_v2", [_sale(MAY, 50, None), _sale(MAY, 50, None)]) == 0.5
    assert _value("customers_top3_share_12m_v2", [_sale(MAY, 50), _sale(MAY, 50, None)]) == 0.5
    copies = [_sale(MAY, 50, 2), _sale(MAY, 50, 3, is_duplicate=True)]
    assert _value("customers_hhi_12m_v2", copies) == 1.0
    gone = _sale(MAY, 50, 3)
    assert _value("customers_hhi_12m_v2", [gone], cancellations=[make_cancellation(gone)]) == "undefined"


@pytest.mark.parametrize(
    ("customers", "expected"),
    [
        ([1, 2, 3, 4, 5], 0.2),
        ([1, 1, 2, 3, 4], 0.4),
        ([None, None, 1, 2, 3], 0.2),  # nobody is no customer
        ([1, 2, 3, 4], "too_few_documents"),
    ],
)
def test_the_largest_debtor_owes_most_of_what_is_open(customers: list[int | None], expected: float | str) -> None:
    """The same amount each; what was paid does not count."""
    sales = [_sale(MAY, 100, customer) for customer in customers]
    paid = _sale(MAY, 9_000, 7)
    assert _value("customers_top1_open_share_v2", [*sales, paid], [make_closing(paid, happened_on=MAY)]) == expected


@pytest.mark.parametrize(
    ("sale", "active", "new"),
    [
        (_sale(date(2024, 9, 30), 100, 2), 1, 0.0),
        (_sale(date(2024, 10, 1), 100, 2), 2, 0.5),
        (_sale(date(2024, 12, 31), 100, 2), 2, 0.5),
        (_sale(date(2025, 1, 1), 100, 2), 1, 0.0),
        (_sale(date(2024, 12, 31), 100, None), 1, 0.0),
        (_sale(date(2024, 12, 31), -10, 2), 1, 0.0),
        (_sale(date(2024, 12, 31), 100, 3), 2, 0.0),  # it was there in January
        (_sale(date(2024, 12, 31), 100, 4), 2, 0.5),  # it was there more than twelve months ago
    ],
)
def test_active_and_new_customers_are_those_of_three_full_months(sale: Row, active: int, new: float) -> None:
    """Customer 1 buys in January and November, 3 in January, 4 in December of the year before."""
    old = [_sale(date(2024, 1, 1), 10), _sale(date(2024, 1, 1), 10, 3), _sale(date(2023, 12, 31), 10, 4)]
    sales = [*old, _sale(date(2024, 11, 5), 100), sale]
    assert _value("customers_active_count_3m_v2", sales) == active
    assert _value("customers_new_share_3m_v2", sales) == new


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((date(2024, 7, 1), date(2024, 8, 1), date(2024, 9, 1), date(2024, 12, 31)), 0.5),
        ((date(2024, 6, 30), date(2024, 8, 1), date(2024, 9, 1), date(2024, 12, 31)), 0.0),
        ((date(2024, 7, 1), date(2024, 8, 1), date(2024, 9, 1), date(2025, 1, 1)), 0.0),
        ((date(2024, 7, 1), date(2024, 7, 2), date(2024, 9, 1), date(2024, 10, 31)), 0.0),  # three months
    ],
)
def test_regular_customers_buy_in_four_of_six_months(days: tuple[date, ...], expected: float) -> None:
    """As much is sold to others."""
    regular = [_sale(day, 100) for day in days]
    in_window = sum(date(2024, 7, 1) <= day <= YEAR_END for day in days)
    others = [_sale(date(2024, 8, 1), 100, customer) for customer in range(2, 2 + in_window)]
    assert _value("customers_regular_share_6m_v2", [*regular, *others]) == expected


def _due(due_on: date, customer: int, **overrides: object) -> Row:
    return make_invoice(
        issued_on=due_on - timedelta(days=30), due_on=due_on, gross_cents=100_00, customer=customer, **overrides
    )


def _with_delays(customer: int, due_on: date, *delays: int) -> tuple[list[Row], list[Row]]:
    invoices = [_due(due_on, customer) for _ in delays]
    closings = [
        make_closing(invoice, happened_on=due_on + timedelta(days=days))
        for invoice, days in zip(invoices, delays, strict=True)
    ]
    return invoices, closings


@pytest.mark.parametrize(
    ("open_of", "expected"),
    [
        ([1, 1, 1, 1, 1], 3.0),
        ([1, 2, 2, 2, 2], 16.6),  # 3 days on 100, 20 on 400
        ([1, 2, 3, 3, 3], 11.5),  # of customer 3 nothing fell due
        ([3, 3, 3, 3, 3], "undefined"),
        ([1, 1, 1, 1], "too_few_documents"),
    ],
)
def test_the_delay_of_debtors_is_weighted_by_what_they_owe(open_of: list[int], expected: float | str) -> None:
    """Customer 1 pays 3 days late, 2 usually 20, whatever the amounts were."""
    first, paid_first = _with_delays(1, date(2024, 6, 1), 3, 3, 3)
    second, paid_second = _with_delays(2, date(2024, 6, 1), 20, 20, 1)
    still_open = [_due(date(2025, 1, 5), customer) for customer in open_of]
    sales, closings = [*first, *second, *still_open], [*paid_first, *paid_second]
    assert _value("customers_debtor_delay_days_12m_v2", sales, closings) == expected


@pytest.mark.parametrize(
    ("recent", "before", "expected"),
    [
        ((10, 10, 10), (0, 4, 4), 6.0),
        ((10, 11, 12, 90), (4, 4, 4), 7.5),
        ((0, 0, 0), (4, 4, 4), -4.0),
        ((10, 10), (4, 4, 4), "too_few_documents"),
        ((10, 10, 10), (4, 4), "too_few_documents"),
    ],
)
def test_the_largest_customer_slows_by_the_difference_of_medians(
    recent: tuple[int, ...], before: tuple[int, ...], expected: float | str
) -> None:
    """Due on the first day of the last three months, and on the last day of the nine before."""
    first, paid_first = _with_delays(1, date(2024, 10, 1), *recent)
    second, paid_second = _with_delays(1, date(2024, 9, 30), *before)
    other, paid_other = _with_delays(2, date(2024, 10, 1), 80)
    sales, closings = [*first, *second, *other], [*paid_first, *paid_second, *paid_other]
    assert _value("customers_top1_slower_days_12m_v2", sales, closings) == expected


def test_of_two_equally_large_customers_the_one_that_slowed_more_counts() -> None:
    """Whichever has the lower number."""
    sales, closings = [], []
    for customer, days in ((1, 5), (2, 9), (3, 1)):
        for due_on, delay in ((date(2024, 11, 1), days), (date(2024, 6, 1), 0)):
            invoices, paid = _with_delays(customer, due_on, delay, delay, delay)
            sales += invoices
            closings += paid
    assert _value("customers_top1_slower_days_12m_v2", sales, closings) == 9.0
    larger = [*sales, _sale(MAY, 1, 3)]
    assert _value("customers_top1_slower_days_12m_v2", larger, closings) == 1.0


def test_a_month_without_payment_slows_the_largest_customer() -> None:
    """What is open counts with its days so far: 91 since the first of October."""
    first = [_due(date(2024, 10, 1), 1) for _ in range(3)]
    second, paid = _with_delays(1, date(2024, 6, 1), 0, 0, 0)
    assert _value("customers_top1_slower_days_12m_v2", [*first, *second], paid) == 91.0


@pytest.mark.parametrize(
    ("due_on", "is_day_known", "expected"),
    [
        (date(2024, 1, 1), True, 6.0),
        (date(2023, 12, 31), True, "too_few_documents"),
        (date(2025, 1, 1), True, "too_few_documents"),
        (date(2024, 1, 1), False, "too_few_documents"),
    ],
)
def test_the_largest_customer_is_compared_by_what_fell_due_within_the_year(
    due_on: date, expected: float | str, *, is_day_known: bool
) -> None:
    """With a third document before the year, after it, or without a day, there are two."""
    first, paid_first = _with_delays(1, date(2024, 10, 1), 10, 10, 10)
    second, paid_second = _with_delays(1, date(2024, 1, 1), 4, 4)
    third = _due(due_on, 1)
    paid = make_closing(third, happened_on=due_on + timedelta(days=4), is_day_known=is_day_known)
    sales, closings = [*first, *second, third], [*paid_first, *paid_second, paid]
    assert _value("customers_top1_slower_days_12m_v2", sales, closings) == expected


def test_without_revenue_nobody_is_the_largest_customer() -> None:
    """What was sold in the year was taken back in it."""
    first, paid_first = _with_delays(1, date(2024, 10, 1), 10, 10, 10)
    second, paid_second = _with_delays(1, date(2024, 3, 1), 4, 4, 4)
    sales = [*first, *second, _sale(MAY, -600)]
    closings = [*paid_first, *paid_second]
    assert _value("customers_top1_slower_days_12m_v2", sales, closings) == "too_few_documents"


def _paid_by(named: int, unnamed: int, *lines: tuple[int, int | None, str]) -> object:
    """Net sales to customer 1 and to nobody; money in by account and category."""
    sales = [_sale(MAY, named), _sale(MAY, unnamed, None)]
    came = [
        make_transaction(happened_on=MAY, amount_cents=euro * 100, counterparty_account=account, category=category)
        for euro, account, category in lines
    ]
    return _value("customers_top1_or_payer_share_12m_v2", sales, transactions=came, accounts=[make_account()])


@pytest.mark.parametrize(
    ("named", "unnamed", "lines", "expected"),
    [
        (100, 0, [(100, 7, "customer_receipt")], 1.0),
        (30, 70, [(100, 7, "customer_receipt")], 1.0),  # the customer was left out
        (0, 100, [(100, 7, "customer_receipt")], 1.0),
        (30, 70, [(40, 7, "customer_receipt"), (60, 8, "customer_receipt")], 0.6),
        (30, 20, [(90, 7, "customer_receipt"), (10, 8, "customer_receipt")], 0.9),  # 30 and 20, 45 of 50
        (60, 40, [(10, 7, "customer_receipt"), (90, None, "customer_receipt")], 0.6),  # who paid is not known
        (0, 100, [(100, 7, "provider_payout")], 0.0),  # cards of many buyers
        (0, 100, [(90, None, "cash_deposit"), (10, 7, "customer_receipt")], 0.1),  # a till
        (0, 100, [], 0.0),
    ],
)
def test_who_paid_tells_the_customer_that_is_left_out(
    named: int, unnamed: int, lines: list[tuple[int, int | None, str]], expected: float
) -> None:
    """As far as sales name nobody; a customer that is named counts as before."""
    assert _paid_by(named, unnamed, *lines) == expected


def test_several_customers_that_are_named_are_not_one_for_sharing_an_account() -> None:
    """The share of shared payers tells that."""
    sales = [_sale(MAY, 50), _sale(MAY, 50, 2)]
    came = make_transaction(happened_on=MAY, amount_cents=100_00, counterparty_account=7, category="customer_receipt")
    assert _value("customers_top1_or_payer_share_12m_v2", sales, transactions=[came]) == 0.5


def test_the_largest_customer_needs_no_bank_data() -> None:
    """Without it, who is named counts."""
    fetched = set(Resource) - {Resource.TRANSACTIONS, Resource.ACCOUNTS, Resource.PAYMENT_LOG}
    ledger = make_ledger(fetched=fetched, invoices=[EARLIER, _sale(MAY, 30), _sale(MAY, 70, None)])
    assert feature_of("customers_top1_or_payer_share_12m_v2", YEAR_END, ledger) == 0.3
