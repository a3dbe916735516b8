"""How a fault shows on the wire: in the bytes of the body, in their pace, in the connection, in the books."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from litestar.types import Receive, Scope, Send

from sandbox.account.account import Account
from sandbox.server.faults import Fault

_HTML = b"<!DOCTYPE html><html><head><title>sevdesk</title></head><body><h1>Bad Gateway</h1></body></html>"
_TEXT = b"Internal Server Error"
_DAMAGE = b"\xff\xfe\x00{"
_PIECES = 16
_NEW_IDS = 9_000_000_000
_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


def spoil(body: bytes, fault: Fault) -> tuple[bytes, str]:
    """Return the body that goes out, and its media type."""
    spoilt, media_type = _spoilt(body, fault)
    return spoilt, fault.content_type or media_type


def _spoilt(body: bytes, fault: Fault) -> tuple[bytes, str]:
    middle = len(body) // 2
    match fault.body:
        case "html":
            return _HTML, "text/html; charset=utf-8"
        case "text":
            return _TEXT, "text/plain; charset=utf-8"
        case "truncated":
            return body[:middle], "application/json"
        case "corrupt":
            return body[:middle] + _DAMAGE + body[middle + len(_DAMAGE) :], "application/json"
        case "json":
            return body, "application/json"


def change_rows(account: Account, resource: str, fault: Fault) -> None:
    """Change the newest object of a list: copy it under a new id, give it another time of change, or delete it."""
    newest = next(iter(account.objects(resource)), None)
    if newest is None:
        return
    match fault.change:
        case "insert":
            taken = max(map(int, account.listing(resource).column("id")))
            account.put(resource, {**newest, "id": str(max(_NEW_IDS, taken + 1))})
        case "change":
            account.put(resource, {**newest, "update": "2099-01-01T00:00:00+01:00"})
        case "delete":
            account.remove(resource, newest["id"])
        case None:
            pass


class FaultyAnswer:
    """An answer as the fault lets it out: whole, piece by piece, cut off, or stopping for ever.

    Args:
        status: HTTP status.
        body: The body; left out where the status allows none, or the client would read it as the next answer.
        media_type: Its type.
        headers: Further headers.
        fault: What goes wrong.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        status: int,
        body: bytes,
        media_type: str,
        headers: Mapping[str, str],
        fault: Fault,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._status = status
        has_body = status not in _WITHOUT_BODY
        self._body = body if has_body else b""
        about_body = {"content-type": media_type, "content-length": str(len(body))} if has_body else {}
        self._headers = {**about_body, **headers}
        self._fault = fault
        self._sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self._headers.items()]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        if self._fault.connection is not None:
            await _send(send, self._body[: len(self._body) // 2], more=True)
            if self._fault.connection == "stalled":
                await _until_gone(receive)
            # The server cannot end a body that is shorter than announced, and closes the connection.
            return
        if self._fault.drip_s is not None:
            size = max(1, -(-len(self._body) // _PIECES))
            for start in range(0, len(self._body), size):
                await _send(send, self._body[start : start + size], more=True)
                await self._sleep(self._fault.drip_s)
            await _send(send, b"", more=False)
            return
        await _send(send, self._body, more=False)


async def _send(send: Send, body: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _until_gone(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
