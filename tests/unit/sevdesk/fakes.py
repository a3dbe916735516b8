"""A sevdesk in memory behind httpx's transport, and time that passes only when somebody sleeps."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits, TimeSource

BASE = "https://sevdesk.test/api/v1"
TODAY = date(2026, 3, 31)
TOKEN = "0123456789abcdef0123456789abcdef"

Answer = httpx.Response | Exception
Handler = Callable[[httpx.Request], Any]


class StillTime:
    """A clock that moves by sleeping only; remembers each sleep."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.sleeps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.sleeps.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    def timing(self) -> TimeSource:
        """Time for a client; chance is always at its most."""
        return TimeSource(
            clock=lambda: self.seconds,
            now=lambda: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.seconds - 1000.0),
            sleep=self.sleep,
            jitter=lambda: 1.0,
        )


class WatchedStream(httpx.AsyncByteStream):
    """A body that knows whether its connection was given back."""

    def __init__(self, chunks: list[bytes], *, hangs: bool = False) -> None:
        self.chunks = chunks
        self.hangs = hangs
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk
        if self.hangs:
            await asyncio.Event().wait()

    async def aclose(self) -> None:
        """Give the connection back."""
        self.is_closed = True


def page(objects: list[Any], total: int | str | None = None) -> httpx.Response:
    """An answer of a list."""
    body: dict[str, Any] = {"objects": objects}
    if total is not None:
        body["total"] = total
    # In ASCII, as PHP writes it: half a character can only stand in an escape.
    return httpx.Response(200, headers={"Content-Type": "application/json"}, content=json.dumps(body))


def sevdesk(lists: dict[str, list[Any]]) -> Handler:
    """A sevdesk that serves lists, paged; a list that is not named is empty, and every balance is 0."""

    def handle(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1/")
        if path.endswith("getBalanceAtDate"):
            return httpx.Response(200, json={"objects": "0"})
        objects, query = lists.get(path, []), request.url.params
        if path == "Invoice" and "invoiceType" in query:
            objects = [item for item in objects if item.get("invoiceType") == query["invoiceType"]]
        start = int(query.get("offset", 0))
        part = objects[start : start + int(query.get("limit", 100))]
        return page(part, str(len(objects)) if query.get("countAll") == "true" else None)

    return handle


class Crowd:
    """A sevdesk that lets others go first before it answers, and knows how many were under way at once."""

    def __init__(self, inner: Handler) -> None:
        self.most = 0
        self._inner = inner
        self._running = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer as the other one does, later."""
        self._running += 1
        self.most = max(self.most, self._running)
        for _ in range(5):
            await asyncio.sleep(0)
        self._running -= 1
        response: httpx.Response = self._inner(request)
        return response


def client(
    handler: Handler,
    *,
    time: StillTime | None = None,
    limits: RequestLimits | None = None,
    pool: HttpClient | None = None,
) -> SevdeskClient:
    """A client of a fake; the handler may be a coroutine function."""
    http = pool or HttpClient(httpx.MockTransport(handler))
    return SevdeskClient(http, BASE, Secret(TOKEN), limits=limits, timing=(time or StillTime()).timing())


def ref(kind: str, number: int) -> dict[str, str]:
    """A reference as sevdesk writes it."""
    return {"id": str(number), "objectName": kind}


def script(*answers: Answer) -> Handler:
    """Answers one after the other, the last one for ever."""
    left = list(answers)

    def handle(_: httpx.Request) -> httpx.Response:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return handle
