"""The objects of one resource in the order of their list: found by id, by reference and by query, and changed."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import msgspec

from sandbox.books import LazyObjects
from sandbox.changes import Changed
from sandbox.filters import dated, filters_of, hidden_by_default, references_of
from sandbox.ordering import asked_order, newest_first
from sandbox.query import Query
from sandbox.quirks import Quirks, changes_objects, shaped
from sandbox.values import Object, Reference, reference_of

_MOST_SELECTIONS = 64


class Plain:
    """Objects that are there as such: from a folder, or of a firm of usual size."""

    def __init__(self, objects: Sequence[Object]) -> None:
        self._objects = objects
        self._encoded: list[bytes | None] = [None] * len(objects)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._objects)

    def __getitem__(self, position: int) -> Object:
        """One object, which must not be changed."""
        return self._objects[position]

    def encoded(self, position: int) -> bytes:
        """The same as JSON, encoded at first use."""
        body = self._encoded[position]
        if body is None:
            body = self._encoded[position] = msgspec.json.encode(self._objects[position])
        return body

    def column(self, field: str) -> list[Any]:
        """The values of one field."""
        return [item.get(field) for item in self._objects]

    def position(self, object_id: str) -> int | None:
        """Where an object stands."""
        return self._positions.get(object_id)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {str(item["id"]): position for position, item in enumerate(self._objects)}


class _Row:
    """One object of many, of which only the asked fields are made."""

    __slots__ = ("_columns", "position")

    def __init__(self, columns: "_Columns") -> None:
        self._columns = columns
        self.position = 0

    def get(self, field: str) -> Any:  # noqa: ANN401  any JSON
        """The value of a field, none where the object does not have it."""
        return self._columns[field][self.position]

    def __contains__(self, field: str) -> bool:
        return self.get(field) is not None


class _Columns(dict[str, Sequence[Any]]):
    """The columns that were asked for."""

    def __init__(self, objects: LazyObjects) -> None:
        super().__init__()
        self._objects = objects

    def __missing__(self, field: str) -> Sequence[Any]:
        column = self[field] = self._objects.column(field)
        return column


class Listing:
    """The objects of one resource in the order of its list.

    What a query selects is worked out once, until the objects change: pages of one list differ in their cut only.

    Args:
        resource: sevdesk's name of it.
        objects: in any order, or made on demand in the order of the list.
        quirks: how the list behaves where that is a matter of choice.
    """

    def __init__(self, resource: str, objects: Sequence[Object] | LazyObjects, quirks: Quirks) -> None:
        self.resource = resource
        self._quirks = quirks
        self._objects: LazyObjects
        self._objects = objects if isinstance(objects, LazyObjects) else Plain(newest_first(resource, list(objects)))
        self._is_shaped = changes_objects(quirks)
        self._shuffles = 0
        self._selections: dict[tuple[object, ...], Sequence[int]] = {}
        self._referring: dict[str, dict[Reference, list[int]]] = {}

    def __len__(self) -> int:
        """How many objects there are, hidden ones included."""
        return len(self._objects)

    def __iter__(self) -> Iterator[Object]:
        """All objects, which must not be changed."""
        return (self._objects[position] for position in range(len(self)))

    def object(self, position: int) -> Object:
        """The object there, which must not be changed."""
        return self._objects[position]

    def encoded(self, position: int) -> bytes:
        """The object there as JSON."""
        if self._is_shaped:
            return msgspec.json.encode(shaped(self.resource, self._objects[position], self._quirks))
        return self._objects.encoded(position)

    def position(self, object_id: str) -> int | None:
        """Where an object stands."""
        return self._objects.position(object_id)

    def column(self, field: str) -> Sequence[Any]:
        """The values of one field, null where an object does not have it."""
        return self._objects.column(field)

    def put(self, item: Object) -> None:
        """Take an object in, in place of the one with its id, where there is one."""
        objects, moment = self._changed(), dated(self.resource, item)
        there = objects.position(item["id"])
        if there is not None and dated(self.resource, objects[there]) == moment:
            objects.replace(there, item)
            return
        if there is not None:
            objects.remove(there)
        place = 0
        if moment is not None:
            earlier = ((there, dated(self.resource, objects[there])) for there in range(len(objects)))
            place = next((there for there, when in earlier if when is not None and when <= moment), len(objects))
        objects.insert(place, item)

    def remove(self, object_id: str) -> None:
        """Forget an object."""
        if (there := self.position(object_id)) is not None:
            self._changed().remove(there)

    def referring(self, field: str, target: Reference) -> Sequence[int]:
        """Return the positions of the objects whose reference in ``field`` is ``target``."""
        if field not in self._referring:
            index: dict[Reference, list[int]] = {}
            for position, value in enumerate(self._objects.column(field)):
                if (reference := reference_of(value)) is not None:
                    index.setdefault(reference, []).append(position)
            self._referring[field] = index
        return self._referring[field].get(target, ())

    def select(self, query: Query, today: date) -> Sequence[int]:
        """Return the positions of the objects that the query lists, in its order."""
        key = (*query.selecting, today)
        if key not in self._selections:
            if len(self._selections) >= _MOST_SELECTIONS:
                self._selections.pop(next(iter(self._selections)))
            self._selections[key] = self._selected(query, today)
        if self._quirks.order == "none":
            self._shuffles += 1
            return random.Random(self._shuffles).sample(self._selections[key], len(self._selections[key]))  # noqa: S311  any order will do
        return self._selections[key]

    def _selected(self, query: Query, today: date) -> Sequence[int]:
        positions: Sequence[int] = range(len(self))
        for parameter, field in references_of(self.resource).items():
            if (target := query.reference(parameter, is_half_enough=self._quirks.half_reference_filters)) is not None:
                kept = frozenset(positions)
                positions = [position for position in self._targets(field, target) if position in kept]
        conditions = filters_of(self.resource, query, today)
        hidden = hidden_by_default(self.resource, query, self._quirks)
        for keep in (*conditions, *([hidden] if hidden else [])):
            positions = self._kept(positions, keep)
        return self._ordered(positions, query)

    def _targets(self, field: str, target: tuple[str | None, str]) -> Sequence[int]:
        kind, object_id = target
        if kind is not None:
            return self.referring(field, (kind, object_id))
        self.referring(field, ("", ""))
        found = (some for (_, number), some in self._referring[field].items() if number == object_id)
        return sorted(position for some in found for position in some)

    def _kept(self, positions: Sequence[int], keep: Callable[[Any], bool]) -> list[int]:
        if isinstance(self._objects, Plain):
            return [position for position in positions if keep(self._objects[position])]
        row = _Row(_Columns(self._objects))
        kept = []
        for position in positions:
            row.position = position
            if keep(row):
                kept.append(position)
        return kept

    def _ordered(self, positions: Sequence[int], query: Query) -> Sequence[int]:
        order = asked_order(self.resource, query)
        if order is None:
            return positions[::-1] if self._quirks.order == "oldest_first" else positions
        key, is_descending = order
        return sorted(positions, key=lambda position: key(self._objects[position]), reverse=is_descending)

    def _changed(self) -> Changed:
        """The objects, ready to be changed; what was worked out from them is forgotten."""
        if not isinstance(self._objects, Changed):
            self._objects = Changed(self._objects)
        self._selections.clear()
        self._referring.clear()
        return self._objects
