"""The HTTP client over real sockets: what it shares between requests, and what it keeps from the other side."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from scoring.sources.http import (
    CompressionError,
    HttpAnswer,
    HttpClient,
    HttpRequest,
    TooLargeError,
    UnreachableError,
)

Answers = Callable[[int, bytes], bytes | None]
"""Number of the request, from 1, and its head, to what is written; none closes the connection."""


class Server:
    """A server on raw sockets that remembers heads of requests and counts connections."""

    def __init__(self, answers: Answers) -> None:
        self.heads: list[str] = []
        self.connections = 0
        self.url = ""
        self._answers = answers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the other side, or an answer, ends the connection."""
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.heads.append(head.decode())
                answer = self._answers(len(self.heads), head)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(answers: Answers) -> AsyncIterator[Server]:
    """A server on a free port."""
    server = Server(answers)
    running = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with running:
        server.url = f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}/api/v1/Invoice"
        yield server
        running.close()


def answer(body: bytes = b"{}", *headers: str) -> bytes:
    """A whole answer."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def get(http: HttpClient, url: str, *, method: str = "GET", most_bytes: int = 1000) -> HttpAnswer:
    """Send what the service sends."""
    headers = {"Authorization": "secret", "Accept-Encoding": "gzip", "User-Agent": "test"}
    return await http.send(
        HttpRequest(
            method=method,
            url=url,
            headers=headers,
            params={"status[]": ["200", "750"], "name": "Müller & Co"},
            silence_seconds=5.0,
            most_bytes=most_bytes,
        )
    )


async def test_requests_share_a_connection_and_nothing_else() -> None:
    """Headers are those that were given; a cookie is not kept; the query arrives percent-encoded."""
    async with (
        listening(lambda _, __: answer(b"[]", "Set-Cookie: session=other; Path=/")) as server,
        HttpClient() as http,
    ):
        assert [(await get(http, server.url)).body for _ in range(2)] == [b"[]", b"[]"]
    assert server.connections == 1
    first, second = server.heads
    assert first == second
    request, *headers = first.strip().split("\r\n")
    assert request == "GET /api/v1/Invoice?status%5B%5D=200&status%5B%5D=750&name=M%C3%BCller+%26+Co HTTP/1.1"
    names = {header.partition(":")[0] for header in headers}
    assert names == {"Host", "Authorization", "Accept-Encoding", "User-Agent", "Accept"}


async def test_a_redirect_is_an_answer() -> None:
    """It is not followed: the token would go along."""
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    async with listening(lambda _, __: moved) as server, HttpClient() as http:
        assert (await get(http, server.url)).status_code == 302
    assert len(server.heads) == 1


async def test_a_connection_with_data_behind_its_answer_is_not_used_again() -> None:
    """What stands behind an answer is not taken for the next one."""
    behind = answer(b"mine") + answer(b"another's")
    async with (
        listening(lambda number, _: behind if number == 1 else answer(b"mine too")) as server,
        HttpClient() as http,
    ):
        assert [(await get(http, server.url)).body for _ in range(2)] == [b"mine", b"mine too"]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("method", "sent"),
    [("GET", 3), ("POST", 2)],
)
async def test_a_connection_that_was_closed_meanwhile(method: str, sent: int) -> None:
    """A GET is sent again over a new connection; a POST never is, because it may have been read."""
    async with (
        listening(lambda number, _: None if number == 2 else answer(b"well")) as server,
        HttpClient() as http,
    ):
        await get(http, server.url, method=method)
        if method == "GET":
            assert (await get(http, server.url)).body == b"well"
        else:
            with pytest.raises(UnreachableError):
                await get(http, server.url, method=method)
    assert len(server.heads) == sent


@pytest.mark.parametrize(
    ("body", "encoding", "outcome"),
    [
        (gzip.compress(b" " * 900), "gzip", b" " * 900),
        (gzip.compress(b" " * 900), "GZIP", b" " * 900),
        (b" " * 900, "identity", b" " * 900),
        (b"", "gzip", b""),
        (b" " * 1001, "identity", TooLargeError),
        (gzip.compress(b" " * 100_000), "gzip", TooLargeError),
        (gzip.compress(b" " * 900)[:-9], "gzip", CompressionError),
        (b"no gzip", "gzip", CompressionError),
        (b"not asked for", "br", CompressionError),
    ],
    ids=["gzip", "in capitals", "plain", "empty", "too large", "bomb", "cut off", "no gzip", "another kind"],
)
async def test_bodies_are_bounded_and_whole(body: bytes, encoding: str, outcome: bytes | type[Exception]) -> None:
    """The bound of 1,000 bytes holds for what comes and for what it unpacks to; half a body is none."""
    async with listening(lambda _, __: answer(body, f"Content-Encoding: {encoding}")) as server, HttpClient() as http:
        if isinstance(outcome, bytes):
            assert (await get(http, server.url)).body == outcome
        else:
            with pytest.raises(outcome) as caught:
                await get(http, server.url)
            assert "secret" not in repr(caught.value)


async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Banks let services out through a proxy; NO_PROXY names what is reached without it."""
    async with listening(lambda _, __: answer(b"by proxy")) as proxy:
        address = proxy.url.removesuffix("/api/v1/Invoice").replace("http://", "http://bank:word@")
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        async with listening(lambda _, __: answer(b"directly")) as server, HttpClient() as http:
            assert (await get(http, "http://sevdesk.test/api/v1/Invoice")).body == b"by proxy"
            assert (await get(http, server.url)).body == b"directly"
    (head,) = proxy.heads
    assert head.startswith("GET http://sevdesk.test/api/v1/Invoice?")
    assert "Proxy-Authorization: Basic YmFuazp3b3Jk\r\n" in head
    assert "Authorization: secret\r\n" in head


async def test_an_error_holds_neither_request_nor_cause() -> None:
    """What the library raised names headers; what comes out has no trace of it."""
    async with listening(lambda _, __: None) as server:
        pass
    async with HttpClient() as http:
        with pytest.raises(UnreachableError, match=r"^ConnectError$") as caught:
            await get(http, server.url)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_requests_and_answers_show_no_secrets() -> None:
    """Neither token nor body nor filter stands in what a log or an error might print."""
    request = HttpRequest(
        method="POST",
        url="https://sevdesk.test/api/v1/Voucher",
        headers={"Authorization": "secret"},
        params={"name": "secret"},
        content=b"secret",
        files={"file": ("secret", b"secret", "application/pdf")},
        silence_seconds=1.0,
        most_bytes=1,
    )
    found = HttpAnswer(status_code=200, headers={"Set-Cookie": "secret"}, body=b"secret")
    assert "secret" not in f"{request!r} {found!r} {request} {found}"
