"""Invoices as drafts: saved, changed, refused."""

import json
from typing import Any

import httpx
import pytest
from integration.sandbox.writing import NOW, ROWS, booking, firm, invoice_body, made, one, position, refusal
from unit.sandbox_server.building import invoice, listed, ref

from sandbox.account.quirks import Quirks

SAVE = "Invoice/Factory/saveInvoice"
SEND = {"sendType": "VPDF", "sendDraft": False}


async def test_saving_makes_a_draft_that_can_be_read_back() -> None:
    """201, no number, sums worked out; the list, the object by id and the positions show it."""
    async with firm() as client:
        answer = await client.post(SAVE, json=invoice_body())
        saved = answer.json()["objects"]["invoice"]
        stored = await one(client, f"Invoice/{saved['id']}")
        positions = (await client.get(f"Invoice/{saved['id']}/getPositions")).json()["objects"]
        assert answer.status_code == 201
        assert {name: stored[name] for name in ("status", "invoiceNumber", "sumNet", "sumTax", "sumGross")} == {
            "status": "100",
            "invoiceNumber": None,
            "sumNet": "55",
            "sumTax": "10.45",
            "sumGross": "65.45",
        }
        assert (stored["invoiceDate"], stored["create"]) == ("2026-10-01T00:00:00+02:00", NOW)
        assert stored == {name: value for name, value in saved.items() if not name.startswith("property")}
        assert [(one["name"], one["quantity"], one["sumGross"]) for one in positions] == [
            ("Beratung", "3", "35.7"),
            ("Paket", "1", "29.75"),
        ]
        assert saved["id"] in await listed(client, "Invoice?status=100")


async def test_the_answer_to_saving_has_numbers_and_true_for_one() -> None:
    """Only there: a quantity of 1 is ``true``, the others and all sums are numbers; switched off, it is 1."""
    async with firm() as client:
        saved = await made(client, "POST", SAVE, invoice_body())
    assert saved["vatdrop"] == "not relevant"
    assert [json.dumps(one["quantity"]) for one in saved["invoicePos"]] == ["3", "true"]
    assert [(one["price"], one["sumGross"], one["taxRate"]) for one in saved["invoicePos"]] == [
        (10, 35.7, "19.00"),
        (25, 29.75, "19.00"),
    ]
    assert saved["invoicePos"][0]["invoice"] == saved["invoice"]
    async with firm(quirks=Quirks(true_quantity=False)) as client:
        saved = await made(client, "POST", SAVE, invoice_body())
    assert [json.dumps(one["quantity"]) for one in saved["invoicePos"]] == ["3", "1"]


@pytest.mark.parametrize(
    ("fields", "positions", "sums"),
    [
        ({}, [position(1, 39.2, "a")], ("39.2", "7.45", "46.65", "0")),
        ({"showNet": "0"}, [position(1, 21.9, "a")], ("18.4", "3.5", "21.9", "0")),
        ({}, [position(2, 100, "a", discount=10)], ("180", "34.2", "214.2", "20")),
        ({}, [position(2, 100, "a", discount=10, isPercentage=False)], ("190", "36.1", "226.1", "10")),
        ({}, [position(1, 0.25, "a", discount=50, taxRate=0)], ("0.12", "0", "0.12", "0.13")),
        ({}, [position(1, 10, "a"), position(1, 10, "b", taxRate=7)], ("20", "2.6", "22.6", "0")),
        ({}, [position(3, 0.335, "a", taxRate=0)], ("1.01", "0", "1.01", "0")),
        ({}, [position(1, -10, "a"), position(1, 30, "b")], ("20", "3.8", "23.8", "0")),
    ],
)
async def test_sums_are_worked_out_from_positions(
    fields: dict[str, Any], positions: list[Any], sums: tuple[str, ...]
) -> None:
    """Net or gross prices, discounts in percent or money, several rates, half cents up, negative positions."""
    async with firm() as client:
        saved = (await made(client, "POST", SAVE, {**invoice_body(**fields), "invoicePosSave": positions}))["invoice"]
    assert tuple(saved[name] for name in ("sumNet", "sumTax", "sumGross", "sumDiscounts")) == sums


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("01.09.2026", "2026-09-01T00:00:00+02:00"),
        ("1.12.2026", "2026-12-01T00:00:00+01:00"),
        ("2026-12-01", "2026-12-01T00:00:00+01:00"),
        ("2026-09-30T22:30:00Z", "2026-10-01T00:30:00+02:00"),
        (1790805600, "2026-10-01T00:00:00+02:00"),
        ("1790809200", "2026-10-01T01:00:00+02:00"),
    ],
)
async def test_dates_are_taken_in_three_forms(given: str | int, written: str) -> None:
    """German, ISO and unix seconds; the answer has the offset of Berlin on that day."""
    async with firm() as client:
        saved = await made(client, "POST", SAVE, invoice_body(invoiceDate=given, deliveryDate=given))
    assert saved["invoice"]["invoiceDate"] == written


async def test_a_form_says_the_same_as_json() -> None:
    """Nested names in PHP's brackets are read."""
    form = {
        "invoice[contact][id]": "7",
        "invoice[contact][objectName]": "Contact",
        "invoice[invoiceDate]": "01.10.2026",
        "invoice[currency]": "EUR",
        "invoice[taxRule][id]": "1",
        "invoice[taxRule][objectName]": "TaxRule",
        "invoice[status]": "100",
        "invoicePosSave[0][quantity]": "3",
        "invoicePosSave[0][price]": "10",
        "invoicePosSave[0][taxRate]": "19",
        "invoicePosSave[0][unity][id]": "1",
        "invoicePosSave[0][unity][objectName]": "Unity",
        "invoicePosDelete": "null",
    }
    async with firm() as client:
        answer = await client.post(SAVE, data=form)
    assert (answer.status_code, answer.json()["objects"]["invoice"]["sumGross"]) == (201, "35.7")


async def test_a_draft_changes_and_keeps_what_was_not_sent() -> None:
    """Positions that are not named stay, named ones change or go; sums follow."""
    async with firm() as client:
        saved = await made(client, "POST", SAVE, invoice_body(headText="Guten Tag"))
        first, second = (one["id"] for one in saved["invoicePos"])
        body = {
            "invoice": {"id": saved["invoice"]["id"], "header": "Neu", "headText": None},
            "invoicePosSave": [position(2, 100, "Beratung", id=first)],
            "invoicePosDelete": [{"id": second, "objectName": "InvoicePos"}],
        }
        changed = (await made(client, "POST", SAVE, body))["invoice"]
        left = await listed(client, f"Invoice/{changed['id']}/getPositions")
    assert (changed["id"], changed["header"], changed["headText"]) == (saved["invoice"]["id"], "Neu", None)
    assert (changed["sumGross"], changed["currency"], left) == ("238", "EUR", [first])


async def test_a_change_without_positions_keeps_the_sums() -> None:
    """Only the header was sent."""
    async with firm() as client:
        saved = (await made(client, "POST", SAVE, invoice_body()))["invoice"]
        body = {"invoice": {"id": saved["id"], "header": "Neu"}}
        changed = (await made(client, "POST", SAVE, body))["invoice"]
    assert (changed["header"], changed["sumGross"], changed["sumTax"]) == ("Neu", "65.45", "10.45")


async def test_a_position_names_the_part_that_it_sells() -> None:
    """The reference is there where it was sent, and the list can be asked for it."""
    sold = position(1, 10, "a", part=ref("Part", 77))
    async with firm() as client:
        saved = await made(client, "POST", SAVE, {**invoice_body(), "invoicePosSave": [sold, position(1, 5, "b")]})
        wanted = [saved["invoicePos"][0]["id"]]
        assert await listed(client, "InvoicePos?part[id]=77&part[objectName]=Part") == wanted


async def test_statuses_can_be_set_on_the_first_system_only() -> None:
    """``changeStatus`` was removed with 2.0; 1.0 asks for a tax type."""
    async with firm(version="1.0") as client:
        changed = await made(client, "PUT", "Invoice/101/changeStatus", {"value": 1000})
        refused = await client.post(SAVE, json=invoice_body())
        saved = await made(client, "POST", SAVE, invoice_body(taxType="default", taxRule=None))
        assert changed["status"] == "1000"
        assert refusal(refused) == (422, None, "Could not find taxType")
        assert (saved["invoice"]["taxType"], "taxRule" in saved["invoice"]) == ("default", False)
    async with firm() as client:
        assert refusal(await client.put("Invoice/101/changeStatus", json={"value": 1000})) == (
            500,
            None,
            "wrong HTTP Type",
        )


WRONG = [
    ({"invoice": None}, 422, "invoice expected array. NULL given"),
    ({"invoice": 5}, 422, "invoice expected array. integer given"),
    (invoice_body(status="200"), 422, "New invoices must be created with status 100"),
    (invoice_body(currency=None), 422, "Currency is required."),
    (invoice_body(taxRule=None), 422, "taxRule cannot be null"),
    (invoice_body(invoiceDate="yesterday"), 422, "invoiceDate is no valid date."),
    (invoice_body(invoiceDate="31.02.2026"), 422, "invoiceDate is no valid date."),
    (invoice_body(invoiceDate=10**13), 422, "invoiceDate is no valid date."),
    (invoice_body(invoiceDate=None), 422, "invoiceDate cannot be null"),
    (invoice_body(contact=7), 422, "contact expected array with 'id' and 'objectName'. integer given"),
    (invoice_body(contact={"id": 7}), 422, "contact expected array with 'id' and 'objectName'. array given"),
    (invoice_body(contact=ref("Contact", 99)), 400, "No Model_Contact with the id 99 was found"),
    (invoice_body(header=["a"]), 422, "header expected string. array given"),
    (invoice_body(timeToPay="soon"), 422, "timeToPay expected number. string given"),
    (invoice_body(invoiceType="XX"), 422, "invoiceType must be one of RE, WKR, SR, MA, TR, AR, ER"),
    (invoice_body(id="999"), 404, "No Model_Invoice with the id 999 was found"),
    ({**invoice_body(), "invoicePosSave": []}, 422, "The given document must have at least one position"),
    ({**invoice_body(), "invoicePosSave": "x"}, 422, "invoicePosSave expected array. string given"),
    ({**invoice_body(), "invoicePosSave": [position(1, 1, "a", taxRate=None)]}, 422, "taxRate cannot be null"),
    ({**invoice_body(), "invoicePosSave": [position(1, 1, "a", taxRate=-1)]}, 422, "taxRate must be between 0 and 100"),
    ({**invoice_body(), "invoicePosSave": [position("x", 1, "a")]}, 422, "quantity expected number. string given"),
    ({**invoice_body(), "invoicePosSave": [position(1, 1e11, "a")]}, 422, "price expected number. double given"),
    (
        {**invoice_body(), "invoicePosSave": [position(1e10, 1e10, "a", discount=1e10)]},
        422,
        "discount must not be more than 100 percent",
    ),
    ({**invoice_body(), "invoicePosSave": [position(1, 1, "a", unity=None)]}, 422, "unity cannot be null"),
    ({**invoice_body(), "invoicePosDelete": [{"id": 1}]}, 422, "invoicePosDelete: no position with the id 1"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "message"), WRONG, ids=range(len(WRONG)))
async def test_what_makes_no_sense_is_refused_whole(body: dict[str, Any], status: int, message: str) -> None:
    """The error says what is wrong, and no part of the invoice is there."""
    async with firm() as client:
        before = [(await client.get(f"{name}?limit=1000")).content for name in ("Invoice", "InvoicePos")]
        answer = await client.post(SAVE, json=body)
        assert (answer.status_code, answer.json()["error"]["message"]) == (status, message)
        assert [(await client.get(f"{name}?limit=1000")).content for name in ("Invoice", "InvoicePos")] == before


@pytest.mark.parametrize(
    ("content", "media_type", "message"),
    [
        (b"{", "application/json", "The request body is no valid JSON."),
        (b"[" * 100_000, "application/json", "The request body is no valid JSON."),
        (b"\xff", "application/json", "The request body is no valid JSON."),
        (b"[]", "application/json", "The request body must be a JSON object."),
        (b"a[b][c][d][e][f][g][h][i]=1", "application/x-www-form-urlencoded", "The request body is nested too deeply."),
        (b"\xff=1", "application/x-www-form-urlencoded", "The request body cannot be read."),
        (b"x", "multipart/form-data", "The request body cannot be read."),
        (b"x", "multipart/form-data; boundary=y", "The request body cannot be read."),
    ],
    ids=range(8),
)
async def test_a_body_that_cannot_be_read_is_refused(content: bytes, media_type: str, message: str) -> None:
    """400 with the usual envelope."""
    async with firm() as client:
        answer = await client.post(SAVE, content=content, headers={"Content-Type": media_type})
    assert refusal(answer) == (400, None, message)


async def test_a_body_that_is_too_large_is_refused() -> None:
    """413, before it is taken apart."""
    async with firm() as client:
        answer = await client.post(SAVE, content=b"0" * 34_000_000, headers={"Content-Type": "application/json"})
    assert refusal(answer) == (413, None, "The request body cannot be read.")


async def test_the_books_stay_as_they_were() -> None:
    """Writes change the running account only: the same books, served again, know nothing of them."""
    async with firm(*ROWS) as client:
        before = await listed(client, "Invoice")
        await made(client, "POST", SAVE, invoice_body())
        await made(client, "PUT", "Invoice/101/bookAmount", booking(119))
        assert len(await listed(client, "Invoice")) == len(before) + 1
    async with firm(*ROWS) as client:
        assert await listed(client, "Invoice") == before
        assert (await one(client, "Invoice/101"))["status"] == "200"


async def test_writes_can_be_switched_off() -> None:
    """Every write answers 403 then, a GET that would write, too, and reading goes on."""
    async with firm(*ROWS, invoice(103, status="100"), quirks=Quirks(writes="refused")) as client:
        answers: list[httpx.Response] = [
            await client.get("Invoice/103/getPdf"),
            await client.post(SAVE, json=invoice_body()),
            await client.put("Invoice/101/sendBy", json=SEND),
            await client.delete("Contact/7"),
        ]
        assert [refusal(answer) for answer in answers] == [(403, None, "Forbidden")] * 4
        assert (await client.get("Invoice/103/getPdf?preventSendBy=true")).status_code == 200
        assert (await one(client, "Invoice/101"))["status"] == invoice(101)["status"]
