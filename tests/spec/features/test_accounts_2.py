"""Bank accounts, catalogue 2: levels in months of spending; literal books."""

from datetime import date, timedelta

import pytest
from builders import Row, feature_of, make_account, make_ledger, make_level, make_transaction

from features.ledger import Ledger

AS_OF = date(2024, 12, 31)
FIRST_OF_90 = date(2024, 10, 3)
BEFORE_90 = date(2024, 10, 2)


def _line(day: date, euro: float, category: str = "other", **overrides: object) -> Row:
    return make_transaction(happened_on=day, amount_cents=round(euro * 100), category=category, **overrides)


OLD = _line(date(2022, 1, 1), 0)
"""Makes the bank history long enough."""


def _bank(*lines: Row, state: str = "verified", level_euro: int = 0) -> Ledger:
    """Lines of account 1, which the bank delivers."""
    level = make_level(happened_on=date(2021, 12, 31), level_cents=level_euro * 100, state=state)
    return make_ledger(accounts=[make_account()], levels=[level], transactions=[OLD, *lines])


MEAN = "liquidity_mean_balance_months_90d_v2"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(AS_OF, -300)], 8.967),  # 900 on 89 days and 600 on the last, over 100 a month
        ([(FIRST_OF_90, -300)], 6.0),
        ([(FIRST_OF_90, -300), (BEFORE_90, 300)], 9.0),
        ([(BEFORE_90, -300)], "undefined"),  # nothing was spent
    ],
)
def test_mean_balance_is_of_the_ends_of_ninety_days(lines: list[tuple[date, int]], expected: float | str) -> None:
    """900 euro at first; what was paid before the window lowers the level and is no spending."""
    assert feature_of(MEAN, AS_OF, _bank(*(_line(*line) for line in lines), level_euro=900)) == expected


def test_own_transfers_move_levels_and_are_no_spending() -> None:
    """300 went to an account that is not in the books, and are gone from the level."""
    lines = [_line(FIRST_OF_90, -300, transfer="own_name"), _line(FIRST_OF_90, -300)]
    assert feature_of(MEAN, AS_OF, _bank(*lines, level_euro=900)) == 3.0


LOWEST = "liquidity_minimum_balance_months_{}d_v2"
BEFORE_30, FIRST_OF_30 = date(2024, 12, 1), date(2024, 12, 2)
BEFORE_180, FIRST_OF_180 = date(2024, 7, 4), date(2024, 7, 5)


@pytest.mark.parametrize(
    ("days", "raised_on", "expected"),
    [
        (30, BEFORE_30, 9.0),  # 100 on the 30th of November, 900 from the 1st of December on
        (30, FIRST_OF_30, 9.0),
        (30, date(2024, 12, 3), 1.0),  # the 2nd ended with 100
        (180, FIRST_OF_180, 9.0),
        (180, date(2024, 7, 6), 1.0),
    ],
)
def test_lowest_balance_is_of_the_days_of_its_window(days: int, raised_on: date, expected: float) -> None:
    """Over a third of the 300 that were paid in 90 days; the last day ends with 900."""
    lines = [_line(raised_on, 1_100), _line(AS_OF, -300)]
    assert feature_of(LOWEST.format(days), AS_OF, _bank(*lines, level_euro=100)) == expected


def test_lowest_balance_of_a_half_year_is_over_the_spending_of_ninety_days() -> None:
    """What was paid before is in the level alone: 400 of 100 a month."""
    lines = [_line(FIRST_OF_180, -500), _line(FIRST_OF_90, -300), _line(AS_OF, 900)]
    assert feature_of(LOWEST.format(180), AS_OF, _bank(*lines, level_euro=1_200)) == 4.0


VOLATILITY = "liquidity_balance_volatility_days_90d_v2"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(FIRST_OF_90, -900)], 0.0),  # the same on all 90 days
        ([(date(2024, 11, 17), -900)], 45.0),  # 900 higher on the first 45 days: 450 around the mean, 10 a day
        ([(date(2024, 11, 17), -900), (BEFORE_90, -5_000)], 45.0),
        ([(date(2024, 11, 17), 900)], "undefined"),
    ],
)
def test_balance_volatility_is_the_standard_deviation_in_days_of_spending(
    lines: list[tuple[date, int]], expected: float | str
) -> None:
    """The level itself is no matter."""
    for level_euro in (0, 7_000, -100):
        ledger = _bank(*(_line(*line) for line in lines), level_euro=level_euro)
        assert feature_of(VOLATILITY, AS_OF, ledger) == expected


LOW = "liquidity_low_balance_days_90d_v2"


@pytest.mark.parametrize(
    ("level_euro", "expected"),
    [
        (970, 0),  # 70 are left after the 900 of the first day: just seven days
        (969.99, 90),
        (1_070, 0),
        (-1, 90),
    ],
)
def test_low_are_days_below_seven_days_of_spending(level_euro: float, expected: int) -> None:
    """10 a day."""
    level = make_level(happened_on=date(2021, 12, 31), level_cents=round(level_euro * 100))
    ledger = make_ledger(accounts=[make_account()], levels=[level], transactions=[OLD, _line(FIRST_OF_90, -900)])
    assert feature_of(LOW, AS_OF, ledger) == expected


def test_low_days_are_counted_in_ninety_days() -> None:
    """Low until the 3rd of October and on the last two days: three of these are in the window."""
    lines = [_line(date(2024, 10, 4), 2_000), _line(date(2024, 12, 30), -1_900, transfer="own_name")]
    spent = _line(date(2024, 12, 30), -90)
    assert feature_of(LOW, AS_OF, _bank(*lines, spent, level_euro=5)) == 1  # 7 euro are seven days of spending
    assert feature_of(LOW, AS_OF, _bank(*lines, spent, level_euro=-4)) == 3


def test_without_spending_low_is_below_zero() -> None:
    """Nothing covers seven days of nothing."""
    assert feature_of(LOW, AS_OF, _bank(level_euro=0)) == 0
    assert feature_of(LOW, AS_OF, _bank(level_euro=-1)) == 90


TREND = "liquidity_balance_trend_180d_v2"


def test_balance_trend_is_of_the_lows_of_25_weeks() -> None:
    """70 less each week are 300 less in 30 days, of 900 spent in 90: one month of spending each month.

    A day within a week that was higher is no matter; nor is the week before the 25.
    """
    mondays = [AS_OF - timedelta(days=7 * week + 6) for week in range(25)]
    lines = [_line(day, -70, transfer="own_name") for day in mondays]
    lines += [_line(mondays[3], 500), _line(mondays[3] + timedelta(days=1), -500, transfer="own_name")]
    lines += [_line(date(2024, 7, 9), 9_999), _line(FIRST_OF_90, -900), _line(FIRST_OF_90, 900)]
    assert feature_of(TREND, AS_OF, _bank(*lines, level_euro=50_000)) == -1.0
    assert feature_of(TREND, AS_OF, _bank(_line(AS_OF, -5))) == 0.0


@pytest.mark.parametrize("days_before_the_end", [0, 6])
def test_the_first_day_of_a_week_counts_as_its_last_does(days_before_the_end: int) -> None:
    """On one day of each week the level is 70 less deep than a week before, and back on the next."""
    dips = [AS_OF - timedelta(days=7 * week + days_before_the_end) for week in range(25)]
    lines = [_line(FIRST_OF_90, -900), _line(FIRST_OF_90, 900)]
    for week, day in enumerate(dips):
        lines.append(_line(day, -1_000 - 70 * week, transfer="own_name"))
        lines.append(_line(day + timedelta(days=1), 1_000 + 70 * week))
    assert feature_of(TREND, AS_OF, _bank(*lines, level_euro=50_000)) == 1.0


RUNWAY = "liquidity_runway_months_6m_v2"
FIRST_OF_6M, BEFORE_6M = date(2024, 7, 1), date(2024, 6, 30)


@pytest.mark.parametrize(
    ("lines", "level_euro", "expected"),
    [
        ([(FIRST_OF_6M, -600, "supplier")], 1_200, 6.0),  # 600 are left, 100 a month go
        ([(BEFORE_6M, -600, "supplier")], 1_200, 24.0),
        ([(FIRST_OF_6M, -600, "loan_service")], 1_200, 6.0),  # instalments and drawings go, too
        ([(FIRST_OF_6M, -600, "owner_drawing")], 1_200, 6.0),
        ([(FIRST_OF_6M, -600, "supplier"), (AS_OF, 600, "customer_receipt")], 1, 24.0),
        ([(FIRST_OF_6M, -600, "supplier"), (AS_OF, 600, "loan_proceeds")], 0, 0.0),
        ([(FIRST_OF_6M, -600, "supplier"), (AS_OF, 600, "loan_proceeds")], 300, 3.0),
        ([(FIRST_OF_6M, -600, "supplier"), (AS_OF, 600, "owner_contribution")], 300, 3.0),
        ([(FIRST_OF_6M, -600, "supplier")], 600, 0.0),
        ([(FIRST_OF_6M, 600, "customer_receipt")], -601, 0.0),  # more came in, and nothing is left all the same
        ([(FIRST_OF_6M, 600, "customer_receipt")], -600, 0.0),
        ([(FIRST_OF_6M, 600, "customer_receipt")], 0, 24.0),
        ([(FIRST_OF_6M, -6, "supplier")], 9_999, 24.0),
    ],
)
def test_runway_is_what_is_left_over_what_goes_each_month(
    lines: list[tuple[date, int, str]], level_euro: int, expected: float
) -> None:
    """Where no more goes than comes, it is as long as it can be; where nothing is left, it has ended."""
    assert feature_of(RUNWAY, AS_OF, _bank(*(_line(*line) for line in lines), level_euro=level_euro)) == expected


def test_money_that_somebody_entered_makes_no_runway() -> None:
    """Beside lines that the bank delivered."""
    lines = [_line(FIRST_OF_6M, -600), _line(AS_OF, 600, "customer_receipt", is_fed=False)]
    assert feature_of(RUNWAY, AS_OF, _bank(*lines, level_euro=300)) == 3.0


@pytest.mark.parametrize(
    ("name", "first_on"),
    [
        (MEAN, FIRST_OF_90),
        (LOWEST.format(30), FIRST_OF_90),
        (LOWEST.format(180), FIRST_OF_180),
        (VOLATILITY, FIRST_OF_90),
        (LOW, FIRST_OF_90),
        (TREND, FIRST_OF_180),
        (RUNWAY, date(2024, 7, 1)),
    ],
)
def test_levels_need_their_window_of_lines_and_a_bank_that_confirms_them(name: str, first_on: date) -> None:
    """A level that only somebody says is none; nor is that of accounts of which one has none."""
    spent = _line(AS_OF, -300)

    def found(first: date, state: str = "verified", *more: Row) -> float | str:
        level = make_level(happened_on=date(2021, 12, 31), state=state)
        lines = [_line(first, 0), spent, *more]
        return feature_of(name, AS_OF, make_ledger(accounts=[make_account()], levels=[level], transactions=lines))

    assert isinstance(found(first_on), float)
    assert found(first_on + timedelta(days=1)) == "too_little_history"
    assert found(first_on, "stale") == "balance_level_unverified"
    assert found(first_on, "unverified") == "balance_level_unverified"
    assert found(first_on, "verified", _line(AS_OF, 1, account_id=2)) == "balance_level_unverified"
