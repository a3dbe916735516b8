"""Which requests the Python client repeats, and when."""

from datetime import UTC, datetime

import pytest
from hauptbuch_client.retries import Retries, is_passing, retry_after_of
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("repetition", "retry_after", "elapsed", "chance", "pause"),
    [
        (1, None, 0, 0.0, 0.25),
        (1, None, 0, 1.0, 0.5),
        (2, None, 0, 1.0, 1.0),
        (4, None, 0, 0.0, 2.0),
        (5, None, 0, 0.0, None),
        (1, 0.0, 0, 0.0, 0.0),
        (1, 20.0, 0, 1.0, 20.5),
        (1, 21.0, 0, 0.0, None),
        (1, 20.0, 100, 0.0, 20.0),
        (1, 20.0, 101, 0.0, None),
    ],
)
def test_pauses(repetition: int, retry_after: float | None, elapsed: float, chance: float, pause: float | None) -> None:
    """They grow, follow ``Retry-After``, and end with the number and the time that were set."""
    assert Retries().pause(repetition, retry_after=retry_after, elapsed=elapsed, chance=chance) == pause


def test_a_pause_never_exceeds_the_longest() -> None:
    """However often a request is repeated."""
    patient = Retries(at_most=1000, longest_total=1e9)
    pauses = [patient.pause(n, retry_after=None, elapsed=0, chance=1.0) for n in range(1, 1001)]
    assert max(pause for pause in pauses if pause is not None) == patient.longest_pause


@pytest.mark.parametrize(
    ("status", "code", "keyed", "unkeyed"),
    [
        (400, "malformed-json", False, False),
        (401, "unauthenticated", False, False),
        (408, "request-too-slow", True, True),
        (409, "decision-in-progress", True, False),
        (409, "decision-overtaken", True, False),
        (409, "case-state", False, False),
        (422, "invalid-request", False, False),
        (424, "credential-rejected", False, False),
        (429, "too-many-requests", True, True),
        (500, "internal-error", False, False),
        (502, "", True, False),
        (503, "overloaded", True, False),
        (503, "database-unavailable", True, False),
        (504, "source-deadline-exceeded", True, False),
    ],
)
def test_what_is_repeated(status: int, code: str, keyed: bool, unkeyed: bool) -> None:  # noqa: FBT001  a table
    """What may have been carried out is repeated only under a key."""
    assert is_passing(status, code, may_repeat=True) is keyed
    assert is_passing(status, code, may_repeat=False) is unkeyed


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("Mon, 30 Nov 2026 12:00:09 GMT", 9.0),
        ("Mon, 30 Nov 2026 11:00:00 GMT", 0.0),
        ("Mon, 30 Nov 2026 12:00:09 -0000", 9.0),
        ("soon", None),
        ("-1", None),
        ("٣", None),
        ("1.5", None),
        ("9" * 400, None),
        ("Mon, 30 Nov 2026 25:61:00 GMT", None),
        ("Fri, 31 Dec 9999 23:00:00 -2300", None),
        ("", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    """Seconds or a date; anything else says nothing."""
    assert retry_after_of({"retry-after": text}, now=NOW) == seconds


def test_a_date_is_compared_with_that_of_the_answer() -> None:
    """The caller's clock may be wrong by hours."""
    headers = {"retry-after": "Mon, 30 Nov 2026 09:00:05 GMT", "date": "Mon, 30 Nov 2026 09:00:00 GMT"}
    assert retry_after_of(headers, now=NOW) == 5.0


@given(st.text(), st.text())
def test_whatever_an_answer_asks_for_it_is_a_wait_or_nothing(text: str, date: str) -> None:
    """No header breaks the client."""
    seconds = retry_after_of({"retry-after": text, "date": date}, now=NOW)
    assert seconds is None or 0 <= seconds < 1e12


@pytest.mark.parametrize(
    ("repetition", "retry_after", "elapsed", "pause"),
    [(100, 1.0, 100, 1.0), (100, 1.0, 119.5, None), (10**6, None, 100, 10.0), (1, 21.0, 0, None)],
)
def test_only_time_ends_the_wait_for_its_own_attempt(
    repetition: int, retry_after: float | None, elapsed: float, pause: float | None
) -> None:
    """However often it was asked for."""
    now = {"retry_after": retry_after, "elapsed": elapsed, "chance": 0.0}
    assert Retries().pause(repetition, **now, is_own=True) == pause
    assert Retries(at_most=0).pause(repetition, **now, is_own=True) is None


def test_it_never_asks_for_its_own_attempt_in_a_loop() -> None:
    """Whatever pauses it was given: repetitions are not counted then."""
    now = {"elapsed": 0.0, "chance": 0.0, "is_own": True}
    impatient = Retries(first_pause=0.0)
    assert impatient.pause(1, retry_after=None, **now) == impatient.pause(1_000_000, retry_after=0.0, **now) == 0.1
