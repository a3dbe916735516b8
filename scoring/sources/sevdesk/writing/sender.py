"""Sends what changes an account: once, whatever becomes of it."""

from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
import httpx
import msgspec

from scoring.sources.errors import DeadlineExceededError, RateLimitedError, SourceError
from scoring.sources.sevdesk.transport.answers import refusal
from scoring.sources.sevdesk.transport.connection import RequestLimits, TimeSource
from scoring.sources.sevdesk.transport.exchange import exchange, without_token
from scoring.sources.sevdesk.transport.memory import Memory
from scoring.sources.sevdesk.transport.pace import is_refusal
from scoring.sources.sevdesk.transport.pool import close_orphans
from scoring.sources.sevdesk.words.pages import unreadable
from scoring.sources.sevdesk.words.records import Bare
from scoring.sources.sevdesk.words.token import Token

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where one account is asked and changed.

    Args:
        http: The pooled client of the process.
        base_url: Such as ``https://my.sevdesk.de/api/v1``, without a slash at its end.
        token: Of the account.
        limits: Bounds on time and data.
        timing: Time and chance.
        memory: Holds the pace that reads and writes with the same token share.
    """

    http: httpx.AsyncClient
    base_url: str
    token: Token
    limits: RequestLimits
    timing: TimeSource
    memory: Memory


class Sender:
    """POST and PUT of one account. Nothing is sent twice: an error does not prove that nothing was written."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def json(self, method: str, path: str, content: Any, answer: type[T]) -> T:  # noqa: ANN401  any JSON
        """Send a JSON body.

        Raises:
            SourceError: Whatever came of it is not an answer of the documented shape.
        """
        body = msgspec.json.encode(content)
        return await self._sent(method, path, answer, {"Content-Type": "application/json"}, content=body)

    async def file(self, path: str, name: str, content: bytes, answer: type[T]) -> T:
        """Send a PDF as the form field ``file``.

        Raises:
            SourceError: As ``json``.
        """
        return await self._sent("POST", path, answer, {}, files={"file": (name, content, "application/pdf")})

    async def _sent(self, method: str, path: str, answer: type[T], headers: dict[str, str], **content: Any) -> T:  # noqa: ANN401  of httpx
        account = self._account
        pace, clock = account.memory.of(account.token).pace, account.timing.clock
        if (withheld := pace.withheld(clock())) is not None:
            raise withheld
        request = httpx.Request(
            method,
            f"{account.base_url}/{path}",
            headers={
                "Authorization": account.token.reveal(),
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": "hauptbuch/0.2 (loan decisions, write back)",
                **headers,
            },
            extensions={"timeout": httpx.Timeout(account.limits.request_seconds).as_dict()},
            **content,
        )
        began = clock()
        async with pace.slots:
            body = await self._exchanged(request, path)
        result = body if isinstance(body, SourceError) else self._decoded(path, body, answer)
        if not isinstance(result, SourceError):
            pace.accepted()
            return result
        if isinstance(result, RateLimitedError):
            pace.limited(began=began, now=clock(), asked=result.retry_after)
        if is_refusal(result):
            pace.refused(result, clock())
        raise result

    async def _exchanged(self, request: httpx.Request, path: str) -> bytes | SourceError:
        account, seconds = self._account, self._account.limits.deadline_seconds
        with anyio.move_on_after(seconds):
            return await exchange(
                account.http,
                request,
                path,
                page_bytes=account.limits.page_bytes,
                now=account.timing.now,
                attempt=1,
            )
        await close_orphans(account.http, account.base_url)
        return DeadlineExceededError("sevdesk took too long to answer a write", seconds=seconds, path=path)

    def _decoded(self, path: str, body: bytes, answer: type[T]) -> T | SourceError:
        failure = refusal(path, 200, body, attempt=1)
        if failure is not None:
            return without_token(failure, self._account.token.reveal())
        try:
            return msgspec.json.decode(body, type=Bare[answer], strict=False).objects  # type: ignore[valid-type]
        except msgspec.DecodeError as error:
            return unreadable(path, body, error)
