"""The rhythm of monitoring: by grade, spread over the day, with growing pauses."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.base.identifiers import day_in_berlin
from scoring.decisions.monitoring import (
    DAYS_WITHOUT_LOAN,
    RhythmError,
    are_other_books,
    due_after,
    due_before,
    first_due,
    last_day_without_loan,
    read_rhythm,
)
from scoring.decisions.policy import load_policy
from scoring.pages.texts import consent_monitoring
from scoring.runtime.rhythm import load_rhythm
from scoring.runtime.serving import newest_policy_file

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SCHEDULE = """
version = "9"
otherwise_days = 7
retry_hours = [1, 6]
[every_days]
A = 90
C = 30
"""


@pytest.mark.parametrize(("grade", "days"), [("A", 90), ("C", 30), ("Z", 7), (None, 7)])
def test_the_rhythm_follows_the_grade(grade: str | None, days: int) -> None:
    """What has no score, or a grade of its own, is looked at as often as the file says."""
    assert read_rhythm(SCHEDULE.encode()).days_for(grade) == days


@pytest.mark.parametrize(("tries", "hours"), [(1, 1), (2, 6), (3, None), (9, None)])
def test_pauses_grow_and_end(tries: int, hours: int | None) -> None:
    """After the last one nothing is tried any more."""
    assert read_rhythm(SCHEDULE.encode()).pause_after(tries) == (None if hours is None else timedelta(hours=hours))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SCHEDULE.replace("A = 90", "A = 93"), "every_days"),
        (SCHEDULE.replace("otherwise_days = 7", "otherwise_days = 2"), "otherwise_days"),
        (SCHEDULE.replace("[1, 6]", "[]"), "retry_hours"),
        (SCHEDULE.replace("otherwise_days", "other_days"), "other_days"),
        ("version =", "is no TOML"),
    ],
)
def test_a_file_that_is_wrong_is_told(text: str, told: str) -> None:
    """By the key; more often or less often than the firm was told is wrong, too."""
    with pytest.raises(RhythmError, match=told):
        read_rhythm(text.encode())


def test_the_schedule_that_ships_names_every_grade_and_the_worse_the_oftener() -> None:
    """Of the newest policy; the words of the consent say the same bounds."""
    rhythm = load_rhythm()
    grades = [grade.name for grade in load_policy(newest_policy_file().read_bytes()).pricing.grades]
    days = [rhythm.every_days[grade] for grade in grades]
    assert rhythm.every_days.keys() == set(grades)
    assert days == sorted(days, reverse=True)
    assert "alle paar Tage bis alle drei Monate" in consent_monitoring.LINES[1].de


@given(
    number=st.integers(0, 10**6),
    days=st.integers(3, 92),
    decided=st.timedeltas(timedelta(0), timedelta(days=4000)),
)
def test_what_is_due_is_in_time_and_never_past(number: int, days: int, decided: timedelta) -> None:
    """The day is that of the rhythm; what is long past is due within a day."""
    due = due_after(NOON, days, f"mon_{number}")
    first = first_due(NOON - decided, NOON, days, f"mon_{number}")
    assert day_in_berlin(due) - day_in_berlin(NOON) == timedelta(days=days)
    assert first > NOON
    assert first <= max(NOON, NOON - decided + timedelta(days=days)) + timedelta(days=1)


def test_thousands_of_one_day_are_spread_over_it() -> None:
    """No hour has more than a twelfth of them."""
    hours = [due_after(NOON, 30, f"mon_{number}").hour for number in range(2400)]
    assert max(hours.count(hour) for hour in range(24)) < 200


@pytest.mark.parametrize(
    "observed_at",
    [
        datetime(2026, 11, 29, 23, 30, tzinfo=UTC),  # half past midnight in Berlin
        datetime(2026, 6, 30, 22, 30, tzinfo=UTC),  # the same in summer
        datetime(2026, 10, 20, 12, 0, tzinfo=UTC),  # before the clock goes back
    ],
)
@given(number=st.integers(0, 10**6), days=st.integers(3, 60))
def test_books_are_read_on_the_day_of_a_test(observed_at: datetime, number: int, days: int) -> None:
    """Never on the evening before it: that reading would test nothing."""
    day = day_in_berlin(observed_at) + timedelta(days=days)
    due = due_before(day, observed_at, observed_at + timedelta(hours=1), f"mon_{number}")
    assert day_in_berlin(due) == day


@pytest.mark.parametrize(
    ("decided_at", "last_day"),
    [
        (datetime(2026, 11, 30, 22, 59, tzinfo=UTC), date(2027, 1, 29)),
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), date(2027, 1, 30)),  # midnight in Berlin
    ],
)
def test_without_a_loan_books_are_read_as_long_as_the_firm_was_told(decided_at: datetime, last_day: date) -> None:
    """In days of Berlin; the consent text says the same number."""
    assert last_day_without_loan(decided_at) == last_day
    assert any(f"{DAYS_WITHOUT_LOAN} Tage nach der Entscheidung" in line.de for line in consent_monitoring.LINES)
    assert any(f"{DAYS_WITHOUT_LOAN} days after the decision" in line.en for line in consent_monitoring.LINES)


@pytest.mark.parametrize(
    ("known", "left", "others"),
    [(9, 0, False), (10, 4, True), (10, 5, False), (10, 10, False), (0, 0, False), (11, 5, True)],
)
def test_books_are_others_where_most_documents_of_the_decision_are_missing(known: int, left: int, others: bool) -> None:  # noqa: FBT001
    """Of fewer than ten nothing is said; what is new says nothing."""
    documents = [f"invoice {number}" for number in range(known)]
    assert are_other_books(documents, {*documents[:left], "invoice new"}) is others
