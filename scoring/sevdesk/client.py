"""Everything that a decision needs of one account, read in parallel within one deadline."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar

import anyio
import httpx
import msgspec
import polars as pl
import structlog

from features.ledger import Resource
from scoring.sevdesk import pages, records, window
from scoring.sevdesk.cash import cash_accounts
from scoring.sevdesk.connection import Connection, Limits, Params, Timing
from scoring.sevdesk.errors import (
    DeadlineExceededError,
    InconsistentAnswerError,
    InvalidRequestError,
    NotFoundError,
    PlanLacksApiError,
    SevdeskError,
    TokenRejectedError,
)
from scoring.sevdesk.lists import Identified, Reader
from scoring.sevdesk.memory import Cache, Memory
from scoring.sevdesk.observer import Observer, Unobserved
from scoring.sevdesk.pages import Table
from scoring.sevdesk.pool import close_orphans
from scoring.sevdesk.together import Outcome, begin
from scoring.sevdesk.token import Token

LOG_UNAVAILABLE = "payment_log_unavailable"
"""Note: the list of the payment log is not documented, and this account does not serve it."""
BALANCE_UNAVAILABLE = "balance_unavailable"
"""Note: an account has no balance."""

_log = structlog.get_logger("scoring.sevdesk")
_BALANCE = msgspec.json.Decoder(records.Bare[records.Money | None], strict=False)
_VERSION = msgspec.json.Decoder(records.Bare[records.SystemVersion], strict=False)

_LOG_REFUSALS = (403, 404, 405)
_LASTING = ("StaticCountry", "SevClient")

T = TypeVar("T")
R = TypeVar("R", bound=Identified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What was read, in the typed columns of ``pages``; what was not asked for is empty."""

    resources: frozenset[Resource]
    """What was asked for; more may have been read, because the edge needs it."""
    invoices: pl.DataFrame
    reminders: pl.DataFrame
    credit_notes: pl.DataFrame
    vouchers: pl.DataFrame
    accounts: pl.DataFrame
    transactions: pl.DataFrame
    payment_log: pl.DataFrame | None
    """None where it was not asked for or is not served."""
    levels: dict[int, int]
    """Account to its balance at the end of the day of the fetch, in cents."""
    notes: tuple[str, ...]
    parse_seconds: float
    """Own time within the fetch: decoding and typing pages."""


class SevdeskClient:
    """Reads one account. Clients that share a memory keep one pace for each token, however many there are.

    Args:
        http: The pooled client of the process.
        base_url: Such as ``https://my.sevdesk.de/api/v1``.
        token: Of the account.
        limits: Bounds on time, parallelism and data.
        timing: Time and chance.
        observer: Is told what is asked for.
        memory: Of the process; without one the client remembers for itself.

    Raises:
        ValueError: The base address is not an absolute http address without credentials.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        base_url: str,
        token: Token,
        *,
        limits: Limits | None = None,
        timing: Timing | None = None,
        observer: Observer | None = None,
        memory: Memory | None = None,
    ) -> None:
        url = httpx.URL(base_url)
        if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
            raise ValueError("the base address of sevdesk must look like https://my.sevdesk.de/api/v1")
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._limits = limits or Limits()
        self._timing = timing or Timing()
        self._observer = observer or Unobserved()
        self._memory = memory or Memory(self._timing.clock, self._limits.requests_at_once)

    async def check_token(self) -> str:
        """Version of the account's bookkeeping system, ``1.0`` or ``2.0``: the cheapest proof that a token works.

        Raises:
            SevdeskError: As ``fetch``.
        """
        path = "Tools/bookkeepingSystemVersion"

        async def ask(reader: Reader) -> records.SystemVersion:
            return await reader.value(path, {}, _VERSION)

        return (await self._within_deadline(ask)).version

    async def list_all(self, resource: str, record: type[R], filters: Params | None = None) -> list[R]:
        """All objects of a list, each once; sevdesk ignores filters that it does not know, so check the result.

        Countries and the account's own client are answered from memory for a while, see ``memory.LIFETIMES``.

        Raises:
            SevdeskError: As ``fetch``.
        """
        is_lasting = resource in _LASTING and not filters
        cache = self._memory.of(self._token).cache
        held: list[R] | None = cache.get(resource) if is_lasting else None
        if held is not None:
            return held

        async def read(reader: Reader) -> list[R]:
            return await reader.all(resource, record, filters or {})

        found = await self._within_deadline(read)
        if is_lasting:
            cache.put(resource, found)
        return found

    async def fetch(self, resources: frozenset[Resource], *, fetched_on: date, since: date | None = None) -> Fetched:
        """Read what is asked for, and what the edge needs along with it.

        The accounts are always read, for the check of the payout account. The payment log needs transactions,
        balances need transactions.

        Args:
            resources: The fetch plan.
            fetched_on: Today, as a day in Berlin; balances are asked for its end.
            since: First day that the plan looks at: of older documents only those still open are read, of older bank
                lines none; reminders and the payment log are read whole. Without it everything is read.

        Raises:
            TokenRejectedError: The token is not accepted (``PlanLacksApiError``: may not do this).
            RateLimitedError: Too many requests, still after the retries.
            SevdeskUnavailableError: No connection or 5xx, still after the retries.
            DeadlineExceededError: It took longer than ``limits.deadline_seconds``.
            InconsistentAnswerError: A list kept disagreeing with its total.
            UnexpectedAnswerError: An answer cannot be read.
            InvalidRequestError: sevdesk refused a request.
        """

        async def read(reader: Reader) -> Fetched:
            return await _books(reader, resources, fetched_on, since, self._memory.of(self._token).cache)

        fetched = await self._within_deadline(read)
        _log.info("sevdesk_fetched", **_counts(fetched))
        return fetched

    async def _within_deadline(self, work: Callable[[Reader], Awaitable[T]]) -> T:
        seconds = self._limits.deadline_seconds
        connection = Connection(
            self._http,
            self._base_url,
            self._token,
            limits=self._limits,
            timing=self._timing,
            memory=self._memory,
            ends_at=self._timing.clock() + seconds,
            observer=self._observer,
        )
        failure: Exception
        reader = Reader(connection, self._limits, self._timing)
        is_done = False
        try:
            with anyio.move_on_after(seconds):
                # In a group even where it is one call: a caller who hangs up cancels the group, which spares clean-up.
                async with anyio.create_task_group() as group:
                    outcome = begin(group, partial(work, reader))
                is_done = True
                return outcome.value
            failure = DeadlineExceededError("sevdesk took too long to read; try later", seconds=seconds)
        except ExceptionGroup as failures:
            failure = _weightiest(failures)
        finally:
            if not is_done:
                await close_orphans(self._http, self._base_url)
        # Outside of the handler: no group hangs on as context.
        raise failure


def _weightiest(group: ExceptionGroup[Exception]) -> Exception:
    leaves = [_weightiest(error) if isinstance(error, ExceptionGroup) else error for error in group.exceptions]
    faults = [error for error in leaves if not isinstance(error, SevdeskError)]
    rejected = [error for error in leaves if isinstance(error, TokenRejectedError)]
    return (faults or rejected or leaves)[0]


def read_along(resources: frozenset[Resource]) -> frozenset[Resource]:
    """What is read when these are asked for: accounts always, transactions with balances and with the payment log."""
    needs_transactions = not resources.isdisjoint({Resource.PAYMENT_LOG, Resource.BALANCES})
    along = {Resource.ACCOUNTS, Resource.TRANSACTIONS} if needs_transactions else {Resource.ACCOUNTS}
    return resources | along


async def _books(
    reader: Reader, resources: frozenset[Resource], fetched_on: date, since: date | None, cache: Cache
) -> Fetched:
    log_asked, balances_asked = Resource.PAYMENT_LOG in resources, Resource.BALANCES in resources
    asked = read_along(resources)
    async with anyio.create_task_group() as group:

        def documents(table: Table, resource: Resource) -> Outcome[pl.DataFrame]:
            return frame(table, resource, partial(window.documents, reader, table, since))

        def frame(
            table: Table, resource: Resource, read: Callable[[], Awaitable[pl.DataFrame]]
        ) -> Outcome[pl.DataFrame]:
            return begin(group, read if resource in asked else partial(_empty, table))

        accounts = begin(group, partial(_accounts, reader, fetched_on, cache, with_levels=balances_asked))
        invoices = documents(pages.INVOICE, Resource.INVOICES)
        reminders = frame(
            pages.INVOICE, Resource.REMINDERS, partial(reader.frame, pages.INVOICE, {"invoiceType": "MA"})
        )
        credit_notes = documents(pages.CREDIT_NOTE, Resource.CREDIT_NOTES)
        vouchers = documents(pages.VOUCHER, Resource.VOUCHERS)
        transactions = frame(
            pages.CHECK_ACCOUNT_TRANSACTION, Resource.TRANSACTIONS, partial(window.bank_lines, reader, since)
        )
        log = begin(group, partial(_payment_log, reader)) if log_asked else None
    account_frame, levels, is_level_missing = accounts.value
    payment_log = log.value if log else None
    notes = {LOG_UNAVAILABLE: log_asked and payment_log is None, BALANCE_UNAVAILABLE: is_level_missing}
    return Fetched(
        resources=resources,
        invoices=invoices.value,
        reminders=reminders.value,
        credit_notes=credit_notes.value,
        vouchers=vouchers.value,
        accounts=account_frame,
        transactions=transactions.value,
        payment_log=payment_log,
        levels=levels,
        notes=tuple(note for note, holds in notes.items() if holds),
        parse_seconds=reader.parse_seconds,
    )


async def _empty(table: Table) -> pl.DataFrame:
    return table.empty


async def _payment_log(reader: Reader) -> pl.DataFrame | None:
    try:
        return await reader.frame(pages.CHECK_ACCOUNT_TRANSACTION_LOG, {})
    except (PlanLacksApiError, InvalidRequestError) as error:
        if error.status_code in _LOG_REFUSALS or isinstance(error, NotFoundError):
            return None
        raise


async def _accounts(
    reader: Reader, fetched_on: date, cache: Cache, *, with_levels: bool
) -> tuple[pl.DataFrame, dict[int, int], bool]:
    """Accounts, levels in cents by account, and whether an account has none.

    Levels are asked for along with the accounts, where it is remembered which there were; what is new or was not
    answered is asked for afterwards.
    """
    if not with_levels:
        return await reader.frame(pages.CHECK_ACCOUNT, {}), {}, False
    remembered: tuple[int, ...] = cache.get(pages.CHECK_ACCOUNT.resource) or ()
    async with anyio.create_task_group() as group:
        listed = begin(group, partial(reader.frame, pages.CHECK_ACCOUNT, {}))
        early = {account: begin(group, partial(_level_if_there, reader, account, fetched_on)) for account in remembered}
    cash = cash_accounts(listed.value)
    cache.put(pages.CHECK_ACCOUNT.resource, tuple(cash))
    found = {account: early[account].value for account in cash if account in early}
    async with anyio.create_task_group() as group:
        late = {
            account: begin(group, partial(_level_of_listed, reader, account, fetched_on))
            for account in cash
            if found.get(account) is None
        }
    levels = found | {account: outcome.value for account, outcome in late.items()}
    known = {account: level for account, level in levels.items() if level is not None}
    return listed.value, known, len(known) < len(levels)


async def _level_of_listed(reader: Reader, account: int, on: date) -> int | None:
    """The level of an account that was in the list a moment ago."""
    failure: NotFoundError
    try:
        return await _level(reader, account, on)
    except NotFoundError as error:
        failure = error
    raise InconsistentAnswerError(
        "an account was deleted while the books were read; try later",
        total=1,
        counted=0,
        path=failure.path,
        status_code=failure.status_code,
    )


async def _level_if_there(reader: Reader, account: int, on: date) -> int | None:
    """The level of an account that may have been deleted."""
    try:
        return await _level(reader, account, on)
    except InvalidRequestError:
        return None


async def _level(reader: Reader, account: int, on: date) -> int | None:
    euro = await reader.value(f"CheckAccount/{account}/getBalanceAtDate", {"date": on.isoformat()}, _BALANCE)
    return None if euro is None else pages.exact_cents(euro)


def _counts(fetched: Fetched) -> dict[str, int | bool]:
    frames = ("invoices", "reminders", "credit_notes", "vouchers", "accounts", "transactions")
    counts: dict[str, int | bool] = {name: getattr(fetched, name).height for name in frames}
    return {**counts, "has_payment_log": fetched.payment_log is not None}
