"""An account of a running local sevdesk, and those who read it: our client, bare httpx, the client `sevdesk`.

The local sevdesk delays each response by a given time, and can refuse every tenth request.
"""

from collections.abc import Callable
from typing import Any

import httpx
import requests
import uvloop
from sevdesk import Client

from benchmarks import books
from demo.stack import Stack
from features.ledger import Resource
from scoring.base.secrets import Secret
from scoring.sources.http import HttpAnswer, HttpClient, HttpRequest
from scoring.sources.room import Place
from scoring.sources.sevdesk.reading.client import Fetched, SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits

PAGE = 1_000
"""Objects in a page, the most that sevdesk gives."""
EVERY_NTH = 10
"""Of the requests for invoices, one is refused where they are limited."""
REFUSED = tuple(range(EVERY_NTH, 5_000, EVERY_NTH))
_PATIENCE = RequestLimits(deadline_seconds=300.0)
"""The largest lists at the longest latency take more than what a decision has."""


class NotingClient(HttpClient):
    """The HTTP client of the service, which notes what is asked for.

    Args:
        addresses: Where to note it.
        transport: As in ``HttpClient``.
    """

    def __init__(self, addresses: list[str], transport: httpx.AsyncBaseTransport | None = None) -> None:
        super().__init__(transport)
        self._addresses = addresses

    async def send(self, request: HttpRequest, place: Place | None = None) -> HttpAnswer:
        """Note the address and send."""
        self._addresses.append(str(httpx.URL(request.url, params=request.params)))
        return await super().send(request, place)


class Account:
    """One account, one event loop, one pool of connections for each of its readers.

    Args:
        stack: The running servers.
        token: Of the account.
    """

    def __init__(self, stack: Stack, token: str) -> None:
        self.api = f"{stack.sandbox_url}/api/v1"
        self._control = f"{stack.sandbox_url}/sandbox/faults"
        self.token = token
        self._loop = uvloop.new_event_loop()  # as the service has
        self.addresses: list[str] = []
        """What was asked for since they were last cleared."""
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
        self.http = httpx.AsyncClient(limits=limits, timeout=60.0, event_hooks={"request": [self._note]})
        self._ours = NotingClient(self.addresses)
        self._httpcore = NotingClient(self.addresses, httpx.AsyncHTTPTransport(limits=limits))
        self._session = requests.Session()
        self._session.hooks["response"] = [lambda answer, **_: self.addresses.append(answer.url)]
        self.peer = Client(token, self.api, self._session)
        """Generated from the API's description; one request after another, objects as pydantic models."""

    async def _note(self, request: httpx.Request) -> None:
        self.addresses.append(str(request.url))

    def slow_down(self, seconds: float, *, is_limited: bool = False) -> None:
        """Let the local sevdesk wait before each answer and refuse every tenth request for invoices, from now on."""
        httpx.delete(self._control).raise_for_status()
        limited = {"requests": REFUSED, "status": 429, "latency_s": seconds, "resource": "Invoice"}
        for fault in ([limited] if is_limited else []) + ([{"latency_s": seconds}] if seconds else []):
            httpx.post(self._control, json=fault).raise_for_status()

    def fetch(self, resources: frozenset[Resource], *, by_httpcore: bool = False) -> Fetched:
        """By our client, decoded, typed and checked; a new one each time, with nothing remembered."""
        http = self._httpcore if by_httpcore else self._ours
        client = SevdeskClient(http, self.api, Secret(self.token), limits=_PATIENCE)
        return self.run(client.fetch(resources, fetched_on=books.today()))

    async def get(self, address: str, **params: Any) -> httpx.Response:  # noqa: ANN401  query values
        """By bare httpx, nothing decoded."""
        return await self.http.get(address, params=params or None, headers={"Authorization": self.token})

    def run(self, work: Any) -> Any:  # noqa: ANN401  a coroutine and what it returns
        """Let a coroutine end."""
        return self._loop.run_until_complete(work)

    def pages(self, get: Callable[[], list[Any]], **filters: str) -> int:
        """All pages of a list by the client of PyPI, one after another until a short one; how many objects.

        It has no paging and no kind of invoice: these ride on the session that one may give it.
        """
        count, length = 0, PAGE
        while length == PAGE:
            self._session.params = {**filters, "limit": str(PAGE), "offset": str(count)}
            length = len(get())
            count += length
        self._session.params = {}
        return count

    def close(self) -> None:
        """Close the connections."""
        self.slow_down(0)
        for client in (self.http, self._ours, self._httpcore):
            self.run(client.aclose())
        self._loop.close()
        self._session.close()
