"""Rates of lenders: a bucket of tokens for each."""

import pytest

from scoring.base.rates import Rate
from scoring.usecases.pace import Pace, TooManyRequestsError


class _Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_lender_may_send_its_rate_at_once_and_then_one_at_a_time() -> None:
    """What is refused does not count, so that whoever waits as told is served."""
    clock = _Clock()
    pace = Pace(Rate(count=3, seconds=60), clock=clock)
    assert [pace.take("a").left for _ in range(3)] == [2, 1, 0]
    for _ in range(5):
        with pytest.raises(TooManyRequestsError) as refused:
            pace.take("a")
    assert refused.value.retry_after == pytest.approx(20.0)
    assert (refused.value.limit.left, refused.value.limit.resets_in) == (0, 60)
    clock.seconds += refused.value.retry_after
    pace.take("a")
    with pytest.raises(TooManyRequestsError):
        pace.take("a")
    clock.seconds += 1e6
    assert pace.take("a").left == 2


def test_lenders_do_not_use_up_each_others_rate() -> None:
    """And one may have another rate than the others."""
    pace = Pace(Rate(count=1, seconds=1), {"b": Rate(count=2, seconds=1)}, clock=_Clock())
    pace.take("a")
    assert [pace.take("b").left for _ in range(2)] == [1, 0]
    for lender in ("a", "b"):
        with pytest.raises(TooManyRequestsError):
            pace.take(lender)


@pytest.mark.parametrize("text", ["600/minute", "1/second", "10000/day", "100000000/hour"])
def test_a_rate_is_written_as_it_is_read(text: str) -> None:
    """In settings, commands and the database."""
    assert str(Rate.parse(f" {text} ")) == text


@pytest.mark.parametrize(
    "text",
    ["", "600", "0/day", "-1/day", "1.5/day", "1/week", "/day", "\u0661/day", "9" * 5000 + "/day", "100000001/day"],
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    """With an example, and without repeating a text of any length."""
    with pytest.raises(ValueError, match="600/minute") as refused:
        Rate.parse(text)
    assert len(str(refused.value)) < 150
