"""Identifiers and instants."""

from datetime import UTC, datetime, timedelta

import pytest

from scoring.base.identifiers import instant, is_id, new_id

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


@pytest.mark.parametrize(
    "text", ["", "dec_", "xyz", "con_" + "0" * 26, "dec_" + "0" * 25, "dec_" + "8" * 26, "dec_" + "0" * 26 + "\n"]
)
def test_an_identifier_is_known_by_its_form(text: str) -> None:
    """Prefix, length, alphabet and 128 bits."""
    assert is_id(new_id("dec", NOON, bytes), "dec")
    assert not is_id(text, "dec")


def test_instants_are_text_of_one_length_that_sorts() -> None:
    """In UTC, cut to milliseconds."""
    assert instant(NOON) == "2026-10-01T12:00:00.123Z"
    assert instant(NOON.replace(microsecond=0)) == "2026-10-01T12:00:00.000Z"
