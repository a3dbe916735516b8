"""The payment log of single documents, within a budget, for accounts that do not serve it as a list.

Neither way is documented. For documents beyond the budget, payments are taken from the documents' own fields. Partly
paid documents come first, because their own fields say least.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
import polars as pl

from scoring.sources.errors import AccessDeniedError, InconsistentAnswerError, InvalidRequestError, NotFoundError
from scoring.sources.sevdesk.ledger.documents import IS_SALE, IS_SENT, IS_VALID, PAID
from scoring.sources.sevdesk.reading.lists import Reader
from scoring.sources.sevdesk.transport.connection import RequestLimits
from scoring.sources.sevdesk.words import pages, records

Document: TypeAlias = tuple[str, int]
"""Resource and id."""

_AT_A_TIME = 64
"""Documents in one lot; between two lots the time is checked."""
_OBSERVED = "getCheckAccountTransactionLogs"
_PARTLY_PAID = 750
_IS_CANCELLATION = pl.col("type") == "SR"
_CLAIM = (
    pl.when((pl.col("status") == _PARTLY_PAID) | ((pl.col("status") < PAID) & (pl.col("paid_cents") != 0)))
    .then(0)
    .when(pl.col("status") == PAID)
    .then(1)
    .otherwise(2)
    .alias("claim")
)
"""Open documents without a payment come last. They may have entries, too: of a returned debit, for example."""


@dataclass(frozen=True, slots=True)
class DocumentLogs:
    """The part of the log that was read."""

    entries: pl.DataFrame
    """In the columns of ``pages.CHECK_ACCOUNT_TRANSACTION_LOG``."""
    is_complete: bool
    """Whether the budget was enough for all documents."""


async def document_logs(reader: Reader, limits: RequestLimits, documents: list[Document]) -> DocumentLogs | None:
    """The log entries of these documents.

    The first document is read alone: an account that refuses this way, too, then refuses only once.

    Args:
        reader: Of the account.
        limits: The budget, ``log_requests`` and ``log_seconds``.
        documents: From ``documents_by_claim``.

    Returns:
        None where sevdesk refuses, or where there is nothing to ask for.

    Raises:
        SourceError: As ``SevdeskClient.fetch``.
    """
    asked = documents[: limits.log_requests]
    if not asked:
        return None
    until = reader.clock() + limits.log_seconds
    with reader.observing(_OBSERVED):
        found = await _probe(reader, asked[0])
        if found is None:
            return None
        read = 1
        for lot in _lots(asked[1:]):
            if reader.clock() >= until:
                break
            async with asyncio.TaskGroup() as group:
                logs = [group.create_task(_log(reader, document)) for document in lot]
            found.extend(entry for log in logs for entry in log.result())
            read += len(lot)
    # Each entry once, even where two documents list it.
    once = list({entry.id: entry for entry in found}.values())
    return DocumentLogs(pages.CHECK_ACCOUNT_TRANSACTION_LOG.frame(once), read == len(documents))


def documents_by_claim(invoices: pl.DataFrame, credit_notes: pl.DataFrame, vouchers: pl.DataFrame) -> list[Document]:
    """Documents that can have log entries: partly paid ones first, then paid, then open ones; the newest first.

    Args:
        invoices: As fetched.
        credit_notes: As fetched.
        vouchers: As fetched.
    """
    # Cancelled invoices have status 1000, too, but were never paid.
    cancelled = invoices.filter(_IS_CANCELLATION)["origin"].drop_nulls()
    frames = {
        "Invoice": invoices.filter(IS_SALE & ~pl.col("id").is_in(cancelled.implode())),
        # Credit notes do not state what was paid.
        "CreditNote": credit_notes.filter(IS_SENT).with_columns(paid_cents=pl.lit(0, dtype=pl.Int64)),
        "Voucher": vouchers.filter(IS_VALID),
    }
    parts = [frame.select(pl.lit(name).alias("resource"), "id", "issued_on", _CLAIM) for name, frame in frames.items()]
    ordered = pl.concat(parts).sort("claim", "issued_on", "id", descending=[False, True, True], nulls_last=True)
    return list(ordered.select("resource", "id").iter_rows())


def _lots(documents: list[Document]) -> Iterator[list[Document]]:
    for start in range(0, len(documents), _AT_A_TIME):
        yield documents[start : start + _AT_A_TIME]


async def _probe(reader: Reader, document: Document) -> list[records.CheckAccountTransactionLog] | None:
    try:
        return await _entries(reader, document)
    except (AccessDeniedError, InvalidRequestError):
        return None


async def _log(reader: Reader, document: Document) -> list[records.CheckAccountTransactionLog]:
    try:
        return await _entries(reader, document)
    except NotFoundError as error:
        path, status = error.path, error.status_code
    raise InconsistentAnswerError(
        "a document was deleted while the books were read; try later", total=1, counted=0, path=path, status_code=status
    )


async def _entries(reader: Reader, document: Document) -> list[records.CheckAccountTransactionLog]:
    """Its entries; an entry without a document belongs to the one that was read."""
    resource, number = document
    owner = records.Ref(id=number, object_name=resource)
    path = f"{resource}/{number}/getCheckAccountTransactionLogs"
    # Not documented, nor whether it comes in pages.
    entries = await reader.all(path, records.CheckAccountTransactionLog, {}, takes_offset=False)
    named = [entry if entry.object else msgspec.structs.replace(entry, object=owner) for entry in entries]
    return [entry for entry in named if entry.object and (entry.object.object_name, entry.object.id) == document]
