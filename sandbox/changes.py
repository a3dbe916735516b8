"""Objects of a resource with what was written to them since, without touching those that were there."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import msgspec

from sandbox.books import LazyObjects
from sandbox.values import Object


class Changed:
    """Objects of which some were put in, changed or taken away; the others stay as they were made, and as lazy.

    Args:
        objects: as they were, in the order of their list.
    """

    def __init__(self, objects: LazyObjects) -> None:
        self._objects = objects
        # Where an object is: its place before, or a negative number for one of our own.
        self._order = list(range(len(objects)))
        self._own: dict[int, Object] = {}
        self._own_keys: dict[str, int] = {}
        self._made = 0
        self._places: dict[int, int] | None = None

    def __len__(self) -> int:
        """How many there are."""
        return len(self._order)

    def __getitem__(self, position: int) -> Object:
        """One object, which must not be changed."""
        key = self._order[position]
        return self._objects[key] if key >= 0 else self._own[key]

    def encoded(self, position: int) -> bytes:
        """The same as JSON."""
        key = self._order[position]
        return self._objects.encoded(key) if key >= 0 else msgspec.json.encode(self._own[key])

    def column(self, field: str) -> Sequence[Any]:
        """The values of one field."""
        column = self._objects.column(field)
        return [column[key] if key >= 0 else self._own[key].get(field) for key in self._order]

    def position(self, object_id: str) -> int | None:
        """Where an object stands."""
        key = self._own_keys.get(object_id)
        if key is None:
            key = self._objects.position(object_id)
        if self._places is None:
            self._places = {key: place for place, key in enumerate(self._order)}
        return None if key is None else self._places.get(key)

    def replace(self, position: int, item: Object) -> None:
        """Put an object in the place of another with its id."""
        self._forget(self._order[position])
        self._order[position] = self._keep(item)

    def insert(self, position: int, item: Object) -> None:
        """Put an object before another."""
        self._order.insert(position, self._keep(item))

    def remove(self, position: int) -> None:
        """Take an object away."""
        self._forget(self._order.pop(position))

    def _keep(self, item: Object) -> int:
        self._made += 1
        self._own[-self._made] = deepcopy(item)
        self._own_keys[item["id"]] = -self._made
        self._places = None
        return -self._made

    def _forget(self, key: int) -> None:
        self._places = None
        if key < 0:
            del self._own_keys[self._own.pop(key)["id"]]
