"""More applications than can be decided at once, over HTTP."""

import asyncio
from pathlib import Path

import httpx
import pytest
from postgres import ON_SQLITE
from service import TODAY, application, firms, running

from sandbox.server.app import create_app as create_sandbox
from scoring.usecases import making

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


class _Counted(httpx.AsyncBaseTransport):
    """The local sevdesk; from a certain reading on, its lists of invoices wait."""

    def __init__(self, held_from: int) -> None:
        self.readings = 0
        self.told = asyncio.Event()
        self.third = asyncio.Event()
        """Reading began."""
        self._held_from = held_from
        self._sevdesk = httpx.ASGITransport(app=create_sandbox(firms(), today=lambda: TODAY))  # type: ignore[arg-type]  # litestar types scopes more narrowly

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Count the lists of accounts, of which each reading has one."""
        self.readings += request.url.path.endswith("/CheckAccount")
        if self.readings == 3:
            self.third.set()
        if self.readings >= self._held_from and request.url.path.endswith("/Invoice"):
            await self.told.wait()
        return await self._sevdesk.handle_async_request(request)


async def test_big_books_are_read_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their size is seen on the first pages; then they wait for their turn, and nobody else does."""
    monkeypatch.setattr(making, "SMALL_LIST", 20)
    transport = _Counted(held_from=2)
    async with running(tmp_path, transport=transport) as service:
        asked = [
            asyncio.create_task(service.post("/v1/decisions", application(), **{"Idempotency-Key": f"key-{number}"}))
            for number in range(2)
        ]
        await transport.third.wait()
        await asyncio.wait(asked, timeout=0.3)
        while_one_is_read = transport.readings
        transport.told.set()
        answers = await asyncio.gather(*asked)
    assert while_one_is_read == 3  # two that were left, and one that is read
    assert transport.readings == 4
    assert [answer.status_code for answer in answers] == [201, 201]


async def test_of_many_big_books_some_are_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that would wait too long; their keys are free."""
    monkeypatch.setattr(making, "SMALL_LIST", 20)
    transport = _Counted(held_from=2)
    async with running(tmp_path, transport=transport, queue_seconds=0.4) as service:

        def ask(number: int) -> asyncio.Task[httpx.Response]:
            headers = {"Idempotency-Key": f"key-{number}"}
            return asyncio.create_task(service.post("/v1/decisions", application(), **headers))

        asked = [ask(0), ask(1)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        transport.told.set()
        answers = await asyncio.gather(*asked)
        again = await ask(1)
    assert sorted(answer.status_code for answer in answers) == [201, 503]
    assert [answer.json()["type"] for answer in answers if answer.status_code == 503] == ["/problems/overloaded"]
    assert again.status_code == 201


async def test_what_is_worked_out_on_a_decision_takes_its_turn(tmp_path: Path) -> None:
    """All of it costs as much as decisions: no lender blocks the others by asking for it."""
    transport = _Counted(held_from=2)
    async with running(tmp_path, transport=transport, decisions_at_once=1, queue_seconds=0.1) as service:
        made = (await service.post("/v1/decisions", application())).json()
        path = f"/v1/decisions/{made['decision_id']}"
        other = asyncio.create_task(service.post("/v1/decisions", application()))
        await asyncio.sleep(0.2)
        asked = [
            await service.get(f"{path}/changes"),
            await service.get(f"{path}/offers"),
            await service.get(f"{path}/missing-data"),
            await service.post(f"{path}/simulations", {"term_months": 6}),
        ]
        transport.told.set()
        assert (await other).status_code == 201
        later = await service.get(f"{path}/offers")
    assert [(answer.status_code, answer.json()["type"]) for answer in asked] == [(503, "/problems/overloaded")] * 4
    assert later.status_code == 200
