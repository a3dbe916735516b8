"""What cannot be served is refused when the app is built."""

import pytest
from unit.sandbox_server.building import TODAY, TOKEN, books_of

from sandbox.server.app import BooksError, create_app


def test_two_firms_of_one_name_are_refused() -> None:
    """A fault could not tell them apart."""
    with pytest.raises(BooksError, match="Two firms are called 'a'"):
        create_app([books_of(firm="a", token="a" * 32), books_of(firm="a", token="b" * 32)], today=lambda: TODAY)


def test_two_firms_with_one_token_are_refused() -> None:
    """The message names both firms and not the token."""
    with pytest.raises(BooksError, match="'b' and 'a' share a token") as caught:
        create_app([books_of(firm="a"), books_of(firm="b")], today=lambda: TODAY)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("token", ["", "geheim", "G" * 32, "a" * 33, "a" * 32 + "\n"])
def test_a_malformed_token_is_refused(token: str) -> None:
    """An empty one would let in everybody who sends none."""
    with pytest.raises(BooksError, match="is not what sevdesk gives") as caught:
        create_app([books_of(token=token)], today=lambda: TODAY)
    assert not token.strip() or token not in str(caught.value)
