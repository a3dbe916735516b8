"""Everything that a decision needs of one account, read in parallel within one deadline."""

import asyncio
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
from scoring.sevdesk import pages, records
from scoring.sevdesk.cash import cash_accounts
from scoring.sevdesk.connection import Connection, Limits, Timing
from scoring.sevdesk.errors import (
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    PlanLacksApiError,
    SevdeskError,
    TokenRejectedError,
)
from scoring.sevdesk.lists import Identified, Reader
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
    """Reads one account. Keep one per token, so that the bound on parallel requests holds for the token.

    Args:
        http: The pooled client of the process.
        base_url: Such as ``https://my.sevdesk.de/api/v1``.
        token: Of the account.
        limits: Bounds on time, parallelism and data.
        timing: Time and chance.
        observer: Is told what is asked for.

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
        self._slots = asyncio.Semaphore(self._limits.requests_at_once)

    async def check_token(self) -> str:
        """Version of the account's bookkeeping system, ``1.0`` or ``2.0``: the cheapest proof that a token works.

        Raises:
            SevdeskError: As ``fetch``.
        """
        path = "Tools/bookkeepingSystemVersion"

        async def ask(reader: Reader) -> records.SystemVersion:
            return await reader.value(path, {}, _VERSION)

        return (await self._within_deadline(ask)).version

    async def list_all(self, resource: str, record: type[R], filters: dict[str, str] | None = None) -> list[R]:
        """All objects of a list, each once; sevdesk ignores filters that it does not know, so check the result.

        Raises:
            SevdeskError: As ``fetch``.
        """

        async def read(reader: Reader) -> list[R]:
            return await reader.all(resource, record, filters or {})

        return await self._within_deadline(read)

    async def fetch(self, resources: frozenset[Resource], *, fetched_on: date) -> Fetched:
        """Read what is asked for, and what the edge needs along with it.

        The accounts are always read, for the check of the payout account. The payment log needs transactions,
        balances need transactions.

        Args:
            resources: The fetch plan.
            fetched_on: Today, as a day in Berlin; balances are asked for its end.

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
            return await _books(reader, resources, fetched_on)

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
            slots=self._slots,
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


async def _books(reader: Reader, resources: frozenset[Resource], fetched_on: date) -> Fetched:
    log_asked, balances_asked = Resource.PAYMENT_LOG in resources, Resource.BALANCES in resources
    async with anyio.create_task_group() as group:

        def frame(table: Table, *, needed: bool, **filters: str) -> Outcome[pl.DataFrame]:
            return begin(group, partial(_frame, reader, table, filters, needed=needed))

        accounts = begin(group, partial(_accounts, reader, fetched_on, with_levels=balances_asked))
        invoices = frame(pages.INVOICE, needed=Resource.INVOICES in resources)
        reminders = frame(pages.INVOICE, needed=Resource.REMINDERS in resources, invoiceType="MA")
        credit_notes = frame(pages.CREDIT_NOTE, needed=Resource.CREDIT_NOTES in resources)
        vouchers = frame(pages.VOUCHER, needed=Resource.VOUCHERS in resources)
        transactions = frame(pages.CHECK_ACCOUNT_TRANSACTION, needed=Resource.TRANSACTIONS in read_along(resources))
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


async def _frame(reader: Reader, table: Table, filters: dict[str, str], *, needed: bool) -> pl.DataFrame:
    return await reader.frame(table, filters) if needed else table.empty


async def _payment_log(reader: Reader) -> pl.DataFrame | None:
    try:
        return await reader.frame(pages.CHECK_ACCOUNT_TRANSACTION_LOG, {})
    except (PlanLacksApiError, InvalidRequestError) as error:
        if error.status_code in _LOG_REFUSALS or isinstance(error, NotFoundError):
            return None
        raise


async def _accounts(
    reader: Reader, fetched_on: date, *, with_levels: bool
) -> tuple[pl.DataFrame, dict[int, int], bool]:
    """Accounts, levels in cents by account, and whether an account has none."""
    frame = await reader.frame(pages.CHECK_ACCOUNT, {})
    cash = cash_accounts(frame) if with_levels else []
    async with anyio.create_task_group() as group:
        asked = {account: begin(group, partial(_level, reader, account, fetched_on)) for account in cash}
    levels = {account: outcome.value for account, outcome in asked.items()}
    known = {account: level for account, level in levels.items() if level is not None}
    return frame, known, len(known) < len(levels)


async def _level(reader: Reader, account: int, on: date) -> int | None:
    euro = await reader.value(f"CheckAccount/{account}/getBalanceAtDate", {"date": on.isoformat()}, _BALANCE)
    return None if euro is None else pages.exact_cents(euro)


def _counts(fetched: Fetched) -> dict[str, int | bool]:
    frames = ("invoices", "reminders", "credit_notes", "vouchers", "accounts", "transactions")
    counts: dict[str, int | bool] = {name: getattr(fetched, name).height for name in frames}
    return {**counts, "has_payment_log": fetched.payment_log is not None}
