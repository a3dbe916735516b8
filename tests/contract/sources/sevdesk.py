"""sevdesk before the suite: its adapter, and the sandbox in the same process behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import date, datetime, time
from typing import Any

import httpx
from contract.sources.suite import CUSTOMER, LATER, OLD, PAYER, PURPOSE, RECENT, SUPPLIER, TODAY, Trouble, World
from unit.sandbox_server.building import (
    TOKEN,
    account,
    books_of,
    contact,
    invoice,
    sevdesk_object,
    transaction,
    voucher,
)

from features.ledger import Resource
from sandbox.server.app import create_app
from scoring.base.credentials import TokenCredential
from scoring.base.identifiers import BERLIN
from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.adapter import SevdeskSource
from scoring.sources.sevdesk.reading.lists import PAGE_LENGTH

_RESOURCES = {
    "Invoice": frozenset({Resource.INVOICES, Resource.REMINDERS}),
    "Voucher": frozenset({Resource.VOUCHERS}),
    "CreditNote": frozenset({Resource.CREDIT_NOTES}),
    "CheckAccount": frozenset({Resource.ACCOUNTS}),
    "CheckAccount/getBalanceAtDate": frozenset({Resource.BALANCES}),
    "CheckAccountTransaction": frozenset({Resource.TRANSACTIONS}),
    "CheckAccountTransactionLog": frozenset({Resource.PAYMENT_LOG}),
}


class SevdeskBench:
    """See ``suite.Bench``."""

    page_length = PAGE_LENGTH
    credential = TokenCredential(source="sevdesk", secret=Secret(TOKEN))
    revoked = TokenCredential(source="sevdesk", secret=Secret("f" * 32))
    malformed = TokenCredential(source="sevdesk", secret=Secret("no token"))

    @asynccontextmanager
    async def serving(self, world: World) -> AsyncIterator[tuple[SevdeskSource, set[frozenset[Resource]]]]:
        """The adapter before a sandbox with one firm."""
        objects = list(_objects(world))
        if world.is_reversed:
            objects.reverse()
        app = create_app([books_of(*objects)], today=lambda: LATER if world.is_later else TODAY)
        asked: set[frozenset[Resource]] = set()
        transport: httpx.AsyncBaseTransport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # litestar types scopes more narrowly
        if world.trouble is not None:
            transport = httpx.MockTransport(_troubles[world.trouble])
        async with HttpClient(transport) as http:
            yield SevdeskSource(http, "http://sandbox/api/v1", observer=_Asked(asked)), asked


def _objects(world: World) -> Any:  # noqa: ANN401  JSON
    holder = world.holder
    numbers = {"taxNumber": holder.tax_number, "vatNumber": holder.vat_id}
    yield sevdesk_object("SevClient", 1, name=holder.name, **numbers, bankIban="DE89370400440532013000")
    yield contact(7, name=CUSTOMER)
    yield contact(8, name=SUPPLIER)
    for n in range(world.invoices):
        day = _stamp(OLD if n < 2 else RECENT)
        is_paid = n == 1 or (n == 0 and world.is_later)
        paid = {"status": "1000", "paidAmount": 119, "payDate": _stamp(LATER if n == 0 else OLD)}
        yield invoice(1000 + n, invoiceNumber=f"RE-{n}", invoiceDate=day, create=day, **(paid if is_paid else {}))
    if world.is_later:
        yield invoice(900_000, invoiceDate=_stamp(LATER), create=_stamp(LATER))
    day = _stamp(RECENT)
    yield voucher(500, sumNet="80", supplierName=SUPPLIER, voucherDate=day, create=day)
    yield account(5, lastSync=_stamp(TODAY), importType=None, create=_stamp(OLD))
    yield transaction(600, "250", on=day, create=day, payeePayerName=PAYER, paymtPurpose=PURPOSE)


def _stamp(day: date) -> str:
    return datetime.combine(day, time(), BERLIN).isoformat()


class _Asked:
    """Notes what is asked for."""

    def __init__(self, asked: set[frozenset[Resource]]) -> None:
        self._asked = asked

    def reading(self, resource: str) -> AbstractContextManager[None]:
        del resource
        return nullcontext()

    def answered(self, resource: str, outcome: str) -> None:
        del outcome
        self._asked.add(_RESOURCES.get(resource, frozenset()))

    def retrying(self, reason: str) -> None:
        """Not asked for anew."""


def _unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("", request=request)


async def _silent(_: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    return httpx.Response(200)


def _confused(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="<html>Login</html>")


_troubles: dict[Trouble, Any] = {
    Trouble.UNREACHABLE: _unreachable,
    Trouble.SILENT: _silent,
    Trouble.CONFUSED: _confused,
}
