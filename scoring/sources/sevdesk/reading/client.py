"""Reads what a decision needs of one account, in parallel, within one deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
import structlog

from features.ledger import Resource
from scoring.base.secrets import Secret
from scoring.sources.bank_lines.recognition import NOTHING_ADDED, LineKnowledge
from scoring.sources.errors import (
    CredentialRejectedError,
    DeadlineExceededError,
    SourceError,
)
from scoring.sources.http import HttpClient, Params
from scoring.sources.observer import Observer, Unobserved
from scoring.sources.sevdesk.reading.books import read_books
from scoring.sources.sevdesk.reading.lists import Identified, Reader
from scoring.sources.sevdesk.transport.connection import RequestLimits, SevdeskTransport, TimeSource
from scoring.sources.sevdesk.transport.rate_limiter import TokenStates
from scoring.sources.sevdesk.words import records
from scoring.sources.sevdesk.words.fetched import Fetched

_log = structlog.get_logger("scoring.sevdesk")
_VERSION = msgspec.json.Decoder(records.Bare[records.SystemVersion], strict=False)

T = TypeVar("T")
R = TypeVar("R", bound=Identified)


class SevdeskClient:
    """Reads one account. Clients that share token states share the rate limit of each token.

    Args:
        http: Of the process.
        base_url: Such as ``https://my.sevdesk.de/api/v1``.
        token: Of the account.
        limits: Bounds on time, parallelism and data.
        timing: Clock, sleep and randomness.
        observer: Watches every call.
        token_states: Of the process; without them the client has a rate limit of its own.

    Raises:
        ValueError: The base address is not an absolute http address without credentials.
    """

    def __init__(
        self,
        http: HttpClient,
        base_url: str,
        token: Secret,
        *,
        limits: RequestLimits | None = None,
        timing: TimeSource | None = None,
        observer: Observer | None = None,
        token_states: TokenStates | None = None,
    ) -> None:
        url = urlsplit(base_url)
        if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc or url.query or url.fragment:
            raise ValueError("the base address of sevdesk must look like https://my.sevdesk.de/api/v1")
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._limits = limits or RequestLimits()
        self._timing = timing or TimeSource()
        self._observer = observer or Unobserved()
        self._token_states = token_states or TokenStates(self._timing.clock, self._limits.requests_at_once)

    async def check_token(self) -> str:
        """Version of the account's bookkeeping system, ``1.0`` or ``2.0``: the cheapest proof that a token works.

        Raises:
            SourceError: As ``fetch``.
        """
        return (await self.value("Tools/bookkeepingSystemVersion", {}, _VERSION)).version

    async def value(self, path: str, params: dict[str, str], decoder: msgspec.json.Decoder[records.Bare[T]]) -> T:
        """A single value.

        Raises:
            SourceError: As ``fetch``.
        """

        async def read(reader: Reader) -> T:
            return await reader.value(path, params, decoder)

        return await self._within_deadline(read)

    async def list_all(
        self, resource: str, record: type[R], filters: Params | None = None, *, takes_offset: bool = True
    ) -> list[R]:
        """All objects of a list, each once. sevdesk ignores filters that it does not know: check the result.

        Args:
            resource: The path of the list.
            record: The record type of one object.
            filters: The query.
            takes_offset: See ``Reader.all``.

        Raises:
            SourceError: As ``fetch``.
        """

        async def read(reader: Reader) -> list[R]:
            return await reader.all(resource, record, filters or {}, takes_offset=takes_offset)

        return await self._within_deadline(read)

    async def fetch(
        self,
        resources: frozenset[Resource],
        *,
        fetched_on: date,
        since: date | None = None,
        knowledge: LineKnowledge = NOTHING_ADDED,
        optional: frozenset[Resource] = frozenset(),
    ) -> Fetched:
        """Read the resources of a plan, and what has to be read for them, see ``read_along``.

        Accounts are always read, for the check of the payout account.

        Args:
            resources: The fetch plan.
            fetched_on: Today, as a day in Berlin; balances are those of its end.
            since: First day that the plan looks at: of older documents only those still open are read, of older bank
                lines none; reminders and the payment log are read whole. Without it everything is read.
            knowledge: What the lender adds to the recognition of bank lines.
            optional: As ``BookSource.read``.

        Raises:
            CredentialRejectedError: The token is not accepted (``AccessDeniedError``: may not do this).
            RateLimitedError: Too many requests, still after the retries.
            SourceUnavailableError: No connection or 5xx, still after the retries.
            DeadlineExceededError: It took longer than ``limits.deadline_seconds``.
            InconsistentAnswerError: A list kept disagreeing with its total.
            UnexpectedAnswerError: An answer cannot be read.
            InvalidRequestError: sevdesk refused a request.
        """
        state = self._token_states.of(self._token)

        async def read(reader: Reader) -> Fetched:
            return await read_books(
                reader,
                resources,
                limits=self._limits,
                state=state,
                fetched_on=fetched_on,
                since=since,
                knowledge=knowledge,
                optional=optional,
            )

        fetched = await self._within_deadline(read)
        _log.info("sevdesk_fetched", **_counts(fetched))
        return fetched

    async def _within_deadline(self, work: Callable[[Reader], Awaitable[T]]) -> T:
        seconds = self._limits.deadline_seconds
        connection = SevdeskTransport(
            self._http,
            self._base_url,
            self._token,
            limits=self._limits,
            timing=self._timing,
            token_states=self._token_states,
            ends_at=self._timing.clock() + seconds,
            observer=self._observer,
        )
        failure: Exception
        try:
            async with asyncio.timeout(seconds):
                return await work(Reader(connection, self._limits, self._timing))
        except TimeoutError:
            failure = DeadlineExceededError("sevdesk took too long to read; try later", seconds=seconds)
        except ExceptionGroup as failures:
            failure = _weightiest(failures)
        raise failure  # outside of the handler: no group hangs on as context


def _weightiest(group: ExceptionGroup[Exception]) -> Exception:
    # Several calls can fail at once. A fault of ours comes first, then a rejected token: to try again helps neither.
    leaves = [_weightiest(error) if isinstance(error, ExceptionGroup) else error for error in group.exceptions]
    faults = [error for error in leaves if not isinstance(error, SourceError)]
    rejected = [error for error in leaves if isinstance(error, CredentialRejectedError)]
    return (faults or rejected or leaves)[0]


def _counts(fetched: Fetched) -> dict[str, int | bool]:
    frames = ("invoices", "reminders", "credit_notes", "vouchers", "accounts", "transactions", "set_aside")
    counts: dict[str, int | bool] = {name: getattr(fetched, name).height for name in frames}
    return {
        **counts,
        "positions": 0 if fetched.positions is None else fetched.positions.height,
        "read_as_empty": fetched.read_as_empty,
        "has_payment_log": fetched.payment_log is not None,
    }
