"""Reads the positions of documents in bulk, and the numbers of the accounts that they are booked on.

The lists of positions know no filter by day: they are read whole, and what belongs to no document that was read and is
a fact is dropped. Receipt guidance (system 2.0) and accounting types (1.0) are asked for only where a position names an
account of that kind. An account that refuses them has positions without numbers, and a note says so.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
import polars as pl

from scoring.sources.booking_accounts import number_of
from scoring.sources.errors import AccessDeniedError, InvalidRequestError
from scoring.sources.sevdesk.reading.lists import Reader, unless_refused
from scoring.sources.sevdesk.words import records
from scoring.sources.sevdesk.words.pages import Table, cents, ids, integers, moments, texts

T = TypeVar("T")

POSITIONS: Final = pl.Schema(
    {
        "id": pl.Int64(),
        "document": pl.Int64(),
        "created_on": pl.Date(),
        "part": pl.Int64(),
        "name": pl.String(),
        "net_cents": pl.Int64(),  # these two null where they cannot be read
        "gross_cents": pl.Int64(),
        "account_datev": pl.Int64(),
        "accounting_type": pl.Int64(),
        "resource": pl.String(),  # Invoice, CreditNote or Voucher
        "account": pl.Int64(),  # its number as DATEV has it; null where it is not known
    }
)


def _table(resource: str, field: str) -> Table:
    columns: dict[str, tuple[str, Callable[..., pl.Series]]] = {
        "id": ("id", integers),
        "document": (field, ids),
        "created_on": ("created", moments),
        "part": ("part", ids),
        "name": ("name", texts),
        "net_cents": ("sum_net", cents),
        "gross_cents": ("sum_gross", cents),
        "account_datev": ("account_datev", ids),
        "accounting_type": ("accounting_type", ids),
    }
    return Table(f"{resource}Pos", records.Position, columns)


_TABLES: Final = {
    "Invoice": _table("Invoice", "invoice"),
    "CreditNote": _table("CreditNote", "credit_note"),
    "Voucher": _table("Voucher", "voucher"),
}
_GUIDES: Final = msgspec.json.Decoder(records.Bare[list[records.AccountGuide]], strict=False)
_WITH_NUMBER: Final = {"embed": "accountingSystemNumber", "useClientAccountingChart": "true"}


async def read_positions(
    reader: Reader, resources: frozenset[str], *, is_optional: bool = False
) -> pl.DataFrame | None:
    """The positions of all documents of these resources, as ``POSITIONS``, in the order of their lists.

    Args:
        reader: Of the account.
        resources: Any of ``Invoice``, ``CreditNote``, ``Voucher``.
        is_optional: Whether a list may be refused: there are none then, of any document. Half of them would say that
            the other documents have no positions.

    Raises:
        SourceError: As ``SevdeskClient.fetch``.
    """
    async with asyncio.TaskGroup() as group:
        read = {
            resource: group.create_task(
                unless_refused(reader.frame(table, {})) if is_optional else reader.frame(table, {})
            )
            for resource, table in _TABLES.items()
            if resource in resources
        }
    lists = {resource: task.result() for resource, task in read.items()}
    parts = [
        frame.drop("unread").with_columns(pl.lit(resource).alias("resource"))
        for resource, frame in lists.items()
        if frame is not None
    ]
    if len(parts) < len(lists):
        return None
    if not parts:
        return pl.DataFrame(schema=POSITIONS)
    found = pl.concat(parts)
    guides, types = await _numbers(reader, found)
    of_guides = _looked_up(found["account_datev"], guides)
    account = of_guides.zip_with(of_guides.is_not_null(), _looked_up(found["accounting_type"], types))
    return found.with_columns(account.alias("account"))


def of_facts(positions: pl.DataFrame, documents: Mapping[str, pl.Series]) -> pl.DataFrame:
    """The positions of documents that are facts.

    Args:
        positions: As ``POSITIONS``.
        documents: Resource to the ids of these documents.
    """
    is_kept = pl.any_horizontal(
        (pl.col("resource") == resource) & pl.col("document").is_in(ids.implode())
        for resource, ids in documents.items()
    )
    return positions.filter(is_kept)


async def _numbers(reader: Reader, positions: pl.DataFrame) -> tuple[dict[int, int], dict[int, int]]:
    """Numbers by id, of accounts of system 2.0 and 1.0."""
    guides: list[records.AccountGuide] = []
    types: list[records.AccountingType] = []
    if positions["account_datev"].null_count() < positions.height:
        answer = reader.value("ReceiptGuidance/forAllAccounts", {}, _GUIDES)
        guides = await _unless_refused(answer, [])
    if positions["accounting_type"].null_count() < positions.height:
        listed = reader.all("AccountingType", records.AccountingType, _WITH_NUMBER, takes_offset=False)
        types = await _unless_refused(listed, [])
    of_guides = {one.account_datev_id: number_of(one.account_number) for one in guides}
    of_types = {one.id: number_of(one.accounting_system_number.number) for one in types if one.accounting_system_number}
    return _known(of_guides), _known(of_types)


def _known(numbers: Mapping[int, int | None]) -> dict[int, int]:
    return {identifier: number for identifier, number in numbers.items() if number is not None}


async def _unless_refused(answer: Any, otherwise: T) -> T:  # noqa: ANN401  an awaitable of the same type
    try:
        found: T = await answer
    except (AccessDeniedError, InvalidRequestError):
        return otherwise
    return found


def _looked_up(identifiers: pl.Series, numbers: Mapping[int, int]) -> pl.Series:
    # On the event loop, with as many positions as the books have: no loop over them in Python.
    return identifiers.replace_strict(list(numbers), list(numbers.values()), default=None, return_dtype=pl.Int64)
