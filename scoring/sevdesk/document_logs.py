"""The payment log one document at a time, for accounts that do not serve it as a list, within a budget of requests.

Both ways are undocumented. What the budget does not reach is left to what the documents say of themselves; part
payments come first, because of these the documents say least.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import anyio
import msgspec
import polars as pl

from scoring.sevdesk import pages, records
from scoring.sevdesk.connection import Limits
from scoring.sevdesk.documents import PAID, SALES
from scoring.sevdesk.errors import InconsistentAnswerError, InvalidRequestError, NotFoundError, PlanLacksApiError
from scoring.sevdesk.lists import Reader
from scoring.sevdesk.together import begin

Document: TypeAlias = tuple[str, int]
"""Resource and id."""

_AT_A_TIME = 64
"""Between two such lots the time is looked at."""
_OBSERVED = "getCheckAccountTransactionLogs"
_PARTLY_PAID = 750
_IS_BOOKED = pl.col("status").is_in([_PARTLY_PAID, PAID])
_IS_STATED = pl.col("paid_cents").fill_null(0) != 0
_IS_CANCELLATION = pl.col("type") == "SR"
_CANDIDATE = ("resource", "id", "status", "issued_on")


@dataclass(frozen=True, slots=True)
class DocumentLogs:
    """What was read of the log."""

    entries: pl.DataFrame
    """In the columns of ``pages.CHECK_ACCOUNT_TRANSACTION_LOG``."""
    is_complete: bool
    """Whether the budget was enough for every document with payments."""


async def document_logs(reader: Reader, limits: Limits, documents: list[Document]) -> DocumentLogs | None:
    """The log entries of these documents.

    One document is asked for alone before the others, so that an account that refuses this way, too, refuses once.

    Args:
        reader: Of the account.
        limits: The budget, ``log_requests`` and ``log_seconds``.
        documents: From ``paid_documents``.

    Returns:
        None where sevdesk refuses, or where there is nothing to ask for.

    Raises:
        SevdeskError: As ``SevdeskClient.fetch``.
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
            async with anyio.create_task_group() as group:
                logs = [begin(group, partial(_log, reader, document)) for document in lot]
            found.extend(entry for log in logs for entry in log.value)
            read += len(lot)
    once = list({entry.id: entry for entry in found}.values())
    return DocumentLogs(pages.CHECK_ACCOUNT_TRANSACTION_LOG.frame(once), read == len(documents))


def paid_documents(invoices: pl.DataFrame, credit_notes: pl.DataFrame, vouchers: pl.DataFrame) -> list[Document]:
    """Resource and id of the documents that can have log entries, in the order of their claim on the budget."""
    cancelled = invoices.filter(_IS_CANCELLATION)["origin"].drop_nulls()
    is_sale = pl.col("type").is_in(SALES) & ~pl.col("id").is_in(cancelled.implode())
    frames = {
        "Invoice": invoices.filter(is_sale & (_IS_BOOKED | _IS_STATED)),
        "CreditNote": credit_notes.filter(_IS_BOOKED),
        "Voucher": vouchers.filter((pl.col("type") == "VOU") & (_IS_BOOKED | _IS_STATED)),
    }
    parts = [frame.with_columns(pl.lit(name).alias("resource")).select(_CANDIDATE) for name, frame in frames.items()]
    order = [pl.col("status") == PAID, pl.col("issued_on"), pl.col("id")]
    ordered = pl.concat(parts).sort(order, descending=[False, True, True], nulls_last=True)
    return list(ordered.select("resource", "id").iter_rows())


def _lots(documents: list[Document]) -> Iterator[list[Document]]:
    for start in range(0, len(documents), _AT_A_TIME):
        yield documents[start : start + _AT_A_TIME]


async def _probe(reader: Reader, document: Document) -> list[records.CheckAccountTransactionLog] | None:
    try:
        return await _entries(reader, document)
    except (PlanLacksApiError, InvalidRequestError):
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
    """Its entries; one that does not say whose it is belongs to the document that was asked for."""
    resource, number = document
    owner = records.Ref(id=number, object_name=resource)
    path = f"{resource}/{number}/getCheckAccountTransactionLogs"
    entries = await reader.all(path, records.CheckAccountTransactionLog, {})
    named = [entry if entry.object else msgspec.structs.replace(entry, object=owner) for entry in entries]
    return [entry for entry in named if entry.object and (entry.object.object_name, entry.object.id) == document]
