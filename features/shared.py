"""What several expressions compute alike within a row is computed once: by columns that they then read.

polars can find such parts itself, but looks for them at each call, which takes longer than it saves. Here they are
found once for a set of features. A part is a formula over columns of one row, so that taking it out changes no bit.
"""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

_Node = Any
"""An expression as polars writes it as JSON: ``{kind: content}``, nested."""
_OPERATIONS = frozenset({"BinaryExpr", "Ternary", "Cast", "Function"})
_WITHIN_A_ROW = frozenset(
    {"Negate", "Abs", "FillNull", "Clip", "MinHorizontal", "MaxHorizontal", "TemporalExpr", "Boolean"}
)
"""Functions that read one row. An expression with another one is left as it is."""
_BOOLEAN = frozenset({"Not", "IsNull", "IsNotNull", "IsBetween", "IsIn"})
_FEWEST = 8
"""Of fewer expressions hardly anything is shared."""
_WORTH = 3
"""Operations that a column must save at least; it costs about that many itself."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Expressions, and the columns that they read beside those of a frame."""

    stages: tuple[tuple[pl.Expr, ...], ...]
    """Each reads the columns of those before it."""
    expressions: tuple[pl.Expr, ...]


def shared(expressions: Sequence[pl.Expr]) -> Shared:
    """Take out the parts that occur more than once. The expressions keep their order and names."""
    if len(expressions) < _FEWEST:
        return Shared(stages=(), expressions=tuple(expressions))
    trees = [json.loads(expression.meta.serialize(format="json")) for expression in expressions]
    parts = _Parts(trees)
    return Shared(
        stages=tuple(tuple(_expression(tree).alias(name) for name, tree in stage) for stage in parts.stages()),
        expressions=tuple(_expression(_rebuilt(tree, parts.replaced)) for tree in trees),
    )


def _expression(tree: _Node) -> pl.Expr:
    return pl.Expr.deserialize(io.StringIO(json.dumps(tree)), format="json")


def _is_part(tree: _Node) -> bool:
    """Whether it is an operation, computed from one row at a time and from at least one column."""
    return not _OPERATIONS.isdisjoint(tree) and _is_of_row(tree) and any(kind == "Column" for kind, _ in _nodes(tree))


def _is_of_row(tree: _Node) -> bool:
    ((kind, content),) = tree.items()
    match kind:
        case "Column" | "Literal":
            return True
        case "BinaryExpr":
            return _is_of_row(content["left"]) and _is_of_row(content["right"])
        case "Ternary":
            return all(_is_of_row(content[name]) for name in ("predicate", "truthy", "falsy"))
        case "Cast":
            return _is_of_row(content["expr"])
        case "Function":
            return _is_within_a_row(content["function"]) and all(map(_is_of_row, content["input"]))
        case _:
            return False


def _is_within_a_row(function: str | dict[str, Any]) -> bool:
    name, details = (function, None) if isinstance(function, str) else next(iter(function.items()))
    if name == "Boolean":
        details = details if isinstance(details, str) else next(iter(details or {}), None)
        return details in _BOOLEAN
    return name in _WITHIN_A_ROW


def _nodes(tree: _Node) -> Iterator[tuple[str, Any]]:
    """Every kind and content within a tree that polars writes with a capital, outermost first."""
    if isinstance(tree, dict):
        for kind, content in tree.items():
            if kind[:1].isupper():
                yield kind, content
            yield from _nodes(content)
    elif isinstance(tree, list) and not _is_packed(tree):
        for part in tree:
            yield from _nodes(part)


def _is_packed(some: list[_Node]) -> bool:
    """Whether it is a constant, in bytes."""
    return bool(some) and isinstance(some[0], int)


def _rebuilt(tree: _Node, replaced: Callable[[_Node], _Node | None]) -> _Node:
    """The tree with every outermost part in it for which there is a replacement replaced."""
    if isinstance(tree, dict):
        found = replaced(tree)
        return found if found is not None else {key: _rebuilt(part, replaced) for key, part in tree.items()}
    if isinstance(tree, list) and not _is_packed(tree):
        return [_rebuilt(part, replaced) for part in tree]
    return tree


class _Parts:
    """The parts of some expressions, and which of them become columns."""

    def __init__(self, trees: Sequence[_Node]) -> None:
        self._trees: dict[str, _Node] = {}
        self._uses: Counter[str] = Counter()
        for tree in trees:
            self._count(tree)
        self._names = {
            key: f"part_{number}" for number, key in enumerate(key for key in self._trees if self._is_worth_it(key))
        }

    def _count(self, tree: _Node) -> None:
        """Count a use of each part. What stands within a part that was counted before is not used once more."""
        if isinstance(tree, list) and not _is_packed(tree):
            for part in tree:
                self._count(part)
        elif isinstance(tree, dict):
            if _is_part(tree):
                key = json.dumps(tree)
                self._uses[key] += 1
                if self._uses[key] > 1:
                    return
                self._trees[key] = tree
            for part in tree.values():
                self._count(part)

    def _is_worth_it(self, key: str) -> bool:
        operations = sum(1 for kind, _ in _nodes(self._trees[key]) if kind in _OPERATIONS)
        return (self._uses[key] - 1) * operations >= _WORTH

    def replaced(self, tree: _Node) -> _Node | None:
        """The column in the place of a part, if it becomes one."""
        name = None if _OPERATIONS.isdisjoint(tree) else self._names.get(json.dumps(tree))
        return None if name is None else {"Column": name}

    def stages(self) -> Iterator[list[tuple[str, _Node]]]:
        """The columns and their trees, those first that read no other."""
        left = {}
        for key, name in self._names.items():
            inner = {kind: _rebuilt(content, self.replaced) for kind, content in self._trees[key].items()}
            left[name] = inner
        while left:
            stage = [(name, tree) for name, tree in left.items() if not _columns(tree) & left.keys()]
            yield stage
            left = {name: tree for name, tree in left.items() if name not in dict(stage)}


def _columns(tree: _Node) -> set[str]:
    return {content for kind, content in _nodes(tree) if kind == "Column"}
