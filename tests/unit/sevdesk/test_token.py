import pickle

import pytest

from scoring.sources.sevdesk.words.token import Token, is_well_formed

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
    with pytest.raises(ValueError, match="cannot have blanks") as caught:
        Token(text)
    assert text.strip() == "" or text not in str(caught.value)


def test_tokens_are_compared_by_their_text() -> None:
    """Two tokens of the same text are equal."""
    assert Token(TEXT) == Token(TEXT)
    assert hash(Token(TEXT)) == hash(Token(TEXT))
    assert Token(TEXT) != Token("f" * 32)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT, True),
        (TEXT.upper(), True),
        (TEXT[:-1], False),
        (TEXT + "0", False),
        (TEXT[:-1] + "g", False),
        ("", False),
    ],
)
def test_tokens_of_sevdesk_are_32_hexadecimal_digits(text: str, expected: bool) -> None:  # noqa: FBT001  a case
    """In either case of letters, and nothing else."""
    assert is_well_formed(text) is expected
