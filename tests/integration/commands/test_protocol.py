"""What a client may send and how long it may take, over real sockets, before its key is looked at."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import uvicorn
from service import application, running

from scoring.api.uploads import PAGE_BYTES
from scoring.app import BODY_BYTES
from scoring.commands.protocol import HEAD_BYTES, BoundedProtocol
from scoring.usecases.inspection import FILE_BYTES

START = b"POST /v1/decisions HTTP/1.1\r\nHost: service\r\n"


class _Hasty(BoundedProtocol):
    request_seconds = 0.3


@asynccontextmanager
async def _listening(folder: Path) -> AsyncIterator[tuple[int, bytes]]:
    """The service on a free port, with little patience; and the line of a request with a valid key."""
    async with running(folder) as service:
        config = uvicorn.Config(
            service.app,
            port=0,
            http=_Hasty,
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            key = f"Authorization: Bearer {service.keys['bank']}\r\n".encode()
            yield server.servers[0].sockets[0].getsockname()[1], key
        finally:
            server.should_exit = True
            await serving


async def _ask(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Everything that comes back until the service closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = b""
    with suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
    with suppress(ConnectionError):
        async with asyncio.timeout(60):
            while part := await reader.read(1000):
                found += part
    writer.transport.abort()  # closing would first wait for what nobody reads
    return found


@pytest.mark.parametrize(
    "request_parts",
    [
        (b"GET /" + b"a" * (HEAD_BYTES + 100),),
        (START + b"X-Long: " + b"a" * (HEAD_BYTES + 100),),
        (START + b"".join(b"X-%d: a\r\n" % number for number in range(HEAD_BYTES // 7)),),
        (b"\x16\x03\x01\x02\x00",),
        (START + b"Content-Length: 5\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",),
    ],
    ids=["address", "header", "many headers", "tls", "two lengths"],
)
async def test_a_head_that_is_too_large_or_no_http(tmp_path: Path, request_parts: tuple[bytes, ...]) -> None:
    """It is refused in words, and the connection ends."""
    async with _listening(tmp_path) as (port, _):
        answer = await _ask(port, *request_parts)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["type"] == "/problems/invalid-http"


@pytest.mark.parametrize(("surplus", "status"), [(0, 200), (1, 400)])
@pytest.mark.parametrize("part_bytes", [HEAD_BYTES * 2, 5_000])
async def test_the_bound_of_a_head_is_exact(tmp_path: Path, surplus: int, status: int, part_bytes: int) -> None:
    """Whether it arrives at once or in parts, and on a kept connection, too."""
    ask = b"GET /health/live HTTP/1.1\r\nHost: service\r\n"
    close = b"Connection: close\r\n"
    head = ask + close + b"X-Long: "
    head += b"a" * (HEAD_BYTES + surplus - len(head) - 4) + b"\r\n\r\n"
    parts = [head[start : start + part_bytes] for start in range(0, len(head), part_bytes)]
    async with _listening(tmp_path) as (port, _):
        for before in (b"", ask + b"\r\n"):
            answer = await _ask(port, before + parts[0], *parts[1:], pause=0.01)
            found = [int(part.split(b" ")[0]) for part in answer.split(b"HTTP/1.1 ")[1:]]
            assert found == [*([200] if before else []), status]


LIVE = b"GET /health/live HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n"


def _body(size: int, *, is_chunked: bool) -> tuple[bytes, ...]:
    """The rest of a request with a body of so many bytes, in parts."""
    content = b" " * size
    if not is_chunked:
        return (b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % size, content)
    parts = [content[start : start + 16_384] for start in range(0, size, 16_384)]
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]
    return (b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", *chunks, b"0\r\n\r\n")


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("has_key", [False, True])
@pytest.mark.parametrize("surplus", [0, 1, 5_000_000])
async def test_the_bound_of_a_body_is_exact(tmp_path: Path, surplus: int, *, has_key: bool, is_chunked: bool) -> None:
    """With a key or without: beyond it the connection ends, and what is sent behind is not answered."""
    async with _listening(tmp_path) as (port, key):
        start = START + (key if has_key else b"")
        answer = await _ask(port, start, *_body(BODY_BYTES + surplus, is_chunked=is_chunked), LIVE)
    found = [int(part.split(b" ")[0]) for part in answer.split(b"HTTP/1.1 ")[1:]]
    if not surplus:
        assert found == [400 if has_key else 401, 200]
    elif has_key or not is_chunked:
        assert (found, b"/problems/request-too-large" in answer) == ([413], True)
    else:  # how long it is shows after the key was refused
        assert found in ([401], [413])


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ((b"GET / nonsense\r\n\r\n",), 400),
        ((START + b"Content-Length: 70000\r\n\r\n",), 413),
        ((START + b"KEYX-Request-ID: chosen-by-me\r\n", *_body(BODY_BYTES + 1, is_chunked=False)), 413),
        ((START + b"KEY", *_body(BODY_BYTES + 1, is_chunked=True)), 413),
        ((b"PUT /v1/decisions HTTP/1.1\r\nHost: service\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",), 405),
        ((b"GET /health/l",), 408),
    ],
    ids=["no http", "declared too large", "identifier chosen", "too large in chunks", "method", "too slow"],
)
async def test_every_refusal_names_its_request(tmp_path: Path, parts: tuple[bytes, ...], status: int) -> None:
    """As a header and as ``instance``, whether a route answers or nothing but the connection."""
    async with _listening(tmp_path) as (port, key):
        answer = await _ask(port, *(part.replace(b"KEY", key) for part in parts))
    head, _, body = answer.partition(b"\r\n\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head.decode().splitlines()[1:])
    assert int(head.split(b" ")[1]) == status
    assert json.loads(body)["instance"] == headers["x-request-id"]
    is_chosen = any(b"chosen-by-me" in part for part in parts)
    assert (headers["x-request-id"] == "chosen-by-me") == is_chosen


async def test_the_identifier_of_a_request_is_not_that_of_the_one_before(tmp_path: Path) -> None:
    """On a kept connection, whether or not the second sends one."""
    before = b"GET /health/live HTTP/1.1\r\nHost: service\r\nX-Request-ID: chosen-by-me\r\n\r\n"
    async with _listening(tmp_path) as (port, _):
        answer = await _ask(port, before, START + b"Content-Length: 70000\r\n\r\n", pause=0.01)
    first, second = answer.split(b"HTTP/1.1 ")[1:]
    assert (first[:3], second[:3]) == (b"200", b"413")
    assert (b"chosen-by-me" in first, b"chosen-by-me" in second) == (True, False)


async def test_endless_heads_take_no_memory(tmp_path: Path) -> None:
    """Eight clients that send headers for as long as they are let."""
    async with _listening(tmp_path) as (port, _):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        line = b"X-Long: " + b"a" * 1000 + b"\r\n"
        await asyncio.gather(*(_ask(port, START, *[line * 100] * 100) for _ in range(8)), return_exceptions=True)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ((), None),
        ((b"GET /health/l",), 408),
        ((START, b"X-A: b\r\n", b"X-B: c\r\n", b"X-C: d\r\n", b"X-D: e\r\n"), 408),
        ((START + b"KEYContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", b'"', b"a", b'"', b":"), 408),
        (
            (
                START + b"KEYContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
                b"1\r\n1\r\n",
                b"1\r\n1\r\n",
            ),
            408,
        ),
    ],
    ids=["silent", "half a line", "headers drip", "body drips", "chunks drip"],
)
async def test_a_request_that_does_not_arrive_in_time(
    tmp_path: Path, parts: tuple[bytes, ...], status: int | None
) -> None:
    """The connection ends; a client that has sent anything is told why."""
    async with _listening(tmp_path) as (port, key):
        answer = await _ask(port, *(part.replace(b"KEY", key) for part in parts), pause=0.1)
    assert (int(answer.split(b" ")[1]) if answer else None) == status
    assert status is None or b"/problems/request-too-slow" in answer


async def test_a_kept_connection_may_rest_between_requests(tmp_path: Path) -> None:
    """The time of one request does not run between two."""
    ask = b"GET /health/live HTTP/1.1\r\nHost: service\r\n\r\n"
    async with _listening(tmp_path) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(ask)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
            await asyncio.sleep(0.5)
        writer.close()


async def test_documents_have_a_bound_and_a_time_of_their_own(tmp_path: Path) -> None:
    """By the address alone: a larger body passes there, slowly, and one byte too many does not."""
    close, wanted = b"Connection: close\r\n", json.dumps(application()).encode()
    async with _listening(tmp_path) as (port, key):
        head = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(wanted)
        decided = await _ask(port, START + key + close + head + wanted)
        case = json.loads(decided.partition(b"\r\n\r\n")[2])["links"]["case"].encode()
        start = b"POST %b/documents HTTP/1.1\r\nHost: service\r\n" % case + key + close
        large = await _ask(port, start, *_body(BODY_BYTES + 1, is_chunked=False))
        slow = await _ask(port, start + b"Content-Length: 3\r\n\r\n", b"a", b"b", b"c", pause=0.2)
        too_large = await _ask(port, start + b"Content-Length: %d\r\n\r\n" % (FILE_BYTES + 1))
        elsewhere = await _ask(port, START + key, *_body(BODY_BYTES + 1, is_chunked=False))
        form = await _ask(port, b"POST /answer/a HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (PAGE_BYTES + 1))
    assert [int(answer.split(b" ")[1]) for answer in (large, slow, too_large, elsewhere)] == [422, 422, 413, 413]
    said = [json.loads(answer.partition(b"\r\n\r\n")[2])["detail"] for answer in (too_large, elsewhere, form)]
    assert said == [f"The body is larger than {size}." for size in ("10 MiB", "64 KiB", "26 MiB")]


async def test_what_was_refused_is_not_waited_for(tmp_path: Path) -> None:
    """A stranger who sends a document slowly is answered at once, and cut off as on every other address."""
    async with _listening(tmp_path) as (port, _):
        head = b"POST /answer/nobody HTTP/1.1\r\nHost: service\r\nContent-Length: 1000\r\n\r\n"
        answer = await _ask(port, head, b"a")
    assert answer.startswith(b"HTTP/1.1 404 ")
