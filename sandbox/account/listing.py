"""The objects of one resource in the order of their list: found by id, by reference and by query, and changed."""

import random
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar

import msgspec

from sandbox.account.filters import dated, filters_of, hidden_by_default, is_dunned, references_of, reminded_of
from sandbox.account.ordering import asked_order, newest_first
from sandbox.account.patched import Patched
from sandbox.account.query import Query
from sandbox.account.quirks import Quirks, changes_objects, shaped
from sandbox.objects.books import LazyObjects
from sandbox.objects.values import Object, Reference, reference_of

V = TypeVar("V")

_MOST_SELECTIONS = 64


class Plain:
    """Objects that are there as such: from a folder, or of a firm of usual size."""

    def __init__(self, objects: Sequence[Object]) -> None:
        self._objects = objects
        self._encoded: list[bytes | None] = [None] * len(objects)
        self._referring: dict[str, dict[str, list[tuple[str, int]]]] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._objects)

    def __getitem__(self, position: int) -> Object:
        """One object, which must not be changed."""
        return self._objects[position]

    def __iter__(self) -> Iterator[Object]:
        """All of them."""
        return iter(self._objects)

    def objects(self, positions: Sequence[int]) -> Iterator[Object]:
        """Some of them."""
        return (self._objects[position] for position in positions)

    def encoded(self, positions: Sequence[int]) -> list[bytes]:
        """Some of them as JSON, encoded at first use."""
        return [self._encoded[position] or self._encode(position) for position in positions]

    def _encode(self, position: int) -> bytes:
        body = self._encoded[position] = msgspec.json.encode(self._objects[position])
        return body

    def column(self, field: str) -> list[Any]:
        """The values of one field."""
        return [item.get(field) for item in self._objects]

    def judged(self, judge: Callable[[Any], V], positions: Sequence[int]) -> Iterator[tuple[V, tuple[int]]]:
        """What ``judge`` says of each object."""
        return ((judge(self._objects[position]), (position,)) for position in positions)

    def referring(self, field: str, kind: str | None, object_id: str) -> Sequence[int]:
        """The objects whose reference in ``field`` has this id and, where one is given, this kind."""
        if field not in self._referring:
            index = self._referring[field] = {}
            for position, value in enumerate(self.column(field)):
                if (reference := reference_of(value)) is not None:
                    index.setdefault(reference[1], []).append((reference[0], position))
        return [position for other, position in self._referring[field].get(object_id, ()) if kind in (None, other)]

    def position(self, object_id: str) -> int | None:
        """Where an object stands."""
        return self._positions.get(object_id)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {str(item["id"]): position for position, item in enumerate(self._objects)}


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
        self._objects: LazyObjects = (
            objects if isinstance(objects, LazyObjects) else Plain(newest_first(resource, list(objects)))
        )
        self._is_shaped = changes_objects(quirks)
        self._shuffles = 0
        self._selections: dict[tuple[object, ...], Sequence[int]] = {}

    def __len__(self) -> int:
        """How many objects there are, hidden ones included."""
        return len(self._objects)

    def __iter__(self) -> Iterator[Object]:
        """All objects, which must not be changed."""
        return iter(self._objects)

    def object(self, position: int) -> Object:
        """The object there, which must not be changed."""
        return self._objects[position]

    def objects(self, positions: Sequence[int]) -> Iterable[Object]:
        """The objects there, which must not be changed."""
        return self._objects.objects(positions)

    def encoded(self, positions: Sequence[int]) -> list[bytes]:
        """The objects there as JSON, as the quirks have them."""
        if self._is_shaped:
            objects = self._objects.objects(positions)
            return [msgspec.json.encode(shaped(self.resource, item, self._quirks)) for item in objects]
        return self._objects.encoded(positions)

    def position(self, object_id: str) -> int | None:
        """Where an object stands."""
        return self._objects.position(object_id)

    def column(self, field: str) -> Sequence[Any]:
        """The values of one field, null where an object does not have it."""
        return self._objects.column(field)

    def put(self, item: Object) -> None:
        """Take an object in, in place of the one with its id, where there is one."""
        there, moment = self.position(item["id"]), dated(self.resource, item)
        objects = self._patched()
        if there is not None:
            keeps_place = dated(self.resource, objects[there]) == moment
            objects.remove(there)
            if keeps_place:
                objects.insert(there, deepcopy(item))
                return
        place = 0
        if moment is not None:
            dates = objects.judged(lambda other: dated(self.resource, other), range(len(self)))
            earlier = (min(some) for when, some in dates if when is not None and when <= moment)
            place = min(earlier, default=len(self))
        objects.insert(place, deepcopy(item))

    def remove(self, object_id: str) -> None:
        """Forget an object."""
        if (there := self.position(object_id)) is not None:
            self._patched().remove(there)

    def _patched(self) -> Patched:
        """The objects, which may be changed now."""
        self._selections.clear()
        if not isinstance(self._objects, Patched):
            self._objects = Patched(self._objects)
        return self._objects

    def referring(self, field: str, target: Reference) -> Sequence[int]:
        """Return the positions of the objects whose reference in ``field`` is ``target``."""
        return self._objects.referring(field, *target)

    def judged(self, judge: Callable[[Any], V], positions: Sequence[int]) -> Iterable[tuple[V, Sequence[int]]]:
        """Return what ``judge`` says of the objects there, some or one at a time."""
        return self._objects.judged(judge, positions)

    def select(self, query: Query, today: date) -> Sequence[int]:
        """Return the positions of the objects that the query lists, in its order."""
        key = (*query.selecting, today)
        if key not in self._selections:
            if len(self._selections) >= _MOST_SELECTIONS:
                self._selections.pop(next(iter(self._selections)))
            self._selections[key] = self._selected(query, today)
        if self._quirks.order == "none":
            self._shuffles += 1
            positions = self._selections[key]
            order = random.Random(self._shuffles).sample(range(len(positions)), len(positions))  # noqa: S311  any will do
            return [positions[place] for place in order]
        return self._selections[key]

    def _selected(self, query: Query, today: date) -> Sequence[int]:
        positions: Sequence[int] = range(len(self))
        for parameter, field in references_of(self.resource).items():
            if (target := query.reference(parameter, is_half_enough=self._quirks.half_reference_filters)) is not None:
                kept = frozenset(positions)
                positions = [position for position in self._objects.referring(field, *target) if position in kept]
        conditions = filters_of(self.resource, query, today)
        hidden = hidden_by_default(self.resource, query, self._quirks)
        for keep in (*conditions, *([hidden] if hidden else [])):
            positions = _joined(some for is_kept, some in self._objects.judged(keep, positions) if is_kept)
        if self.resource == "Invoice" and query.is_true("onlyDunned"):
            positions = self._dunned(positions)
        return self._ordered(positions, query)

    def _dunned(self, positions: Sequence[int]) -> Sequence[int]:
        """The invoices of which there is a reminder, and those whose own level says so."""
        everywhere = range(len(self))
        reminded = {of[1] for of, _ in self._objects.judged(reminded_of, everywhere) if of is not None}
        found = {position for position, one in enumerate(self.column("id")) if one in reminded}
        for is_one, some in self._objects.judged(is_dunned, positions):
            found.update(some if is_one else ())
        return array("q", (position for position in positions if position in found))

    def _ordered(self, positions: Sequence[int], query: Query) -> Sequence[int]:
        order = asked_order(self.resource, query)
        if order is None:
            return positions[::-1] if self._quirks.order == "oldest_first" else positions
        key, is_descending = order
        found: dict[Any, list[Sequence[int]]] = {}
        for value, some in self._objects.judged(key, positions):
            found.setdefault(value, []).append(some)
        alike = (_joined(found[value]) for value in sorted(found, reverse=is_descending))
        return array("q", chain.from_iterable(alike))


def _joined(some: Iterable[Sequence[int]]) -> Sequence[int]:
    """Positions in their order."""
    return array("q", sorted(chain.from_iterable(some)))
