"""The benchmark of early warnings: when a loan defaulted, and what counts as warned of."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from benchmarks.early_warnings import Counts, Watched, count, defaulted_on, lines
from features.derive import CATALOGUE
from scoring.decisions.warnings import load_triggers
from scoring.runtime.triggers import newest_triggers_file

TRIGGERS = load_triggers(newest_triggers_file().read_bytes(), CATALOGUE)
START = date(2025, 1, 1)
NAME = "liquidity_returned_debit_count_90d_v2"


def _rows(
    *paid_on: int | None, cents: int = 20_000, watched: int = 400
) -> list[tuple[int, int, int, int, int, int | None, int]]:
    """Instalments that are due on days 0, 30, 60, ... and paid on these."""
    return [(1, 0, number + 1, 30 * number, cents, day, watched) for number, day in enumerate(paid_on)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (_rows(0, 30, 60), None),
        (_rows(None), 91),  # more than 90 days
        (_rows(None, watched=90), None),
        (_rows(90), None),
        (_rows(91), 91),
        (_rows(85, 100, 110), 91),  # none is that late, but something always is
        (_rows(85, None), 91),  # there is always something overdue
        (_rows(None, cents=9_000, watched=300), None),  # not material
    ],
)
def test_a_default_is_more_than_90_days_past_due(
    rows: Sequence[tuple[int, int, int, int, int, int | None, int]], expected: int | None
) -> None:
    """By more than 100 euro, counted from the day on which the sum became overdue."""
    assert defaulted_on(list(rows)) == expected


def _watched(*, default_in: int | None) -> Watched:
    return Watched(
        borrower=1,
        as_of=START,
        default_on=None if default_in is None else START + timedelta(days=default_in),
        is_honest=default_in is None,
        days=tuple(START + timedelta(days=30 * place) for place in range(5)),
    )


@pytest.mark.parametrize(
    ("default_in", "alarms", "leads"),
    [(None, 2, []), (130, 0, [70])],
)
def test_warnings_are_false_alarms_or_lead_times(default_in: int | None, alarms: int, leads: list[int]) -> None:
    """Raised on day 60, cleared on day 90, raised again on day 120: two alarms, or one lead time of 70 days."""
    found, seen = Counts(), [{NAME: value} for value in (0.0, 0.0, 1.0, 0.0, 2.0)]
    count(found, _watched(default_in=default_in), list(seen), TRIGGERS)
    assert (found.alarms["returned_debits"], found.leads["returned_debits"]) == (alarms, leads)
    assert [row[0] for row in lines(found, TRIGGERS)][-1] == "any"
