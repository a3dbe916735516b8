"""What is sold and bought, by hand: curves from document to payment, level, season and trend."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from forecast.days import Integers, day_in, days_ahead, month_number
from forecast.facts import Documents, Facts, Lines
from forecast.trade import LONGEST, UNIT, Pattern, later, paid_curve, pattern_of, still_open

AS_OF = date(2026, 6, 30)


def array(values: Sequence[int]) -> Integers:
    """Whole numbers of 64 bits."""
    return np.array(values, dtype=np.int64)


def documents(rows: Sequence[tuple[int, int, int, int]]) -> Documents:
    """Documents of 14 days' term: age, cents, open cents, and days to payment; -1 for none."""
    age, cents, left, paid = (array([row[at] for row in rows]) for at in range(4))
    return Documents(
        age=age,
        month=age,
        cents=cents,
        tax_cents=age,
        past_due=age - 14,
        open_cents=left,
        paid_after=paid,
        party=age,
        number=age,
    )


def facts(full_months: int) -> Facts:
    """A firm with so many full months of lines, and nothing else."""
    nothing = documents([])
    none, no = array([]), np.zeros(0, dtype=np.bool_)
    return Facts(
        as_of=AS_OF,
        level_cents=0,
        is_confirmed=True,
        lines=Lines(
            age=none,
            month=none,
            cents=none,
            category=none,
            party=none,
            transaction=none,
            is_income=no,
            is_internal=no,
            is_booked=no,
        ),
        first_age=(AS_OF - day_in(month_number(AS_OF) - full_months, 1)).days,
        sales=nothing,
        bills=nothing,
        paid_bills=(),
        sales_entered_after=0,
        bills_entered_after=0,
        received=none,
    )


def test_a_curve_counts_what_is_open_as_long_as_it_has_been_open() -> None:
    """Nine paid after 10 days, one after 20; a tenth as large again has been open for 15 days: it leaves by then."""
    paid = [(100, 100, 0, 10)] * 9 + [(100, 100, 0, 20)]
    known = paid_curve(documents([*paid, (15, 1_000, 1_000, -1)]))
    # 900 of 2,000 on day 10; on day 20 the 100 are all that is left.
    assert known[9] == 0
    assert known[10] / UNIT == pytest.approx(900 / 2_000, abs=1e-5)
    assert known[19] == known[10]
    assert known[20] / UNIT == pytest.approx(1, abs=1e-5)


def test_what_was_lost_is_never_paid() -> None:
    """Ten paid, ten closed without money: the curve ends at a half."""
    curve = paid_curve(documents([(500, 100, 0, 10)] * 10 + [(500, 100, 0, -1)] * 10))
    assert curve[LONGEST] / UNIT == pytest.approx(0.5, abs=1e-5)


def test_with_few_payments_the_usual_curve_weighs_what_is_missing() -> None:
    """Four paid on day 10: six more on day 30. None at all: everything on day 30, or on the due day."""
    four = paid_curve(documents([(100, 100, 0, 10)] * 4))
    assert four[10] / UNIT == pytest.approx(0.4, abs=1e-5)
    assert four[29] == four[10]
    assert four[30] == UNIT
    assert paid_curve(documents([]))[29:31].tolist() == [0, UNIT]
    assert paid_curve(documents([]), from_due=True)[0] == UNIT


def test_open_documents_come_given_how_long_they_are_past_due() -> None:
    """Half on the due day, half ten days later: one due in five days, one that is three days late."""
    curve = paid_curve(documents([(100, 100, 0, 14)] * 10 + [(100, 100, 0, 24)] * 10), from_due=True)
    flow = still_open(documents([(9, 1_000, 1_000, -1), (17, 500, 500, -1)]), curve, days_ahead(AS_OF, 60))
    found = {at + 1: cents for at, cents in enumerate(flow.tolist()) if cents}
    assert found == {5: pytest.approx(500, abs=1), 15: pytest.approx(500, abs=1), 7: pytest.approx(500, abs=1)}


def test_what_arises_evenly_comes_evenly_and_later() -> None:
    """30 days after: nothing in the first 29, then a day's sales each day; with entry after 10 days, ten days less."""
    pattern, ahead = Pattern(level_cents=310_000, season=(UNIT,) * 12), days_ahead(AS_OF, 90)
    curve = paid_curve(documents([]))
    assert later(pattern, curve, ahead, 0)[:32].tolist() == [0] * 30 + [10_000, 10_000]
    assert later(pattern, curve, ahead, 10)[:22].tolist() == [0] * 20 + [10_333, 10_333]


def test_a_level_is_the_latest_months_most() -> None:
    """Always the same: that. Twice as much for half a year: more than the mean, and less than the latest."""
    same = array([0] + [100_000] * 20)
    assert pattern_of(same, facts(20)).level_cents == pytest.approx(100_000, abs=2)
    grown = array([0] + [200_000] * 6 + [100_000] * 14)
    assert 150_000 < pattern_of(grown, facts(20)).level_cents < 200_000


def test_a_season_needs_two_years_and_weighs_two_thirds() -> None:
    """December sells three times the other months: 36 / 14 of the mean, drawn to one by a third."""
    months = [0] + [300_000 if (5 - back) % 12 == 0 else 100_000 for back in range(36)]
    short, known = pattern_of(array(months), facts(18)), pattern_of(array(months), facts(30))
    assert set(short.season) == {UNIT}
    drawn = (2 * 36 / 14 + 1) / 3
    peak = max(range(12), key=lambda month: known.season[month])
    assert known.season[peak] / UNIT == pytest.approx(drawn, rel=1e-4)
    assert sum(known.season) / UNIT == pytest.approx(12, rel=1e-4)
    assert known.in_month(12 * 2026 + peak) > 1.9 * known.in_month(12 * 2026 + (peak + 1) % 12)
