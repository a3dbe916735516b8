"""Identifiers and instants."""

from datetime import UTC, datetime, timedelta

from scoring.identifiers import instant, new_id

NOON = datetime(2026, 10, 1, 12, 0, 0, 123456, tzinfo=UTC)


def test_identifiers_sort_by_time() -> None:
    """Whatever the randomness: lists are paged by them."""
    earlier = new_id("dec", NOON, lambda count: b"\xff" * count)
    later = new_id("dec", NOON + timedelta(milliseconds=1), bytes)
    assert earlier < later
    assert len(earlier) == len("dec_") + 26


def test_identifiers_of_the_same_moment_differ_by_their_randomness() -> None:
    """80 bits of it."""
    assert new_id("dec", NOON, lambda count: b"\x01" * count) != new_id("dec", NOON, lambda count: b"\x02" * count)


def test_instants_are_text_of_one_length_that_sorts() -> None:
    """In UTC, cut to milliseconds."""
    assert instant(NOON) == "2026-10-01T12:00:00.123Z"
    assert instant(NOON.replace(microsecond=0)) == "2026-10-01T12:00:00.000Z"
