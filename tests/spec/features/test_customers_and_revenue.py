"""Customers and revenue: literal books and their values."""

from datetime import date

import pytest
from builders import Row, feature_of, make_cancellation, make_credit_note, make_invoice, make_ledger

from features.ledger import Resource

YEAR_END = date(2024, 12, 31)
EARLIER = make_invoice(issued_on=date(2023, 1, 1), net_cents=1_00, customer=9)
"""Makes the books old enough, outside every window of 12 months."""


def _sale(day: date, net_cents: int, customer: int | None = 1, **overrides: object) -> Row:
    return make_invoice(issued_on=day, net_cents=net_cents, customer=customer, **overrides)


def _series(*net_euro: int, first_month: int = 1, year: int = 2024) -> list[Row]:
    """One sale on the 15th of each month."""
    return [_sale(date(year, first_month + i, 15), euro * 100) for i, euro in enumerate(net_euro)]


def test_top_share_is_net_of_one_customer_over_all_named_or_not() -> None:
    """Customer 1 bought for 50.00, customer 2 for 30.00, somebody without a name for 20.00."""
    invoices = [
        EARLIER,
        _sale(date(2024, 1, 1), 20_00),
        _sale(YEAR_END, 30_00, gross_cents=1),
        _sale(date(2024, 6, 1), 30_00, customer=2),
        _sale(date(2024, 6, 1), 20_00, customer=None, document="voucher"),
        _sale(date(2023, 12, 31), 999_00, customer=2),
    ]
    assert feature_of("customers_top1_share_12m", YEAR_END, make_ledger(invoices=invoices)) == 0.5


def test_nobody_without_a_name_is_the_largest_customer() -> None:
    """Sales at a till are many customers, not one."""
    invoices = [EARLIER, _sale(date(2024, 6, 1), 10_00), _sale(date(2024, 6, 1), 90_00, customer=None)]
    assert feature_of("customers_top1_share_12m", YEAR_END, make_ledger(invoices=invoices)) == 0.1


def test_top_share_needs_six_months_and_sales() -> None:
    """Five full months are too few; nothing sold in the window leaves nothing to share."""
    young = make_ledger(invoices=[_sale(date(2024, 7, 2), 10_00)])
    assert feature_of("customers_top1_share_12m", YEAR_END, young) == "too_little_history"
    assert feature_of("customers_top1_share_12m", YEAR_END, make_ledger(invoices=[EARLIER])) == "undefined"


def test_churn_is_who_was_invoiced_seven_to_twelve_months_ago_and_not_since() -> None:
    """As of mid-December: December to May last year counts as before, June to now as since."""
    invoices = [
        EARLIER,
        _sale(date(2023, 12, 1), 10_00, customer=1),  # first day of the window, silent since
        _sale(date(2024, 5, 31), 10_00, customer=2),  # last day of it
        _sale(date(2024, 6, 1), 10_00, customer=2),  # back on the next day
        _sale(date(2024, 5, 1), 10_00, customer=3),
        _sale(date(2024, 12, 15), 10_00, customer=3),  # back today
        _sale(date(2024, 5, 1), 10_00, customer=4),  # silent since
        _sale(date(2023, 11, 30), 10_00, customer=5),  # before the window
    ]
    assert feature_of("customers_churn_share_12m", date(2024, 12, 15), make_ledger(invoices=invoices)) == 0.5


def test_churn_needs_a_year_and_former_customers() -> None:
    """Eleven full months are too few; without former customers nobody can be lost."""
    young = make_ledger(invoices=[_sale(date(2024, 1, 2), 10_00)])
    assert feature_of("customers_churn_share_12m", YEAR_END, young) == "too_little_history"
    assert feature_of("customers_churn_share_12m", YEAR_END, make_ledger(invoices=[EARLIER])) == "undefined"


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (date(2024, 12, 31), 300_00),  # January and December
        (date(2024, 12, 30), 180_00),  # December is not full: January, and December of the year before
        (date(2025, 1, 30), 300_00),
        (date(2025, 1, 31), 200_00),  # January 2024 has left
    ],
)
def test_net_revenue_is_of_twelve_full_months(as_of: date, expected: int) -> None:
    """A month that ends today is full."""
    invoices = [
        EARLIER,
        _sale(date(2023, 12, 1), 80_00),
        _sale(date(2024, 1, 1), 100_00),
        _sale(date(2024, 12, 30), 200_00),
    ]
    assert feature_of("revenue_net_12m_cents", as_of, make_ledger(invoices=invoices)) == expected


def test_net_revenue_leaves_out_cancelled_invoices_but_not_credited_ones() -> None:
    """A cancelled invoice never was; a credit note is dilution, not less revenue."""
    cancelled, credited = _sale(date(2024, 5, 1), 70_00), _sale(date(2024, 5, 1), 30_00)
    ledger = make_ledger(
        invoices=[EARLIER, cancelled, credited],
        cancellations=[make_cancellation(cancelled, happened_on=date(2024, 6, 1))],
        credit_notes=[make_credit_note(credited, net_cents=30_00, issued_on=date(2024, 6, 1))],
    )
    assert feature_of("revenue_net_12m_cents", YEAR_END, ledger) == 30_00


def test_net_revenue_is_zero_where_nothing_was_sold_and_missing_where_books_are_young() -> None:
    """Zero is a statement, which needs six full months of books."""
    assert feature_of("revenue_net_12m_cents", YEAR_END, make_ledger(invoices=[EARLIER])) == 0
    assert feature_of("revenue_net_12m_cents", YEAR_END, make_ledger()) == "too_little_history"
    first = make_invoice(issued_on=date(2024, 7, 1), net_cents=5_00)
    assert feature_of("revenue_net_12m_cents", YEAR_END, make_ledger(invoices=[first])) == 5_00


def test_net_revenue_needs_invoices_and_vouchers() -> None:
    """A firm that sells over a till only has vouchers: both must have been asked for."""
    ledger = make_ledger(invoices=[EARLIER], fetched=set(Resource) - {Resource.VOUCHERS})
    assert feature_of("revenue_net_12m_cents", YEAR_END, ledger) == "not_fetched"


@pytest.mark.parametrize(("net_cents", "expected"), [(999_00, 6.908), (0, 0.0), (-500_00, 0.0)])
def test_log_revenue_is_of_one_plus_euro(net_cents: int, expected: float) -> None:
    """ln(1 + 999) = 6.908; a year of corrections counts as nothing sold."""
    ledger = make_ledger(invoices=[EARLIER, _sale(date(2024, 6, 1), net_cents)])
    assert feature_of("revenue_log_12m", YEAR_END, ledger) == expected


def test_log_revenue_needs_six_months() -> None:
    """Books from the 2nd of July have five full months."""
    ledger = make_ledger(invoices=[_sale(date(2024, 7, 2), 10_00)])
    assert feature_of("revenue_log_12m", YEAR_END, ledger) == "too_little_history"


def test_trend_is_the_median_slope_over_the_median_month() -> None:
    """10 euro more every month around a median of 155: 0.0645 per month, and one wild month changes little."""
    rising = _series(*range(100, 220, 10))
    assert feature_of("revenue_trend_12m", YEAR_END, make_ledger(invoices=[EARLIER, *rising])) == 0.0645
    wild = [*rising[:-1], _sale(date(2024, 12, 15), 9_999_00)]
    assert feature_of("revenue_trend_12m", YEAR_END, make_ledger(invoices=[EARLIER, *wild])) == 0.0645


def test_trend_reads_no_months_before_the_books_began() -> None:
    """Books from July: six months of 100 are level, not a rise from nothing."""
    invoices = [_sale(date(2024, 7, 1), 0), *_series(100, 100, 100, 100, 100, 100, first_month=7)]
    assert feature_of("revenue_trend_12m", YEAR_END, make_ledger(invoices=invoices)) == 0.0


def test_trend_and_volatility_need_six_months_and_a_median_above_zero() -> None:
    """Six full months; a firm that sells in fewer than half of the months has no typical month."""
    young = make_ledger(invoices=[_sale(date(2024, 7, 2), 10_00)])
    rare = make_ledger(invoices=[EARLIER, *_series(100, 0, 0, 100)])
    for name in ("revenue_trend_12m", "revenue_volatility_12m"):
        assert feature_of(name, YEAR_END, young) == "too_little_history"
        assert feature_of(name, YEAR_END, rare) == "undefined"


def test_volatility_is_the_median_deviation_over_the_median_month() -> None:
    """Six months of 80 and six of 120: every month is 20 away from the median of 100."""
    ledger = make_ledger(invoices=[EARLIER, *_series(*[80, 120] * 6)])
    assert feature_of("revenue_volatility_12m", YEAR_END, ledger) == 0.2


def test_drop_compares_three_full_months_with_those_a_year_before() -> None:
    """October to December: 150 now, 200 a year before, and September counts in neither."""
    before = _series(999, 100, 100, 0, first_month=9, year=2023)
    now = _series(999, 50, 50, 50, first_month=9)
    ledger = make_ledger(invoices=[EARLIER, *before, *now])
    assert feature_of("revenue_drop_3m", YEAR_END, ledger) == -0.25


@pytest.mark.parametrize(
    ("first_on", "expected"), [(date(2023, 10, 1), -1.0), (date(2023, 10, 2), "too_little_history")]
)
def test_drop_needs_fifteen_months(first_on: date, expected: float | str) -> None:
    """Books from the 1st of October 2023 have fifteen full months at the end of 2024."""
    assert feature_of("revenue_drop_3m", YEAR_END, make_ledger(invoices=[_sale(first_on, 10_00)])) == expected


def test_drop_from_nothing_is_undefined() -> None:
    """Nothing sold a year before: no change can be stated."""
    ledger = make_ledger(invoices=[EARLIER, *_series(50, first_month=12)])
    assert feature_of("revenue_drop_3m", YEAR_END, ledger) == "undefined"
