"""The small forms of sevdesk objects as JSON, for whole columns: what ``sandbox.rendering.shapes`` does one by one."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec
import polars as pl

from sandbox.rendering import shapes

_FIRST_SECOND, _SECONDS = 8 * 3600, 36_000
"""Of the moments of a day, as in ``sandbox.rendering.shapes.moment``."""
_CENTS = pl.Series(["", *(f".{cents:02d}".rstrip("0") for cents in range(1, 100))])


def quoted(text: pl.Expr) -> pl.Expr:
    """A JSON text, or null; without characters that JSON escapes."""
    return pl.format('"{}"', text).fill_null("null")


def number(cents: pl.Expr) -> pl.Expr:
    """A sum as a JSON number; trailing zeros dropped."""
    size = cents.abs()
    sign = pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(sign, size // 100, pl.lit(_CENTS).gather(size % 100))


def money(cents: pl.Expr) -> pl.Expr:
    """A sum as most sums are written: a text."""
    return quoted(number(cents))


def reference(kind: str | pl.Expr, identifier: pl.Expr) -> pl.Expr:
    """A reference to another object."""
    name = pl.lit(kind) if isinstance(kind, str) else kind
    return pl.format('{{"id":"{}","objectName":"{}"}}', identifier, name)


def table(values: Sequence[object]) -> pl.Expr:
    """Values as JSON, to gather from."""
    return pl.lit(pl.Series([msgspec.json.encode(value).decode() for value in values]))


class Days:
    """Texts of the days of some books.

    Args:
        first: The first day that is asked for, as an ordinal.
        last: The last one.
    """

    def __init__(self, first: int, last: int) -> None:
        self._first = first
        midnights = [shapes.midnight(day) for day in range(first, last + 2)]
        self._midnights = pl.Series(midnights)
        self._dates = pl.Series([text[:10] for text in midnights[:-1]])
        # Clocks change at night: by day, the offset is the one of the next midnight.
        self._offsets = pl.Series([text[19:] for text in midnights[1:]])

    def midnight(self, day: pl.Expr) -> pl.Expr:
        """The start of a day, or null."""
        return quoted(pl.lit(self._midnights).gather(day - self._first))

    def moment(self, day: pl.Expr, salt: pl.Expr) -> pl.Expr:
        """An instant of a day that ``salt`` picks."""
        index = day - self._first
        clock = pl.lit(_clocks()).gather(salt * 7919 % _SECONDS)
        return quoted(pl.concat_str(pl.lit(self._dates).gather(index), clock, pl.lit(self._offsets).gather(index)))


@lru_cache(maxsize=1)
def _clocks() -> pl.Series:
    seconds = range(_FIRST_SECOND, _FIRST_SECOND + _SECONDS)
    return pl.Series([f"T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}" for second in seconds])
