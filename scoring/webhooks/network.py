"""One POST to an address that a lender has chosen, which must not lead inside.

The name is resolved for every request, each of its addresses is looked at, and the connection goes to one of those: a
name that leads elsewhere a moment later changes nothing. No proxy of the environment is used, no connection is kept,
and no redirect is followed.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import anyio.to_thread
import httpcore
from anyio import CapacityLimiter
from typing_extensions import override

from scoring.base.tls import tls_context
from scoring.decisions.webhooks import Tried, TryError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name."""
MOST_BYTES: Final = 4096
"""That are read of an answer; its status is all that counts."""
_PUBLIC_6: Final = ipaddress.ip_network("2000::/3")
_OF_IPV4: Final = (ipaddress.ip_network("2001::/23"), ipaddress.ip_network("2002::/16"))
"""Within it, what leads to addresses of IPv4 that nobody looks at: Teredo and others, and 6to4."""
_INSIDE_4: Final = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("168.63.129.16"))
"""Of protocols, and of a cloud's own machine: clouds answer there with what their machines alone may know."""
_SECONDS: Final = re.compile("[0-9]{1,9}")


class InsideError(Exception):
    """A name leads to an address that is not of the public internet."""


def is_outside(address: str) -> bool:
    """Whether an address is one of the public internet."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if not found.is_global or found.is_multicast or found.is_reserved:
        return False
    if found.version == 4:
        return not any(found in one for one in _INSIDE_4)
    return found in _PUBLIC_6 and not any(found in one for one in _OF_IPV4)


class Network:
    """Posts webhooks.

    Args:
        seconds: After which a request is given up, whatever has come of it.
        at_once: Requests at the same time: names are resolved in as many threads.
        allows_inside: Whether addresses inside are allowed, to try webhooks on one machine.
        resolve: Finds the addresses of a name; None asks the operating system.
    """

    def __init__(
        self, *, seconds: float, at_once: int, allows_inside: bool = False, resolve: Resolve | None = None
    ) -> None:
        self.seconds: Final = seconds
        self._allows_inside = allows_inside
        self._threads = CapacityLimiter(at_once)
        backend = _Looking(resolve or self._resolve, allows_inside=allows_inside)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls_context(),
            max_connections=at_once,
            max_keepalive_connections=0,
            network_backend=backend,
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Tried:
        """Send one request; what came of it is no exception."""
        if not self._allows_inside and not url.startswith("https:"):  # added while it was allowed
            return Tried(error=TryError.INSIDE)
        began = time.perf_counter()
        answered: list[httpcore.Response] = []
        error: TryError | None = None
        try:
            async with asyncio.timeout(self.seconds):
                await self._send(url, headers, body, answered)
        except InsideError:
            error = TryError.INSIDE
        except TimeoutError:
            error = TryError.TIMEOUT
        except (httpcore.ConnectError, httpcore.ConnectTimeout, OSError) as failure:
            is_tls = isinstance(failure.__context__, ssl.SSLError)
            error = TryError.CERTIFICATE if is_tls else TryError.UNREACHABLE
        except (httpcore.ProtocolError, httpcore.NetworkError, httpcore.TimeoutException, ValueError):
            error = TryError.BROKEN
        milliseconds = round((time.perf_counter() - began) * 1e3)
        if not answered:
            return Tried(error=error or TryError.BROKEN, milliseconds=milliseconds)
        # its status has come: whatever is wrong with what follows, the endpoint has said what it had to say
        return Tried(status=answered[0].status, milliseconds=milliseconds, retry_after=_asked_for(answered[0].headers))

    async def _send(self, url: str, headers: Mapping[str, str], body: bytes, answered: list[httpcore.Response]) -> None:
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        async with self._pool.stream("POST", url, headers=raw, content=body) as response:
            answered.append(response)
            size = 0
            async for part in response.aiter_stream():
                size += len(part)
                if size >= MOST_BYTES:
                    break

    async def _resolve(self, host: str, port: int) -> Sequence[str]:
        """In threads of their own, so that a slow name server holds up nothing else of the process."""

        def look() -> list[str]:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return list(dict.fromkeys(str(address[0]) for *_, address in found))

        return await anyio.to_thread.run_sync(look, abandon_on_cancel=True, limiter=self._threads)

    async def aclose(self) -> None:
        """Close all connections."""
        with suppress(httpcore.NetworkError):
            await self._pool.aclose()


class _Looking(httpcore.AsyncNetworkBackend):
    """Looks at the addresses of a name, and connects to one of those that it has looked at."""

    def __init__(self, resolve: Resolve, *, allows_inside: bool) -> None:
        self._resolve, self._allows_inside = resolve, allows_inside
        self._sockets = httpcore.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if not self._allows_inside and not all(is_outside(address) for address in addresses):
            raise InsideError
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                return await self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    @override
    async def sleep(self, seconds: float) -> None:
        await self._sockets.sleep(seconds)


def _asked_for(headers: Sequence[tuple[bytes, bytes]]) -> timedelta | None:
    """The wait of ``Retry-After``, where it is a number of seconds."""
    for name, value in headers:
        text = value.decode("latin-1").strip()
        if name.lower() == b"retry-after" and _SECONDS.fullmatch(text):
            return timedelta(seconds=min(float(text), float(10**7)))
    return None
