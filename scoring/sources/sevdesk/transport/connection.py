"""One GET of sevdesk: raw token, the token's rate limit, bounded size, retries."""

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import structlog

from scoring.base.secrets import Secret
from scoring.sources.errors import RateLimitedError, SourceError, SourceUnavailableError, UnexpectedAnswerError
from scoring.sources.http import CompressionError, HttpClient, HttpRequest, Params, TooLargeError, UnreachableError
from scoring.sources.observer import Observer, Unobserved
from scoring.sources.room import OF_ONE_READING, Place
from scoring.sources.sevdesk.transport.answers import refusal
from scoring.sources.sevdesk.transport.rate_limiter import MOST_REQUESTS_AT_ONCE, TokenStates, is_refusal
from scoring.sources.sevdesk.transport.retry import RetryPolicy, parse_retry_after

_log = structlog.get_logger("scoring.sevdesk")


class RequestLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much time, parallelism and data one fetch may take."""

    deadline_seconds: float = 30.0
    """For the whole fetch, waits included."""
    request_seconds: float = 15.0
    """In which sevdesk may send nothing, within one call."""
    requests_at_once: int = MOST_REQUESTS_AT_ONCE
    """While all goes well, of a client that shares no rate limit with others; else the rate limiter has the bound."""
    page_bytes: int = 32 * 2**20
    """Of one answer, uncompressed; a page of 1,000 invoices has about 2.5 MB."""
    reading_bytes: int = OF_ONE_READING
    """Of all answers that are in memory at once; what would exceed it arrives later."""
    pages: int = 1_000
    """Of one list."""
    objects: int | None = None
    """Of one list by its stated total; None for any number."""
    readings: int = 3
    """How often a list is read until it agrees with its own total."""
    log_requests: int = 400
    """Requests for the payment log of single documents, where it is not served as a list."""
    log_seconds: float = 10.0
    """After which no further logs of single documents are read."""
    retry: RetryPolicy = RetryPolicy()

    def __post_init__(self) -> None:
        if not 1 <= self.requests_at_once <= MOST_REQUESTS_AT_ONCE:
            raise ValueError(f"requests_at_once must be 1 to {MOST_REQUESTS_AT_ONCE}, not {self.requests_at_once}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSource:
    """Clock, sleep and randomness, replaced in tests."""

    clock: Callable[[], float] = time.monotonic
    """Seconds that only grow."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """For dates in Retry-After."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    """Numbers in [0, 1)."""


class SevdeskTransport:
    """Calls of one account within one deadline.

    Args:
        http: Of the process.
        base_url: Such as ``https://my.sevdesk.de/api/v1``.
        token: Of the account.
        limits: Bounds.
        timing: Clock, sleep and randomness.
        token_states: Of the process: they hold the rate limit that all clients with the same token share.
        ends_at: By ``timing.clock``; a wait that would end later is not begun.
        observer: Watches every call.
    """

    def __init__(  # noqa: PLR0913  each is named by its caller
        self,
        http: HttpClient,
        base_url: str,
        token: Secret,
        *,
        limits: RequestLimits,
        timing: TimeSource,
        token_states: TokenStates,
        ends_at: float,
        observer: Observer | None = None,
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._headers = headers(token, "read only")
        self._limits = limits
        self._timing = timing
        self._token_states = token_states
        self._rate_limiter = token_states.of(token).rate_limiter
        self._ends_at = ends_at
        self._room = http.room.part(limits.reading_bytes)
        self.observer = observer or Unobserved()
        """Watches every call."""

    @asynccontextmanager
    async def answer(self, path: str, params: Params | None = None) -> AsyncIterator[bytes]:
        """The body of an answer 2xx, of whatever type; it takes its room in memory until the block ends.

        Raises:
            CredentialRejectedError: 401 or 403.
            RateLimitedError: 429, still after the retries.
            SourceUnavailableError: No connection or 5xx, still after the retries.
            UnexpectedAnswerError: A redirect, or an answer too large or wrongly compressed.
            InvalidRequestError: Another 4xx, or a 500 that is one.
        """
        with self._room.place() as place:
            yield await self._get(path, params or {}, place)

    async def _get(self, path: str, params: Params, place: Place) -> bytes:
        attempt = 0
        while True:
            attempt += 1
            # The slot is given back during the wait before a retry, so that other requests can go out.
            async with self._rate_limiter.slots:
                await self._rest(path)
                answer = await self._ask(path, params, attempt, place)
            if isinstance(answer, bytes):
                return answer
            place.leave()
            wait = self._limits.retry.wait(answer, self._timing.jitter)
            if wait is None or self._timing.clock() + wait >= self._ends_at:
                raise answer
            # A single 429 among good answers passes soon: the usual wait would delay the whole list.
            if isinstance(answer, RateLimitedError) and answer.retry_after is None and attempt == 1:
                wait = min(wait, self._rate_limiter.longest_wait(resource_of(path)) * self._timing.jitter())
            _log.warning("sevdesk_retry", path=path, attempt=attempt, wait=wait, error=type(answer).__name__)
            self.observer.retrying(type(answer).__name__)
            await self._timing.sleep(wait)

    def accepted(self) -> None:
        """An answer was decoded, and no error was inside."""
        self._rate_limiter.accepted()

    def refused(self, error: SourceError) -> None:
        """An answer was an error, which may show only inside. After too many in a row nothing more is sent."""
        if is_refusal(error):
            self._rate_limiter.refused(error, self._timing.clock())

    def worked(self, seconds: float) -> None:
        """The process decoded an answer for so long, and could not listen meanwhile."""
        self._token_states.busy_seconds += seconds

    async def _rest(self, path: str) -> None:
        """Wait until the next request may be sent; raise where that is after the deadline, or after many refusals.

        A rest that sevdesk did not ask for is skipped where it would end after the deadline.
        """
        limiter = self._rate_limiter
        if (refusal := limiter.withheld(self._timing.clock())) is not None:
            raise refusal
        while True:
            # Only sevdesk's own Retry-After is binding: our rest must not make a reading miss its deadline.
            own_rest = limiter.eases_at if limiter.eases_at < self._ends_at else limiter.resumes_at
            until = max(limiter.resumes_at, own_rest)
            seconds = until - self._timing.clock()
            if seconds <= 0:
                return
            if until >= self._ends_at:
                raise RateLimitedError(
                    "sevdesk limits the number of requests and said for how long; nothing is sent before",
                    retry_after=seconds,
                    path=path,
                )
            await self._timing.sleep(seconds)

    async def _ask(self, path: str, params: Params, attempt: int, place: Place) -> bytes | SourceError:
        # While this process decodes, it cannot receive: that time does not count as sevdesk being slow.
        began, busy = self._timing.clock(), self._token_states.busy_seconds
        answer = await self._call(path, params, attempt, place)
        now, resource = self._timing.clock(), resource_of(path)
        if isinstance(answer, bytes):
            self._rate_limiter.answered(resource, began=began, now=now, busy=self._token_states.busy_seconds - busy)
            self.observer.answered(resource, "ok")
            return answer
        self.observer.answered(resource, type(answer).__name__)
        if isinstance(answer, RateLimitedError):
            self._rate_limiter.limited(began=began, now=now, asked=answer.retry_after)
        self.refused(answer)
        return answer

    async def _call(self, path: str, params: Params, attempt: int, place: Place) -> bytes | SourceError:
        request = HttpRequest(
            method="GET",
            url=f"{self._base_url}/{path}",
            headers=self._headers,
            params=params,
            silence_seconds=self._limits.request_seconds,
            most_bytes=self._limits.page_bytes,
        )
        return await exchange(self._http, request, path, now=self._timing.now, attempt=attempt, place=place)


_SENDABLE = re.compile(r"[!-~]{1,256}")


def headers(token: Secret, purpose: str) -> dict[str, str]:
    """Headers of every call; the token is the whole Authorization.

    Args:
        token: Of the account.
        purpose: For sevdesk's logs.

    Raises:
        ValueError: The token cannot be sent; libraries would repeat it in their errors.
    """
    text = token.reveal()
    if _SENDABLE.fullmatch(text) is None:
        raise ValueError("a token cannot have blanks, line breaks or characters beyond ASCII")
    return {
        "Authorization": text,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "User-Agent": f"hauptbuch/0.2 (loan decisions, {purpose})",
    }


async def exchange(
    http: HttpClient,
    request: HttpRequest,
    path: str,
    *,
    now: Callable[[], datetime],
    attempt: int,
    place: Place | None = None,
) -> bytes | SourceError:
    """Send once. Errors are returned, not raised: their context would hold the request and its token.

    Args:
        http: Of the process.
        request: With the token as its Authorization.
        path: Below the base address, for errors.
        now: For dates in Retry-After.
        attempt: How many times this was sent, 1 for the first.
        place: As in ``HttpClient.send``.
    """
    try:
        answer = await http.send(request, place)
    except CompressionError:
        return UnexpectedAnswerError("sevdesk's answer is wrongly compressed; report it", path=path, attempt=attempt)
    except TooLargeError:
        what = f"sevdesk's answer exceeds {request.most_bytes} bytes; report it"
        return UnexpectedAnswerError(what, path=path, attempt=attempt)
    except UnreachableError as error:
        return SourceUnavailableError(f"sevdesk cannot be reached ({error}); try later", path=path, attempt=attempt)
    if 200 <= answer.status_code < 300:
        return answer.body
    retry_after = parse_retry_after(answer.headers.get("Retry-After"), now())
    failure = refusal(path, answer.status_code, answer.body, attempt=attempt, retry_after=retry_after)
    return without_token(failure, request.headers) if failure else answer.body


def without_token(error: SourceError, sent: Mapping[str, str]) -> SourceError:
    """The error, with the token masked where sevdesk's message repeats it."""
    if error.source_message is not None:
        error.source_message = error.source_message.replace(sent["Authorization"], "***")
    return error


def resource_of(path: str) -> str:
    """A path without identifiers: ``CheckAccount/5/getBalanceAtDate`` is ``CheckAccount/getBalanceAtDate``."""
    return "/".join(part for part in path.split("/") if not part.isdecimal())
