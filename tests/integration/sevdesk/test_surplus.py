"""A sevdesk that sends more than it was asked for on the connections of one token, while others read with theirs."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from unit.sandbox_server.building import TODAY, contact, invoice
from unit.sevdesk.fakes import sevdesk

from features.ledger import Resource
from scoring.base.secrets import Secret
from scoring.sources.errors import SourceError
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.transport.retry import RetryPolicy

SPOILED, WELL = "a" * 32, "b" * 32
"""Tokens of two firms; they may have come from two lenders, or from one."""
INVOICES = 24
TIMES, AT_ONCE = 500, 4
QUICK = RequestLimits(retry=RetryPolicy(attempts=2, first_wait=0.001))
DELAYS = (None, 0.0, 0.001, 0.003)
"""Seconds after the answer at which the surplus follows; None is in the same segment."""


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


FOREIGN = _answer(b'{"objects":[],"total":"0"}')
SURPLUS = {
    "a byte": b"x",
    "a line break": b"\n",
    "no HTTP": b"220 smtp.example.org ESMTP ready\r\n\r\n",
    "half an answer": FOREIGN[:40],
    "a whole answer": FOREIGN,
    "three answers": 3 * FOREIGN,
}


class Wire:
    """What a server on raw sockets saw."""

    def __init__(self, surplus: Iterator[tuple[bytes, float | None]]) -> None:
        self.surplus = surplus
        self.url = ""
        self.tokens: list[set[str]] = []
        """Of each connection, the tokens that were sent over it."""
        self.writers: list[asyncio.StreamWriter] = []
        self.spoiled = 0
        """Answers behind which something was sent."""
        self.after_surplus = 0
        """Requests on a connection after something was sent on it unasked."""
        self._books = sevdesk({"Invoice": [invoice(1 + n) for n in range(INVOICES)], "Contact": [contact(7)]})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Every account has 24 invoices; behind each answer to the spoiled token comes a surplus."""
        tokens: set[str] = set()
        self.tokens.append(tokens)
        self.writers.append(writer)
        is_spoiled = False
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                self.after_surplus += is_spoiled
                tokens.add(head.partition("Authorization: ")[2][:32])
                response: httpx.Response = self._books(httpx.Request("GET", f"http://sevdesk{head.split(' ')[1]}"))
                surplus, delay = next(self.surplus) if SPOILED in tokens else (b"", None)
                writer.write(_answer(response.content) + (surplus if delay is None else b""))
                if delay is not None:
                    await asyncio.sleep(delay)
                    writer.write(surplus)
                if surplus:
                    self.spoiled += 1
                    is_spoiled = True
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def _listening(surplus: Iterator[tuple[bytes, float | None]]) -> AsyncIterator[Wire]:
    wire = Wire(surplus)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    async with server:
        wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1"
        yield wire
        server.close()


async def _read(http: HttpClient, url: str, token: str) -> int:
    """How many invoices a reading finds; -1 where it says that it failed."""
    client = SevdeskClient(http, url, Secret(token), limits=QUICK)
    try:
        fetched = await client.fetch(frozenset({Resource.INVOICES}), fetched_on=TODAY)
    except SourceError:
        return -1
    return fetched.invoices.height


async def test_no_byte_of_one_token_reaches_another() -> None:
    """Whatever lies on the connections of one token, each of 500 readings with another finds all its 24 invoices."""
    surplus = itertools.cycle(list(itertools.product(SURPLUS.values(), DELAYS)))
    async with _listening(surplus) as wire, HttpClient() as http:
        for _ in range(TIMES // AT_ONCE):
            spoiled = asyncio.create_task(_read(http, wire.url, SPOILED))
            found = await asyncio.gather(*(_read(http, wire.url, WELL) for _ in range(AT_ONCE)))
            assert found == [INVOICES] * AT_ONCE
            assert await spoiled in {INVOICES, -1}
    assert wire.spoiled > TIMES // AT_ONCE
    assert {frozenset(tokens) for tokens in wire.tokens if tokens} == {frozenset({SPOILED}), frozenset({WELL})}


@pytest.mark.parametrize(
    ("surplus", "delay"),
    [
        pytest.param(surplus, delay, id=f"{name}, {delay}")
        for (name, surplus), delay in itertools.product(SURPLUS.items(), (None, 0.0, 0.001))
        if name != "a line break" or delay  # read along with an answer, it belongs to no other
    ],
)
async def test_a_connection_on_which_something_came_unasked_is_not_used_again(
    surplus: bytes, delay: float | None
) -> None:
    """Nor by the token that it belongs to: what lies there would pass for the answer to its next request."""
    async with _listening(itertools.repeat((surplus, delay))) as wire, HttpClient() as http:
        for _ in range(3):
            assert await _read(http, wire.url, SPOILED) in {INVOICES, -1}
            await asyncio.sleep(0.005)
    assert wire.spoiled >= 3
    assert wire.after_surplus == 0


async def test_what_waits_in_the_socket_is_not_taken_for_an_answer() -> None:
    """It arrived while the process was at work elsewhere, and the process has not read it."""
    async with _listening(itertools.repeat((b"", None))) as wire, HttpClient() as http:
        assert await _read(http, wire.url, SPOILED) == INVOICES
        connections = len(wire.tokens)
        assert await _read(http, wire.url, SPOILED) == INVOICES
        assert len(wire.tokens) == connections
        for writer in wire.writers:
            os.write(writer.get_extra_info("socket").fileno(), FOREIGN)
        assert await _read(http, wire.url, SPOILED) == INVOICES
        assert len(wire.tokens) > connections


async def test_connections_that_wait_are_bounded_with_those_in_use() -> None:
    """Many tokens, one after the other, leave no more connections open than may be used at once."""
    async with _listening(itertools.repeat((b"", None))) as wire, HttpClient(most_connections=8) as http:
        for number in range(20):
            assert await _read(http, wire.url, f"{number:032x}") == INVOICES
        await asyncio.sleep(0.01)
        assert len(wire.tokens) >= 20
        assert sum(not writer.is_closing() for writer in wire.writers) <= 8
