"""When schedules are due: days, changes of the clock, and files that do not hold."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.decisions.schedules import (
    WEEKDAYS,
    Schedule,
    SchedulesError,
    Task,
    due_next,
    due_since,
    read_schedules,
    rhythm_of,
)
from scoring.runtime.schedules import load_schedules
from scoring.runtime.settings import Settings

DAILY = Schedule(task=Task.RETENTION, at="03:17")
MONDAYS = Schedule(task=Task.WATCHING, at="05:00", on="monday")
THE_28TH = Schedule(task=Task.PORTFOLIO, at="23:30", on=28, lender="bank")
LEFT_OUT = Schedule(task=Task.RETENTION, at="02:30")


def utc(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "now", "since", "after"),
    [
        # winter: an hour before UTC
        (DAILY, "2026-11-30 02:16:59", "2026-11-29 02:17", "2026-11-30 02:17"),
        (DAILY, "2026-11-30 02:17:00", "2026-11-30 02:17", "2026-12-01 02:17"),
        # summer: two hours
        (DAILY, "2026-07-01 01:17:00", "2026-07-01 01:17", "2026-07-02 01:17"),
        (DAILY, "2026-07-01 01:16:59", "2026-06-30 01:17", "2026-07-01 01:17"),
        # the clock goes forward on 29 March 2026, back on 25 October 2026
        (DAILY, "2026-03-29 12:00:00", "2026-03-29 01:17", "2026-03-30 01:17"),
        (LEFT_OUT, "2026-03-29 12:00:00", "2026-03-29 01:30", "2026-03-30 00:30"),
        (LEFT_OUT, "2026-10-25 00:29:59", "2026-10-24 00:30", "2026-10-25 00:30"),
        (LEFT_OUT, "2026-10-25 01:30:00", "2026-10-25 00:30", "2026-10-26 01:30"),
        (MONDAYS, "2026-11-30 03:59:59", "2026-11-23 04:00", "2026-11-30 04:00"),
        (MONDAYS, "2026-12-06 23:00:00", "2026-11-30 04:00", "2026-12-07 04:00"),
        # the evening of the 28th in Germany
        (THE_28TH, "2026-02-28 22:29:59", "2026-01-28 22:30", "2026-02-28 22:30"),
        (THE_28TH, "2027-01-01 00:00:00", "2026-12-28 22:30", "2027-01-28 22:30"),
    ],
)
def test_a_schedule_is_due_by_the_clock_in_germany(schedule: Schedule, now: str, since: str, after: str) -> None:
    """At the moment itself it is due, a second before it is not."""
    assert due_since(schedule, utc(now)) == utc(since)
    assert due_next(schedule, utc(now)) == utc(after)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('[a]\ntask = "retention"', "[a] Object missing required field `at`"),
        ('[a]\ntask = "nothing"\nat = "03:00"', "[a] task = 'nothing' is none: use retention, encryption"),
        ('[a]\ntask = "retention"\nat = "24:00"', '[a] at = "24:00" is no time of day'),
        ('[a]\ntask = "retention"\nat = "3:00"', '[a] at = "3:00" is no time of day'),
        ('[a]\ntask = "retention"\nat = 03:00:00', "Expected `str`"),
        ('[a]\ntask = "retention"\nat = "03:00"\non = "Montag"', '[a] on = "Montag" is no weekday: use monday'),
        ('[a]\ntask = "retention"\nat = "03:00"\non = 29', "[a] on = 29 is not a day of every month: use 1 to 28"),
        ('[a]\ntask = "retention"\nat = "03:00"\non = 0', "[a] on = 0 is not a day"),
        ('[a]\ntask = "retention"\nat = "03:00"\nlender = "bank"', "[a] lender: retention is for all lenders"),
        ('[a]\ntask = "portfolio"\nat = "03:00"', "[a] lender is missing"),
        ('[a]\ntask = "portfolio"\nat = "03:00"\nlender = "bank"\npriority = 10', "[a] priority is for portfolios"),
        ('[a]\ntask = "watching"\nat = "03:00"\npriority = 1', "[a] priority is for portfolios"),
        ('[a]\ntask = "retention"\nat = "03:00"\nevery = "day"', "unknown field `every`"),
        ('["Ä"]\ntask = "retention"\nat = "03:00"', "[Ä] a name has small letters"),
        ("retention = true", "[retention] Expected `object`"),
        ("[a", "Expected ']'"),
        ('[a]\ntask = "retention"\nat = "03:00"\n[a]\ntask = "retention"\nat = "04:00"', "Cannot declare ('a',) twice"),
    ],
)
def test_a_file_that_does_not_hold_is_told_where(content: str, told: str) -> None:
    """One fault at a time, in a line."""
    with pytest.raises(SchedulesError) as caught:
        read_schedules(content.encode())
    assert told.lower() in str(caught.value).lower()
    assert "\n" not in str(caught.value)


def test_the_schedules_that_ship_hold() -> None:
    """Retention and encryption each night, watching each Monday."""
    shipped = load_schedules(Settings.from_environ({}))
    assert {name: (one.task, rhythm_of(one)) for name, one in shipped.items()} == {
        "retention": (Task.RETENTION, "daily at 03:17"),
        "encryption": (Task.ENCRYPTION, "daily at 04:17"),
        "watching": (Task.WATCHING, "each Monday at 05:17"),
    }


@given(
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    on=st.none() | st.sampled_from(WEEKDAYS) | st.integers(1, 28),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  the limits
)
def test_every_day_has_one_moment_whatever_the_clock_does(
    hour: int, minute: int, on: str | int | None, now: datetime
) -> None:
    """From one moment to the next is a day of 23 to 25 hours, or more where only some days count; none lies between."""
    schedule = Schedule(task=Task.RETENTION, at=f"{hour:02}:{minute:02}", on=on)
    since, after = due_since(schedule, now), due_next(schedule, now)
    assert since <= now < after
    assert due_next(schedule, since) == after
    assert due_since(schedule, after) == after
    assert due_since(schedule, after - timedelta(seconds=1)) == since
    days = 1 if on is None else 7 if isinstance(on, str) else 31
    assert timedelta(hours=23) <= after - since <= timedelta(days=days, hours=1)
