"""The positions of documents, by document: from the list of all where that is worth it and served, else one by one.

No feature needs positions so far, so no decision reads them.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import anyio

from scoring.sources.errors import AccessDeniedError, InvalidRequestError
from scoring.sources.sevdesk.reading.lists import Reader
from scoring.sources.sevdesk.reading.together import begin
from scoring.sources.sevdesk.transport.pace import MOST_REQUESTS_AT_ONCE
from scoring.sources.sevdesk.words import records

P = TypeVar("P", records.InvoicePos, records.CreditNotePos, records.VoucherPos)


@dataclass(frozen=True, slots=True)
class Positions(Generic[P]):
    """The positions of one kind of document."""

    document: str
    """sevdesk's name of the document."""
    record: type[P]
    document_of: Callable[[P], records.Ref | None]

    @property
    def resource(self) -> str:
        """sevdesk's name of the positions."""
        return f"{self.document}Pos"


OF_INVOICES = Positions("Invoice", records.InvoicePos, lambda position: position.invoice)
OF_CREDIT_NOTES = Positions("CreditNote", records.CreditNotePos, lambda position: position.credit_note)
OF_VOUCHERS = Positions("Voucher", records.VoucherPos, lambda position: position.voucher)


async def read_positions(reader: Reader, kind: Positions[P], documents: Collection[int]) -> dict[int, list[P]]:
    """The positions of these documents, in sevdesk's order.

    As many documents as may be asked for at once are asked for one by one, which is a single round. Of more, the list
    of all positions of the account is read; where it is refused, or does not say whose a position is, one by one.

    Returns:
        An entry for each document; without positions, or where the list knows no such document, it is empty.

    Raises:
        NotFoundError: A document that was asked for by itself does not exist.
        SourceError: As ``SevdeskClient.fetch``.
    """
    found = None if len(documents) <= MOST_REQUESTS_AT_ONCE else await _from_list(reader, kind, documents)
    return await _one_by_one(reader, kind, documents) if found is None else found


async def _from_list(reader: Reader, kind: Positions[P], documents: Collection[int]) -> dict[int, list[P]] | None:
    try:
        listed = await reader.all(kind.resource, kind.record, {})
    except (AccessDeniedError, InvalidRequestError):
        return None
    found: dict[int, list[P]] = {document: [] for document in documents}
    for position in listed:
        owner = kind.document_of(position)
        if owner is None:
            return None
        if owner.id in found:
            found[owner.id].append(position)
    return found


async def _one_by_one(reader: Reader, kind: Positions[P], documents: Collection[int]) -> dict[int, list[P]]:
    with reader.observing(kind.resource):
        async with anyio.create_task_group() as group:
            answers = {
                document: begin(group, partial(reader.all, f"{kind.document}/{document}/getPositions", kind.record, {}))
                for document in documents
            }
    return {document: answer.value for document, answer in answers.items()}
