"""How one feature relates to outcomes, against literal tables."""

import numpy as np
import pytest

from models.metrics import draws_of
from models.relevance import BINS, Relevance, relevance

NAN = float("nan")


def looked_at(
    values: list[float], bads: list[int], *, is_lower_riskier: bool = False, rows_of_a_firm: int = 1
) -> Relevance:
    """The second half is later. Every row is of a firm of its own, unless told otherwise."""
    count = len(values)
    is_bad = np.array([place in bads for place in range(count)])
    is_late = np.arange(count) >= count // 2
    draws = draws_of(np.arange(count), 20)
    firms = (count // 2 // rows_of_a_firm, (count - count // 2) // rows_of_a_firm)
    return relevance(np.array(values), is_bad, is_late, draws, is_lower_riskier=is_lower_riskier, firms=firms)


def test_shares_hold_all_rows_by_value_and_those_without_last() -> None:
    """Two values: two shares; the rows without a value are one of their own."""
    found = looked_at([1, 1, 1, 2, 2, NAN, NAN, NAN], bads=[3, 5])
    assert [(one.low, one.high, one.rows, one.bads) for one in found.shares] == [
        (1.0, 1.0, 3, 0),
        (2.0, 2.0, 2, 1),
        (None, None, 3, 1),
    ]
    assert (found.rows, found.bads, found.with_value) == (8, 2, 5)


@pytest.mark.parametrize(("is_lower_riskier", "auc"), [(False, 1.0), (True, 0.0)])
def test_auc_is_of_the_riskier_side(auc: float, *, is_lower_riskier: bool) -> None:
    """Every bad row has a higher value than every good one."""
    found = looked_at([1, 2, 3, 4, 5, 6], bads=[4, 5], is_lower_riskier=is_lower_riskier)
    assert found.auc is not None
    assert found.auc.value == auc


def test_ties_count_half() -> None:
    """A value that says nothing."""
    found = looked_at([7] * 10, bads=[1, 2])
    assert found.auc is not None
    assert found.auc.value == 0.5
    assert found.iv is None


def test_many_values_make_shares_of_equal_size() -> None:
    """As many as are asked for."""
    found = looked_at([float(value) for value in range(80)], bads=[0, 40])
    assert [one.rows for one in found.shares] == [10] * BINS
    assert sum(one.rows for one in found.shares) == found.rows


@pytest.mark.parametrize("bads", [[], [0, 1, 2, 3]])
def test_nothing_is_measured_without_goods_or_bads(bads: list[int]) -> None:
    """All good, or all bad."""
    found = looked_at([1, 2, 3, 4], bads=bads)
    assert found.auc is None
    assert found.iv is None


def test_no_row_has_a_value() -> None:
    """There is one share, without a value."""
    found = looked_at([NAN] * 4, bads=[1])
    assert (found.with_value, found.auc, [one.rows for one in found.shares]) == (0, None, [4])


def test_a_shift_between_early_and_late_days_shows() -> None:
    """The index of two halves that share no value is far above chance."""
    assert looked_at([1.0] * 50 + [2.0] * 50, bads=[0]).psi is not None
    found = looked_at([1.0] * 50 + [2.0] * 50, bads=[0]).psi
    assert found is not None
    assert found.psi > 10 * found.noise


def test_rows_of_one_firm_say_no_more_than_the_firm() -> None:
    """Of five rows each, chance alone explains five times the index; the index is the same."""
    alone, together = (looked_at([1.0, 2.0] * 50, bads=[0], rows_of_a_firm=rows).psi for rows in (1, 5))
    assert alone is not None
    assert together is not None
    assert (together.psi, together.noise) == (alone.psi, pytest.approx(5 * alone.noise))
