"""Revenue, catalogue 2 without predecessors: growth, season, falls and invoice amounts; literal books."""

from datetime import date, timedelta

import pytest
from builders import Row, feature_of, make_cancellation, make_invoice, make_ledger

YEAR_END = date(2024, 12, 31)


def _sale(day: date, net_euro: int, **overrides: object) -> Row:
    return make_invoice(issued_on=day, net_cents=net_euro * 100, **overrides)


EARLIER = _sale(date(2022, 6, 1), 1)
"""Makes the books old enough, outside every window."""


def _value(name: str, sales: list[Row], as_of: date = YEAR_END, **frames: list[Row]) -> object:
    return feature_of(name, as_of, make_ledger(invoices=sales, **frames))


def _months(*net_euro: int, last: date = YEAR_END) -> list[Row]:
    """One sale on the 15th of each month, in the order of time; the last in that of a day."""
    number = last.year * 12 + last.month - len(net_euro)
    return [
        _sale(date((number + place) // 12, (number + place) % 12 + 1, 15), euro)
        for place, euro in enumerate(net_euro)
        if euro
    ]


@pytest.mark.parametrize(
    ("sale", "expected"),
    [
        (_sale(date(2024, 1, 1), 50), 0.5),
        (_sale(date(2024, 12, 31), 50), 0.5),
        (_sale(date(2023, 12, 31), 100), -0.5),
        (_sale(date(2023, 1, 1), 100), -0.5),
        (_sale(date(2022, 12, 31), 100), 0.0),
        (_sale(date(2025, 1, 1), 50), 0.0),
        (_sale(date(2023, 5, 1), -100), "undefined"),
        (_sale(date(2024, 5, 1), 50, is_duplicate=True), 0.0),
    ],
)
def test_growth_is_of_two_times_twelve_full_months(sale: Row, expected: float | str) -> None:
    """100 in either year, and one more sale."""
    sales = [EARLIER, _sale(date(2023, 7, 1), 100), _sale(date(2024, 7, 1), 100), sale]
    assert _value("revenue_growth_12m_v2", sales) == expected


def test_growth_needs_two_years() -> None:
    """From the first of January of the year before."""
    sales = [_sale(date(2023, 1, 1), 100), _sale(date(2024, 7, 1), 100)]
    assert _value("revenue_growth_12m_v2", sales) == 0.0
    assert _value("revenue_growth_12m_v2", [_sale(date(2023, 1, 2), 100), sales[1]]) == "too_little_history"


AS_OF = date(2024, 12, 20)
FIRST = AS_OF - timedelta(days=89)
YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("sale", "expected"),
    [
        (_sale(AS_OF, 50), 0.5),  # in the running month
        (_sale(FIRST, 50), 0.5),
        (_sale(FIRST - timedelta(days=1), 50), 0.0),
        (_sale(AS_OF + timedelta(days=1), 50), 0.0),
        (_sale(AS_OF - YEAR, 100), -0.5),
        (_sale(AS_OF - YEAR + timedelta(days=1), 100), 0.0),
        (_sale(FIRST - YEAR, 100), -0.5),
        (_sale(FIRST - YEAR - timedelta(days=1), 100), 0.0),
    ],
)
def test_ninety_days_are_compared_with_those_of_the_year_before(sale: Row, expected: float) -> None:
    """100 in either, and one more sale."""
    sales = [EARLIER, _sale(date(2023, 11, 1), 100), _sale(date(2024, 11, 1), 100), sale]
    assert _value("revenue_change_90d_v2", sales, AS_OF) == expected


SUMMER = (0, 0, 0, 10, 20, 40, 40, 20, 10, 0, 0, 0)
WINTER = SUMMER[6:] + SUMMER[:6]


@pytest.mark.parametrize(
    ("before", "year", "expected"),
    [
        (SUMMER, SUMMER, 1.0),
        (SUMMER, WINTER, 0.0),
        (SUMMER, (10,) * 12, 0.0),
        ((10,) * 12, (20,) * 12, "undefined"),  # nothing varies within a year
        (SUMMER, tuple(100 + euro for euro in SUMMER), 1.0),  # a year that is larger by as much each month
        (SUMMER, tuple(2 * euro for euro in SUMMER), 0.8),  # the same course, twice as strong: 2 * 2 / (1 + 4)
    ],
)
def test_a_season_is_what_two_years_have_in_common(
    before: tuple[int, ...], year: tuple[int, ...], expected: float | str
) -> None:
    """Each month against the mean of its year."""
    sales = [EARLIER, *_months(*before, *year)]
    assert _value("revenue_seasonality_24m_v2", sales) == expected


@pytest.mark.parametrize(
    ("euro", "expected"),
    [
        ((100,) * 12, 0),
        ((100, 0, 100, 9, 100, 10, 100, 100, 100, 100, 100, 0), 3),  # nothing, less than 10 euro, the last month
        ((-100,) + (100,) * 11, 1),
        ((100,) + (0,) * 11, 11),
    ],
)
def test_months_without_revenue_are_those_below_ten_euro(euro: tuple[int, ...], expected: int) -> None:
    """Of twelve full months."""
    assert _value("revenue_zero_months_12m_v2", [EARLIER, *_months(*euro)]) == expected


def test_a_younger_firm_has_no_empty_months_before_its_first() -> None:
    """Seven months old, of which three are empty; five months are too few."""
    assert _value("revenue_zero_months_12m_v2", [_sale(date(2024, 6, 1), 100), *_months(100, 100, 0, 0, 100)]) == 3
    assert _value("revenue_zero_months_12m_v2", [_sale(date(2024, 8, 1), 100)]) == "too_little_history"


@pytest.mark.parametrize(
    ("euro", "expected"),
    [
        ((10,) * 12, 0.0),
        ((10, 10, 10, 10, 10, 10, 20, 20, 20, 20, 20, 20), 0.0),
        ((20, 20, 20, 20, 20, 20, 10, 10, 10, 20, 20, 20), 0.5),  # and back: the fall counts
        ((10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 0), 0.3333),
        ((0, 0, 0, 0, 0, 0, 10, 10, 10, 0, 0, 0), 1.0),
        ((10, 10, 10, 0, 0, 0, 0, 0, 0, -90, 0, 0), 1.0),  # no more than all
        ((0,) * 12, "undefined"),
    ],
)
def test_the_fall_is_from_the_best_three_months_before(euro: tuple[int, ...], expected: float | str) -> None:
    """What comes before the peak is no fall."""
    assert _value("revenue_drawdown_share_12m_v2", [EARLIER, *_months(*euro)]) == expected


def test_the_fall_reads_twelve_months() -> None:
    """What was before is no peak."""
    assert _value("revenue_drawdown_share_12m_v2", [*_months(900, *[10] * 12)]) == 0.0


@pytest.mark.parametrize(
    ("odd", "is_counted"),
    [
        ({"issued_on": date(2024, 1, 1)}, True),
        ({"issued_on": date(2023, 12, 31)}, False),
        ({"issued_on": date(2025, 1, 1)}, False),
        ({"document": "voucher"}, False),  # a till's day is no invoice
        ({"net_cents": 0}, False),
        ({"net_cents": -100_00}, False),
        ({"is_duplicate": True}, False),
    ],
)
def test_the_invoice_amount_is_the_one_in_the_middle_of_invoices_above_nothing(
    odd: dict[str, object], *, is_counted: bool
) -> None:
    """Ten of 100 euro, nine of 150, and one of 300: of twenty the eleventh; without the last too few."""
    last = make_invoice(**{"issued_on": date(2024, 5, 1), "net_cents": 300_00} | odd)
    sales = [*(_sale(date(2024, 5, 1), 100) for _ in range(10)), *(_sale(date(2024, 5, 1), 150) for _ in range(9))]
    expected = 150_00 if is_counted else "too_few_documents"
    assert _value("revenue_ticket_12m_cents_v2", [*sales, last]) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 10, 1), 0.2),
        (date(2024, 9, 30), "too_few_documents"),
        (date(2025, 1, 1), "too_few_documents"),
    ],
)
def test_the_invoice_amount_of_three_months_is_compared_with_the_nine_before(day: date, expected: float | str) -> None:
    """Five of 100 before, two of 100 and two of 120 in the quarter, and one of 900."""
    before = [_sale(date(2024, 1, 1), 100), *(_sale(date(2024, 9, 30), 100) for _ in range(4))]
    recent = [_sale(YEAR_END, euro) for euro in (100, 120, 120, 100)]
    assert _value("revenue_ticket_change_12m_v2", [*before, *recent, _sale(day, 900)]) == expected


def test_a_cancelled_invoice_counts_until_it_is_cancelled() -> None:
    """On the day before it does."""
    gone = _sale(date(2024, 11, 1), 300)
    sales = [EARLIER, _sale(date(2023, 11, 1), 100), _sale(date(2024, 11, 1), 100), gone]
    cancelled = [make_cancellation(gone, happened_on=AS_OF)]
    assert _value("revenue_change_90d_v2", sales, AS_OF, cancellations=cancelled) == 0.0
    assert _value("revenue_change_90d_v2", sales, AS_OF - timedelta(days=1), cancellations=cancelled) == 3.0
