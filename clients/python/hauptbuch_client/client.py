"""The clients: one that blocks, and one for asyncio, with the same methods."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, ParamSpec, Protocol, Self, TypeVar

import httpx

from hauptbuch_client.async_operations import AsyncOperations
from hauptbuch_client.attempts import Attempts
from hauptbuch_client.calls import Call
from hauptbuch_client.models import ApplicationRequest, DecisionResponse, JobResponse
from hauptbuch_client.operations import Operations
from hauptbuch_client.problems import JobEndedError, JobNotDoneError
from hauptbuch_client.retries import Retries
from hauptbuch_client.version import VERSION

T = TypeVar("T")
Item_co = TypeVar("Item_co", covariant=True)
P = ParamSpec("P")
_ASK_EVERY = (0.5, 5.0)
"""Seconds between two looks at a job: the first, and the longest."""


class Page(Protocol[Item_co]):
    """One page of a list."""

    @property
    def items(self) -> Sequence[Item_co]:
        """What is on it."""


def _options(
    base_url: str,
    key: str,
    timeout: float,
    verify: ssl.SSLContext | bool,  # noqa: FBT001  httpx has it so
) -> dict[str, Any]:
    """Options of both clients of httpx.

    Raises:
        ValueError: The address or the key cannot be one.
    """
    if not base_url.startswith(("http://", "https://")):
        raise ValueError(f"this is no address of the service: {base_url!r} has to begin with https:// or http://")
    if not key.startswith("hbk_") or not key.isascii() or not key.isprintable():
        raise ValueError("this is no API key of the service: it has to begin with hbk_")
    headers = {"Authorization": f"Bearer {key}", "User-Agent": f"hauptbuch-client-python/{VERSION}"}
    limits = httpx.Timeout(timeout, connect=10.0)
    return {"base_url": base_url, "headers": headers, "timeout": limits, "verify": verify}


def _next_page(page: Page[object]) -> dict[str, Any]:
    """The argument that leads to the page after this one; empty after the last."""
    cursor, after = getattr(page, "next_cursor", None), getattr(page, "next_after", None)
    return {"cursor": cursor} if cursor is not None else {} if after is None else {"after": after}


def _later(wait: int | None) -> str:
    return "respond-async" if wait is None else f"respond-async, wait={wait}"


class Client(Operations):
    """A client that blocks. It may be used by several threads; close it, or use ``with``.

    Args:
        base_url: Where the service is, such as ``https://hauptbuch.bank.example``.
        key: An API key (``hbk_...``). It is sent to the service, and shown nowhere.
        timeout: Seconds that one answer may take. A decision reads the firm's books, which may take 30.
        retries: How patient it is.
        verify: False, or a context with certificates of your own.
        transport: How httpx sends, in place of its own.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout: float = 90.0,
        retries: Retries = Retries(),  # noqa: B008  it is frozen
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(**_options(base_url, key, timeout, verify), transport=transport)
        self._retries = retries

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._http.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """Send a request, repeat it where that helps, and read its answer.

        Raises:
            ProblemError: The service answered with a problem.
            NoAnswerError: There was none.
            UnexpectedAnswerError: It is not what the interface promises.
        """
        attempts = Attempts(call, self._retries)
        while True:
            try:
                response = self._http.request(**attempts.request())
            except httpx.RequestError as error:
                pause = attempts.pause_after(error)
            else:
                if response.is_success:
                    return call.read(response)
                pause = attempts.pause_after(response)
            time.sleep(pause)

    def decide(self, application: ApplicationRequest, *, idempotency_key: str | None = None) -> DecisionResponse:
        """Decide on an application, and wait for the decision.

        Args:
            application: What the firm asks for.
            idempotency_key: One for each application, kept with it: after a crash the same leads to the same decision.
        """
        decision = self.create_decision(application, idempotency_key=idempotency_key)
        assert isinstance(decision, DecisionResponse)  # noqa: S101  jobs come to those that prefer them
        return decision

    def decide_later(
        self, application: ApplicationRequest, *, wait: int | None = None, idempotency_key: str | None = None
    ) -> DecisionResponse | JobResponse:
        """Hand an application in. The answer is a job, or the decision where it is made within ``wait`` seconds."""
        return self.create_decision(application, prefer=_later(wait), idempotency_key=idempotency_key)

    def wait_for(self, job: JobResponse, *, seconds: float = 900.0) -> DecisionResponse:
        """Ask until a job is done, and get its decision.

        Raises:
            JobEndedError: It ended without a decision.
            JobNotDoneError: The seconds are over.
        """
        until, pause = time.monotonic() + seconds, _ASK_EVERY[0]
        while job.decision_id is None:
            if job.state not in {"waiting", "running"}:
                raise JobEndedError(job)
            if time.monotonic() + pause > until:
                raise JobNotDoneError(job)
            time.sleep(pause)
            pause = min(2 * pause, _ASK_EVERY[1])
            job = self.get_job(job.job_id)
        return self.get_decision(job.decision_id)

    def pages(self, list_: Callable[P, Page[Item_co]], *args: P.args, **kwargs: P.kwargs) -> Iterator[Page[Item_co]]:
        """Every page of a list: ``client.pages(client.list_decisions, verdict="refer")``."""
        further: dict[str, Any] = {}
        while True:
            page = list_(*args, **{**kwargs, **further})
            yield page
            further = _next_page(page)
            if not further:
                return

    def each(self, list_: Callable[P, Page[Item_co]], *args: P.args, **kwargs: P.kwargs) -> Iterator[Item_co]:
        """Every item of a list: ``client.each(client.list_decisions, verdict="refer")``.

        A page may tell more than its items, such as ``damaged`` decisions: ``pages`` has the pages.
        """
        for page in self.pages(list_, *args, **kwargs):
            yield from page.items


class AsyncClient(AsyncOperations):
    """The same for asyncio; its options are those of ``Client``."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout: float = 90.0,
        retries: Retries = Retries(),  # noqa: B008  it is frozen
        verify: ssl.SSLContext | bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(**_options(base_url, key, timeout, verify), transport=transport)
        self._retries = retries

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._http.base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End its connections."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """See ``Client.send``."""
        attempts = Attempts(call, self._retries)
        while True:
            try:
                response = await self._http.request(**attempts.request())
            except httpx.RequestError as error:
                pause = attempts.pause_after(error)
            else:
                if response.is_success:
                    return call.read(response)
                pause = attempts.pause_after(response)
            await asyncio.sleep(pause)

    async def decide(self, application: ApplicationRequest, *, idempotency_key: str | None = None) -> DecisionResponse:
        """See ``Client.decide``."""
        decision = await self.create_decision(application, idempotency_key=idempotency_key)
        assert isinstance(decision, DecisionResponse)  # noqa: S101  jobs come to those that prefer them
        return decision

    async def decide_later(
        self, application: ApplicationRequest, *, wait: int | None = None, idempotency_key: str | None = None
    ) -> DecisionResponse | JobResponse:
        """See ``Client.decide_later``."""
        return await self.create_decision(application, prefer=_later(wait), idempotency_key=idempotency_key)

    async def wait_for(self, job: JobResponse, *, seconds: float = 900.0) -> DecisionResponse:
        """See ``Client.wait_for``."""
        until, pause = time.monotonic() + seconds, _ASK_EVERY[0]
        while job.decision_id is None:
            if job.state not in {"waiting", "running"}:
                raise JobEndedError(job)
            if time.monotonic() + pause > until:
                raise JobNotDoneError(job)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _ASK_EVERY[1])
            job = await self.get_job(job.job_id)
        return await self.get_decision(job.decision_id)

    async def pages(
        self, list_: Callable[P, Awaitable[Page[Item_co]]], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[Page[Item_co]]:
        """See ``Client.pages``."""
        further: dict[str, Any] = {}
        while True:
            page = await list_(*args, **{**kwargs, **further})
            yield page
            further = _next_page(page)
            if not further:
                return

    async def each(
        self, list_: Callable[P, Awaitable[Page[Item_co]]], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[Item_co]:
        """See ``Client.each``."""
        async for page in self.pages(list_, *args, **kwargs):
            for item in page.items:
                yield item
