"""Plans of equal monthly instalments: literal tables, and laws."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.decisions.instalments import equal_instalments
from scoring.decisions.limits import monthly_instalment_cents

FIRST = date(2026, 12, 20)


def cents(amount: int, rate: int, months: int) -> list[int]:
    """What is due, in order."""
    return [one.due_cents for one in equal_instalments(amount, rate, months, first_on=FIRST)]


@pytest.mark.parametrize(
    ("amount", "rate", "months", "due"),
    [
        (120_000, 0, 3, [40_000, 40_000, 40_000]),
        (100_000, 0, 3, [33_334, 33_334, 33_332]),
        # 1,000 at 12 %: 340.02 + 340.02 + 340.03 of a spreadsheet, each rounded up but the last
        (100_000, 1_200, 3, [34_003, 34_003, 34_001]),
        (900_000, 725, 1, [905_438]),  # a month of interest: 54.375, half up
        (1, 0, 1, [1]),
        (2, 0, 12, [1, 1]),
    ],
)
def test_a_plan(amount: int, rate: int, months: int, due: list[int]) -> None:
    """Worked out by hand."""
    assert cents(amount, rate, months) == due


@given(st.integers(1, 100_000_000), st.integers(0, 3_000), st.integers(1, 120))
def test_a_plan_repays_the_loan(amount: int, rate: int, months: int) -> None:
    """All are equal but the last, which is not above them; days rise; the principal comes back."""
    plan = equal_instalments(amount, rate, months, first_on=date(2026, 1, 31))
    due = [one.due_cents for one in plan]
    equal = monthly_instalment_cents(amount, rate, months)
    assert set(due[:-1]) <= {equal}
    assert 0 < due[-1] <= equal + 1  # interest is rounded half up each month, the instalment once
    assert sum(due) >= amount
    assert [one.due_on for one in plan] == sorted({one.due_on for one in plan})


@pytest.mark.parametrize(("amount", "rate", "months"), [(0, 0, 1), (-1, 0, 1), (1, -1, 1), (1, 0, 0), (1, 0, 1201)])
def test_what_is_no_loan(amount: int, rate: int, months: int) -> None:
    """Is refused."""
    with pytest.raises(ValueError, match=r"must|term|rate"):
        equal_instalments(amount, rate, months, first_on=FIRST)
