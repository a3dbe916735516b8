"""Writes recorded at a real account, sent again to the local sevdesk: it answers what the real one answered."""

import json
import os
from datetime import date, time
from pathlib import Path
from typing import Any

import httpx
import pytest
from unit.sandbox_server.building import TOKEN, client_of

from sandbox.objects.books import Books
from sandbox.server.app import create_app

VARIABLE = "RECORDED_ANSWERS_DIR"
FOLDER = os.environ.get(VARIABLE)
pytestmark = pytest.mark.skipif(not FOLDER, reason=f"{VARIABLE} names no folder of recorded answers")

SEND = {"sendType": "VPDF", "sendDraft": False}
OWN = ("id", "create", "update", "sendDate", "enshrined", "sevClient", "createUser", "contactPerson")
"""What each account fills in for itself."""


def recorded(name: str) -> Any:  # noqa: ANN401  any JSON
    """What stands under ``objects`` in a recorded answer."""
    return json.loads((Path(FOLDER or "") / name).read_bytes())["objects"]


def account(*objects: dict[str, Any]) -> httpx.AsyncClient:
    """Client of an account with these objects, on the day after the recordings."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for item in objects:
        by_kind.setdefault(item["objectName"], []).append(item)
    books = Books(firm="recorded", name="Recorded", token=TOKEN, objects=by_kind)
    return client_of(create_app([books], today=lambda: date(2026, 10, 2), clock=lambda: time(12)))


def same(found: Any, wanted: Any, but: tuple[str, ...] = OWN) -> None:  # noqa: ANN401  any JSON
    """Compare all values but those of some keys, at any depth."""
    assert without(found, but) == without(wanted, but)


def without(value: Any, but: tuple[str, ...]) -> Any:  # noqa: ANN401  any JSON
    """JSON without some keys; of references of the account's own only the names are left."""
    if isinstance(value, list):
        return [without(item, but) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: without(item, but) for key, item in value.items() if key not in but}


def sent(item: dict[str, Any]) -> dict[str, Any]:
    """The body that a recorded object was made from: what a client may say, without what follows from it."""
    derived = ("sum", "property")
    left_out = {"id", "create", "update", "sevClient", "createUser", "status", "paidAmount", "invoice", "creditNote"}
    body = {key: value for key, value in item.items() if key not in left_out and not key.startswith(derived)}
    return {key: value for key, value in body.items() if value is not None}


def contact(reference: dict[str, str]) -> dict[str, Any]:
    """The recorded contact, with the id that a document refers to."""
    return {**recorded("contact.json")[0], "id": reference["id"]}


async def test_the_recorded_invoice_is_saved_with_the_recorded_answer() -> None:
    """Every key and value of the invoice, of its positions, and of the invoice in each of them."""
    answer = recorded("write_invoice_save.json")
    invoice, positions = answer["invoice"], answer["invoicePos"]
    body = {
        "invoice": sent(invoice) | {"status": "100", "propertyIsEInvoice": True},
        "invoicePosSave": [sent(one) | {"price": one["price"], "quantity": int(one["quantity"])} for one in positions],
    }
    async with account(contact(invoice["contact"])) as client:
        saved = await client.post("Invoice/Factory/saveInvoice", json=body)
    same(saved.json()["objects"], answer)
    assert [one["quantity"] for one in saved.json()["objects"]["invoicePos"]] == [3, True]


async def test_the_recorded_draft_is_sent_and_looks_as_recorded() -> None:
    """The same invoice before and after: its number is the first of the account."""
    (draft,), (opened,) = recorded("invoice_draft.json"), recorded("invoice_open_enshrined.json")
    async with account(draft, contact(draft["contact"])) as client:
        await client.put(f"Invoice/{draft['id']}/sendBy", json=SEND)
        read = (await client.get(f"Invoice/{draft['id']}")).json()["objects"]
    same(read, [opened])
    assert read[0]["enshrined"] == read[0]["sendDate"] == "2026-10-02T12:00:00+02:00"


async def test_the_recorded_invoice_is_cancelled_as_recorded() -> None:
    """The cancellation and what became of the invoice, once it is open again as it was before."""
    cancellation, cancelled = recorded("invoice_list_cancelled_and_sr.json")
    before = cancelled | {"status": "200"}
    number = {"objectName": "Invoice", "id": "1", "invoiceNumber": "RE-1017", "invoiceType": "RE"}
    async with account(before, number, contact(before["contact"])) as client:
        answer = await client.post(f"Invoice/{before['id']}/cancelInvoice")
        read = (await client.get(f"Invoice/{answer.json()['objects']['id']}")).json()["objects"]
        left = (await client.get(f"Invoice/{before['id']}")).json()["objects"]
    same(read, [cancellation], (*OWN, "invoiceDate"))
    same(left, [cancelled])
    assert read[0]["origin"] == {"id": before["id"], "objectName": "Invoice"}


async def test_the_recorded_credit_note_is_saved_with_the_recorded_answer() -> None:
    """Beside the invoice that it is for."""
    answer = recorded("write_credit_note_save.json")
    note, positions = answer["creditNote"], answer["creditNotePos"]
    saved = recorded("write_invoice_save.json")
    invoice = {key: value for key, value in saved["invoice"].items() if not key.startswith("property")}
    lines = [line | {"invoice": {"id": invoice["id"], "objectName": "Invoice"}} for line in saved["invoicePos"]]
    body = {
        "creditNote": sent(note) | {"propertyIsEInvoice": True},
        "creditNotePosSave": [sent(one) for one in positions],
    }
    async with account(contact(note["contact"]), invoice | {"status": "200"}, *lines) as client:
        found = await client.post("CreditNote/Factory/saveCreditNote", json=body)
    same(found.json()["objects"], answer)


async def test_the_recorded_voucher_is_saved_and_paid_with_the_recorded_answers() -> None:
    """A draft with two fees; released, it is paid by the recorded line."""
    answer, line = recorded("write_voucher_save_create.json"), recorded("write_transaction_create.json")
    log = recorded("write_voucher_book_amount.json")
    bank = recorded("check_account_list.json")[0] | {"id": line["checkAccount"]["id"]}
    positions = [sent(one) | {"sumNet": one["sumNet"]} for one in answer["voucherPos"]]
    body = {"voucher": sent(answer["voucher"]) | {"status": 50}, "voucherPosSave": positions}
    async with account(bank) as client:
        saved = (await client.post("Voucher/Factory/saveVoucher", json=body)).json()["objects"]
        made = (await client.post("CheckAccountTransaction", json=sent(line))).json()["objects"]
        voucher = saved["voucher"]["id"]
        ids = [one["id"] for one in saved["voucherPos"]]
        again = [position | {"id": number} for position, number in zip(positions, ids, strict=True)]
        opened = {"voucher": {"id": voucher, "status": 100}, "voucherPosSave": again}
        assert (await client.post("Voucher/Factory/saveVoucher", json=opened)).status_code == 201
        booking = {
            "amount": -0.45,
            "date": log["bookingDate"],
            "type": "FULL_PAYMENT",
            "checkAccount": line["checkAccount"],
            "checkAccountTransaction": {"id": made["id"], "objectName": "CheckAccountTransaction"},
        }
        booked = await client.put(f"Voucher/{voucher}/bookAmount", json=booking)
    same(saved, answer)
    same(made, line)
    same(booked.json()["objects"], log)


@pytest.mark.parametrize(("place", "kind", "amount"), [(0, "OF", -87.49), (1, "N", -87.49)])
async def test_the_recorded_vouchers_are_paid_as_recorded(place: int, kind: str, amount: float) -> None:
    """Overpaid with reminder charges, and partly paid: status, paidAmount, payDate and accounting sums."""
    paid = recorded("voucher_list_overpaid_and_partial.json")[place]
    back = {key: paid[key.removesuffix("Accounting")] for key in paid if key.endswith("Accounting")}
    before = paid | back | {"status": "100", "paidAmount": 0, "payDate": None}
    (line,) = (one for one in recorded("transaction_list.json") if one["status"] == "200")
    line = line | {"amount": "-87.49", "status": "100", "valueDate": "2026-08-15T12:00:00+02:00"}
    bank = recorded("check_account_list.json")[0] | {"id": line["checkAccount"]["id"]}
    booking = {
        "amount": amount,
        "date": "2026-08-20T12:00:00+02:00",
        "type": kind,
        "checkAccount": line["checkAccount"],
        "checkAccountTransaction": {"id": line["id"], "objectName": "CheckAccountTransaction"},
    }
    async with account(before, bank, line) as client:
        await client.put(f"Voucher/{before['id']}/bookAmount", json=booking)
        read = (await client.get(f"Voucher/{before['id']}")).json()["objects"]
    same(read, [paid])


async def test_the_recorded_refusals_are_repeated() -> None:
    """A line on an account that is not online, and a line that is not there."""
    offline = next(one for one in recorded("check_account_list.json") if one["type"] == "offline")
    target = {"id": offline["id"], "objectName": "CheckAccount"}
    body = {"valueDate": "2026-09-29", "amount": 1, "checkAccount": target}
    async with account(offline) as client:
        answers = {
            "error_422_offline_account.json": await client.post("CheckAccountTransaction", json=body),
            "error_404_code_151.json": await client.get("CheckAccountTransaction/1"),
        }
    for name, answer in answers.items():
        wanted = json.loads((Path(FOLDER or "") / name).read_bytes())
        same(answer.json(), wanted, ("exceptionUUID",))
        assert answer.status_code == wanted["error"]["responseCode"]
