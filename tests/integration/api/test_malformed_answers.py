"""Answers of sevdesk that no JSON reader should be given, over real sockets: a problem of its own, never a crash."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from postgres import ON_SQLITE
from service import application, running

pytestmark = ON_SQLITE

INVOICE = b'"id":"1","invoiceType":"RE","status":"200"'
DEEP = 200_000
EMPTY = b'{"objects":[],"total":"0"}'
ACCOUNT = b'{"objects":[{"id":"5","type":"online","create":"2026-01-01"}],"total":"1"}'


@dataclass
class Odd:
    """The answer to one path, or to each that ends so."""

    path: str
    body: bytes
    status: int = 200


@asynccontextmanager
async def answering(now: list[Odd]) -> AsyncIterator[str]:
    """A server that gives the last of these odd answers, and empty lists elsewhere."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode().split("?")[0].removeprefix("/api/v1/")
                usual = Odd(path, ACCOUNT if path == "CheckAccount" else EMPTY)
                answer = now[-1] if path.endswith(now[-1].path) else usual
                line = f"HTTP/1.1 {answer.status} X\r\nContent-Length: {len(answer.body)}\r\n\r\n"
                writer.write(line.encode() + answer.body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1"
        server.close()


ODD = [
    Odd("Invoice", b'{"objects":[{' + INVOICE + b',"invoiceNumber":"\xff\xfe"}],"total":"1"}'),
    Odd("Invoice", b'{"objects":[{' + INVOICE + b',"status":"x","currency":"\xc3("}],"total":"1"}'),
    Odd("Invoice", b'{"objects":[{' + INVOICE + b',"x":' + b"[" * DEEP + b"]" * DEEP + b"}]}"),
    Odd("Invoice", b'{"objects":[{' + INVOICE + b',"contact":' + b'{"id":' * DEEP + b"1" + b"}" * DEEP + b"}]}"),
    Odd("Invoice", b"[" * DEEP),
    Odd("Invoice", b'{"objects":null,"error":' + b"[" * DEEP + b"]" * DEEP + b"}"),
    Odd("Invoice", b'{"objects":[{' + INVOICE + b',"sumNet":NaN}]}'),
    Odd("Invoice", b'{"objects":[{' + INVOICE + b',"sumNet":-Infinity}]}'),
    Odd("Invoice", b'{"objects":[{' + INVOICE + b',"invoiceNumber":"\\ud8"}]}'),
    Odd("Invoice", b'{"objects":[{' + INVOICE + b',"invoiceNumber":"a\0b"}]}'),
    Odd("Invoice", b"<html>Wartung</html>"),
    Odd("Invoice", b'{"objects":[{' + INVOICE + b"}"),
    Odd("Invoice", b'{"objects":[{"id":' + b"9" * 5_000 + b"}]}"),
    Odd("Invoice", b'{"objects":[{"id":1e400}]}'),
    Odd("Invoice", b'{"objects":[{"id":""}]}'),
    Odd("Invoice", b'{"objects":[{"status":"200"}]}'),
    Odd("Invoice", b'{"objects":{"1":{' + INVOICE + b"}}}"),
    Odd("Invoice", b'{"objects":"none"}'),
    Odd("Invoice", b'{"objects":[null]}'),
    Odd("Invoice", b'{"objects":[[1]]}'),
    Odd("Invoice", b'{"objects":["RE-1"],"total":"1"}'),
    Odd("Invoice", b'{"objects":[],"total":' + b"9" * 400 + b"}"),
    Odd("Invoice", b"\xff\xfe"),
    Odd("Invoice", b""),
    Odd("Invoice", b'"\xff"', 404),
    Odd("Invoice", b"[" * DEEP, 422),
    Odd("getBalanceAtDate", b'{"objects":' + b"[" * DEEP + b"]" * DEEP + b"}"),
    Odd("getBalanceAtDate", b'{"objects":"\xff'),
]
"""None of it can be read."""


async def test_an_answer_that_cannot_be_read_is_a_problem_of_sevdesk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """502 with a sentence for the caller; no trace, and nothing of the answer's inside."""
    now: list[Odd] = []
    told: list[tuple[Odd, int, str]] = []
    async with (
        answering(now) as address,
        running(tmp_path, sevdesk_url=address, transport=httpx.AsyncHTTPTransport()) as service,
    ):
        for odd in ODD:
            now.append(odd)
            answer = await service.post("/v1/decisions", application())
            told.append((odd, answer.status_code, answer.json()["type"]))
            assert "Traceback" not in answer.text
        listed = (await service.get("/v1/decisions")).json()
    kinds = {"/problems/sevdesk-unexpected-answer", "/problems/sevdesk-refused-request"}
    assert [one for one in told if one[1] != 502 or one[2] not in kinds] == []
    assert listed["items"] == []
    log = capsys.readouterr()
    assert "Traceback" not in log.out + log.err


@pytest.mark.parametrize(
    "more",
    [
        b',"status":"x","status":"100"',  # a key that comes twice counts as it came last
        b',"status":"x","invoiceNumber":"\\ud83d","x":"\\ude00"',  # half a character, as where a text was cut off
        b',"invoiceNumber":"\\u0000 \\ud83d\\ude00 \\\\ud83d"',
    ],
)
async def test_what_every_reader_of_json_takes_is_no_reason_to_refuse_the_books(tmp_path: Path, more: bytes) -> None:
    """The object is read, or set aside."""
    now = [Odd("Invoice", b'{"objects":[{' + INVOICE + more + b'}],"total":"1"}')]
    async with (
        answering(now) as address,
        running(tmp_path, sevdesk_url=address, transport=httpx.AsyncHTTPTransport()) as service,
    ):
        answer = await service.post("/v1/decisions", application())
    assert answer.status_code == 201
