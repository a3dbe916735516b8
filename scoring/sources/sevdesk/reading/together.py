"""Calls that run at the same time, and fail as one: the first failure cancels and awaits the others.

Built on anyio rather than asyncio's own groups, because its cancellation spares what is shielded: httpcore shields the
clean-up of its connections, and a bare ``Task.cancel`` in that moment would lose the connection.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from anyio.abc import TaskGroup

T = TypeVar("T")


class TaskResult(Generic[T]):
    """What a call that was begun will have returned when its group ends."""

    __slots__ = ("value",)

    value: T


def begin(group: TaskGroup, call: Callable[[], Awaitable[T]]) -> TaskResult[T]:
    """Start a call in a group; its outcome has a value once the group has ended without an error."""
    outcome: TaskResult[T] = TaskResult()

    async def run() -> None:
        outcome.value = await call()

    group.start_soon(run)
    return outcome
