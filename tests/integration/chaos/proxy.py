"""A proxy between the service and the local sevdesk that disturbs answers on the wire."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request that was answered by the local sevdesk, before anything of the answer is passed on."""

    path: str
    """With its query."""
    body: bytes
    """Of the true answer."""
    writer: asyncio.StreamWriter
    ask: Callable[[str], Awaitable[bytes]]
    """The body of the true answer to another path."""
    elsewhere: str
    """The address of a host that must not be reached."""

    async def send(self, *parts: bytes) -> None:
        """Write, and wait until most of it is on its way."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def answer(
        self,
        body: bytes | None = None,
        *headers: str,
        status: str = "HTTP/1.1 200 OK",
        length: int | str | None = None,
        media_type: str = "application/json",
    ) -> None:
        """Send a whole answer.

        Args:
            body: In the place of the true one.
            headers: More of them.
            status: The first line.
            length: What is said of the body's length; by default what it is.
            media_type: What is said of the body.
        """
        body = self.body if body is None else body
        length = len(body) if length is None else length
        await self.send(head(f"Content-Type: {media_type}", f"Content-Length: {length}", *headers, status=status), body)

    def reset(self) -> None:
        """Break the connection without its end."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


Mode = Callable[[Exchange], Awaitable[None]]
"""Passes an answer on in its own way; afterwards the connection waits for the next request."""


def head(*headers: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    """The head of an answer."""
    return "\r\n".join([status, *headers, "", ""]).encode("latin-1")


async def faithful(exchange: Exchange) -> None:
    """Pass the answer on."""
    await exchange.answer()


class Proxy:
    """Serves one mode at a time, and counts what happens.

    Args:
        upstream: The local sevdesk.
        token: That the local sevdesk knows; the service may send any.
    """

    def __init__(self, upstream: httpx.AsyncClient, token: str) -> None:
        self.url = ""
        self.elsewhere = ""
        """Where redirects lead to."""
        self.strays = 0
        """Connections to it."""
        self.mode: Mode = faithful
        self.chosen: Callable[[int], bool] = lambda _: True
        """Which requests the mode is for, counted from 1."""
        self.requests = 0
        self.disturbed = 0
        """Requests that the mode was for."""
        self._upstream = upstream
        self._token = token
        self._serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the connection ends."""
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        with suppress(asyncio.CancelledError):
            await task
        self._serving.discard(task)

    async def stray(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note who was led astray."""
        self.strays += 1
        writer.close()

    async def close(self) -> None:
        """End what is still being sent."""
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := (await reader.readuntil(b"\r\n\r\n")).decode():
                path = request.split(" ")[1]
                self.requests += 1
                is_chosen = self.chosen(self.requests)
                self.disturbed += is_chosen
                exchange = Exchange(
                    path=path, body=await self._ask(path), writer=writer, ask=self._ask, elsewhere=self.elsewhere
                )
                await (self.mode if is_chosen else faithful)(exchange)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _ask(self, path: str) -> bytes:
        return (await self._upstream.get(path, headers={"Authorization": self._token})).content


@asynccontextmanager
async def proxying(app: object, token: str) -> AsyncIterator[Proxy]:
    """A proxy in front of a local sevdesk that runs in this process.

    Args:
        app: The local sevdesk.
        token: That it knows.
    """
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # litestar types scopes more narrowly
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as upstream:
        proxy = Proxy(upstream, token)
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        other = await asyncio.start_server(proxy.stray, "127.0.0.1", 0)
        proxy.url, proxy.elsewhere = (f"http://127.0.0.1:{one.sockets[0].getsockname()[1]}" for one in (server, other))
        async with server, other:
            yield proxy
            server.close()
            other.close()
            await proxy.close()
