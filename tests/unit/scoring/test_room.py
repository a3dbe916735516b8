"""The bound on answers in memory: it holds, and whoever waits gets its turn."""

import asyncio
import random

import pytest

from scoring.sources.room import OF_ALL, OF_ONE_READING, OF_THE_FIRST, Room
from scoring.sources.sevdesk.transport.connection import RequestLimits

MOST, OF_ONE, OF_FIRST = 100, 60, 20


def test_the_first_answer_has_room_for_the_largest_page() -> None:
    """As it came and unpacked, so that no reading can wait for itself."""
    assert 2 * RequestLimits().page_bytes <= OF_THE_FIRST < OF_ONE_READING < OF_ALL


async def _answer(room: Room, size: int, dice: random.Random, seen: list[tuple[int, int]], process: Room) -> None:
    with room.place() as place:
        while size:
            part = dice.randint(1, size)
            await place.take(part)
            seen.append((room.bytes, process.bytes))
            size -= part
            for _ in range(dice.randrange(4)):
                await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(50))
async def test_readings_that_share_too_little_room_all_come_to_their_end(seed: int) -> None:
    """Six readings of up to sixteen answers want four times as much as there is, and some of them hang up."""
    dice = random.Random(seed)  # noqa: S311  the same each time
    process, seen, answers = Room(MOST, of_the_first=OF_FIRST), list[tuple[int, int]](), list[asyncio.Task[None]]()
    for _ in range(6):
        room = process.part(OF_ONE)
        answers += [
            asyncio.create_task(_answer(room, dice.randint(1, OF_FIRST), dice, seen, process))
            for _ in range(dice.randint(1, 16))
        ]
    for _ in range(dice.randrange(20)):
        await asyncio.sleep(0)
    for answer in dice.sample(answers, 3):
        answer.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(*answers, return_exceptions=True)
    assert sum(answer.cancelled() for answer in answers) <= 3
    assert max(one for one, _ in seen) <= OF_ONE
    assert MOST // 2 < max(every for _, every in seen) <= MOST
    assert (process.bytes, len(process.places)) == (0, 0)


async def test_a_reading_that_holds_little_goes_before_one_that_holds_much() -> None:
    """Large books in many pages do not starve small ones, although they asked earlier."""
    process = Room(MOST, of_the_first=OF_FIRST)
    large, small, order = process.part(1000), process.part(1000), list[str]()

    async def wait(room: Room, name: str, count: int) -> None:
        with room.place() as place:
            await place.take(count)
            order.append(name)
            await asyncio.sleep(0)

    with large.place() as first, large.place() as second:
        await first.take(10)
        await second.take(70)
        waiting = [asyncio.create_task(wait(large, "large", 20)), asyncio.create_task(wait(small, "small", 60))]
        await asyncio.sleep(0)
        assert order == []
        second.give(60)
        await asyncio.gather(*waiting)
    assert order == ["small", "large"]
