"""An independent client, `sevdesk` of PyPI, made from the official description, reads all books over real HTTP."""

import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
import requests
import uvicorn
from pydantic import BaseModel

from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books
from sandbox.server.app import create_app

TODAY = date(2026, 10, 1)
PAGE = 200


class Peer(NamedTuple):
    """The client, and the books of the firm that it reads."""

    client: Any
    session: requests.Session
    books: Books

    def paged(self, read: Callable[[], list[Any]], **filters: str) -> list[Any]:
        """All objects of a list; the client knows no pages, so they are put into its session."""
        found: list[Any] = []
        page = [None] * PAGE
        while len(page) == PAGE:
            self.session.params = {"limit": str(PAGE), "offset": str(len(found)), **filters}
            page = read()
            found += page
        self.session.params = {}
        return found

    def objects(self, resource: str) -> list[dict[str, Any]]:
        """What the books have, but for bank lines that were deleted."""
        objects = self.books.objects[resource]
        every = (objects[position] for position in range(len(objects)))
        return [item for item in every if item.get("deletedAt") is None]


@contextmanager
def reading(firm: str) -> Iterator[Peer]:
    """The client of a simulated firm that is served on a port."""
    (persona,) = (one for one in PERSONAS if one.firm == firm)
    books = persona.books(TODAY)
    app = create_app([books], today=lambda: TODAY)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api/v1"
    with requests.Session() as session, warnings.catch_warnings():
        session.trust_env = False
        # Its models are declared as pydantic no longer likes it.
        warnings.simplefilter("ignore")
        from sevdesk import Client  # noqa: PLC0415

        yield Peer(Client(books.token, address, session), session, books)
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module", params=["healthy-agency", "failing-builder", "sole-trader", "file-import"])
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    """The client of one of several firms, which is only read."""
    with reading(request.param) as found:
        yield found


def differences(read: BaseModel, item: dict[str, Any]) -> list[str]:
    """Fields of a typed object that do not say what the books say."""
    fields = type(read).model_fields
    assert len(fields) > 5
    pairs = {name: (getattr(read, name), item.get(field.alias or name)) for name, field in fields.items()}
    return [
        f"{item['objectName']} {item['id']}: {name} is {value!r}, in the books {given!r}"
        for name, (value, given) in pairs.items()
        if not is_same(value, given)
    ]


def is_same(value: Any, given: Any) -> bool:  # noqa: ANN401  any typed value and any JSON
    """Whether a typed value is what a JSON value says."""
    if value is None or given is None:
        return value is given
    if isinstance(value, BaseModel):
        return (str(value.id_), value.objectName) == (given["id"], given["objectName"])  # type: ignore[attr-defined]
    if isinstance(value, bool):
        return bool(given == ("1" if value else "0"))
    if isinstance(value, int | float):
        return Decimal(str(value)) == Decimal(str(given))
    return bool(value == given)


LISTS = {
    "Invoice": ("invoice", "getInvoices", {"showAll": "true"}),
    "InvoicePos": ("invoicepos", "getInvoicePos", {}),
    "CreditNote": ("creditnote", "getCreditNotes", {}),
    "CreditNotePos": ("creditnotepos", "getcreditNotePositions", {}),
    "Voucher": ("voucher", "getVouchers", {}),
    "Contact": ("contact", "getContacts", {"depth": "1"}),
    "CheckAccount": ("checkaccount", "getCheckAccounts", {}),
    "CheckAccountTransaction": ("checkaccounttransaction", "getTransactions", {}),
    "CommunicationWay": ("communicationway", "getCommunicationWays", {}),
    "AccountingContact": ("accountingcontact", "getAccountingContact", {}),
    "ContactCustomField": ("contactfield", "getContactFields", {}),
    "ContactCustomFieldSetting": ("contactfield", "getContactFieldSettings", {}),
    "Part": ("part", "getParts", {}),
    "Tag": ("tag", "getTags", {}),
    "TagRelation": ("tag", "getTagRelations", {}),
}
SINGLE = {
    "Invoice": ("invoice", "getInvoiceById"),
    "CreditNote": ("creditnote", "getcreditNoteById"),
    "Voucher": ("voucher", "getVoucherById"),
    "Contact": ("contact", "getContactById"),
    "CheckAccount": ("checkaccount", "getCheckAccountById"),
    "CheckAccountTransaction": ("checkaccounttransaction", "getCheckAccountTransactionById"),
    "AccountingContact": ("accountingcontact", "getAccountingContactById"),
    "ContactCustomField": ("contactfield", "getContactFieldsById"),
    "ContactCustomFieldSetting": ("contactfield", "getContactFieldSettingById"),
    "Part": ("part", "getPartById"),
    "Tag": ("tag", "getTagById"),
}


@pytest.mark.parametrize("resource", LISTS)
def test_every_list_is_read_whole_and_says_what_the_books_say(peer: Peer, resource: str) -> None:
    """All pages of every list that the client knows, each field of each object compared with the books."""
    controller, method, filters = LISTS[resource]
    read = peer.paged(getattr(getattr(peer.client, controller), method), **filters)
    expected = {item["id"]: item for item in peer.objects(resource)}
    assert len(read) == len(expected) == len({str(one.id_) for one in read})
    problems = [problem for one in read for problem in differences(one, expected[str(one.id_)])]
    assert problems == []


@pytest.mark.parametrize("resource", SINGLE)
def test_objects_are_read_by_id(peer: Peer, resource: str) -> None:
    """The first and last of each resource come alone, and say what the books say."""
    controller, method = SINGLE[resource]
    items = peer.objects(resource)
    for item in (*items[:5], *items[-5:]):
        (read,) = getattr(getattr(peer.client, controller), method)(int(item["id"]))
        assert differences(read, item) == []


def test_what_is_no_list_is_read(peer: Peer) -> None:
    """Balances, version, partial payments, positions of an invoice, the next customer number, the user."""
    client, invoices = peer.client, peer.objects("Invoice")
    lines = peer.objects("CheckAccountTransaction")
    for account in peer.objects("CheckAccount"):
        amounts = [Decimal(line["amount"]) for line in lines if line["checkAccount"]["id"] == account["id"]]
        read = client.checkaccount.getBalanceAtDate(int(account["id"]), TODAY.isoformat())
        assert Decimal(read["objects"]) == sum(amounts)
    assert client.basics.bookkeepingSystemVersion() == {"objects": {"version": peer.books.version}}
    for invoice in invoices[:20]:
        is_partly = client.invoice.getIsInvoicePartiallyPaid(int(invoice["id"]))
        assert is_partly == {"objects": 0 < invoice["paidAmount"] < float(invoice["sumGross"])}
        positions = client.invoice.getInvoicePositionsById(int(invoice["id"]))
        expected = {one["id"]: one for one in peer.objects("InvoicePos") if one["invoice"]["id"] == invoice["id"]}
        assert {str(one.id_) for one in positions} == expected.keys()
        assert [problem for one in positions for problem in differences(one, expected[str(one.id_)])] == []
    numbers = [int(one["customerNumber"]) for one in peer.objects("Contact") if one["customerNumber"]]
    assert client.contact.getNextCustomerNumber() == {"objects": str(max(numbers, default=999) + 1)}
    assert [user["objectName"] for user in client.undocumented.sevuser.getSevUsers()] == ["SevUser"]


def test_positions_of_vouchers_are_read_without_its_types(peer: Peer) -> None:
    """Its model insists on the accounting type of system 1.0, which recorded answers of 2.0 do not have, either."""
    read = peer.paged(lambda: peer.client.request("get", "/VoucherPos", {})["objects"])
    assert sorted(read, key=lambda one: str(one["id"])) == sorted(peer.objects("VoucherPos"), key=lambda one: one["id"])
    with pytest.raises(ValueError, match="accountingType"):
        peer.client.voucherpos.getVoucherPositions()


def test_it_writes_what_its_models_can_say() -> None:
    """A contact and a bank line come, change and go; an invoice goes back to a draft, another is cancelled."""
    with reading("healthy-agency") as peer:
        client = peer.client
        from sevdesk.converters.category import Category  # noqa: PLC0415  after its client, whose warnings are off
        from sevdesk.converters.checkaccount import CheckAccount  # noqa: PLC0415
        from sevdesk.models.checkaccounttransaction import CheckAccountTransaction  # noqa: PLC0415
        from sevdesk.models.contact import Contact  # noqa: PLC0415
        from sevdesk.models.contactupdate import ContactUpdate  # noqa: PLC0415

        customer = Contact(name="Neu GmbH", customerNumber="K-1", category=Category(id=3, objectName="Category"))
        contact = client.contact.createContact(customer)
        assert client.contact.contactCustomerNumberAvailabilityCheck("K-1") == {"objects": False}
        assert client.contact.updateContact(int(contact.id_), ContactUpdate(name="Neuer GmbH")).name == "Neuer GmbH"
        assert [one.name for one in client.contact.getContacts(customerNumber="K-1")] == ["Neuer GmbH"]
        assert client.contact.deleteContact(int(contact.id_)) == {"objects": [None]}
        account = next(one for one in peer.objects("CheckAccount") if one["type"] == "online")
        there = CheckAccount(id=int(account["id"]), objectName="CheckAccount")
        paid = {"valueDate": "2026-09-30", "amount": -0.45, "payeePayerName": "Bank", "status": 100}
        line = client.checkaccounttransaction.createTransaction(CheckAccountTransaction(checkAccount=there, **paid))
        assert (line.amount, line.valueDate) == ("-0.45", "2026-09-30T00:00:00+02:00")
        assert client.checkaccounttransaction.deleteCheckAccountTransaction(int(line.id_)) == {"objects": [None]}
        invoices = (one for one in peer.objects("Invoice") if (one["invoiceType"], one["status"]) == ("RE", "200"))
        first, second = (next(invoices) for _ in range(2))
        assert client.invoice.invoiceResetToDraft(int(first["id"]))["objects"]["status"] == "100"
        cancellation = client.invoice.cancelInvoice(int(second["id"]))
        assert (cancellation.invoiceType, cancellation.sumGross) == ("SR", f"-{second['sumGross']}")
        assert cancellation.origin.id_ == int(second["id"])
