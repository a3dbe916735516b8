"""Who may hold documents in memory at the same time."""

import asyncio
from contextlib import AsyncExitStack

from scoring.usecases.inspection import Inspection


async def has_room(inspection: Inspection, lender_id: str, link_id: str | None = None) -> bool:
    """Whether a request has a place at once."""
    try:
        async with asyncio.timeout(0.05), inspection.room(lender_id, link_id):
            return True
    except TimeoutError:
        return False


async def test_slow_forms_of_one_link_take_one_place() -> None:
    """An applicant that sends three forms byte by byte keeps nobody else out."""
    inspection = Inspection()
    async with inspection.room("bank", "link_1"):
        assert not await has_room(inspection, "bank", "link_1")
        assert await has_room(inspection, "bank", "link_2")
        assert await has_room(inspection, "other", "link_3")
    assert await has_room(inspection, "bank", "link_1")


async def test_a_lender_leaves_a_place_to_others() -> None:
    """Whoever has a key of one lender cannot take all places with it."""
    inspection = Inspection()
    async with AsyncExitStack() as held:
        for _ in range(2):
            await held.enter_async_context(inspection.room("bank"))
        assert not await has_room(inspection, "bank")
        assert await has_room(inspection, "other")
        await held.enter_async_context(inspection.room("other"))
        assert not await has_room(inspection, "third")
    assert await has_room(inspection, "bank")
