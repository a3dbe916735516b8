"""A sevdesk that misbehaves on the wire: whatever it does, the error is clear and no connection stays busy."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from unit.sevdesk.fakes import TODAY, TOKEN

from features.ledger import Resource
from scoring.base.secrets import Secret
from scoring.sources.errors import DeadlineExceededError, SourceUnavailableError
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.transport.retry import RetryPolicy

Speaker = Callable[[asyncio.StreamWriter], Awaitable[None]]
QUICK = RetryPolicy(attempts=2, first_wait=0.001)


@asynccontextmanager
async def _wire(speak: Speaker) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await speak(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1"
        server.close()


async def _cut_off(writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"objects":[')
    await writer.drain()
    writer.close()


async def _hang(writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"objects":[')
    await writer.drain()
    await asyncio.sleep(5)


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n")
    for _ in range(200):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def _babble(writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 smtp.example.org ESMTP ready\r\n")
    await writer.drain()
    writer.close()


def _busy_connections(http: HttpClient) -> int:
    session = http._network._session  # type: ignore[attr-defined]
    return len(session.connector._acquired) if session else 0


@pytest.mark.parametrize(
    ("speak", "limits", "kind"),
    [
        (_cut_off, RequestLimits(retry=QUICK), SourceUnavailableError),
        (_babble, RequestLimits(retry=QUICK), SourceUnavailableError),
        (_hang, RequestLimits(retry=QUICK, request_seconds=0.05), SourceUnavailableError),
        (_hang, RequestLimits(deadline_seconds=0.1), DeadlineExceededError),
        (_drip, RequestLimits(deadline_seconds=0.1, request_seconds=0.05), DeadlineExceededError),
    ],
    ids=["cut off", "not http", "silent", "hanging", "dripping"],
)
async def test_a_sevdesk_that_misbehaves(speak: Speaker, limits: RequestLimits, kind: type[Exception]) -> None:
    """Cut-off, silent and dripping answers end as unavailable or at the deadline, and free their connections."""
    async with _wire(speak) as address, HttpClient() as http:
        client = SevdeskClient(http, address, Secret(TOKEN), limits=limits)
        with pytest.raises(kind):
            await client.fetch(frozenset(Resource), fetched_on=TODAY)
        assert _busy_connections(http) == 0


async def test_a_sevdesk_that_is_down() -> None:
    """Where nobody listens, sevdesk is unavailable after the retries."""
    async with _wire(_hang) as address:
        pass
    async with HttpClient() as http:
        client = SevdeskClient(http, address, Secret(TOKEN), limits=RequestLimits(retry=QUICK))
        with pytest.raises(SourceUnavailableError, match="ConnectError") as caught:
            await client.check_token()
        assert caught.value.attempt == 2
        assert _busy_connections(http) == 0


async def _answer(writer: asyncio.StreamWriter) -> None:
    body = b'{"objects":[],"total":"0"}'
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
    await writer.drain()
    await asyncio.sleep(0)
    writer.write(body)
    await writer.drain()


@pytest.mark.parametrize("most", [3, 100], ids=["crowded pool", "roomy pool"])
async def test_callers_who_hang_up_at_any_moment(most: int) -> None:
    """Whenever a fetch is cancelled, its connections are given back, and the pool still serves the next one."""
    async with _wire(_answer) as address, HttpClient(most_connections=most) as http:
        client = SevdeskClient(http, address, Secret(TOKEN))
        for turns in range(0, 80, 3):
            fetch = asyncio.create_task(client.fetch(frozenset(Resource), fetched_on=TODAY))
            for _ in range(turns):
                await asyncio.sleep(0)
            fetch.cancel()
            with suppress(asyncio.CancelledError):
                await fetch
            assert _busy_connections(http) == 0
        fetched = await client.fetch(frozenset(Resource), fetched_on=TODAY)
        assert fetched.invoices.is_empty()


async def test_a_crowd_that_hangs_up_does_not_drain_the_pool() -> None:
    """Callers who compete for three connections and hang up at odd moments leave all three to those who come after."""
    moments = random.Random(1)  # noqa: S311  the same odd moments each time
    async with (
        _wire(_answer) as address,
        HttpClient(most_connections=3) as http,
    ):
        client = SevdeskClient(http, address, Secret(TOKEN), limits=RequestLimits(retry=QUICK))
        for _ in range(40):
            fetches = [client.fetch(frozenset(Resource), fetched_on=TODAY) for _ in range(2)]
            calls = [asyncio.create_task(call) for call in (*fetches, client.check_token(), client.check_token())]
            for call in calls:
                for _ in range(moments.randrange(14)):
                    await asyncio.sleep(0)
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        assert _busy_connections(http) == 0
        assert (await client.fetch(frozenset(Resource), fetched_on=TODAY)).invoices.is_empty()
