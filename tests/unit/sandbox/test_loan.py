from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sandbox.bookkeeping.history import DailyMeans, History
from sandbox.life.traits import Traits
from sandbox.portfolio.loan import INSTALMENTS, Row, repayments

FIRST = date(2024, 1, 1).toordinal()
AS_OF = date(2024, 3, 15)
STEADY = Traits(misfortune=0.0, bill_delay=-10.0)


def _loan(means: list[int], seed: int = 1, traits: Traits = STEADY) -> list[Row]:
    history = History(
        key=1,
        end_on=FIRST + len(means) - 1,
        opened_on=FIRST,
        daily=DailyMeans(first=FIRST, means=means, monthly_sales=[1_000_000] * len(means)),
    )
    rng = np.random.default_rng(seed)
    return list(repayments(traits, history, AS_OF.toordinal(), rng, borrower=5))


def test_a_firm_with_money_pays_nearly_every_instalment_when_it_is_due() -> None:
    """Twelve instalments, due on the day of the month on which the loan was granted."""
    rows = _loan([1_000_000_000] * 700)
    assert [row[2] for row in rows] == list(range(1, INSTALMENTS + 1))
    assert [date.fromordinal(row[3]).day for row in rows] == [15] * INSTALMENTS
    assert sum(row[5] == row[3] for row in rows) >= 10
    assert all(row[5] is not None and row[5] - row[3] <= 21 for row in rows)


def test_a_firm_without_money_pays_nothing() -> None:
    """What was kept of the loan does not help a firm that is far under water."""
    assert [row[5] for row in _loan([-1_000_000_000] * 700)] == [None] * INSTALMENTS


@pytest.mark.parametrize("seed", range(5))
def test_a_borrower_who_walks_away_pays_no_more(seed: int) -> None:
    """However much money there is: some instalments may be paid, then none, the last one never."""
    paid = [row[5] is not None for row in _loan([1_000_000_000] * 700, seed, replace(STEADY, walks_away=1.0))]
    assert paid == sorted(paid, reverse=True)
    assert not paid[-1]


def test_nothing_is_paid_after_the_end_of_the_firm() -> None:
    """An insolvent firm has no means any more: the days end with it."""
    died = date(2024, 8, 1).toordinal() - FIRST
    history = History(
        key=1,
        end_on=FIRST + 700,
        opened_on=FIRST,
        died_on=FIRST + died,
        daily=DailyMeans(first=FIRST, means=[1_000_000_000] * died, monthly_sales=[1_000_000] * 701),
    )
    rows = list(repayments(STEADY, history, AS_OF.toordinal(), np.random.default_rng(1), borrower=5))
    assert [row[5] is not None for row in rows] == [True] * 4 + [False] * 8


@pytest.mark.parametrize("seed", range(5))
def test_the_loan_is_consistent(seed: int) -> None:
    """Nothing is paid before it is due or after the observation, and earlier instalments are paid first."""
    rng = np.random.default_rng(seed)
    rows = _loan(np.cumsum(rng.normal(0, 60_000, 700)).astype(int).tolist(), seed)
    paid = [row[5] for row in rows if row[5] is not None]
    assert paid == sorted(paid)
    assert all(row[5] is None or row[3] <= row[5] <= row[6] for row in rows)
