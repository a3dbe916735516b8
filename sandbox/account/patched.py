"""Objects some of which came, changed or went: the others stay as they are, and are not made for it."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from sandbox.objects.books import LazyObjects
from sandbox.objects.values import Object, reference_of

V = TypeVar("V")

_CHUNK = 1_000


class Patched:
    """A list over another one.

    Args:
        base: The objects as they were.
    """

    def __init__(self, base: LazyObjects) -> None:
        self._base = base
        self._own: list[Object] = []
        self._order = array("q", range(len(base)))
        """At each position that of the base, or the complement of that among our own."""
        self._places: dict[int, int] | None = None

    def insert(self, position: int, item: Object) -> None:
        """Take an object in."""
        self._own.append(item)
        self._order.insert(position, ~(len(self._own) - 1))
        self._places = None

    def remove(self, position: int) -> None:
        """Forget an object."""
        del self._order[position]
        self._places = None

    def __len__(self) -> int:
        """How many there are."""
        return len(self._order)

    def __getitem__(self, position: int) -> Object:
        """One object, which must not be changed."""
        source = self._order[position]
        return self._own[~source] if source < 0 else self._base[source]

    def __iter__(self) -> Iterator[Object]:
        """All of them."""
        for start in range(0, len(self), _CHUNK):
            yield from self.objects(range(start, min(start + _CHUNK, len(self))))

    def objects(self, positions: Sequence[int]) -> Iterator[Object]:
        """Some of them."""
        sources = [self._order[position] for position in positions]
        others = iter(self._base.objects([source for source in sources if source >= 0]))
        return (self._own[~source] if source < 0 else next(others) for source in sources)

    def encoded(self, positions: Sequence[int]) -> list[bytes]:
        """Some of them as JSON."""
        sources = [self._order[position] for position in positions]
        others = iter(self._base.encoded([source for source in sources if source >= 0]))
        return [msgspec.json.encode(self._own[~source]) if source < 0 else next(others) for source in sources]

    def column(self, field: str) -> list[Any]:
        """The values of one field."""
        values = self._base.column(field)
        return [self._own[~source].get(field) if source < 0 else values[source] for source in self._order]

    def judged(self, judge: Callable[[Any], V], positions: Sequence[int]) -> Iterator[tuple[V, Sequence[int]]]:
        """What ``judge`` says of objects, some or one at a time."""
        sources = {self._order[position]: position for position in positions}
        for verdict, some in self._base.judged(judge, [source for source in sources if source >= 0]):
            yield verdict, [sources[source] for source in some]
        for source, position in sources.items():
            if source < 0:
                yield judge(self._own[~source]), (position,)

    def referring(self, field: str, kind: str | None, object_id: str) -> Sequence[int]:
        """The objects whose reference in ``field`` has this id and, where one is given, this kind."""
        found = list(self._placed(self._base.referring(field, kind, object_id)))
        for index, item in enumerate(self._own):
            reference = reference_of(item.get(field))
            if reference is not None and reference[1] == object_id and kind in (None, reference[0]):
                found += self._placed([~index])
        return sorted(found)

    def position(self, object_id: str) -> int | None:
        """Where an object stands."""
        inner = self._base.position(object_id)
        sources = [] if inner is None else [inner]
        sources += [~index for index, item in enumerate(self._own) if item["id"] == object_id]
        return next(iter(self._placed(sources)), None)

    def _placed(self, sources: Iterable[int]) -> Iterator[int]:
        """Where those stand that are still there."""
        if self._places is None:
            self._places = {source: position for position, source in enumerate(self._order)}
        return (self._places[source] for source in sources if source in self._places)
