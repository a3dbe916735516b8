"""How many bytes of answers are in memory at once: what arrives beyond a bound waits, and nothing waits for ever.

An answer holds its bytes from when they arrive until it is decoded, so it could wait for room that another one holds
that waits for the first. Therefore the answer that began first never waits: the others leave it room, its end gives
back all that it held, and the next one is first.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

OF_ALL: Final = 256 * 2**20
"""Bytes, of all answers of a process. 16 pages of 1,000 invoices have 40 MB."""
OF_ONE_READING: Final = 128 * 2**20
"""Of the answers of one reading."""
OF_THE_FIRST: Final = 64 * 2**20
"""What is left to the answer that began first: 32 MiB as they came, and as much unpacked."""


class Room:
    """A bound on the bytes of some answers, within the bound on more of them.

    Args:
        most: Bytes that all hold together, where no answer holds more than ``of_the_first``.
        of_the_first: The part of ``most`` that only the answer that began first may use.
        within: The room that this one is part of.
    """

    def __init__(self, most: int = OF_ALL, *, of_the_first: int = OF_THE_FIRST, within: "Room | None" = None) -> None:
        self.rooms: tuple[Room, ...] = (self, *within.rooms) if within else (self,)
        """This one, and those that it is part of."""
        self.bytes = 0
        """Held now."""
        self.places: dict[Place, None] = {}
        """Of answers that hold something or wait, in the order in which they began."""
        self._shared = most - of_the_first
        self._of_the_first = of_the_first

    def part(self, most: int) -> "Room":
        """The room of one reading.

        Args:
            most: Bytes.
        """
        return Room(most, of_the_first=self._of_the_first, within=self)

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """A place for one answer, empty again at the end."""
        place = Place(self.rooms)
        try:
            yield place
        finally:
            place.leave()

    def admits(self, place: "Place", count: int) -> bool:
        """Whether a place may hold so many bytes more."""
        return next(iter(self.places)) is place or self.bytes + count <= self._shared


class Place:
    """What one answer holds.

    Args:
        rooms: That it is in, the smallest first.
    """

    def __init__(self, rooms: tuple[Room, ...]) -> None:
        self._rooms = rooms
        self._bytes = 0
        self._turn: asyncio.Future[None] | None = None

    async def take(self, count: int) -> None:
        """Hold so many bytes more, as soon as there is room."""
        for room in self._rooms:
            room.places.setdefault(self)
        while not all(room.admits(self, count) for room in self._rooms):
            self._turn = asyncio.get_running_loop().create_future()
            await self._turn
        self._hold(count)

    def give(self, count: int) -> None:
        """Hold so many bytes less."""
        self._hold(-count)
        # Readings that hold least come first, so that large books do not starve small ones.
        for place in sorted(self._rooms[-1].places, key=Place.bytes_of_reading):
            place.wake()

    def wake(self) -> None:
        """Let it see whether there is room now, where it waits."""
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)

    def bytes_of_reading(self) -> int:
        """Held by all answers in the smallest of its rooms."""
        return self._rooms[0].bytes

    def leave(self) -> None:
        """Hold nothing, and have no turn."""
        for room in self._rooms:
            room.places.pop(self, None)
        self.give(self._bytes)

    def _hold(self, count: int) -> None:
        self._bytes += count
        for room in self._rooms:
            room.bytes += count
