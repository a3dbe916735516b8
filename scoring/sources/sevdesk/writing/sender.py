"""Sends writes to an account, each exactly once."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from scoring.base.secrets import Secret
from scoring.sources.errors import DeadlineExceededError, RateLimitedError, SourceError
from scoring.sources.http import HttpClient, HttpRequest
from scoring.sources.sevdesk.transport.answers import refusal
from scoring.sources.sevdesk.transport.connection import RequestLimits, TimeSource, exchange, headers, without_token
from scoring.sources.sevdesk.transport.rate_limiter import TokenStates, is_refusal
from scoring.sources.sevdesk.words.lenient import UNDECODABLE
from scoring.sources.sevdesk.words.pages import unreadable
from scoring.sources.sevdesk.words.records import Bare

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Access to one account, for reading and writing.

    Args:
        http: Of the process.
        base_url: Such as ``https://my.sevdesk.de/api/v1``, without a slash at its end.
        token: Of the account.
        limits: Bounds on time and data.
        timing: Clock, sleep and randomness.
        token_states: They hold the rate limit that reads and writes with the same token share.
    """

    http: HttpClient
    base_url: str
    token: Secret
    limits: RequestLimits
    timing: TimeSource
    token_states: TokenStates


class Sender:
    """POST to one account. Nothing is sent twice: an error does not prove that nothing was written."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._headers = headers(account.token, "write back")

    async def post(self, path: str, content: Any, answer: type[T]) -> T:  # noqa: ANN401  any JSON
        """Send a JSON body.

        Raises:
            SourceError: There is no answer of the documented shape.
        """
        return await self._sent(
            self._request(path, {"Content-Type": "application/json"}, content=msgspec.json.encode(content)),
            path,
            answer,
        )

    async def upload(self, path: str, name: str, content: bytes, answer: type[T]) -> T:
        """Send a PDF as the form field ``file``.

        Raises:
            SourceError: As ``post``.
        """
        return await self._sent(
            self._request(path, {}, files={"file": (name, content, "application/pdf")}), path, answer
        )

    def _request(self, path: str, headers: dict[str, str], **body: Any) -> HttpRequest:  # noqa: ANN401  content or files
        account = self._account
        return HttpRequest(
            method="POST",
            url=f"{account.base_url}/{path}",
            headers={**self._headers, **headers},
            silence_seconds=account.limits.request_seconds,
            most_bytes=account.limits.page_bytes,
            **body,
        )

    async def _sent(self, request: HttpRequest, path: str, answer: type[T]) -> T:
        account = self._account
        limiter, clock = account.token_states.of(account.token).rate_limiter, account.timing.clock
        # Reads and writes count together: sevdesk may block a token after a run of refusals.
        if (withheld := limiter.withheld(clock())) is not None:
            raise withheld
        began = clock()
        async with limiter.slots:
            body = await self._exchanged(request, path)
        result = body if isinstance(body, SourceError) else self._decoded(path, body, answer)
        if not isinstance(result, SourceError):
            limiter.accepted()
            return result
        if isinstance(result, RateLimitedError):
            limiter.limited(began=began, now=clock(), asked=result.retry_after)
        if is_refusal(result):
            limiter.refused(result, clock())
        raise result

    async def _exchanged(self, request: HttpRequest, path: str) -> bytes | SourceError:
        account, seconds = self._account, self._account.limits.deadline_seconds
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await exchange(account.http, request, path, now=account.timing.now, attempt=1)
        return DeadlineExceededError("sevdesk took too long to answer a write", seconds=seconds, path=path)

    def _decoded(self, path: str, body: bytes, answer: type[T]) -> T | SourceError:
        failure = refusal(path, 200, body, attempt=1)
        if failure is not None:
            return without_token(failure, self._headers)
        try:
            return msgspec.json.decode(body, type=Bare[answer], strict=False).objects  # type: ignore[valid-type]
        except UNDECODABLE as error:
            return unreadable(path, body, error)
