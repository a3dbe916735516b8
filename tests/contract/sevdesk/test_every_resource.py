"""Every list that a decision may need, read from the local sevdesk with its typed record."""

from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest

from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import RESOURCES, Books
from sandbox.server.app import create_app
from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.port import AccountHolder
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.reading.holder import read_holder
from scoring.sources.sevdesk.words import records

TODAY = date(2026, 11, 20)
RECORDS: dict[str, type[records.Record]] = {
    "Invoice": records.Invoice,
    "CreditNote": records.CreditNote,
    "Voucher": records.Voucher,
    "CheckAccount": records.CheckAccount,
    "CheckAccountTransaction": records.CheckAccountTransaction,
    "CheckAccountTransactionLog": records.CheckAccountTransactionLog,
    "SevClient": records.SevClient,
}
ALL = {"Invoice": {"showAll": "true"}}


@pytest.fixture(scope="module")
def books() -> Books:
    """The books of a firm with documents of all kinds."""
    (persona,) = (one for one in PERSONAS if one.firm == "failing-builder")
    return persona.books(TODAY)


@pytest.fixture
async def client(books: Books) -> AsyncIterator[SevdeskClient]:
    """A client of its account."""
    app = create_app([books], today=lambda: TODAY)
    async with HttpClient(httpx.ASGITransport(app=app)) as http:
        yield SevdeskClient(http, "http://sandbox/api/v1", Secret(books.token))


@pytest.mark.parametrize("resource", [name for name in RESOURCES if name in RECORDS])
async def test_a_list_is_read_whole(client: SevdeskClient, books: Books, resource: str) -> None:
    """Each object once, whatever the list is; only soft-deleted bank lines are left out by sevdesk itself."""
    read = await client.list_all(resource, RECORDS[resource], ALL.get(resource))  # type: ignore[type-var]  all have ids
    there = [item for item in books.objects.get(resource, []) if item.get("deletedAt") is None]
    assert sorted(item.id for item in read) == sorted(int(item["id"]) for item in there)  # type: ignore[attr-defined]
    assert read


async def test_the_version_of_the_bookkeeping_system(client: SevdeskClient, books: Books) -> None:
    """It tells which tax fields documents carry."""
    assert await client.check_token() == books.version


async def test_the_client_whose_account_it_is(client: SevdeskClient) -> None:
    """Its name and its tax numbers, and nothing of the rest."""
    holder = await read_holder(client)
    assert holder == AccountHolder(name="Brandt Bau GmbH", tax_number="133/8166/0062", vat_id="DE990080036")
