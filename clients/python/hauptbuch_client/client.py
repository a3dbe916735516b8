"""The clients: one that blocks, and one for asyncio, with the same methods."""

import asyncio
import re
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
from hauptbuch_client.problems import (
    ArgumentError,
    ClosedError,
    JobEndedError,
    JobNotDoneError,
    UnexpectedAnswerError,
)
from hauptbuch_client.retries import AsyncClock, Clock, Retries, seconds_of
from hauptbuch_client.version import VERSION

T = TypeVar("T")
Item_co = TypeVar("Item_co", covariant=True)
P = ParamSpec("P")
_ASK_EVERY = (0.5, 5.0)
"""Seconds between two looks at a job: the first, and the longest."""
_ENDED = frozenset({"done", "failed", "cancelled", "expired"})
"""States of a job that changes no more. Later versions may have more: those say when it ended."""
_LONGEST_WAIT = 60
"""Seconds that the service waits with an answer at most."""
_KEY = re.compile(r"hbk_[!-~]+")


class Page(Protocol[Item_co]):
    """One page of a list."""

    @property
    def items(self) -> Sequence[Item_co]:
        """What is on it."""


class _AsyncioClock:
    """Measures and waits in the loop of events."""

    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(asyncio.sleep)


def _options(
    base_url: str,
    key: str,
    timeout: float,
    verify: ssl.SSLContext | bool,  # noqa: FBT001  httpx has it so
) -> dict[str, Any]:
    """Options of both clients of httpx.

    Raises:
        ArgumentError: The address or the key cannot be one, or the seconds.
    """
    if not _is_key(key):
        raise ArgumentError("key", "is an API key: hbk_ and visible ASCII characters, without space or line break")
    headers = {"Authorization": f"Bearer {key}", "User-Agent": f"hauptbuch-client-python/{VERSION}"}
    limits = httpx.Timeout(seconds_of("timeout", timeout, least=0.001), connect=min(timeout, 10.0))
    return {"base_url": _address(base_url or ""), "headers": headers, "timeout": limits, "verify": verify}


def _is_key(given: object) -> bool:
    return isinstance(given, str) and _KEY.fullmatch(given) is not None


def _address(text: str) -> httpx.URL:
    right = (
        "is where the service is, such as https://hauptbuch.bank.example: https:// or http://, host, and port or path"
    )
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError):
        raise ArgumentError("base_url", right) from None
    if url.scheme not in {"http", "https"} or not url.host or re.search(r"\s", text):
        raise ArgumentError("base_url", right)
    if url.userinfo or re.search(r"[?#]", text):
        raise ArgumentError("base_url", "has no user, password, query or fragment: the key alone opens the service")
    if url.path.rstrip("/").endswith("/v1"):
        raise ArgumentError("base_url", "ends before /v1, which each request has of its own")
    return url


class _Way:
    """The way through the pages of a list."""

    def __init__(self) -> None:
        self.goes_on = True
        self.further: dict[str, Any] = {}
        """The argument that leads to the next page; empty before the first."""
        self._seen: set[object] = set()

    def follow(self, page: Page[object]) -> None:
        """Take the page's word for where the next one is.

        Raises:
            UnexpectedAnswerError: It leads back to a page that was read.
        """
        cursor, after = getattr(page, "next_cursor", None), getattr(page, "next_after", None)
        self.further = {"cursor": cursor} if cursor is not None else {} if after is None else {"after": after}
        self.goes_on = bool(self.further)
        if self.goes_on and (cursor, after) in self._seen:
            raise UnexpectedAnswerError("the list does not end: its pages lead back to one that was read", status=200)
        self._seen.add((cursor, after))


def _made(answer: DecisionResponse | JobResponse) -> DecisionResponse:
    if isinstance(answer, DecisionResponse):
        return answer
    raise UnexpectedAnswerError(f"job {answer.job_id} was answered, though no job was preferred", status=202)


def _later(wait: int | None, timeout: float) -> str:
    if wait is None:
        return "respond-async"
    if wait not in range(_LONGEST_WAIT + 1) or wait >= timeout:
        raise ArgumentError("wait", f"is whole seconds from 0 to {_LONGEST_WAIT}, and less than the client's timeout")
    return f"respond-async, wait={int(wait)}"


class Client(Operations):
    """A client that blocks. It may be used by several threads; close it, or use ``with``.

    Args:
        base_url: Where the service is, such as ``https://hauptbuch.bank.example``.
        key: An API key (``hbk_...``). It is sent to the service, and shown nowhere.
        timeout: Seconds that one answer may take. A decision reads the firm's books, which may take 30.
        largest_answer: Bytes of an answer at most: more would take the memory of the caller.
        retries: How patient it is.
        verify: False, or a context with certificates of your own.
        transport: How httpx sends, in place of its own.
        clock: How it measures and waits, in place of the module ``time``.

    Raises:
        ArgumentError: The address or the key cannot be one, or the seconds.
    """

    def __init__(  # noqa: PLR0913  options of their own names
        self,
        base_url: str,
        key: str,
        *,
        timeout: float = 90.0,
        largest_answer: int = 1024**3,
        retries: Retries = Retries(),  # noqa: B008  it is frozen
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
        clock: Clock = time,
    ) -> None:
        self._http = httpx.Client(**_options(base_url, key, timeout, verify), transport=transport)
        self._retries = retries
        self._timeout = timeout
        self._largest = largest_answer
        self._clock = clock

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
        attempts = Attempts(call, self._retries, self._clock, timeout=self._timeout, largest=self._largest)
        while True:
            if self._http.is_closed:
                raise ClosedError("this client was closed")
            try:
                with self._http.stream(**attempts.request()) as response:
                    for part in response.iter_bytes():
                        attempts.add(response, part)
            except httpx.RequestError as error:
                pause = attempts.pause_after(error)
            else:
                answer = attempts.answer(response)
                if response.is_success:
                    return attempts.call.read(answer)
                pause = attempts.pause_after(answer)
            self._clock.sleep(pause)

    def decide(self, application: ApplicationRequest, *, idempotency_key: str | None = None) -> DecisionResponse:
        """Decide on an application, and wait for the decision.

        Args:
            application: What the firm asks for.
            idempotency_key: One for each application, kept with it: after a crash the same leads to the same decision.
        """
        return _made(self.create_decision(application, idempotency_key=idempotency_key))

    def decide_later(
        self, application: ApplicationRequest, *, wait: int | None = None, idempotency_key: str | None = None
    ) -> DecisionResponse | JobResponse:
        """Hand an application in. The answer is a job, or the decision where it is made within ``wait`` seconds."""
        return self.create_decision(application, prefer=_later(wait, self._timeout), idempotency_key=idempotency_key)

    def wait_for(self, job: JobResponse, *, seconds: float = 900.0) -> DecisionResponse:
        """Ask until a job is done, and get its decision.

        Raises:
            JobEndedError: It ended without a decision.
            JobNotDoneError: The seconds are over.
            ArgumentError: They are none, or more than a day.
        """
        until, pause = self._clock.monotonic() + seconds_of("seconds", seconds), _ASK_EVERY[0]
        while job.decision_id is None:
            if job.ended_at is not None or job.state in _ENDED:
                raise JobEndedError(job)
            if self._clock.monotonic() + pause > until:
                raise JobNotDoneError(job)
            self._clock.sleep(pause)
            pause = min(2 * pause, _ASK_EVERY[1])
            job = self.get_job(job.job_id)
        return self.get_decision(job.decision_id)

    def pages(self, list_: Callable[P, Page[Item_co]], *args: P.args, **kwargs: P.kwargs) -> Iterator[Page[Item_co]]:
        """Every page of a list: ``client.pages(client.list_decisions, verdict="refer")``."""
        way = _Way()
        while way.goes_on:
            page = list_(*args, **{**kwargs, **way.further})
            yield page
            way.follow(page)

    def each(self, list_: Callable[P, Page[Item_co]], *args: P.args, **kwargs: P.kwargs) -> Iterator[Item_co]:
        """Every item of a list: ``client.each(client.list_decisions, verdict="refer")``.

        A page may tell more than its items, such as ``damaged`` decisions: ``pages`` has the pages.
        """
        for page in self.pages(list_, *args, **kwargs):
            yield from page.items


class AsyncClient(AsyncOperations):
    """The same for asyncio; its options are those of ``Client``."""

    def __init__(  # noqa: PLR0913  options of their own names
        self,
        base_url: str,
        key: str,
        *,
        timeout: float = 90.0,
        largest_answer: int = 1024**3,
        retries: Retries = Retries(),  # noqa: B008  it is frozen
        verify: ssl.SSLContext | bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: AsyncClock = _AsyncioClock(),  # noqa: B008  it has no state
    ) -> None:
        self._http = httpx.AsyncClient(**_options(base_url, key, timeout, verify), transport=transport)
        self._retries = retries
        self._timeout = timeout
        self._largest = largest_answer
        self._clock = clock

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
        attempts = Attempts(call, self._retries, self._clock, timeout=self._timeout, largest=self._largest)
        while True:
            if self._http.is_closed:
                raise ClosedError("this client was closed")
            try:
                async with self._http.stream(**attempts.request()) as response:
                    async for part in response.aiter_bytes():
                        attempts.add(response, part)
            except httpx.RequestError as error:
                pause = attempts.pause_after(error)
            else:
                answer = attempts.answer(response)
                if response.is_success:
                    return attempts.call.read(answer)
                pause = attempts.pause_after(answer)
            await self._clock.sleep(pause)

    async def decide(self, application: ApplicationRequest, *, idempotency_key: str | None = None) -> DecisionResponse:
        """See ``Client.decide``."""
        return _made(await self.create_decision(application, idempotency_key=idempotency_key))

    async def decide_later(
        self, application: ApplicationRequest, *, wait: int | None = None, idempotency_key: str | None = None
    ) -> DecisionResponse | JobResponse:
        """See ``Client.decide_later``."""
        return await self.create_decision(
            application, prefer=_later(wait, self._timeout), idempotency_key=idempotency_key
        )

    async def wait_for(self, job: JobResponse, *, seconds: float = 900.0) -> DecisionResponse:
        """See ``Client.wait_for``."""
        until, pause = self._clock.monotonic() + seconds_of("seconds", seconds), _ASK_EVERY[0]
        while job.decision_id is None:
            if job.ended_at is not None or job.state in _ENDED:
                raise JobEndedError(job)
            if self._clock.monotonic() + pause > until:
                raise JobNotDoneError(job)
            await self._clock.sleep(pause)
            pause = min(2 * pause, _ASK_EVERY[1])
            job = await self.get_job(job.job_id)
        return await self.get_decision(job.decision_id)

    async def pages(
        self, list_: Callable[P, Awaitable[Page[Item_co]]], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[Page[Item_co]]:
        """See ``Client.pages``."""
        way = _Way()
        while way.goes_on:
            page = await list_(*args, **{**kwargs, **way.further})
            yield page
            way.follow(page)

    async def each(
        self, list_: Callable[P, Awaitable[Page[Item_co]]], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[Item_co]:
        """See ``Client.each``."""
        async for page in self.pages(list_, *args, **kwargs):
            for item in page.items:
                yield item
