"""HTTP on the wire: how much a client may send, and how long it may take, before anything looks at its key."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any, Final

import h11
import msgspec
import structlog
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from scoring.api.middleware import given_id
from scoring.api.problems import INVALID_HTTP, MEDIA_TYPE, TOO_LARGE, TOO_SLOW, too_large
from scoring.api.schemas.problems import Problem, ProblemMeaning
from scoring.api.uploads import body_bytes_of
from scoring.app import BODY_BYTES
from scoring.base.identifiers import new_id

_log = structlog.get_logger(__name__)

HEAD_BYTES: Final = 32 * 1024
"""Of a request: line with the address, and all headers."""
REQUEST_SECONDS: Final = 20.0
"""From the first byte of a request, or from connecting, to the last byte of its body."""
UPLOAD_SECONDS: Final = 300.0
"""The same where a request may carry documents: a phone sends them."""
_LINGER_SECONDS: Final = 1.0
"""In which a client that was refused may read the answer."""


class _BoundedConnection(h11.Connection):
    """Bounds head and body, whether or not anybody reads them.

    h11 bounds a head only while it waits for the rest: one that arrives at once would pass, however long.
    """

    def __init__(self) -> None:
        super().__init__(h11.SERVER, HEAD_BYTES)
        self._body_bytes = 0
        self.most_bytes = BODY_BYTES
        self.is_body_too_large = False
        self.is_upload = False
        self.given_id: str | None = None
        """The identifier that the caller chose for the request that arrives."""

    @override
    def next_event(self) -> Any:  # as h11 has it
        held = 0
        if self.their_state is h11.IDLE:
            held, self.given_id = len(self.trailing_data[0]), None
        event = super().next_event()
        if isinstance(event, h11.Request):
            if held - len(self.trailing_data[0]) > HEAD_BYTES:
                message = "request head too large"
                raise h11.RemoteProtocolError(message)
            self._body_bytes, self.given_id = 0, given_id(event.headers)
            upload = body_bytes_of(event.method, event.target)
            self.is_upload, self.most_bytes = upload is not None, upload or BODY_BYTES
            self._demand(sum(int(value) for name, value in event.headers if name == b"content-length"))
        elif isinstance(event, h11.Data):
            self._body_bytes += len(event.data)
            self._demand(self._body_bytes)
        return event

    def _demand(self, body_bytes: int) -> None:
        if body_bytes > self.most_bytes:
            self.is_body_too_large = True
            message = "request body too large"
            raise h11.RemoteProtocolError(message)


class BoundedProtocol(H11Protocol):
    """uvicorn's protocol over h11, which bounds the head of a request, with a time for the whole request to arrive.

    ``request_seconds`` and ``upload_seconds`` replace ``REQUEST_SECONDS`` and ``UPLOAD_SECONDS`` in tests.
    """

    request_seconds = REQUEST_SECONDS
    upload_seconds = UPLOAD_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  as uvicorn calls it
        super().__init__(*args, **kwargs)
        self._bounded = self.conn = _BoundedConnection()
        self._arriving: asyncio.TimerHandle | None = None
        self._is_refused = False
        self._is_long = False
        """Whether the time that runs is that of an upload."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._watch()

    @override
    def data_received(self, data: bytes) -> None:
        if not self._is_refused:
            super().data_received(data)

    @override
    def handle_events(self) -> None:
        super().handle_events()
        if self.conn.their_state is h11.SEND_BODY and self._bounded.is_upload and self.conn.our_state is not h11.DONE:
            if not self._is_long:
                self._arrived()
                self._watch(self.upload_seconds)
                self._is_long = True
        elif self.conn.their_state in {h11.IDLE, h11.SEND_BODY}:
            self._watch()
        else:
            self._arrived()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and self._is_long:
            self._arrived()  # nobody waits for the rest of what was refused
            self._watch()
        if self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            self._arrived()  # between two requests uvicorn's own timer runs

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(TOO_LARGE if self._bounded.is_body_too_large else INVALID_HTTP)

    def _watch(self, seconds: float | None = None) -> None:
        if self._arriving is None:
            self._arriving = self.loop.call_later(seconds or self.request_seconds, self._cut)

    def _arrived(self) -> None:
        self._is_long = False
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None

    def _cut(self) -> None:
        """End a connection whose request is still arriving."""
        self._arriving = None
        if self.transport.is_closing():
            return
        has_begun = self.conn.their_state is not h11.IDLE or self.conn.trailing_data[0]
        if has_begun and self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._refuse(TOO_SLOW)
        else:
            self.transport.close()

    def _refuse(self, meaning: ProblemMeaning) -> None:
        """Answer, unless an answer has begun already, take no more, and close."""
        self._is_refused = True
        begun: str | None = None
        if self.cycle is not None:
            scope: dict[str, Any] = dict(self.cycle.scope)
            begun = None if self.cycle.response_complete else scope.get("request_id")  # set by RequestLog
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            request_id = begun or self._bounded.given_id or new_id("req", datetime.now(UTC), os.urandom)
            _log.info("request refused", request_id=request_id, problem=meaning.type, status=meaning.status)
            self._answer(meaning, request_id)
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        # Closing at once resets a client that is still sending, and the answer is lost with it.
        self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _answer(self, meaning: ProblemMeaning, request_id: str) -> None:
        body = msgspec.json.encode(
            Problem(
                type=meaning.type,
                code=meaning.code,
                title=meaning.title,
                status=meaning.status,
                detail=too_large(self._bounded.most_bytes) if meaning is TOO_LARGE else meaning.meaning,
                instance=request_id,
            )
        )
        headers = [
            ("Content-Type", MEDIA_TYPE),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            ("X-Request-ID", request_id),
        ]
        for event in (
            h11.Response(status_code=meaning.status, headers=headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event))
