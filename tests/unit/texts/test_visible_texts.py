"""What a person must write can be seen, whatever the signs are that stand for nothing."""

import re

import pytest

from scoring.api.applications import check_text
from scoring.api.schemas.texts import VISIBLE

BLANK = [
    "",
    " ",
    "\t\n",
    "\x1c\x1c",
    "\x85",
    "\xa0",
    "\xad",
    "\u2003",
    "\u3000",
    "\ufeff",
    "\x00",
    "\u200b",
    "\u202e",
    "\u2066\u2069",
]


@pytest.mark.parametrize("text", BLANK, ids=ascii)
def test_what_cannot_be_seen_is_nothing(text: str) -> None:
    """Spaces of every kind and control characters; what is left after stripping is nothing, too."""
    assert [error.field for error in check_text(text, "reason")] == ["reason"]


@pytest.mark.parametrize("text", ["x", " ß ", "\x1c.", "貸付"], ids=ascii)
def test_one_sign_is_something(text: str) -> None:
    """Whatever stands around it."""
    assert list(check_text(text)) == []
    assert text.strip()


def test_signs_that_only_join_or_turn_are_nothing() -> None:
    """Zero width, directions, and what else formats without being seen; a word around one of them is a word."""
    unseen = [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
    assert re.search(VISIBLE, "".join(map(chr, unseen))) is None
    assert all(re.search(VISIBLE, f"{chr(code)}x{chr(code)}") for code in unseen)
    assert all(re.search(VISIBLE, chr(code)) for code in (0x2010, 0x2030, 0x2070))


def test_whatever_python_strips_is_blank() -> None:
    """So that nothing blank is stored after stripping."""
    spaces = "".join(chr(code) for code in range(0x110000) if chr(code).isspace())
    assert re.search(VISIBLE, spaces) is None
