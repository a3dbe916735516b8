"""Bank accounts, catalogue 2: levels in months of spending; literal books."""

from datetime import date

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


@pytest.mark.parametrize("name", [MEAN])
@pytest.mark.parametrize("state", ["stale", "unverified"])
def test_without_confirmed_levels_there_is_none(name: str, state: str) -> None:
    """A level that only somebody says is none."""
    assert feature_of(name, AS_OF, _bank(_line(AS_OF, -300), state=state)) == "balance_level_unverified"
