"""More applications than can be decided at once, over HTTP."""

import asyncio
from pathlib import Path

import httpx
from postgres import ON_SQLITE
from service import application, running

pytestmark = ON_SQLITE


class _Held(httpx.AsyncBaseTransport):
    """A sevdesk that answers nothing until it is told to, and then that it is out of order."""

    def __init__(self) -> None:
        self.told = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait."""
        del request
        await self.told.wait()
        return httpx.Response(401, json={})


async def test_what_cannot_begin_in_time_is_refused_at_once(tmp_path: Path) -> None:
    """And its idempotency key is free; what can, waits."""
    held = _Held()
    async with running(tmp_path, transport=held, decisions_at_once=2, queue_seconds=0.6) as service:

        def ask(number: int) -> asyncio.Task[httpx.Response]:
            headers = {"Idempotency-Key": f"key-{number}"}
            return asyncio.create_task(service.post("/v1/decisions", application(), **headers))

        first = [ask(0), ask(1)]
        await asyncio.sleep(0.2)
        waiting = ask(2)
        await asyncio.sleep(0.1)
        refused = await ask(3)
        held.told.set()
        answers = await asyncio.gather(*first, waiting)
        again = await ask(3)
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
    assert int(refused.headers["Retry-After"]) >= 1
    assert [answer.status_code for answer in (*answers, again)] == [424] * 4
