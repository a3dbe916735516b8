"""Who is decided on next, who waits, and who is refused at once."""

import asyncio
import random
from collections import Counter
from contextlib import suppress

import pytest

from scoring.usecases.admission import Admission, HungUpError, OverloadedError


class _Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def _stays() -> None:
    await asyncio.Event().wait()


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class _Desk:
    """Requests that last until they are told to end, and the order in which they began."""

    def __init__(self, **changes: object) -> None:
        self.clock = _Clock()
        given: dict[str, object] = {"at_once": 4, "longest_wait": 60.0, "clock": self.clock}
        self.admission = Admission(**(given | changes))  # type: ignore[arg-type]
        self.begun: list[str] = []
        self._ends: list[asyncio.Event] = []

    async def request(self, lender: str) -> None:
        """One request."""
        async with self.admission.turn(lender, hung_up=_stays):
            self.begun.append(lender)
            self._ends.append(end := asyncio.Event())
            await end.wait()

    async def end_oldest(self, seconds: float = 1.0) -> None:
        """Let the request that began first end, after so long."""
        self.clock.seconds += seconds
        self._ends.pop(0).set()
        await _settle()


async def test_a_lender_with_many_requests_does_not_keep_another_waiting() -> None:
    """The next free place is the other's, and then places are shared by halves."""
    desk = _Desk()
    many = [asyncio.create_task(desk.request("a")) for _ in range(100)]
    await _settle()
    few = [asyncio.create_task(desk.request("b")) for _ in range(4)]
    await _settle()
    assert desk.begun == ["a"] * 4
    for _ in range(6):
        await desk.end_oldest()
    assert desk.begun[4:] == ["b", "b", "a", "a", "b", "b"]
    for task in (*many, *few):
        task.cancel()
    await asyncio.gather(*many, *few, return_exceptions=True)


async def test_weights_are_shares() -> None:
    """With weight 3, three places of four."""
    desk = _Desk(weights={"a": 3.0})
    tasks = [asyncio.create_task(desk.request(lender)) for lender in "ab" * 50]
    await _settle()
    for _ in range(40):
        await desk.end_oldest()
    assert Counter(desk.begun[-20:]) == {"a": 15, "b": 5}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_cannot_begin_in_time_is_refused_at_once() -> None:
    """By how long decisions took of late; with the time after which it is worth trying again."""
    desk = _Desk(at_once=2, longest_wait=10.0)
    tasks = [asyncio.create_task(desk.request("a")) for _ in range(2 + 20)]
    await _settle()
    with pytest.raises(OverloadedError) as refused:
        async with desk.admission.turn("a", hung_up=_stays):
            pass
    assert refused.value.retry_after == pytest.approx(10.5)
    # another lender's share is its own: it would wait for one of its two halves
    waiting = asyncio.create_task(desk.request("b"))
    await _settle()
    assert not waiting.done()
    for task in (*tasks, waiting):
        task.cancel()
    await asyncio.gather(*tasks, waiting, return_exceptions=True)


async def test_who_hangs_up_while_waiting_is_not_worked_for() -> None:
    """Its place goes to the next."""
    desk = _Desk(at_once=1)
    first = asyncio.create_task(desk.request("a"))
    await _settle()
    left = asyncio.Event()

    async def leave() -> None:
        await left.wait()

    async def wait() -> None:
        async with desk.admission.turn("a", hung_up=leave):
            raise AssertionError("it was worked for")

    gone, next_one = asyncio.create_task(wait()), asyncio.create_task(desk.request("a"))
    await _settle()
    left.set()
    with pytest.raises(HungUpError):
        await gone
    await desk.end_oldest()
    assert desk.begun == ["a", "a"]
    await desk.end_oldest()
    await asyncio.gather(first, next_one)


async def test_a_wait_that_gets_too_long_ends() -> None:
    """Where decisions take longer than they did."""
    admission = Admission(at_once=1, longest_wait=0.05)
    admission._seconds = 0.001

    async def long_one() -> None:
        async with admission.turn("a", hung_up=_stays):
            await asyncio.sleep(0.2)

    running = asyncio.create_task(long_one())
    await _settle()
    with pytest.raises(OverloadedError):
        async with admission.turn("b", hung_up=_stays):
            pass
    await running
    async with admission.turn("b", hung_up=_stays):
        pass


async def test_no_place_is_lost_and_none_is_given_twice() -> None:
    """Whatever fails, is cancelled or hangs up, at any moment."""
    moments = random.Random(3)  # noqa: S311  the same odd moments each time
    admission, now, most = Admission(at_once=3, longest_wait=1000.0), 0, 0

    async def leaves() -> None:
        for _ in range(moments.randrange(1, 60)):
            await asyncio.sleep(0)

    async def one(number: int) -> None:
        nonlocal now, most
        async with admission.turn(f"lender-{number % 4}", hung_up=leaves if number % 3 else _stays):
            now += 1
            most = max(most, now)
            try:
                for _ in range(moments.randrange(6)):
                    await asyncio.sleep(0)
                if number % 5 == 0:
                    raise ValueError
            finally:
                now -= 1

    tasks = [asyncio.create_task(one(number)) for number in range(300)]
    for task in tasks[::7]:
        for _ in range(moments.randrange(4)):
            await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (now, most) == (0, 3)
    async with asyncio.timeout(1):
        for number in range(1, 4):
            with suppress(ValueError):
                await one(3 * number)
    assert admission._running.total() == 0
