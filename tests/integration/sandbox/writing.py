"""A firm to write to, and bodies as sevdesk's description has them."""

from datetime import date, time
from typing import Any

import httpx
from unit.sandbox_server.building import (
    TODAY,
    account,
    books_of,
    client_of,
    contact,
    invoice,
    log_entry,
    ref,
    transaction,
    voucher,
)

from sandbox.account.quirks import Quirks
from sandbox.server.app import create_app
from sandbox.server.faults import Faults

NOW = "2026-10-01T09:30:00+02:00"
ROWS = (
    contact(7),
    contact(8, customerNumber=None, category=ref("Category", 2)),
    account(5),
    account(6, type="offline", name="Ausgebuchte Rechnungen", balance=None),
    invoice(101, invoiceNumber="RE-1017", sumNet="100", sumTax="19"),
    invoice(102, invoiceNumber="RE-1018", status="1000", paidAmount=119, payDate="2026-09-15T00:00:00+02:00"),
    voucher(201),
    transaction(401, "119"),
    transaction(402, "119", status="400"),
    transaction(403, "-95"),
    transaction(404, "50"),
    log_entry(501, 402, invoice(102), 119),
)


def firm(
    *rows: dict[str, Any],
    quirks: Quirks | None = None,
    faults: Faults | None = None,
    version: str = "2.0",
    today: date = TODAY,
) -> httpx.AsyncClient:
    """Client of a sandbox with one firm, at half past nine of a day."""
    books = books_of(*(rows or ROWS))
    books = type(books)(firm=books.firm, name=books.name, token=books.token, version=version, objects=books.objects)
    app = create_app([books], today=lambda: today, clock=lambda: time(9, 30), quirks=quirks, faults=faults)
    return client_of(app)


def invoice_body(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A draft of 55 euro and 19 % tax with two positions."""
    head = {
        "objectName": "Invoice",
        "mapAll": True,
        "contact": ref("Contact", 7),
        "contactPerson": ref("SevUser", 1),
        "invoiceDate": "01.10.2026",
        "deliveryDate": "01.10.2026",
        "discount": 0,
        "timeToPay": 14,
        "status": "100",
        "invoiceType": "RE",
        "currency": "EUR",
        "taxRule": ref("TaxRule", 1),
        "taxText": "Umsatzsteuer 19%",
        "taxRate": 0,
        "addressCountry": ref("StaticCountry", 1),
        "header": "Rechnung",
    }
    return {
        "invoice": head | fields,
        "invoicePosSave": [position(3, 10, "Beratung"), position(1, 25, "Paket")],
        "invoicePosDelete": None,
    }


def credit_note_body(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A draft of 10 euro and 19 % tax for no invoice."""
    head = {
        "objectName": "CreditNote",
        "mapAll": True,
        "contact": ref("Contact", 7),
        "creditNoteNumber": "GU-1048",
        "creditNoteDate": "01.10.2026",
        "deliveryDate": "01.10.2026",
        "status": "100",
        "bookingCategory": "PROVISION",
        "currency": "EUR",
        "taxRule": ref("TaxRule", 1),
        "taxText": "Umsatzsteuer 19%",
        "addressCountry": ref("StaticCountry", 1),
    }
    pos = {**position(1, 10, "Gutschrift"), "objectName": "CreditNotePos"}
    return {"creditNote": head | fields, "creditNotePosSave": [pos], "creditNotePosDelete": None}


def position(quantity: float | str, price: float, name: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A position of an invoice."""
    base = {"objectName": "InvoicePos", "mapAll": True, "unity": ref("Unity", 1), "taxRate": 19}
    return {**base, "quantity": quantity, "price": price, "name": name, **fields}


def voucher_body(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A draft of a bill of 45 cents for two fees."""
    head = {
        "objectName": "Voucher",
        "mapAll": True,
        "voucherDate": "29.09.2026",
        "deliveryDate": "29.09.2026",
        "supplierName": "Stripe Payments Europe, Limited",
        "description": "fees",
        "status": 50,
        "currency": "EUR",
        "creditDebit": "C",
        "voucherType": "VOU",
        "taxRule": ref("TaxRule", 14),
        "taxType": None,
    }
    return {
        "voucher": head | fields,
        "voucherPosSave": [fee(0.35, "fee"), fee(0.1, "fee2")],
        "voucherPosDelete": None,
        "filename": None,
    }


def fee(amount: float, comment: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A position of a voucher."""
    base = {"objectName": "VoucherPos", "mapAll": True, "accountDatev": ref("AccountDatev", 4285), "taxRate": 0}
    return {**base, "net": True, "sumNet": amount, "comment": comment, **fields}


def booking(
    amount: float,
    *,
    kind: str = "N",
    line: int | None = 401,
    account: int = 5,
    **fields: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """A booking dated 30 September 2026, in unix seconds as for an invoice."""
    body = {"amount": amount, "date": 1790719200, "type": kind, "checkAccount": ref("CheckAccount", account)}
    if line is not None:
        body["checkAccountTransaction"] = ref("CheckAccountTransaction", line)
    return body | fields


def bill(amount: float, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    """A booking on a voucher, whose date is a text."""
    return booking(amount, line=403, date="2026-09-30T12:00:00+02:00") | fields


async def one(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """The object that is read by id."""
    answer = await client.get(path)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()["objects"][0]
    return found


async def made(client: httpx.AsyncClient, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
    """What stands under ``objects`` after a write that worked."""
    answer = await client.request(method, path, json=body)
    assert answer.is_success, answer.text
    assert "error" not in answer.json(), answer.text
    return answer.json()["objects"]


def refusal(answer: httpx.Response) -> tuple[int, int | None, str]:
    """HTTP status, code and message of an error."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]
