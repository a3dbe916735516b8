"""Geometry of charts: where things stand, and what happens at the edges."""

from datetime import date

import pytest

from scoring.pages.charts import HEIGHT, WIDTH, columns, round_bounds, steps


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 40.0, (0.0, 10.0, 20.0, 30.0, 40.0)),
        (0.0, 41.0, (0.0, 20.0, 40.0, 60.0)),
        (-3.0, 9.0, (-5.0, 0.0, 5.0, 10.0)),
        (0.0, 0.0, (0.0, 0.5)),
        (0.0, 0.07, (0.0, 0.02, 0.04, 0.06, 0.08)),
        (-120_000.0, 0.0, (-150_000.0, -100_000.0, -50_000.0, 0.0)),
        (0.0, 9e12, (0.0, 5e12, 1e13)),
    ],
)
def test_bounds_are_round_and_enclose(low: float, high: float, expected: tuple[float, ...]) -> None:
    """Steps of 1, 2 or 5 times a power of ten; equal numbers still have a scale."""
    assert round_bounds(low, high) == expected


def test_columns_stand_on_zero_and_hang_from_it() -> None:
    """The greatest reaches the top line, a negative one starts at zero, a gap has none."""
    chart = columns([10.0, None, -5.0, 0.0], ["a", "b", "c", "d"], str)
    up, down, none = chart.columns
    assert up.y == chart.rows[-1].at
    assert up.y + up.height == pytest.approx(chart.zero)
    assert (down.y, down.is_negative, up.is_negative) == (chart.zero, True, False)
    assert (none.y, none.height) == (chart.zero, 0.0)
    assert up.x < down.x < none.x
    assert [label.label for label in chart.labels] == ["a", "b", "c", "d"]


def test_as_many_labels_as_fit_the_last_among_them() -> None:
    """Of twenty-four months every fourth, counted from the newest."""
    months = [str(number) for number in range(24)]
    chart = columns([1.0] * 24, months, str)
    assert [label.label for label in chart.labels] == ["3", "7", "11", "15", "19", "23"]


@pytest.mark.parametrize("count", [1, 2, 24])
def test_everything_lies_inside_the_drawing(count: int) -> None:
    """Also a single column."""
    chart = columns([float(number - 1) for number in range(count)], ["x"] * count, str)
    for column in chart.columns:
        assert chart.left <= column.x <= column.x + column.width <= chart.right < WIDTH
        assert 0 < column.y <= column.y + column.height < HEIGHT


def test_a_line_stays_level_and_jumps() -> None:
    """Each stretch begins where the one before ended, the last ends at the right edge."""
    stretches = [(date(2026, 1, 1), date(2026, 1, 30), 0.0), (date(2026, 1, 31), date(2026, 3, 1), 100.0)]
    chart = steps(stretches, str, lambda day: f"{day:%b}")
    assert chart.path == "M62.0 184.0H240.0V18.0H418.0"
    assert [label.label for label in chart.labels] == ["Feb", "Mar"]


def test_a_single_day_is_a_line() -> None:
    """The first day of books."""
    day = date(2026, 1, 31)
    assert steps([(day, day, -5.0)], str, str).path.startswith("M62.0 ")
