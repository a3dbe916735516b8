"""Reads the books of one account, as far as a plan needs them."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

import msgspec
import polars as pl

from features.ledger import BANK_DATA, Resource
from scoring.base.identifiers import BERLIN
from scoring.sources.bank_lines.recognition import NOTHING_ADDED, LineKnowledge
from scoring.sources.errors import InconsistentAnswerError, InvalidRequestError, NotFoundError
from scoring.sources.sevdesk.ledger.cash import cash_accounts
from scoring.sources.sevdesk.ledger.documents import IS_LIVE, IS_SALE, IS_SENT, IS_VALID
from scoring.sources.sevdesk.reading.document_logs import DocumentLogs, document_logs, documents_by_claim
from scoring.sources.sevdesk.reading.lists import Reader, unless_refused
from scoring.sources.sevdesk.reading.positions import of_facts, read_positions
from scoring.sources.sevdesk.reading.set_aside import Judge
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.transport.rate_limiter import TokenState
from scoring.sources.sevdesk.words import pages, records
from scoring.sources.sevdesk.words.fetched import (
    BALANCE_UNAVAILABLE,
    LOG_BY_DOCUMENT,
    LOG_PARTIAL,
    LOG_UNAVAILABLE,
    POSITIONS_REFUSED,
    READ_AS_EMPTY,
    SET_ASIDE_NOTE,
    Fetched,
)
from scoring.sources.sevdesk.words.lenient import UNDECODABLE
from scoring.sources.sevdesk.words.pages import Table

_ANSWER = msgspec.json.Decoder(records.Bare[msgspec.Raw], strict=False)
_BALANCE = msgspec.json.Decoder(records.Money | None, strict=False)


def read_along(resources: frozenset[Resource]) -> frozenset[Resource]:
    """What has to be read for these: accounts for all bank data, transactions for balances and for the payment log.

    Where no bank data is asked for, nothing of an account is read: the law may forbid it.
    """
    if resources.isdisjoint(BANK_DATA):
        return resources
    needs_transactions = not resources.isdisjoint({Resource.PAYMENT_LOG, Resource.BALANCES})
    along = {Resource.ACCOUNTS, Resource.TRANSACTIONS} if needs_transactions else {Resource.ACCOUNTS}
    return resources | along


async def read_books(  # noqa: PLR0913  each is named by its caller
    reader: Reader,
    resources: frozenset[Resource],
    *,
    limits: RequestLimits,
    state: TokenState,
    fetched_on: date,
    since: date | None,
    knowledge: LineKnowledge = NOTHING_ADDED,
    optional: frozenset[Resource] = frozenset(),
) -> Fetched:
    """Read all lists of a plan at the same time.

    Args:
        reader: Of the account.
        resources: The fetch plan; see ``read_along``.
        limits: The budget of a payment log that is read document by document.
        state: Of the token.
        fetched_on: Balances are read for the end of this day.
        since: First day that the plan looks at, none for everything.
        knowledge: What the lender adds to the recognition of bank lines.
        optional: As ``BookSource.read``.

    Raises:
        SourceError: As ``SevdeskClient.fetch``.
    """
    log_asked, balances_asked = Resource.PAYMENT_LOG in resources, Resource.BALANCES in resources
    is_recognised = Resource.RECOGNITION in resources
    asked = read_along(resources)
    async with asyncio.TaskGroup() as group:

        def listed(
            table: Table, resource: Resource, read: Callable[[], Coroutine[Any, Any, pl.DataFrame]]
        ) -> asyncio.Task[pl.DataFrame]:
            return group.create_task(read() if resource in asked else _empty(table))

        def documents(table: Table, resource: Resource) -> asyncio.Task[pl.DataFrame]:
            return listed(table, resource, lambda: read_documents(reader, table, since))

        accounts = group.create_task(
            _accounts(reader, fetched_on, state, with_levels=balances_asked)
            if Resource.ACCOUNTS in asked
            else _no_accounts()
        )
        is_marked, is_taxed = Resource.MARKS in resources, Resource.TAXES in resources
        of_invoices = pages.TAXED_INVOICE if is_taxed else pages.INVOICE
        of_vouchers = pages.TAXED_VOUCHER if is_taxed else pages.VOUCHER
        of_notes = pages.TAXED_CREDIT_NOTE if is_taxed else pages.CREDIT_NOTE
        invoices = documents(pages.MARKED_INVOICE if is_marked else of_invoices, Resource.INVOICES)
        reminders = listed(
            pages.INVOICE, Resource.REMINDERS, lambda: reader.frame(pages.INVOICE, {"invoiceType": "MA"})
        )
        credit_notes = documents(of_notes, Resource.CREDIT_NOTES)
        vouchers = documents(pages.MARKED_VOUCHER if is_marked else of_vouchers, Resource.VOUCHERS)
        lines = pages.recognised_transaction(knowledge) if is_recognised else pages.CHECK_ACCOUNT_TRANSACTION
        transactions = listed(lines, Resource.TRANSACTIONS, lambda: read_bank_lines(reader, lines, since))
        log = group.create_task(_payment_log(reader)) if log_asked else None
        listed_positions = (
            group.create_task(
                read_positions(reader, _with_positions(resources), is_optional=Resource.POSITIONS in optional)
            )
            if Resource.POSITIONS in resources
            else None
        )
    account_frame, levels, is_level_missing = accounts.result()
    judge = Judge(fetched_on)
    frames = {
        "invoices": judge.invoices(invoices.result()),
        "reminders": judge.reminders(reminders.result()),
        "credit_notes": judge.credit_notes(credit_notes.result()),
        "vouchers": judge.vouchers(vouchers.result()),
        "accounts": account_frame.drop("unread"),
        "transactions": transactions.result().drop("unread"),
    }
    # Read along for less than that, accounts and lines are no facts themselves.
    if not resources.isdisjoint({Resource.ACCOUNTS, Resource.TRANSACTIONS, Resource.BALANCES, Resource.RECOGNITION}):
        frames["accounts"] = judge.accounts(account_frame)
    if not resources.isdisjoint({Resource.TRANSACTIONS, Resource.BALANCES, Resource.RECOGNITION}):
        frames["transactions"] = judge.bank_lines(transactions.result(), cash_accounts(frames["accounts"]))
    payment_log, is_log_complete = log.result() if log else None, log_asked
    by_document: DocumentLogs | None = None
    # Only now is it known which documents can have entries.
    if log_asked and payment_log is None:
        claims = documents_by_claim(frames["invoices"], frames["credit_notes"], frames["vouchers"])
        by_document = await document_logs(reader, limits, claims)
        payment_log = by_document.entries if by_document else None
        is_log_complete = by_document is not None and by_document.is_complete
    if payment_log is not None:
        payment_log = judge.log_entries(payment_log, _facts(frames), _dated(frames))
    positions = None if listed_positions is None else listed_positions.result()
    notes = {
        LOG_UNAVAILABLE: log_asked and payment_log is None,
        LOG_BY_DOCUMENT: by_document is not None and by_document.is_complete,
        LOG_PARTIAL: by_document is not None and not by_document.is_complete,
        BALANCE_UNAVAILABLE: is_level_missing,
        SET_ASIDE_NOTE: judge.set_aside.height > 0,
        READ_AS_EMPTY: judge.read_as_empty > 0,
        POSITIONS_REFUSED: listed_positions is not None and positions is None,
    }
    return Fetched(
        resources=resources,
        **frames,
        positions=None if positions is None else of_facts(positions, _facts(frames)),
        payment_log=payment_log,
        is_log_complete=is_log_complete,
        bank_rules=knowledge.digest if is_recognised else None,
        levels=levels,
        set_aside=judge.set_aside,
        read_as_empty=judge.read_as_empty,
        notes=tuple(note for note, holds in notes.items() if holds),
        parse_seconds=reader.parse_seconds,
    )


_DOCUMENTS: Mapping[Resource, str] = MappingProxyType(
    {Resource.INVOICES: "Invoice", Resource.CREDIT_NOTES: "CreditNote", Resource.VOUCHERS: "Voucher"}
)


def _with_positions(resources: frozenset[Resource]) -> frozenset[str]:
    """The documents of a plan whose positions are read: no more than the documents themselves."""
    return frozenset(name for resource, name in _DOCUMENTS.items() if resource in resources)


def _facts(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.Series]:
    """Resource to the ids of the documents that are facts."""
    return {
        "Invoice": frames["invoices"].filter(IS_SALE)["id"],
        "CreditNote": frames["credit_notes"].filter(IS_SENT)["id"],
        "Voucher": frames["vouchers"].filter(IS_VALID)["id"],
    }


def _dated(frames: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Ids of the bank lines, of accounts in the books, that say when they happened, or need not: those booked off."""
    accounts = frames["accounts"]
    offline = accounts.filter(pl.col("kind") == "offline")["id"]
    is_dated = pl.col("value_on").is_not_null() & pl.col("account").is_in(accounts["id"].implode())
    is_dated |= pl.col("account").is_in(offline.implode())
    return frames["transactions"].filter(IS_LIVE & is_dated)["id"]


async def _empty(table: Table) -> pl.DataFrame:
    return table.empty


async def _payment_log(reader: Reader) -> pl.DataFrame | None:
    return await unless_refused(reader.frame(pages.CHECK_ACCOUNT_TRANSACTION_LOG, {}))  # it is not documented


async def _no_accounts() -> tuple[pl.DataFrame, dict[int, int], bool]:
    return pages.CHECK_ACCOUNT.empty, {}, False


async def _accounts(
    reader: Reader, fetched_on: date, state: TokenState, *, with_levels: bool
) -> tuple[pl.DataFrame, dict[int, int], bool]:
    """Accounts, levels in cents by account, and whether an account has none.

    Where the cash accounts are remembered, their levels are read at the same time as the list of accounts, which saves
    a round trip. Levels of new accounts are read afterwards.
    """
    if not with_levels:
        return await reader.frame(pages.CHECK_ACCOUNT, {}), {}, False
    remembered = state.cash_accounts
    async with asyncio.TaskGroup() as group:
        listed = group.create_task(reader.frame(pages.CHECK_ACCOUNT, {}))
        early = {account: group.create_task(_level_if_there(reader, account, fetched_on)) for account in remembered}
    # Accounts that were deleted meanwhile are dropped here: the list decides.
    frame = listed.result()
    cash = cash_accounts(frame)
    state.remember_cash_accounts(cash)
    levels = {account: early[account].result() for account in cash if account in early}
    async with asyncio.TaskGroup() as group:
        late = {
            account: group.create_task(_level_of_listed(reader, account, fetched_on))
            for account in cash
            if levels.get(account) is None
        }
    levels |= {account: task.result() for account, task in late.items()}
    known = {account: level for account, level in levels.items() if level is not None}
    return frame, known, len(known) < len(levels)


async def _level_of_listed(reader: Reader, account: int, on: date) -> int | None:
    """The level of an account that was in the list a moment ago."""
    # The list had it a moment ago, so the books are being changed: to try again helps.
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
    answer = await reader.value(f"CheckAccount/{account}/getBalanceAtDate", {"date": on.isoformat()}, _ANSWER)
    try:
        euro = _BALANCE.decode(answer)
    except UNDECODABLE:
        return None  # as where there is none
    return None if euro is None else pages.exact_cents(euro)


ENTRY_DAYS = 92
"""How many days before its value date a bank line may have been entered."""
OPEN: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"Invoice": (200, 750), "CreditNote": (200, 750), "Voucher": (100, 150, 750)}
)
"""Statuses of documents that are not settled. Vouchers of 150 are paid, but their bank line is not there yet."""

_A_DAY = timedelta(days=1)


async def read_documents(reader: Reader, table: Table, since: date | None) -> pl.DataFrame:
    """Documents issued on or after a day, and those still open.

    Raises:
        SourceError: As ``SevdeskClient.fetch``.
    """
    if since is None:
        return await reader.frame(table, {})
    statuses = OPEN[table.resource]
    # Each query reaches a day further than needed; what is too much is dropped below.
    still_open = {"endDate": _midnight(since + _A_DAY), "status[]": [str(status) for status in statuses]}
    async with asyncio.TaskGroup() as group:
        dated = group.create_task(reader.frame(table, {"startDate": _midnight(since - _A_DAY)}))
        older = group.create_task(reader.frame(table, still_open))
    found, older_ones = dated.result(), older.result()
    # Without old open documents the frame stays as it is.
    if older_ones.height:
        found = pl.concat([found, older_ones]).unique("id", keep="first", maintain_order=True)
    return _kept(found, "issued_on", since, pl.col("status").is_in(statuses))


async def read_bank_lines(reader: Reader, table: Table, since: date | None) -> pl.DataFrame:
    """Lines of all accounts with a value date on or after a day.

    Args:
        reader: Of the account.
        table: How lines are read: for recognition, or without.
        since: First day, none for everything.

    Raises:
        SourceError: As ``SevdeskClient.fetch``.
    """
    if since is None:
        return await reader.frame(table, {})
    lines = await reader.frame(table, {"startDate": _midnight(since - timedelta(days=ENTRY_DAYS))})
    return _kept(lines, "value_on", since, pl.lit(value=False))


def _kept(found: pl.DataFrame, column: str, since: date, is_kept_anyway: pl.Expr) -> pl.DataFrame:
    """Rows not before the day. Rows without a day are kept: the ledger names them if they are facts."""
    # Usually the filter of the query worked, and no row has to be dropped.
    first = found[column].min()
    if not isinstance(first, date) or first >= since:
        return found
    return found.filter((pl.col(column) >= since).fill_null(value=True) | is_kept_anyway)


def _midnight(day: date) -> str:
    """The beginning of a day in Berlin, in unix seconds."""
    return str(int(datetime.combine(day, time(), tzinfo=BERLIN).timestamp()))
