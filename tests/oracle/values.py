"""What a feature is: a number, or the cause of its absence."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction

from oracle.calendar_days import full_months

Value = Fraction | float | str
"""An exact number, a float where the definition needs a logarithm, or the name of a cause."""

HISTORY, DOCUMENTS, LEVEL, UNDEFINED, EARLIER = (
    "too_little_history",
    "too_few_documents",
    "balance_level_unverified",
    "undefined",
    "not_reconstructable",
)


def ratio(above: int | Fraction, below: int | Fraction) -> Value:
    """A quotient; undefined where the denominator is 0 or less."""
    return UNDEFINED if below <= 0 else Fraction(above) / Fraction(below)


def first_cause(conditions: Sequence[tuple[bool, str]], value: Callable[[], Value]) -> Value:
    """The first cause whose condition does not hold, else the value."""
    for holds, cause in conditions:
        if not holds:
            return cause
    return value()


def has_months(first: date | None, at: date, months: int) -> bool:
    """Whether so many full months have passed since a day."""
    return first is not None and full_months(first, at) >= months


def has_days(first: date | None, at: date, days: int) -> bool:
    """Whether so many days are covered, the last one included."""
    return first is not None and at - first >= timedelta(days=days - 1)


def is_rounded(exact: Value, stated: float | str, decimals: int) -> bool:
    """Whether a stated value is the exact one at its decimals, or names the same cause."""
    if isinstance(exact, str) or isinstance(stated, str):
        return exact == stated
    slack = 1e-9 * max(1.0, abs(float(exact)))
    return abs(float(exact) - stated) <= 0.5 * 10.0**-decimals + slack
