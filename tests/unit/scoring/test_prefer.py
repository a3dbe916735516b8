"""The ``Prefer`` header, as RFC 7240 writes it."""

import pytest

from scoring.api.prefer import preference_of


@pytest.mark.parametrize(
    ("lines", "later", "wait"),
    [
        (["respond-async"], True, None),
        (["Respond-Async, WAIT=10"], True, 10),
        (["respond-async;foo=bar, wait = 5"], True, 5),
        (['wait="7"', "respond-async"], True, 7),
        (["respond-async, wait=5, wait=9"], True, 5),
        (["respond-async, wait=61"], True, 60),
        (["respond-async, wait=0"], True, 0),
        (["respond-async, wait=-1"], True, None),
        (["respond-async, wait=soon"], True, None),
        (["wait=10"], False, 10),
        (["respond-asynchronously"], False, None),
        ([""], False, None),
        ([], False, None),
    ],
)
def test_what_can_be_read_is_read_and_the_rest_ignored(lines: list[str], wait: int | None, *, later: bool) -> None:
    """The first of two waits counts, and none is longer than a minute."""
    found = preference_of(lines)
    assert (found.responds_later, found.wait) == (later, wait)
