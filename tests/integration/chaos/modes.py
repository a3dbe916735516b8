"""Ways in which an answer of sevdesk can be spoilt on its way, by name, and what a decision becomes under each.

The expectation is for a proxy that spoils every answer: ``EQUAL`` is the undisturbed decision, all else the problem.
What is no HTTP behind an answer spoils the answer where both arrive together, and the connection alone where not.
"""

import asyncio
import gzip
import itertools
import json
import re
from collections.abc import Callable
from typing import Any

from integration.chaos.proxy import Exchange, Mode, head

EQUAL = "equal"
UNAVAILABLE, LATE, LIMITED = "sevdesk-unavailable", "sevdesk-deadline-exceeded", "sevdesk-rate-limited"
UNEXPECTED, INCONSISTENT, REFUSED = "sevdesk-unexpected-answer", "sevdesk-inconsistent", "sevdesk-refused-request"
LONG = 60.0
"""Seconds; longer than any deadline here."""

MODES: dict[str, tuple[Mode, tuple[str, ...]]] = {}
"""By name: the mode, and what a decision becomes, one of these."""


def _mode(name: str, *outcomes: str) -> Callable[[Mode], Mode]:
    def keep(mode: Mode) -> Mode:
        MODES[name] = (mode, outcomes)
        return mode

    return keep


def _body(name: str, outcome: str, change: Callable[[bytes], bytes]) -> None:
    async def mode(exchange: Exchange) -> None:
        await exchange.answer(change(exchange.body))

    MODES[name] = (mode, (outcome,))


def _answer(name: str, outcome: str, *headers: str, **how: Any) -> None:  # noqa: ANN401  as Exchange.answer
    async def mode(exchange: Exchange) -> None:
        await exchange.answer(how.get("body"), *headers, **{key: how[key] for key in how if key != "body"})
        if how.get("length") is not None:
            exchange.writer.close()

    MODES[name] = (mode, (outcome,))


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _in_first_object(more: bytes) -> Callable[[bytes], bytes]:
    """Insert fields where the first object of a list begins; an empty list gets an object of nothing else."""

    def change(body: bytes) -> bytes:
        if body.startswith(b'{"objects":[{'):
            return body.replace(b'{"objects":[{', b'{"objects":[{' + more + b",", 1)
        return body.replace(b'{"objects":[]', b'{"objects":[{' + more + b"}]", 1)

    return change


# -- connections


@_mode("reset before the head", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    exchange.reset()


@_mode("reset in the head", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-")
    exchange.reset()


@_mode("reset in the body", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.send(head(f"Content-Length: {len(exchange.body)}"), _half(exchange.body))
    exchange.reset()


@_mode("closed before the head", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    exchange.writer.close()


@_mode("closed in the head", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\nContent-")
    exchange.writer.close()


@_mode("truncated", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.send(head(f"Content-Length: {len(exchange.body)}"), _half(exchange.body))
    exchange.writer.close()


@_mode("half-closed behind the answer", EQUAL)
async def _(exchange: Exchange) -> None:
    await exchange.answer()
    exchange.writer.write_eof()


@_mode("surplus byte", EQUAL, UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.answer()
    await asyncio.sleep(0.001)
    await exchange.send(b"x")


@_mode("surplus answer", EQUAL)
async def _(exchange: Exchange) -> None:
    await exchange.answer()
    await exchange.answer(b'{"objects":[],"total":"0"}')


@_mode("surplus answer a moment later", EQUAL)
async def _(exchange: Exchange) -> None:
    await exchange.answer()
    await asyncio.sleep(0.002)
    await exchange.answer(b'{"objects":[],"total":"0"}')


@_mode("surplus without end", EQUAL, UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.answer()
    while not exchange.writer.is_closing():
        await exchange.send(b" " * 65_536)
        await asyncio.sleep(0)


# -- pace


@_mode("silent before the head", LATE)
async def _(_: Exchange) -> None:
    await asyncio.sleep(LONG)


@_mode("silent in the body", LATE)
async def _(exchange: Exchange) -> None:
    await exchange.send(head(f"Content-Length: {len(exchange.body)}"), _half(exchange.body))
    await asyncio.sleep(LONG)


@_mode("head in drops", LATE)
async def _(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await exchange.send(b"X-Drop: 1\r\n")
        await asyncio.sleep(0.1)


@_mode("body in drops", LATE)
async def _(exchange: Exchange) -> None:
    await exchange.send(head("Content-Length: 1000000"))
    while True:
        await exchange.send(b" ")
        await asyncio.sleep(0.01)


@_mode("slow, but in time", EQUAL)
async def _(exchange: Exchange) -> None:
    await asyncio.sleep(0.1)
    await exchange.send(head(f"Content-Length: {len(exchange.body)}"), _half(exchange.body))
    await asyncio.sleep(0.05)
    await exchange.send(exchange.body[len(exchange.body) // 2 :])


# -- lengths and chunks


@_mode("length twice the same", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.answer(None, f"Content-Length: {len(exchange.body)}")


@_mode("length twice, differently", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.answer(None, f"Content-Length: {len(exchange.body) - 2}")


@_mode("length too short", UNEXPECTED, UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.answer(length=len(exchange.body) // 2)


@_mode("length too long, then closed", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.answer(length=len(exchange.body) + 10)
    exchange.writer.close()


@_mode("length too long, then silent", LATE)
async def _(exchange: Exchange) -> None:
    await exchange.answer(length=len(exchange.body) + 10)


_answer("length negative", UNAVAILABLE, length="-5")
_answer("length no number", UNAVAILABLE, length="many")
_answer("length beyond 64 bits", UNAVAILABLE, length="9" * 30)
_answer("length of a petabyte", UNAVAILABLE, length=10**15)


@_mode("no length", EQUAL)
async def _(exchange: Exchange) -> None:
    await exchange.send(head("Content-Type: application/json"), exchange.body)
    exchange.writer.close()


@_mode("chunks of a byte", EQUAL)
async def _(exchange: Exchange) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in exchange.body)
    await exchange.send(head("Transfer-Encoding: chunked"), chunks, b"0\r\n\r\n")


@_mode("chunk sizes no numbers", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.send(head("Transfer-Encoding: chunked"), b"xyz\r\n", exchange.body, b"\r\n0\r\n\r\n")


@_mode("chunk size beyond 64 bits", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.send(head("Transfer-Encoding: chunked"), b"F" * 20 + b"\r\n", exchange.body)


@_mode("last chunk missing", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.send(head("Transfer-Encoding: chunked"), b"%x\r\n" % len(exchange.body), exchange.body, b"\r\n")
    exchange.writer.close()


@_mode("chunks and a length", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    chunk = b"%x\r\n" % len(exchange.body) + exchange.body + b"\r\n0\r\n\r\n"
    await exchange.send(head("Transfer-Encoding: chunked", "Content-Length: 5"), chunk)


# -- heads

_answer("wrong content type", EQUAL, media_type="text/html")
_answer("HTTP/1.0", EQUAL, status="HTTP/1.0 200 OK")
_answer("HTTP/9.9", UNAVAILABLE, status="HTTP/9.9 200 OK")
_answer("no reason", EQUAL, status="HTTP/1.1 200")
_answer("status of four digits", UNAVAILABLE, status="HTTP/1.1 2000 OK")
_answer("a null byte in a header", UNAVAILABLE, "X-Null: a\0b")
_answer("10,000 headers", UNAVAILABLE, *(f"X-{number}: {number}" for number in range(10_000)))
_answer("a header of a megabyte", UNAVAILABLE, f"X-Long: {'x' * 2**20}")
_answer("a cookie", EQUAL, "Set-Cookie: session=other; Path=/")


@_mode("no HTTP at all", UNAVAILABLE)
async def _(exchange: Exchange) -> None:
    await exchange.send(exchange.body)


@_mode("1,000 times 100 Continue", EQUAL)
async def _(exchange: Exchange) -> None:
    await exchange.send(1_000 * b"HTTP/1.1 100 Continue\r\n\r\n")
    await exchange.answer()


@_mode("100 Continue without end", LATE)
async def _(exchange: Exchange) -> None:
    while True:
        await exchange.send(1_000 * b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.01)


@_mode("early hints", EQUAL)
async def _(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n")
    await exchange.answer()


@_mode("switching protocols", REFUSED)
async def _(exchange: Exchange) -> None:
    await exchange.send(
        head("Upgrade: websocket", "Connection: upgrade", status="HTTP/1.1 101 Switching"), exchange.body
    )


# -- statuses


def _status(status: str, outcome: str, *headers: str, name: str = "") -> None:
    _answer(name or status, outcome, *headers, status=f"HTTP/1.1 {status}", body=b"")


_status("204 No Content", UNEXPECTED)
_status("205 Reset Content", UNEXPECTED)
_status("304 Not Modified", UNEXPECTED)
_status("500 Internal Server Error", UNAVAILABLE)
_status("503 Service Unavailable", UNAVAILABLE)
_status("599 Odd", UNAVAILABLE)
_status("429 Too Many Requests", LIMITED)
for _after in ("-1", "soon", "1e30", "9" * 400, "Thu, 01 Jan 1970 00:00:00 GMT", "nan"):
    _status("429 Slow", LIMITED, f"Retry-After: {_after}", name=f"429 with Retry-After {_after[:30]}")


@_mode("206 of one half", UNEXPECTED)
async def _(exchange: Exchange) -> None:
    half = _half(exchange.body)
    range_of = f"Content-Range: bytes 0-{len(half) - 1}/{len(exchange.body)}"
    await exchange.answer(half, range_of, status="HTTP/1.1 206 Partial Content")


@_mode("redirect on the same host", UNEXPECTED)
async def _(exchange: Exchange) -> None:
    await exchange.answer(b"", f"Location: {exchange.path}&again=1", status="HTTP/1.1 302 Found")


@_mode("redirect to another host", UNEXPECTED)
async def _(exchange: Exchange) -> None:
    await exchange.answer(b"", f"Location: {exchange.elsewhere}{exchange.path}", status="HTTP/1.1 307 Moved")


@_mode("redirect in a circle", UNEXPECTED)
async def _(exchange: Exchange) -> None:
    await exchange.answer(b"", f"Location: {exchange.path}", status="HTTP/1.1 308 Moved")


# -- compression


@_mode("gzip", EQUAL)
async def _(exchange: Exchange) -> None:
    await exchange.answer(gzip.compress(exchange.body), "Content-Encoding: gzip")


@_mode("gzip cut off", UNEXPECTED)
async def _(exchange: Exchange) -> None:
    await exchange.answer(gzip.compress(exchange.body)[:-9], "Content-Encoding: gzip")


BOMB = gzip.compress(b" " * (64 * 2**20))


@_mode("gzip bomb", UNEXPECTED)
async def _(exchange: Exchange) -> None:
    await exchange.answer(BOMB, "Content-Encoding: gzip")


_answer("gzip that is none", UNEXPECTED, "Content-Encoding: gzip")
_answer("brotli unasked", UNEXPECTED, "Content-Encoding: br")


@_mode("body of 40 MiB", UNEXPECTED)
async def _(exchange: Exchange) -> None:
    block = b" " * 2**20
    await exchange.send(head(f"Content-Length: {40 * len(block)}"), *[block] * 40)


# -- bodies

_body("bytes twice", UNEXPECTED, lambda body: body[: len(body) // 2] + body[len(body) // 2 - 60 :])
_body("body twice", UNEXPECTED, lambda body: body + body)
_body("half a body of that length", UNEXPECTED, _half)
_body("invalid UTF-8", UNEXPECTED, lambda body: b"\xff\xfe" + body)
_body("invalid UTF-8 in a text", UNEXPECTED, _in_first_object(b'"x":"\xff\xfe"'))
_body("100,000 brackets", UNEXPECTED, lambda _: b"[" * 100_000)
_body("100,000 brackets in an object", UNEXPECTED, _in_first_object(b'"x":' + b"[" * 100_000 + b"]" * 100_000))
_body("null bytes", UNEXPECTED, lambda body: body.replace(b",", b",\0", 1))
_body("byte order mark", UNEXPECTED, lambda body: b"\xef\xbb\xbf" + body)
_body("key twice, the last one empty", INCONSISTENT, lambda body: body.replace(b"]", b'],"objects":[]', 1))
_body("key twice, the first one empty", EQUAL, lambda body: body.replace(b'{"objects"', b'{"objects":[],"objects"', 1))
_body("number of 10,000 digits", UNEXPECTED, _in_first_object(b'"id":' + b"9" * 10_000))
_body("not a number", UNEXPECTED, _in_first_object(b'"sumNet":NaN'))
_body("HTML", UNEXPECTED, lambda _: b"<!DOCTYPE html><html><body>Wartung</body></html>")
_body("nothing", UNEXPECTED, lambda _: b"")


# -- pages


def _page(body: bytes) -> dict[str, Any]:
    page: dict[str, Any] = json.loads(body)
    return page


@_mode("tiny pages", EQUAL)
async def _(exchange: Exchange) -> None:
    await exchange.answer(await exchange.ask(re.sub("limit=[0-9]+", "limit=7", exchange.path)))


@_mode("tiny pages, each with a surplus answer", EQUAL)
async def _(exchange: Exchange) -> None:
    await exchange.answer(await exchange.ask(re.sub("limit=[0-9]+", "limit=7", exchange.path)))
    await asyncio.sleep(0.001)
    await exchange.answer(b'{"objects":[],"total":"0"}')


@_mode("tiny pages without a total", EQUAL)
async def _(exchange: Exchange) -> None:
    path = re.sub("limit=[0-9]+", "limit=7", exchange.path).replace("countAll=true", "countAll=false")
    await exchange.answer(await exchange.ask(path))


@_mode("the same page for ever", INCONSISTENT)
async def _(exchange: Exchange) -> None:
    page = _page(await exchange.ask(re.sub("offset=[0-9]+", "offset=0", exchange.path)))
    page.pop("total", None)
    await exchange.answer(json.dumps(page).encode())


COUNTER = itertools.count(10**9)


@_mode("new pages for ever", LATE)
async def _(exchange: Exchange) -> None:
    page = _page(exchange.body)
    if isinstance(page["objects"], list):
        first = page["objects"][0] if page["objects"] else {}
        page = {"objects": [first | {"id": str(next(COUNTER))} for _ in range(3)]}
    await exchange.answer(json.dumps(page).encode())


@_mode("a total of a billion", UNEXPECTED)
async def _(exchange: Exchange) -> None:
    page = _page(exchange.body) | {"total": "1000000000"}
    await exchange.answer(json.dumps(page).encode())


@_mode("empty pages of a total", INCONSISTENT)
async def _(exchange: Exchange) -> None:
    await exchange.answer(b'{"objects":[],"total":"24"}')


@_mode("each object twice", EQUAL)
async def _(exchange: Exchange) -> None:
    page = _page(exchange.body)
    if isinstance(page["objects"], list):
        page["objects"] = [one for one in page["objects"] for _ in range(2)]
    await exchange.answer(json.dumps(page).encode())
