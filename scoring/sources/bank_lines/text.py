"""Texts of bank lines in one spelling, and the phrases that rules look for in them."""

import re
from collections.abc import Iterator
from functools import cache

import polars as pl

LINE = 27
"""Characters of a line of a purpose as banks transmit it."""
_MAY_BE_CUT = rf"(?s)^.{{{LINE - 1},{LINE}}}[ \n]|SVWZ\+.{{{LINE - 6},{LINE - 5}}}[ \n]"
_LINE_AND_BREAK = rf"(?s)(.{{{LINE}}})."

# Two vowels that stand for an umlaut are the vowel alone, as where its dots were dropped; a double s is a single one.
_SPELLINGS = {"ä": "a", "ö": "o", "ü": "u", "ß": "s", "\u0308": "", "./.": " gegen ", "ae": "a", "oe": "o", "ue": "u"}
_SPELLINGS |= {"ss": "s"}
_NO_LETTER = "[^a-z0-9]+"
_SIGNS = " ?[^a-z0-9 ][^a-z0-9]*|  +"  # the same but for single blanks, of which there are many
_SPELLING = re.compile("|".join(re.escape(spelling) for spelling in _SPELLINGS))


def in_one_spelling(text: pl.Expr) -> pl.Expr:
    """Small letters and digits between single blanks, umlauts without their dots; a blank at both ends."""
    plain = text.str.to_lowercase().str.replace_many(list(_SPELLINGS), list(_SPELLINGS.values()), leftmost=True)
    return pl.concat_str(pl.lit(" "), plain, pl.lit(" ")).str.replace_all(_SIGNS, " ")


def phrase(text: str) -> str:
    """The same of a phrase; a blank at its end is the end of a word."""
    plain = _SPELLING.sub(lambda found: _SPELLINGS[found[0]], text.lower())
    return re.sub(_NO_LETTER, " ", plain)


def mended(purposes: pl.Series) -> pl.Series:
    """Purposes that a bank may have cut after each line of 27 characters, followed by what they would be uncut.

    Lines are counted from the start of the text, and from the tag SVWZ+ before what the payer wrote. A line that ends
    with a blank may have lost it.
    """
    cut = purposes.to_frame("text").with_row_index("line").filter(pl.col("text").str.contains(_MAY_BE_CUT))
    if cut.height == 0:
        return purposes
    parts = []
    for start in (pl.lit(0), pl.col("tag")):
        for lost in (0, 1):
            ends_there = pl.col("text").str.slice(start + LINE - lost, 1).is_in([" ", "\n"])
            rest = pl.col("text").str.slice(start + (LINE if lost else 0))
            parts.append(pl.when(ends_there).then(rest.str.replace_all(_LINE_AND_BREAK, "$1")))
    tagged = cut.with_columns(pl.col("text").str.find("SVWZ+", literal=True).alias("tag"))
    uncut = tagged.select(pl.concat_str("text", *parts, separator=" ", ignore_nulls=True)).to_series()
    return purposes.clone().scatter(cut["line"], uncut)


_DIGITS = "(0|1|2|3|4|5|6|7|8|9)"


@cache
def phrases(words: str) -> tuple[str, ...]:
    """All phrases that the notation of the rules stands for.

    ``|`` separates phrases, brackets group, ``?`` makes the letter or group before it optional, ``~`` is a blank,
    a hyphen or nothing, ``#`` is a digit.

    Raises:
        ValueError: brackets do not match.
    """
    rest = iter(words.replace("#", _DIGITS).replace("~", " ?"))
    found = _alternatives(rest, is_group=False)
    return tuple(sorted({phrase(each) for each in found}))


def _alternatives(rest: Iterator[str], *, is_group: bool) -> list[str]:
    done: list[str] = []
    before, last = [""], [""]  # what stands before the last letter or group, and that
    for sign in rest:
        match sign:
            case "?":
                last = ["", *last]
            case "|" | ")":
                done += [start + end for start in before for end in last]
                before, last = [""], [""]
                if sign == ")":
                    if not is_group:
                        raise ValueError("a bracket closes that was not opened")
                    return done
            case _:
                before = [start + end for start in before for end in last]
                last = _alternatives(rest, is_group=True) if sign == "(" else [sign]
    if is_group:
        raise ValueError("a bracket is not closed")
    return done + [start + end for start in before for end in last]


def split(words: str, at: str) -> list[str]:
    """The parts between separators that stand in no brackets."""
    parts, depth = [""], 0
    for piece in re.split(f"({re.escape(at)}|[()])", words):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == at and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return parts
