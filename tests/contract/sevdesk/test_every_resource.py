"""Every list that the product may need, read from the local sevdesk with its typed record."""

from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest

from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import RESOURCES, Books
from sandbox.server.app import create_app
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.reading.positions import OF_CREDIT_NOTES, OF_INVOICES, OF_VOUCHERS, P, Positions
from scoring.sources.sevdesk.words import records
from scoring.sources.sevdesk.words.token import Token

TODAY = date(2026, 11, 20)
RECORDS: dict[str, type[records.Record]] = {
    "Invoice": records.Invoice,
    "InvoicePos": records.InvoicePos,
    "CreditNote": records.CreditNote,
    "CreditNotePos": records.CreditNotePos,
    "Voucher": records.Voucher,
    "VoucherPos": records.VoucherPos,
    "Contact": records.Contact,
    "CheckAccount": records.CheckAccount,
    "CheckAccountTransaction": records.CheckAccountTransaction,
    "CheckAccountTransactionLog": records.CheckAccountTransactionLog,
    "SevClient": records.SevClient,
    "StaticCountry": records.StaticCountry,
}
ALL = {"Invoice": {"showAll": "true"}, "Contact": {"depth": "1"}}


@pytest.fixture(scope="module")
def books() -> Books:
    """The books of a firm with documents of all kinds."""
    (persona,) = (one for one in PERSONAS if one.firm == "failing-builder")
    return persona.books(TODAY)


@pytest.fixture
async def client(books: Books) -> AsyncIterator[SevdeskClient]:
    """A client of its account."""
    app = create_app([books], today=lambda: TODAY)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as http:
        yield SevdeskClient(http, "http://sandbox/api/v1", Token(books.token))


@pytest.mark.parametrize("resource", [name for name in RESOURCES if name in RECORDS])
async def test_a_list_is_read_whole(client: SevdeskClient, books: Books, resource: str) -> None:
    """Each object once, whatever the list is; only soft-deleted bank lines are left out by sevdesk itself."""
    read = await client.list_all(resource, RECORDS[resource], ALL.get(resource))  # type: ignore[type-var]  all have ids
    there = [item for item in books.objects.get(resource, []) if item.get("deletedAt") is None]
    assert sorted(item.id for item in read) == sorted(int(item["id"]) for item in there)  # type: ignore[attr-defined]
    assert read


@pytest.mark.parametrize("kind", [OF_INVOICES, OF_CREDIT_NOTES, OF_VOUCHERS])
@pytest.mark.parametrize("count", [3, 30])
async def test_positions_are_read_by_document(
    client: SevdeskClient, books: Books, kind: Positions[P], count: int
) -> None:
    """One by one or from the list, the positions add up to their document."""
    documents = {int(item["id"]): item for item in list(books.objects[kind.document])[:count]}
    found = await client.positions(kind, documents)
    assert list(found) == list(documents)
    for number, positions in found.items():
        cents = sum(round(100 * (position.sum_gross or 0)) for position in positions)
        assert cents == round(100 * float(documents[number]["sumGross"]))


async def test_the_version_of_the_bookkeeping_system(client: SevdeskClient, books: Books) -> None:
    """It tells which tax fields documents carry."""
    assert await client.check_token() == books.version
