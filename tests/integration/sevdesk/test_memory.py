"""A sevdesk whose answers are as large as they may be: the books are read, and memory stays within its bounds."""

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from unit.sandbox_server.building import TODAY, invoice

from features.ledger import Resource
from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.room import OF_ONE_READING, Room
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits

MIB = 2**20
LENGTH, PAGES = 1_000, 16
TOTAL = PAGES * (LENGTH - 1) + 1
"""Each page begins with the last object of the page before."""
BLOCK = b" " * (MIB // 4)


@asynccontextmanager
async def _sevdesk(page_bytes: int, sent: Callable[[], None]) -> AsyncIterator[str]:
    """Invoices in 16 pages of this size each; nothing else."""
    one = json.dumps(invoice(1_000_000))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                url = urlsplit(head.split(" ")[1])
                body = b'{"objects":[],"total":"0"}'
                if url.path.endswith("/Invoice"):
                    start = int(parse_qs(url.query)["offset"][0])
                    ids = range(start, min(start + LENGTH, TOTAL))
                    objects = ",".join(one.replace("1000000", str(1_000_001 + number)) for number in ids)
                    body = b'],"total":"%d"}' % TOTAL
                    body = b'{"objects":[' + objects.encode() + b" " * (page_bytes % len(BLOCK)) + body
                pad = (page_bytes - len(body)) // len(BLOCK) if len(body) > LENGTH else 0
                cut = body.rfind(b"]")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) + pad * len(BLOCK)))
                writer.write(body[:cut])
                for _ in range(pad):
                    writer.write(BLOCK)
                    await writer.drain()
                    sent()
                writer.write(body[cut:])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1"
        server.close()


async def test_sixteen_pages_of_32_mib_are_read_within_the_bound_of_one_reading() -> None:
    """Half a gigabyte that sevdesk sends at once is never in memory at once."""
    async with _sevdesk(RequestLimits().page_bytes, lambda: None) as url, HttpClient() as http:
        client = SevdeskClient(http, url, Secret("0" * 32), limits=RequestLimits(deadline_seconds=120.0))
        tracemalloc.start()
        try:
            fetched = await client.fetch(frozenset({Resource.INVOICES}), fetched_on=TODAY)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert fetched.invoices.height == TOTAL
    # beside the bound: one answer being joined, and what aiohttp has received that nobody has read
    assert 100 * MIB < peak < OF_ONE_READING + 32 * MIB + PAGES * 2 * MIB + 16 * MIB


async def test_readings_share_the_bound_of_the_process() -> None:
    """Five readings of 16 pages of 2 MiB want 160 MiB; they get 6, and all are read."""
    held: list[int] = []
    limits = RequestLimits(page_bytes=2 * MIB, reading_bytes=16 * MIB)
    async with HttpClient(most_connections=100) as http:
        http.room = Room(6 * MIB, of_the_first=2 * MIB)
        async with _sevdesk(limits.page_bytes, lambda: held.append(http.room.bytes)) as url:
            clients = [SevdeskClient(http, url, Secret(f"{n:032x}"), limits=limits) for n in range(5)]
            reads = [client.fetch(frozenset({Resource.INVOICES}), fetched_on=TODAY) for client in clients]
            fetched = await asyncio.gather(*reads)
        assert [one.invoices.height for one in fetched] == [TOTAL] * 5
        assert 3 * MIB < max(held) <= 6 * MIB
        assert (http.room.bytes, len(http.room.places)) == (0, 0)
