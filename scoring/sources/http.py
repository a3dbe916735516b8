"""A request goes out once, and a whole answer or an error comes back: all that the other modules know of HTTP.

aiohttp moves the bytes. A transport of httpx can stand in for the network: tests and benchmarks have many of them.
Requests of one credential share connections, and nothing else: no cookies, no default headers, no redirects.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeAlias
from urllib.parse import urlencode
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from typing_extensions import override
from yarl import URL

from scoring.sources.connections import open_session
from scoring.sources.room import Place, Room

Params: TypeAlias = Mapping[str, str | Sequence[str]]
"""The query of a request; a sequence is sent as several values of one name."""
File: TypeAlias = tuple[str, bytes, str]
"""Name, content and media type."""

_GZIP_WINDOW = 31
"""For zlib: the gzip format, with the largest window."""
_STEP = 2**20
"""Bytes that are unpacked at once."""


class HttpError(Exception):
    """No whole answer came; the message says why, in a word or two."""


class UnreachableError(HttpError):
    """No connection, or it broke, or the other side was silent for too long; the message is the kind of failure."""


class CompressionError(HttpError):
    """The body is compressed in another way than it says, or than was asked for."""


class TooLargeError(HttpError):
    """The body exceeds its bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """What is sent; its ``repr`` shows neither headers nor bodies.

    Args:
        method: Such as ``GET``.
        url: Absolute, without a query.
        headers: All of them; the libraries add only what the protocol needs.
        params: The query.
        content: The body.
        files: Form fields with files, instead of a body.
        silence_seconds: How long the other side may send nothing.
        most_bytes: Bound on the body of the answer, uncompressed.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    params: Params | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    files: Mapping[str, File] | None = field(default=None, repr=False)
    silence_seconds: float
    most_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back, whatever its status."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in any case."""
    body: bytes = field(repr=False)


class HttpClient:
    """Sends requests over connections that it keeps; the answers that it holds at once are bounded as one sum.

    Args:
        transport: Where requests go; the network, if none is given.
        most_connections: At once, to all hosts and of all credentials together; further requests wait.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None, *, most_connections: int = 64) -> None:
        self._network = _Network(most_connections) if transport is None else _Substitute(transport)
        self.room = Room()
        """Of all answers."""

    async def send(self, request: HttpRequest, place: Place | None = None) -> HttpAnswer:
        """Send a request once.

        A GET is sent again where a connection that was kept turns out to be closed: nothing of it was answered.

        Args:
            request: What is sent.
            place: Holds the bytes of the answer for as long as the caller does; without it until the answer is whole.

        Raises:
            HttpError: No whole answer came.
        """
        if place is None:
            with self.room.place() as place:  # noqa: PLR1704  one that ends here
                return await self.send(request, place)
        try:
            response = await self._network.respond(request)
            try:
                raw = await _read(response, request.most_bytes, place)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            kind = type(error).__name__
        else:
            encoding = response.headers.get("Content-Encoding", "identity").lower()
            is_plain = encoding == "identity" or not raw
            body = raw if is_plain else await _unzipped(raw, encoding, request.most_bytes, place)
            return HttpAnswer(status_code=int(response.status_code), headers=response.headers, body=body)
        raise UnreachableError(kind)  # outside of the handler: what it came from holds the request and its credentials

    async def aclose(self) -> None:
        """Close all connections."""
        await self._network.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


async def _read(response: httpx.Response, most_bytes: int, place: Place) -> bytes:
    """The body as it came, compressed or not."""
    parts, size = [], 0
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("the transport is not asynchronous")
    async for part in response.stream:
        # Checked while reading: a stated length may be missing or wrong.
        size += len(part)
        if size > most_bytes:
            raise TooLargeError
        await place.take(len(part))
        parts.append(part)
    return b"".join(parts)


async def _unzipped(raw: bytes, encoding: str, most_bytes: int, place: Place) -> bytes:
    if encoding != "gzip":
        raise CompressionError
    unzip, parts, size = zlib.decompressobj(_GZIP_WINDOW), [], 0
    packed = raw
    # In steps with a bound: a small body can unpack to gigabytes.
    while packed and not unzip.eof:
        try:
            part = unzip.decompress(packed, _STEP)
        except zlib.error:
            break
        packed = unzip.unconsumed_tail
        size += len(part)
        if size > most_bytes:
            raise TooLargeError
        await place.take(len(part))
        parts.append(part)
        # Others have their turn, and a deadline its effect: a bomb unpacks for longer than a decision takes.
        await asyncio.sleep(0)
    if not unzip.eof:
        raise CompressionError
    place.give(len(raw))
    return b"".join(parts)


class _Network:
    """aiohttp: reading an account over it takes two thirds of the processor time that httpx's own transport takes."""

    def __init__(self, most_connections: int) -> None:
        self._most_connections = most_connections
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[str, str | None] = {}

    async def respond(self, request: HttpRequest) -> httpx.Response:
        """Send the request; the body of the answer is still to be read."""
        if self._session is None:  # made here because it belongs to the running event loop
            self._session = open_session(self._most_connections)
        query = f"?{urlencode(request.params, doseq=True)}" if request.params else ""
        # Already encoded: aiohttp would otherwise quote the query once more in its own way.
        url, seconds = URL(request.url + query, encoded=True), request.silence_seconds
        with _failures_of_httpx():
            response = await self._session.request(
                request.method,
                url,
                headers=request.headers,
                data=_form(request.files) if request.files else request.content,
                # The token must not follow a redirect to another host.
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(connect=seconds, sock_connect=seconds, sock_read=seconds),
                proxy=self._proxy(url),
            )
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    def _proxy(self, url: URL) -> str | None:
        """What the environment names, read once: aiohttp's own way reads it in a thread for each request."""
        origin = f"{url.scheme}://{url.host}"
        if origin not in self._proxies:
            self._proxies[origin] = None if proxy_bypass(url.host or "") else getproxies().get(url.scheme)
        return self._proxies[origin]

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


def _form(files: Mapping[str, File]) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for form_field, (name, content, media_type) in files.items():
        form.add_field(form_field, content, filename=name, content_type=media_type)
    return form


class _Substitute:
    """A transport of httpx in the place of the network."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def respond(self, request: HttpRequest) -> httpx.Response:
        """Let the transport answer."""
        return await self._transport.handle_async_request(
            httpx.Request(
                request.method,
                request.url,
                params=request.params,
                headers=request.headers,
                content=request.content,
                files=request.files,
                extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), request.silence_seconds)},
            )
        )

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of an answer, in pieces as large as what has arrived."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    @override
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        with _failures_of_httpx():
            part = await self._response.content.readany()
        if not part:
            raise StopAsyncIteration
        return part

    @override
    async def aclose(self) -> None:
        self._response.release()  # this closes a connection that was not read to the end, or has data behind it


@contextmanager
def _failures_of_httpx() -> Iterator[None]:
    """aiohttp's errors, whose texts hold headers, as those of httpx, by the kind alone."""
    try:
        yield
    except (aiohttp.ConnectionTimeoutError, aiohttp.ServerTimeoutError) as error:
        raise _timeout(error) from None
    except aiohttp.ClientConnectorError:
        raise httpx.ConnectError("") from None
    except aiohttp.ClientPayloadError:
        raise httpx.ReadError("") from None
    except (aiohttp.ClientError, OSError, TimeoutError):
        raise httpx.RemoteProtocolError("") from None


def _timeout(error: Exception) -> httpx.TimeoutException:
    return httpx.ConnectTimeout("") if isinstance(error, aiohttp.ConnectionTimeoutError) else httpx.ReadTimeout("")
