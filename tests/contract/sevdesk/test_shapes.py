"""The local sevdesk answers in the shapes of a real one: the same keys, JSON types, and habits of null."""

import json
import os
from collections.abc import AsyncIterator
from datetime import date, time
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract.sevdesk.shapes import PINNED_FILE, differences, pinned, shape_of, written
from integration.sandbox.writing import credit_note_body, invoice_body, position, voucher_body
from unit.sandbox_server.building import client_of, ref

from sandbox.firms.personas import PERSONAS
from sandbox.server.app import create_app

VARIABLE = "RECORDED_ANSWERS_DIR"
TODAY = date(2026, 10, 1)
KINDS = {
    "balance_at_date.json": "balance",
    "bookkeeping_system_version.json": "version",
    "check_account_list.json": "CheckAccount",
    "contact.json": "Contact",
    "contact_address_by_id.json": "ContactAddress by id",
    "credit_note_paid.json": "CreditNote",
    "error_404_code_151.json": "error",
    "error_422_offline_account.json": "error",
    "invoice_draft.json": "Invoice",
    "invoice_list_cancelled_and_sr.json": "Invoice",
    "invoice_open_enshrined.json": "Invoice",
    "payment_method_list.json": "PaymentMethod",
    "transaction_deleted_by_id.json": "CheckAccountTransaction",
    "transaction_list.json": "CheckAccountTransaction",
    "transaction_log.json": "CheckAccountTransactionLog",
    "voucher_list_overpaid_and_partial.json": "Voucher",
    "voucher_paid_with_document.json": "Voucher",
    "voucher_positions.json": "VoucherPos",
    "write_credit_note_save.json": "saveCreditNote",
    "write_invoice_cancel.json": "cancelInvoice",
    "write_invoice_save.json": "saveInvoice",
    "write_transaction_create.json": "new CheckAccountTransaction",
    "write_upload_temp_file.json": "uploadTempFile",
    "write_voucher_book_amount.json": "bookAmount of a Voucher",
    "write_voucher_save_create.json": "saveVoucher",
}
LISTS = (
    *("CheckAccount", "Contact", "CreditNote", "Invoice", "PaymentMethod", "CheckAccountTransaction"),
    *("CheckAccountTransactionLog", "Voucher", "VoucherPos"),
)


def recorded() -> dict[str, list[Any]]:
    """Recorded answers by kind."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(f"{VARIABLE} is not set: no recorded answers to learn from")
    answers: dict[str, list[Any]] = {}
    for file in sorted(Path(folder).glob("*.json")):
        answers.setdefault(KINDS[file.name], []).append(json.loads(file.read_bytes()))
    return answers


def test_the_pinned_shapes_are_those_of_all_recorded_answers() -> None:
    """Every recorded file is compared; the table in the repository says exactly what they say."""
    answers = recorded()
    assert written({kind: shape_of(values) for kind, values in answers.items()}) == PINNED_FILE.read_text("utf-8")
    assert set(answers) == set(KINDS.values())


OF_SYSTEM_1 = {"taxRule", "accountDatev", "accountingType", "accountingType.id", "accountingType.objectName"}
NOT_RECORDED = {
    "small-business": OF_SYSTEM_1,
    "system-1": OF_SYSTEM_1,
    "awkward-books": OF_SYSTEM_1 | {"timeToPay"},
}
"""The recorded account is on system 2.0 and states all terms; these firms have documents of 1.0, or without a term."""


@pytest.fixture(params=[persona.firm for persona in PERSONAS if not persona.is_revoked])
def firm(request: pytest.FixtureRequest) -> str:
    """A simulated firm."""
    return str(request.param)


@pytest.fixture
async def sevdesk(firm: str) -> AsyncIterator[httpx.AsyncClient]:
    """Client of its account."""
    (persona,) = (one for one in PERSONAS if one.firm == firm)
    app = create_app([persona.books(TODAY)], today=lambda: TODAY, clock=lambda: time(9, 30))
    async with client_of(app, token=persona.token) as client:
        yield client


async def test_what_is_read_has_the_recorded_shape(firm: str, sevdesk: httpx.AsyncClient) -> None:
    """Every list of every simulated firm, an object of each by id, the balance, the version and an error."""
    shapes = pinned()
    everything = "limit=1000&depth=1&showAll=true"
    lists = {name: (await sevdesk.get(f"{name}?{everything}")).json() for name in LISTS}
    problems = {name: differences(name, [lists[name]], shapes[name]) for name in LISTS if lists[name]["objects"]}
    for name in list(problems):
        single = (await sevdesk.get(f"{name}/{lists[name]['objects'][-1]['id']}")).json()
        problems[f"{name} by id"] = differences(name, [single], shapes[name])
    account = lists["CheckAccount"]["objects"][0]["id"]
    others = {
        "balance": f"CheckAccount/{account}/getBalanceAtDate?date=2026-09-30",
        "version": "Tools/bookkeepingSystemVersion",
        "error": "CheckAccountTransaction/1",
    }
    for kind, path in others.items():
        problems[kind] = differences(kind, [(await sevdesk.get(path)).json()], shapes[kind])
    fields = tuple(f"objects[].{field} " for field in NOT_RECORDED.get(firm, ()))
    found = {kind: [one for one in some if not one.startswith(fields)] for kind, some in problems.items()}
    assert {kind: some for kind, some in found.items() if some} == {}
    assert {"CheckAccount", "Contact", "PaymentMethod"} <= problems.keys()


@pytest.fixture
async def agency() -> AsyncIterator[httpx.AsyncClient]:
    """Client of one simulated firm, whose objects have every field."""
    (persona,) = (one for one in PERSONAS if one.firm == "healthy-agency")
    app = create_app([persona.books(TODAY)], today=lambda: TODAY, clock=lambda: time(9, 30))
    async with client_of(app, token=persona.token) as client:
        yield client


async def writes(client: httpx.AsyncClient) -> dict[str, httpx.Response]:
    """One answer of each kind of write, and what then can be read."""
    customer = {"surename": "Erika", "familyname": "Muster", "category": ref("Category", 3), "customerNumber": "1"}
    person = (await client.post("Contact", json=customer)).json()["objects"]["id"]
    method, unit = ref("PaymentMethod", 114251), {"text": "Zweite Zeile"}
    noted = {"customerInternalNote": "vermerkt", "deliveryDateUntil": "31.10.2026", "header": "Beleg"}
    whole = {"contact": ref("Contact", person), "paymentMethod": method, "propertyIsEInvoice": True, **noted}
    address = {"addressName": "Muster GmbH", "addressStreet": "Weg 1", "addressZip": "10115", "addressCity": "Berlin"}
    invoice = invoice_body(**whole, **address) | {
        "invoicePosSave": [position(3, 10, "a"), position(1, 25, "b", **unit)]
    }
    answers = {"saveInvoice": await client.post("Invoice/Factory/saveInvoice", json=invoice)}
    draft = answers["saveInvoice"].json()["objects"]["invoice"]["id"]
    await client.put(f"Invoice/{draft}/sendBy", json={"sendType": "VPDF", "sendDraft": False})
    source = {"refSrcInvoice": ref("Invoice", draft), "bookingCategory": "UNDERACHIEVEMENT"}
    saved = await client.post(
        "Invoice/Factory/saveInvoice", json=invoice_body(contact=whole["contact"], addressCountry=None, **noted)
    )
    second = saved.json()["objects"]["invoice"]["id"]
    await client.put(f"Invoice/{second}/sendBy", json={"sendType": "VPDF", "sendDraft": False})
    answers["cancelInvoice"] = await client.post(f"Invoice/{second}/cancelInvoice")
    note = credit_note_body(**whole, **address, **source)
    answers["saveCreditNote"] = await client.post("CreditNote/Factory/saveCreditNote", json=note)
    accounts = (await client.get("CheckAccount")).json()["objects"]
    online = next(account for account in accounts if account["type"] == "online")
    line = {
        "valueDate": "2026-09-29T12:00:00+02:00",
        "amount": -0.45,
        "checkAccount": ref("CheckAccount", online["id"]),
    }
    created = await client.post("CheckAccountTransaction", json=line | {"payeePayerName": "A", "paymtPurpose": "B"})
    answers["new CheckAccountTransaction"] = created
    file = {"file": ("bill.pdf", b"%PDF-1.4", "application/pdf")}
    answers["uploadTempFile"] = await client.post("Voucher/Factory/uploadTempFile", files=file)
    answers["saveVoucher"] = await client.post("Voucher/Factory/saveVoucher", json=voucher_body())
    paid = voucher_body(status=100) | {"filename": answers["uploadTempFile"].json()["objects"]["filename"]}
    voucher = (await client.post("Voucher/Factory/saveVoucher", json=paid)).json()["objects"]["voucher"]["id"]
    booked = {"amount": -0.45, "date": "2026-09-29T12:00:00+02:00", "type": "N", "checkAccount": line["checkAccount"]}
    booked["checkAccountTransaction"] = ref("CheckAccountTransaction", created.json()["objects"]["id"])
    answers["bookAmount of a Voucher"] = await client.put(f"Voucher/{voucher}/bookAmount", json=booked)
    place = {"contact": whole["contact"], "street": "Weg 1", "zip": "10115", "city": "Berlin"}
    place |= {"country": ref("StaticCountry", 1), "category": ref("Category", 43)}
    made = await client.post("ContactAddress", json=place)
    answers["ContactAddress by id"] = await client.get(f"ContactAddress/{made.json()['objects']['id']}")
    offline = await client.post("CheckAccount/Factory/clearingAccount", json={"name": "Verrechnung"})
    other = line | {"checkAccount": ref("CheckAccount", offline.json()["objects"]["id"])}
    answers["error"] = await client.post("CheckAccountTransaction", json=other)
    return answers


async def test_what_is_written_is_answered_in_the_recorded_shape(agency: httpx.AsyncClient) -> None:
    """Drafts, cancellation, credit note, line, file, voucher, booking, address, refusal; and read back afterwards."""
    shapes = pinned()
    answers = await writes(agency)
    problems = {kind: differences(kind, [answer.json()], shapes[kind]) for kind, answer in answers.items()}
    for name in LISTS:
        read = (await agency.get(f"{name}?limit=1000&depth=1&showAll=true")).json()
        problems[name] = differences(name, [read], shapes[name])
    assert {kind: found for kind, found in problems.items() if found} == {}
    unread = {"balance", "version"}
    assert problems.keys() == set(KINDS.values()) - unread
    assert answers["error"].status_code == 422


WRONG: list[tuple[Any, list[str]]] = [
    ({"objects": [{"a": "x", "b": {"id": "1"}}]}, []),
    ({"objects": [{"a": None, "b": {"id": "1"}}]}, ["objects[].a is null, recorded as string"]),
    ({"objects": [{"a": 1, "b": {"id": "1"}}]}, ["objects[].a is number, recorded as string"]),
    ({"objects": [{"b": {"id": "1"}}]}, ["objects[].a is missing"]),
    ({"objects": [{"a": "x"}]}, []),
    ({"objects": [{"a": "x", "b": None}]}, ["objects[].b is null, recorded as absent or object"]),
    ({"objects": [{"a": "x", "c": "text"}]}, []),
    ({"objects": [{"a": "x", "c": 1}]}, ["objects[].c is number, recorded as null"]),
    ({"objects": [{"a": "x", "z": "1"}]}, ["objects[].z is not in the recorded answers"]),
    ({"objects": {"a": "x"}}, ["objects is object, recorded as array", "objects.a is not in the recorded answers"]),
]


@pytest.mark.parametrize(("answer", "problems"), WRONG, ids=range(len(WRONG)))
def test_a_difference_of_shape_is_found(answer: object, problems: list[str]) -> None:
    """Null for a text, a number for a text, a missing or an unknown key, another envelope."""
    wanted = shape_of([{"objects": [{"a": "x", "b": {"id": "1"}, "c": None}, {"a": "y", "c": None}]}])
    found = differences("any", [answer], wanted)
    assert [problem for problem in found if not problem.startswith("objects[].c is missing")] == problems
