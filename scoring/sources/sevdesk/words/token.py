"""The sevdesk token: a secret that grants full write access, so it never shows itself."""

import re

from typing_extensions import override

_VISIBLE = re.compile(r"[!-~]{1,256}")
_FORM = re.compile("[0-9a-fA-F]{32}")


def is_well_formed(text: str) -> bool:
    """Whether a text has the form of the tokens that sevdesk gives out."""
    return _FORM.fullmatch(text) is not None


class Token:
    """A token whose text comes out through ``reveal`` only: neither ``repr`` nor ``str`` nor an error shows it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep a token.

        Raises:
            ValueError: It cannot be sent as a header: empty, too long, or with blanks or characters beyond ASCII.
        """
        if _VISIBLE.fullmatch(text) is None:
            raise ValueError("a token cannot have blanks, line breaks or characters beyond ASCII")
        self._text = text

    def reveal(self) -> str:
        """The text, for the Authorization header and for encryption."""
        return self._text

    @override
    def __repr__(self) -> str:
        return "Token(***)"

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and self._text == other._text

    @override
    def __hash__(self) -> int:
        return hash(self._text)

    @override
    def __reduce__(self) -> str:
        raise TypeError("a token is not pickled")
