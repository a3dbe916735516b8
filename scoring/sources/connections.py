"""Connections to sources of books, by aiohttp: each belongs to one credential, and is dropped where it holds surplus.

A connection is used again by requests with the same ``Authorization`` alone. What a server sends unasked on one would
pass for the answer to its next request, so such a connection is never used again.
"""

import functools
import hashlib
import os
import select
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from typing_extensions import override

from scoring.base.tls import tls_context

_IDLE_SECONDS: Final = 5.0
"""After which an unused connection is closed, as uvicorn and many servers do on their side."""
_READ_BUFFER: Final = 2**20
"""Bytes that may arrive while the process is at work elsewhere; a page of 1,000 invoices has 2.5 MB."""
_SALT: Final = os.urandom(16)
"""Of this process: what its connections are known by tells nothing of a credential."""


def open_session(most_connections: int) -> aiohttp.ClientSession:
    """A session whose requests share nothing but connections, those of one credential with each other.

    Args:
        most_connections: At once, those that wait for a request included; further requests wait.
    """
    return aiohttp.ClientSession(
        connector=_Connector(most_connections),
        request_class=_Request,
        # A cookie of one account must not be sent with another's token.
        cookie_jar=aiohttp.DummyCookieJar(),
        # Unpacked by us, within a bound.
        auto_decompress=False,
        read_bufsize=_READ_BUFFER,
    )


class _Request(aiohttp.ClientRequest):
    """Asks for a connection of its own credential."""

    @property
    @override
    def connection_key(self) -> ConnectionKey:
        """What aiohttp keeps connections by; the field for the headers of a proxy, which we do not send, is free."""
        credential = self.headers.get("Authorization", "").encode()
        digest = hashlib.blake2b(credential, key=_SALT, digest_size=16).digest()
        return super().connection_key._replace(proxy_headers_hash=int.from_bytes(digest))


class _Wire(ResponseHandler):
    """One connection, which closes where something comes unasked."""

    is_kept = False
    """Whether it waits for its next request."""

    @override
    def data_received(self, data: bytes) -> None:
        if not self.is_kept:
            super().data_received(data)
            self._drop_surplus()
        elif data:  # there is none where aiohttp goes on after a pause
            self.close()

    def _drop_surplus(self) -> None:
        """Close where an answer was read to its end, so that the connection is kept, and there was more behind it."""
        if self.is_kept and self.has_surplus:
            self.close()

    @property
    def has_surplus(self) -> bool:
        """Whether more than the answer has been read: another one, or the beginning of one."""
        if self.should_close:
            return True
        try:
            return self._parser is None or self._parser.feed_eof() is not None
        except HttpProcessingError:
            return True

    @property
    def has_unread(self) -> bool:
        """Whether something waits in the socket: data, or its end."""
        if self.transport is None:
            return True
        waiting = select.poll()
        waiting.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(waiting.poll(0))


class _Connector(aiohttp.TCPConnector):
    """Keeps connections by credential, and no more than its limit, those in use and those that wait together."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit, keepalive_timeout=_IDLE_SECONDS, ssl=tls_context())
        self._factory: functools.partial[Any] = functools.partial(_Wire, loop=self._loop)

    @override
    async def _get(self, key: ConnectionKey, traces: list[Any]) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            wire = connection.protocol
            if isinstance(wire, _Wire) and not wire.has_unread:
                wire.is_kept = False
                return connection
            connection.close()
        return None

    @override
    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        if not isinstance(protocol, _Wire) or protocol.has_surplus:
            should_close = True
        elif not should_close:
            protocol.is_kept = True
        super()._release(key, protocol, should_close=should_close)

    @override
    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        # Otherwise the connections that wait would grow with the number of credentials.
        if self._conns and len(self._acquired) + sum(map(len, self._conns.values())) > self._limit:
            key = min(self._conns, key=lambda kept: self._conns[kept][0][1])
            protocol, _ = self._conns[key].popleft()
            protocol.close()
            if not self._conns[key]:
                del self._conns[key]
        return await super()._create_connection(req, traces, timeout)
