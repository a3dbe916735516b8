"""Liquidity: literal books and their values."""

from datetime import date, timedelta

import pytest
from builders import Row, feature_of, make_account, make_balance, make_ledger, make_transaction

from features.ledger import Ledger, Resource

AS_OF = date(2024, 12, 31)
FIRST_OF_90 = date(2024, 10, 3)
BEFORE_90 = date(2024, 10, 2)


def _line(day: date, euro: int, **overrides: object) -> Row:
    return make_transaction(happened_on=day, amount_cents=euro * 100, **overrides)


OLD = _line(date(2023, 1, 1), 0)
"""Makes the bank history long enough."""


def _bank(*lines: Row, level_euro: int = 0, **balance: object) -> Ledger:
    """Lines on an account whose level was known before the first of them."""
    known = make_balance(happened_on=date(2022, 12, 31), level_cents=level_euro * 100, **balance)
    return make_ledger(accounts=[make_account()], balances=[known], transactions=lines)


def test_inflow_over_outflow_of_ninety_days_without_own_transfers() -> None:
    """300 in and 200 out between the 3rd of October and today; the day before does not count."""
    ledger = _bank(
        OLD,
        _line(BEFORE_90, 999),
        _line(FIRST_OF_90, 100),
        _line(AS_OF, 200),
        _line(FIRST_OF_90, -50),
        _line(AS_OF, -150),
        _line(AS_OF, 777, is_internal=True),
        _line(AS_OF, -777, is_internal=True),
    )
    assert feature_of("liquidity_inflow_outflow_ratio_90d", AS_OF, ledger) == 1.5


@pytest.mark.parametrize(
    ("first_on", "expected"),
    [(FIRST_OF_90, 0.0), (FIRST_OF_90 + timedelta(days=1), "too_little_history")],
)
def test_inflow_over_outflow_needs_ninety_days_of_bank_lines(first_on: date, expected: float | str) -> None:
    """The first line must lie on the first day of the window or before."""
    ledger = _bank(_line(first_on, -1))
    assert feature_of("liquidity_inflow_outflow_ratio_90d", AS_OF, ledger) == expected


def test_inflow_over_no_outflow_is_undefined() -> None:
    """Nothing went out: no quotient."""
    assert feature_of("liquidity_inflow_outflow_ratio_90d", AS_OF, _bank(OLD, _line(AS_OF, 5))) == "undefined"


def test_minimum_balance_is_of_the_end_of_days_over_a_third_of_the_outflow() -> None:
    """1,000 at first, 400 after a payment of 600, 700 at the end: 400 of 200 spent a month are 2 months.

    Within the 1st of December the account was at -100, but not at the end of the day.
    """
    ledger = _bank(
        OLD,
        _line(date(2024, 11, 1), -600),
        _line(date(2024, 12, 1), 500),
        _line(date(2024, 12, 1), -500, is_internal=True),
        _line(date(2024, 12, 2), 300),
        level_euro=1000,
    )
    assert feature_of("liquidity_minimum_balance_months_90d", AS_OF, ledger) == 2.0


def test_minimum_balance_includes_the_level_at_the_start_of_the_window() -> None:
    """100 on the 3rd of October is the lowest of the window; raised on that day, the 900 of the last day are."""
    for raised_on, expected in ((date(2024, 10, 4), 1.0), (FIRST_OF_90, 9.0)):
        ledger = _bank(OLD, _line(raised_on, 1100), _line(AS_OF, -300), level_euro=100)
        assert feature_of("liquidity_minimum_balance_months_90d", AS_OF, ledger) == expected


def test_minimum_balance_is_of_all_accounts_together() -> None:
    """One account is 500 below zero while the other holds 800: together 300."""
    ledger = make_ledger(
        accounts=[make_account(), make_account(account_id=2)],
        balances=[
            make_balance(level_cents=100_00, happened_on=date(2022, 12, 31)),
            make_balance(account_id=2, level_cents=800_00, happened_on=date(2024, 11, 30)),
        ],
        transactions=[
            OLD,
            _line(date(2024, 11, 1), -600),
            _line(date(2024, 11, 20), -700, account_id=2),  # before the known level of account 2: in it already
        ],
    )
    assert feature_of("liquidity_minimum_balance_months_90d", AS_OF, ledger) == 0.692
    assert feature_of("liquidity_overdraft_days_90d", AS_OF, ledger) == 0


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(AS_OF, -101)], 1),
        ([(AS_OF, -100)], 0),  # exactly zero is not overdrawn
        ([(FIRST_OF_90, -101)], 90),
        ([(BEFORE_90, -101)], 90),
        ([(date(2024, 12, 1), -101), (date(2024, 12, 11), 1)], 10),
        ([(date(2024, 12, 1), -101), (date(2024, 12, 1), 1)], 0),
    ],
)
def test_overdraft_days_count_ends_of_days_below_zero(lines: list[tuple[date, int]], expected: int) -> None:
    """The account starts with 100; each day counts by the level at its end, today included."""
    ledger = _bank(OLD, *(_line(day, euro) for day, euro in lines), level_euro=100)
    assert feature_of("liquidity_overdraft_days_90d", AS_OF, ledger) == expected


@pytest.mark.parametrize("name", ["liquidity_minimum_balance_months_90d", "liquidity_overdraft_days_90d"])
def test_levels_need_every_account_confirmed(name: str) -> None:
    """An unconfirmed level, or lines on an account without a level, leave only changes to rely on."""
    unconfirmed = _bank(OLD, _line(AS_OF, -1), is_level_verified=False)
    assert feature_of(name, AS_OF, unconfirmed) == "balance_level_unverified"
    stray = _bank(OLD, _line(AS_OF, -1), _line(AS_OF, -1, account_id=2))
    assert feature_of(name, AS_OF, stray) == "balance_level_unverified"
    assert feature_of(name, AS_OF, _bank(_line(date(2024, 10, 4), -1))) == "too_little_history"
    assert feature_of(name, AS_OF, make_ledger(fetched=set(Resource) - {Resource.BALANCES})) == "not_fetched"


def test_minimum_balance_without_outflow_is_undefined() -> None:
    """Months of spending need spending."""
    ledger = _bank(OLD, _line(AS_OF, 5))
    assert feature_of("liquidity_minimum_balance_months_90d", AS_OF, ledger) == "undefined"


def test_returned_debits_count_in_ninety_days_in_both_directions() -> None:
    """One of a customer and one of the firm's own; the day before the window does not count."""
    returned = [_line(BEFORE_90, -9), _line(FIRST_OF_90, -9), _line(AS_OF, 9), _line(AS_OF + timedelta(days=1), 9)]
    ledger = _bank(OLD, *({**line, "nature": "returned_debit"} for line in returned))
    assert feature_of("liquidity_returned_debit_count_90d", AS_OF, ledger) == 2


def test_returned_debits_need_ninety_days_unless_there_are_some() -> None:
    """None in a short history says nothing; one does."""
    first_on = date(2024, 10, 4)
    assert feature_of("liquidity_returned_debit_count_90d", AS_OF, _bank(_line(first_on, 1))) == "too_little_history"
    seen = _bank(_line(first_on, -1, nature="returned_debit"))
    assert feature_of("liquidity_returned_debit_count_90d", AS_OF, seen) == 1


def test_garnishments_count_in_twelve_full_months_and_the_running_one() -> None:
    """On the 15th of December: from the 1st of December of last year to today."""
    days = [date(2023, 11, 30), date(2023, 12, 1), date(2024, 12, 15), date(2024, 12, 16)]
    ledger = _bank(OLD, *(_line(day, -50, nature="garnishment") for day in days))
    assert feature_of("liquidity_garnishment_count_12m", date(2024, 12, 15), ledger) == 2


@pytest.mark.parametrize(
    ("first_on", "nature", "expected"),
    [
        (date(2024, 1, 1), "other", 0),
        (date(2024, 1, 2), "other", "too_little_history"),
        (date(2024, 1, 2), "garnishment", 1),
    ],
)
def test_garnishments_need_a_year_unless_there_are_some(first_on: date, nature: str, expected: float | str) -> None:
    """Less than a year cannot rule a garnishment out, but shows the one that was."""
    ledger = _bank(_line(first_on, -1, nature=nature))
    assert feature_of("liquidity_garnishment_count_12m", AS_OF, ledger) == expected


YEAR = [
    _line(date(2024, 1, 1), 10_000),
    _line(date(2024, 6, 1), -6_000, nature="wages"),
    _line(date(2024, 6, 1), -1_000, nature="tax"),
    _line(date(2024, 6, 1), -500, nature="owner_drawing"),
    _line(date(2024, 6, 1), 8_000, nature="loan_proceeds"),
    _line(date(2024, 6, 1), 4_000, nature="owner_contribution"),
    _line(date(2024, 6, 1), -3_000, is_internal=True),
    _line(AS_OF, -1_100, nature="debt_service"),
    _line(date(2024, 6, 1), 100, nature="debt_service"),  # a refund
    _line(date(2023, 12, 31), 5_555),
    _line(date(2023, 12, 31), -777, nature="debt_service"),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("liquidity_operating_surplus_12m_cents", 2_500_00),
        ("liquidity_debt_service_12m_cents", 1_000_00),
        ("liquidity_debt_service_cover_12m", 2.5),
    ],
)
def test_debt_service_and_the_surplus_that_covers_it(name: str, expected: float) -> None:
    """10,000 in minus wages, tax and drawings are 2,500; loans, contributions and own transfers are not operations."""
    assert feature_of(name, AS_OF, _bank(OLD, *YEAR)) == expected


def test_without_debt_the_cover_is_undefined_and_the_service_zero() -> None:
    """No instalments: nothing to cover. More refunds than instalments count as none."""
    free = _bank(OLD, _line(AS_OF, 100))
    assert feature_of("liquidity_debt_service_cover_12m", AS_OF, free) == "undefined"
    assert feature_of("liquidity_debt_service_12m_cents", AS_OF, free) == 0
    refunded = _bank(OLD, _line(AS_OF, 100, nature="debt_service"))
    assert feature_of("liquidity_debt_service_12m_cents", AS_OF, refunded) == 0


@pytest.mark.parametrize(
    "name",
    [
        "liquidity_operating_surplus_12m_cents",
        "liquidity_debt_service_12m_cents",
        "liquidity_debt_service_cover_12m",
    ],
)
def test_cover_needs_a_year_of_bank_lines(name: str) -> None:
    """The 2nd of January is a day too late."""
    ledger = _bank(_line(date(2024, 1, 2), -1, nature="debt_service"))
    assert feature_of(name, AS_OF, ledger) == "too_little_history"
