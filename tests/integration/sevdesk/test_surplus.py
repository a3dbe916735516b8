"""A sevdesk that sends more than it was asked for on one lender's connections, while another lender reads."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from unit.sandbox_server.building import TODAY, contact, invoice
from unit.sevdesk.fakes import sevdesk

from features.ledger import Resource
from scoring.base.credentials import TokenCredential
from scoring.base.secrets import Secret
from scoring.sources.http import Network
from scoring.sources.sevdesk.adapter import SevdeskSource

SPOILED = TokenCredential(source="sevdesk", secret=Secret("a" * 32))
WELL = TokenCredential(source="sevdesk", secret=Secret("b" * 32))
INVOICES = 24
TIMES = 500
PLAN = frozenset({Resource.INVOICES})


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


SURPLUS = {
    "a byte": b"\n",
    "half an answer": _answer(b'{"objects":[],"total":"0"}')[:40],
    "a whole answer": _answer(b'{"objects":[],"total":"0"}'),
}


@asynccontextmanager
async def _sevdesk(surplus: bytes) -> AsyncIterator[str]:
    """Every account has 24 invoices; behind each answer to the spoiled token come surplus bytes."""
    delays = itertools.cycle((0.0, 0.001))
    books = sevdesk({"Invoice": [invoice(1 + n) for n in range(INVOICES)], "Contact": [contact(7)]})

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                response: httpx.Response = books(httpx.Request("GET", f"http://sevdesk{head.split(' ')[1]}"))
                writer.write(_answer(response.content))
                if "a" * 32 in head:
                    await asyncio.sleep(next(delays))
                    writer.write(surplus)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1"
        server.close()


@pytest.mark.parametrize("surplus", list(SURPLUS.values()), ids=list(SURPLUS))
async def test_no_byte_of_one_credential_reaches_another(surplus: bytes) -> None:
    """Whatever lies on the connections of one token, each reading with the other finds all 24 invoices.

    The spoiled one finds them, too, or fails: it never finds none.
    """

    async def read(source: SevdeskSource, credential: TokenCredential) -> int:
        books = await source.read(credential, PLAN, read_on=TODAY, since=None, deadline_seconds=5.0)
        return books.build(hash_key=b"k" * 16, payout_iban=None).ledger.invoices.height

    async with _sevdesk(surplus) as address:
        source = SevdeskSource(Network(), address)
        for _ in range(TIMES // len(SURPLUS) + 1):
            spoiled = asyncio.create_task(read(source, SPOILED))
            assert await read(source, WELL) == INVOICES
            await asyncio.wait([spoiled])
            assert spoiled.exception() is not None or spoiled.result() == INVOICES
