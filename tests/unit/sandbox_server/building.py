"""Small hand-written books: each builder takes what matters to a test and fills in the rest as the real API would."""

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
from litestar import Litestar

from sandbox.account.quirks import Quirks
from sandbox.objects.books import Books
from sandbox.server.app import create_app
from sandbox.server.faults import Faults

TOKEN = "0123456789abcdef0123456789abcdef"
TODAY = date(2026, 10, 1)

Object = dict[str, Any]


def ref(object_name: str, object_id: int | str) -> Object:
    """Reference as sevdesk writes it."""
    return {"id": str(object_id), "objectName": object_name}


def sevdesk_object(object_name: str, object_id: int | str, **fields: Any) -> Object:  # noqa: ANN401
    """Object with the keys that all have."""
    return {
        "id": str(object_id),
        "objectName": object_name,
        "additionalInformation": None,
        "create": "2026-09-01T10:00:00+02:00",
        "update": "2026-09-01T10:00:00+02:00",
        "sevClient": ref("SevClient", 1),
        **fields,
    }


def invoice(object_id: int | str, **fields: Any) -> Object:  # noqa: ANN401
    """Open invoice of 119 euro, dated 1 September 2026, due in 14 days."""
    base: Object = {
        "invoiceNumber": f"RE-{object_id}",
        "contact": ref("Contact", 7),
        "invoiceDate": "2026-09-01T00:00:00+02:00",
        "header": f"Rechnung Nr. RE-{object_id}",
        "timeToPay": "14",
        "payDate": None,
        "status": "200",
        "invoiceType": "RE",
        "dunningLevel": None,
        "currency": "EUR",
        "sumNet": "100",
        "sumGross": "119",
        "paidAmount": 0,
        "sendType": "VPDF",
        "customerInternalNote": None,
    }
    return sevdesk_object("Invoice", object_id, **{**base, **fields})


def credit_note(object_id: int | str, **fields: Any) -> Object:  # noqa: ANN401
    """Open credit note of 119 euro; it has no ``paidAmount``."""
    base: Object = {
        "creditNoteNumber": f"GU-{object_id}",
        "contact": ref("Contact", 7),
        "creditNoteDate": "2026-09-01T00:00:00+02:00",
        "status": "200",
        "sumGross": "119",
        "timeToPay": None,
        "payDate": None,
    }
    return sevdesk_object("CreditNote", object_id, **{**base, **fields})


def voucher(object_id: int | str, **fields: Any) -> Object:  # noqa: ANN401
    """Unpaid bill of a supplier over 95 euro."""
    base: Object = {
        "voucherDate": "2026-09-01T00:00:00+02:00",
        "description": f"Beleg {object_id}",
        "supplier": ref("Contact", 8),
        "supplierName": "Papier Peters GmbH",
        "creditDebit": "C",
        "voucherType": "VOU",
        "status": "100",
        "payDate": None,
        "paymentDeadline": None,
        "sumGross": "95",
        "paidAmount": 0,
    }
    return sevdesk_object("Voucher", object_id, **{**base, **fields})


def contact(object_id: int | str, **fields: Any) -> Object:  # noqa: ANN401
    """Organisation that is a customer."""
    base: Object = {
        "name": f"Kunde {object_id} GmbH",
        "surename": None,
        "familyname": None,
        "customerNumber": str(object_id),
        "category": ref("Category", 3),
    }
    return sevdesk_object("Contact", object_id, **{**base, **fields})


def account(object_id: int | str, **fields: Any) -> Object:  # noqa: ANN401
    """Bank account read from CSV files, whose stored balance is stale."""
    return sevdesk_object(
        "CheckAccount",
        object_id,
        **{"name": "Girokonto", "type": "online", "importType": "CSV", "balance": "0"} | fields,
    )


def transaction(object_id: int | str, amount: str, on: str = "2026-09-15T00:00:00+02:00", **fields: Any) -> Object:  # noqa: ANN401
    """Bank line on account 5."""
    base: Object = {
        "valueDate": on,
        "entryDate": on,
        "amount": amount,
        "paymtPurpose": f"Zahlung {object_id}",
        "payeePayerName": "Kunde 7 GmbH",
        "checkAccount": ref("CheckAccount", 5),
        "status": "100",
        "deletedAt": None,
    }
    return sevdesk_object("CheckAccountTransaction", object_id, **{**base, **fields})


def log_entry(object_id: int | str, line: int | str, document: Object, amount: float) -> Object:
    """Booking of a bank line on a document."""
    entry = sevdesk_object(
        "CheckAccountTransactionLog",
        object_id,
        checkAccountTransaction=ref("CheckAccountTransaction", line),
        fromStatus="100",
        toStatus="400",
        amountPaid=amount,
        bookingDate="2026-09-15T12:00:00+02:00",
        object=ref(document["objectName"], document["id"]),
    )
    del entry["update"]
    return entry


def books_of(*objects: Object, firm: str = "muster", token: str = TOKEN, is_revoked: bool = False) -> Books:
    """Books of these objects, sorted into their resources in the given order."""
    by_resource: dict[str, list[Object]] = {}
    for item in objects:
        by_resource.setdefault(item["objectName"], []).append(item)
    return Books(firm=firm, name=f"{firm} GmbH", token=token, is_revoked=is_revoked, objects=by_resource)


def client_of(app: Litestar, *, token: str | None = TOKEN, host: str = "127.0.0.1") -> httpx.AsyncClient:
    """Client of an app, without a network in between."""
    headers = {} if token is None else {"Authorization": token}
    transport = httpx.ASGITransport(app=app, client=(host, 50000))
    return httpx.AsyncClient(transport=transport, base_url="http://sandbox/api/v1", headers=headers)


def serve(
    *objects: Object,
    today: Callable[[], date] = lambda: TODAY,
    quirks: Quirks | None = None,
    faults: Faults | None = None,
) -> httpx.AsyncClient:
    """Client of a sandbox with one firm that has these objects."""
    app = create_app([books_of(*objects)], today=today, quirks=quirks, faults=faults)
    return client_of(app)


async def listed(client: httpx.AsyncClient, path: str) -> list[str]:
    """Ids that a list answers, in its order."""
    answer = await client.get(path)
    answer.raise_for_status()
    return [item["id"] for item in answer.json()["objects"]]
