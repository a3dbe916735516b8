from datetime import UTC, datetime

import pytest

from scoring.sources.errors import (
    CredentialRejectedError,
    InvalidRequestError,
    RateLimitedError,
    SourceError,
    SourceUnavailableError,
    UnexpectedAnswerError,
)
from scoring.sources.sevdesk.transport.retry import RetryPolicy, parse_retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("3", 3.0),
        (" 3 ", 3.0),
        ("0.5", 0.5),
        ("120", 120.0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("-inf", None),
        ("1e3", None),
        ("+3", None),
        ("0x10", None),
        ("٣", None),
        ("9" * 400, None),
        ("9" * 300, float("9" * 300)),
        ("", None),
        ("soon", None),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 13:00:30 +0100", 30.0),
        ("Sun, 01 Mar 2026 11:59:00 GMT", 0.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
        ("Sun, 01 Mar 100000 12:00:30 GMT", None),
        ("Sun, 99 Mar 2026 12:00:30 GMT", None),
        ("Sun, 01 Mar 2026 12:00:30 +9999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_nothing_else(text: str | None, seconds: float | None) -> None:
    """A Retry-After that is neither a number of seconds nor an HTTP date counts as no wish."""
    assert parse_retry_after(text, NOW) == seconds


def _limited(attempt: int = 1, retry_after: float | None = None) -> RateLimitedError:
    return RateLimitedError("slow down", status_code=429, attempt=attempt, retry_after=retry_after)


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (_limited(), 0.25),
        (_limited(attempt=2), 0.5),
        (_limited(attempt=4), 2.0),
        (_limited(attempt=5), None),
        (_limited(retry_after=3.0), 3.25),
        (_limited(retry_after=30.0), 30.25),
        (_limited(retry_after=30.5), None),
        (SourceUnavailableError("no connection"), 0.25),
        (SourceUnavailableError("down", status_code=502), 0.25),
        (SourceUnavailableError("down", status_code=503, retry_after=1.0), 1.25),
        (SourceUnavailableError("down", status_code=504), 0.25),
        (SourceUnavailableError("broken", status_code=500), None),
        (CredentialRejectedError("no", status_code=401), None),
        (InvalidRequestError("no", status_code=400), None),
        (UnexpectedAnswerError("HTML", status_code=200), None),
        (SourceError("anything"), None),
    ],
)
def test_only_what_may_pass_is_tried_again(error: SourceError, wait: float | None) -> None:
    """429, broken connections and 502 to 504 are retried a bounded number of times; nothing else is."""
    assert RetryPolicy().wait(error, lambda: 1.0) == wait


def test_waits_are_capped_and_spread() -> None:
    """The wait doubles up to its cap, and chance takes away at most half of it."""
    policy = RetryPolicy(attempts=50)
    assert policy.wait(_limited(attempt=40), lambda: 1.0) == 8.0
    assert policy.wait(_limited(attempt=40), lambda: 0.0) == 4.0
