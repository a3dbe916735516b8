"""What people say of the columns of a table, in one TOML file: direction, special values, bins, categories.

A category is coded by its place in the file, 0, 1, 2 and so on: the points table, and whatever is exported from it,
hold steps of these codes. A category that the file does not have is a missing value.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from math import isfinite
from types import MappingProxyType
from typing import Literal, Protocol

import msgspec
import msgspec.toml

from features.feature import Risk, Text

Direction = Literal["increasing", "decreasing", "free"]
"""What a higher value does to the risk of bad: raises it, lowers it, or either."""
RISKS: Mapping[Direction, Risk] = MappingProxyType(
    {"increasing": Risk.RAISES, "decreasing": Risk.LOWERS, "free": Risk.OPEN}
)
MOST_DECIMALS = 15
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class VariablesError(ValueError):
    """A file of variables that cannot be used; the message says where and why."""


class Declared(Protocol):
    """What training, validation and reports need to know of a column; features of the catalogue have it, too."""

    @property
    def name(self) -> str:
        """Of the column."""

    @property
    def label(self) -> Text:
        """A short noun phrase."""

    @property
    def meaning(self) -> Text:
        """One sentence."""

    @property
    def risk(self) -> Risk:
        """What a higher value does to the risk."""

    @property
    def precision(self) -> int | None:
        """Decimals that values were rounded to; null: they were not."""


class Variable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One column of a table."""

    direction: Direction = "free"
    leave_out: str = ""
    """Why it is no candidate; empty where it is one."""
    missing: tuple[str | float, ...] = ()
    """Values that mean that there is none."""
    special: tuple[float, ...] = ()
    """Values that are a bin each."""
    edges: tuple[float, ...] | None = None
    """Manual bins: the smallest value of each but the first."""
    merge: tuple[float, ...] = ()
    """Edges of the automatic bins that are taken out."""
    decimals: int | None = None
    """Values and edges are rounded to these; null: they are not."""
    categories: tuple[tuple[str, ...], ...] | None = None
    """Texts that are one bin each group; null for a column of numbers."""

    def __post_init__(self) -> None:
        problem = next(self._problems(), None)
        if problem is not None:
            raise ValueError(problem)

    def _problems(self) -> Iterator[str]:
        if self.categories is not None:
            yield from self._category_problems(self.categories)
        if self.edges is not None and self.merge:
            yield "edges are final, so merge has nothing to take out: leave out one of the two"
        if not all(map(isfinite, (*self.special, *self.merge, *(self.edges or ())))):
            yield "edges, merge and special take finite numbers"
        if any(low >= high for low, high in pairwise(self.edges or ())):
            yield "edges must increase"
        if len(set(self.special)) != len(self.special):
            yield "a special value is there twice"
        if self.decimals is not None and not 0 <= self.decimals <= MOST_DECIMALS:
            yield f"decimals are 0 to {MOST_DECIMALS}"
        if self.decimals is not None and self.special:
            yield "special values are compared as they are: leave out decimals"

    def _category_problems(self, categories: tuple[tuple[str, ...], ...]) -> Iterator[str]:
        given = {"special": self.special, "merge": self.merge, "edges": self.edges, "decimals": self.decimals}
        for what, value in given.items():
            if value not in {(), None}:
                yield f"categories and {what} exclude each other: group categories instead"
        every = list(chain.from_iterable(categories))
        if len(every) != len(set(every)):
            yield f"the category {next(one for one in every if every.count(one) > 1)!r} is there twice"
        if not all(categories):
            yield "a group of categories is empty"


class Variables(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    variables: dict[str, Variable]


class TableColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate column of a table, as training sees it."""

    name: str
    said: Variable

    @property
    def label(self) -> Text:
        """The name: nobody said more."""
        return Text(de=self.name, en=self.name)

    @property
    def meaning(self) -> Text:
        """What the file says of it."""
        text = f"Column of the table, {told(self.said)}."
        return Text(de=text, en=text)

    @property
    def risk(self) -> Risk:
        """From the direction."""
        return RISKS[self.said.direction]

    @property
    def precision(self) -> int | None:
        """Codes of categories are whole numbers."""
        return 0 if self.said.categories is not None else self.said.decimals

    @property
    def special(self) -> tuple[float, ...]:
        """Values that are a bin each, increasing."""
        return tuple(sorted(self.said.special))

    @property
    def cuts(self) -> tuple[float, ...] | None:
        """Edges that are given: manual bins, or one bin per group of categories."""
        if self.said.categories is not None:
            return tuple(float(code) for code in range(1, len(self.said.categories)))
        return self.said.edges


def special_values(columns: Sequence[Declared]) -> dict[str, frozenset[float]]:
    """Special values by column; features of the catalogue have none."""
    return {column.name: frozenset(column.special) for column in columns if isinstance(column, TableColumn)}


def told(said: Variable) -> str:
    """What the file says of a column, in a phrase."""
    parts = [f"direction {said.direction}"]
    if said.categories is not None:
        groups = "; ".join(f"{code} = {', '.join(group)}" for code, group in enumerate(said.categories))
        parts.append(f"categories by code: {groups}")
    if said.special:
        parts.append(f"special values {', '.join(f'{value:g}' for value in said.special)}")
    if said.edges is not None:
        parts.append("bins by hand")
    if said.merge:
        parts.append(f"bins joined at {', '.join(f'{value:g}' for value in said.merge)}")
    return ", ".join(parts)


def codes_text(variables: Mapping[str, Variable]) -> str:
    """The codes of all categories in one line, without signs that could end a comment; empty without categories."""
    told = [
        f"{name}: " + "; ".join(f"{code} = {', '.join(group)}" for code, group in enumerate(one.categories))
        for name, one in variables.items()
        if one.categories is not None and not one.leave_out
    ]
    if not told:
        return ""
    text = f" Categories are given by code, NULL for any other text. {'. '.join(told)}."
    return "".join(sign if sign.isprintable() and sign not in '\\"{}' else "?" for sign in text)


def absent_numbers(variables: Mapping[str, Variable], everywhere: Sequence[str] = ()) -> dict[str, tuple[float, ...]]:
    """The numbers that mean that there is no value, by column; without columns that have none.

    Args:
        variables: Columns; the codes of categories are no such numbers.
        everywhere: Texts that mean no value in any column; those that are no number are NULL elsewhere.
    """
    found = {
        name: tuple(dict.fromkeys(_finite([*one.missing, *everywhere])))
        for name, one in variables.items()
        if one.categories is None
    }
    return {name: numbers for name, numbers in found.items() if numbers}


def _finite(values: Iterable[str | float]) -> Iterator[float]:
    """The finite numbers among numbers and texts."""
    for value in values:
        try:
            number = float(value)
        except ValueError:
            continue
        if isfinite(number):
            yield number


def read_variables(text: str, name: str) -> Variables:
    """Read the file.

    Args:
        text: Its contents.
        name: Of the file, for errors.

    Raises:
        VariablesError: no TOML, an unknown key, or settings that contradict each other.
    """
    try:
        found = msgspec.toml.decode(text, type=Variables)
    except (msgspec.DecodeError, ValueError) as error:
        # msgspec says where: `$.variables[...]`; which of them it is, it does not.
        raise VariablesError(f"{name}: {_placed(error, text)}") from error
    if not found.variables:
        raise VariablesError(f"{name} has no [variables.NAME]: name at least one column of the table")
    return found


def write_variables(variables: Mapping[str, Variable], comments: Mapping[str, str], head: Sequence[str]) -> str:
    """The file as text.

    Args:
        variables: By column.
        comments: One line each, by column.
        head: Lines of comment at the top.
    """
    parts = ["".join(f"# {line}\n" if line else "#\n" for line in head)]
    for name, variable in variables.items():
        lines = [f"[variables.{name if _BARE.fullmatch(name) else json.dumps(name)}]"]
        if name in comments:
            lines.insert(0, f"# {comments[name]}")
        kept = msgspec.to_builtins(variable)
        if not variable.leave_out:
            kept = {"direction": variable.direction} | kept
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in kept.items()]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _placed(error: Exception, text: str) -> str:
    """An error with the name of the variable, where one by itself shows it."""
    try:
        plain = msgspec.toml.decode(text)
    except msgspec.DecodeError:
        return str(error)
    given = plain.get("variables") if isinstance(plain, dict) else None
    for name, one in given.items() if isinstance(given, dict) else ():
        try:
            msgspec.convert(one, type=Variable)
        except ValueError as fault:
            return f"[variables.{name}]: {fault}"
    return str(error)
