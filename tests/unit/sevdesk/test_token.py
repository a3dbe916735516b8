import pickle

import pytest

from scoring.sevdesk.token import Token

TEXT = "0123456789abcdef0123456789abcdef"


def test_a_token_never_shows_itself() -> None:
    """Neither repr nor str nor a format shows a token, and pickling it is refused."""
    token = Token(TEXT)
    assert TEXT not in f"{token} {token!r} {[token]}"
    assert token.reveal() == TEXT
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(token)


@pytest.mark.parametrize("text", ["", " ", "a b", "abc\r\nX-Evil: 1", "tökén", "a" * 257])
def test_what_cannot_be_a_header_is_refused_without_being_shown(text: str) -> None:
    """Blanks, line breaks and characters beyond ASCII are refused, and the error does not repeat them."""
    with pytest.raises(ValueError, match="32 hexadecimal digits") as caught:
        Token(text)
    assert text.strip() == "" or text not in str(caught.value)


def test_tokens_are_compared_by_their_text() -> None:
    """Two tokens of the same text are equal."""
    assert Token(TEXT) == Token(TEXT)
    assert hash(Token(TEXT)) == hash(Token(TEXT))
    assert Token(TEXT) != Token("f" * 32)
