"""Credit notes: saved, sent, and held to the invoice that they are for."""

from typing import Any

import pytest
from integration.sandbox.writing import NOW, credit_note_body, firm, invoice_body, made, one, position, refusal
from unit.sandbox_server.building import contact, credit_note, invoice, ref, sevdesk_object

SAVE = "CreditNote/Factory/saveCreditNote"
SEND = {"sendType": "VPDF", "sendDraft": False}


async def test_a_credit_note_is_saved_with_its_number_and_sent() -> None:
    """201, a draft with texts in its positions and no paidAmount; sending keeps the given number."""
    async with firm() as client:
        answer = await client.post(SAVE, json=credit_note_body())
        note, (line,) = (answer.json()["objects"][name] for name in ("creditNote", "creditNotePos"))
        sent = await made(client, "PUT", f"CreditNote/{note['id']}/sendBy", SEND)
        pdf = (await client.get(f"CreditNote/{note['id']}/getPdf?preventSendBy=true")).json()["objects"]
        assert (answer.status_code, note["status"], note["creditNoteNumber"]) == (201, "100", "GU-1048")
        assert (note["sumNet"], note["sumTax"], note["sumGross"]) == ("10", "1.9", "11.9")
        assert (line["quantity"], line["price"], line["creditNote"]) == ("1", "10", ref("CreditNote", note["id"]))
        assert "paidAmount" not in note
        assert (sent["status"], sent["creditNoteNumber"], sent["enshrined"]) == ("200", "GU-1048", NOW)
        assert await one(client, f"CreditNote/{note['id']}") == sent
        assert pdf["filename"] == "GU-1048.pdf"


async def test_a_credit_note_without_a_number_gets_the_next_when_it_is_sent() -> None:
    """Two in a row are counted up."""
    numbers = []
    async with firm() as client:
        for _ in range(2):
            note = (await made(client, "POST", SAVE, credit_note_body(creditNoteNumber=None)))["creditNote"]
            sent = await made(client, "PUT", f"CreditNote/{note['id']}/sendBy", SEND)
            numbers.append((note["creditNoteNumber"], sent["creditNoteNumber"]))
    assert numbers == [(None, "GU-1000"), (None, "GU-1001")]


async def test_a_draft_changes_goes_back_and_is_deleted() -> None:
    """A sent one does not."""
    async with firm() as client:
        note = (await made(client, "POST", SAVE, credit_note_body()))["creditNote"]["id"]
        body = {"creditNote": {"id": note, "header": "Neu"}, "creditNotePosSave": []}
        assert (await made(client, "POST", SAVE, body))["creditNote"]["header"] == "Neu"
        changed = await made(client, "PUT", f"CreditNote/{note}", {"header": "Neuer", "footText": "Gruß"})
        assert (changed["header"], changed["footText"], changed["sumGross"]) == ("Neuer", "Gruß", "11.9")
        await made(client, "PUT", f"CreditNote/{note}/sendBy", SEND)
        assert refusal(await client.put(f"CreditNote/{note}", json={}))[:2] == (400, 90400)
        assert refusal(await client.post(SAVE, json=body)) == (400, 90400, "Use resetToDraft first")
        assert refusal(await client.delete(f"CreditNote/{note}"))[:2] == (409, 159)
        assert (await made(client, "PUT", f"CreditNote/{note}/resetToDraft"))["status"] == "100"
        assert await made(client, "DELETE", f"CreditNote/{note}") == [None]


async def test_a_position_that_came_without_a_rate_is_refused() -> None:
    """Books from elsewhere may lack fields; the rate is not that of the invoice then."""
    rows = (
        contact(7),
        invoice(101),
        sevdesk_object("InvoicePos", 1, invoice=ref("Invoice", 101), taxRate="19"),
        credit_note(301, status="100", refSrcInvoice=ref("Invoice", 101)),
        sevdesk_object("CreditNotePos", 2, creditNote=ref("CreditNote", 301)),
    )
    async with firm(*rows) as client:
        answer = await client.post(SAVE, json={"creditNote": {**credit_note_body()["creditNote"], "id": "301"}})
        assert refusal(answer) == (422, 456, "Different taxRate than origin document: None")


async def test_credit_notes_are_held_to_their_invoice() -> None:
    """Its tax rates, and together no more than its sum; afterwards it can neither be cancelled nor reopened."""
    async with firm() as client:
        invoice = (await made(client, "POST", "Invoice/Factory/saveInvoice", invoice_body()))["invoice"]["id"]
        await made(client, "PUT", f"Invoice/{invoice}/sendBy", SEND)
        source = {"refSrcInvoice": ref("Invoice", invoice), "bookingCategory": "UNDERACHIEVEMENT"}
        lower = {"creditNotePosSave": [position(1, 10, "a", taxRate=7)]}
        most = {"creditNotePosSave": [position(1, 50, "a")]}
        other_rate = await client.post(SAVE, json=credit_note_body(**source) | lower)
        first = await client.post(SAVE, json=credit_note_body(**source) | most)
        again = first.json()["objects"]["creditNote"]["id"]
        whole = {"creditNotePosSave": [position(1, 5, "b")]}
        changed = await client.post(SAVE, json={"creditNote": {"id": again}, **whole})
        second = await client.post(SAVE, json=credit_note_body(**source))
        cancelled = await client.post(f"Invoice/{invoice}/cancelInvoice")
        assert refusal(other_rate) == (422, 456, "Different taxRate than origin document: 7")
        assert first.status_code == 201
        assert changed.json()["objects"]["creditNote"]["sumGross"] == "65.45"
        assert refusal(second)[:2] == (422, 455)
        assert refusal(cancelled) == (422, 170, "CreditNote exists")


CATEGORIES = ("PROVISION", "ROYALTY_ASSIGNED", "ROYALTY_UNASSIGNED", "UNDERACHIEVEMENT")
WRONG = [
    ({}, None, "creditNote expected array. NULL given"),
    (credit_note_body(status=200), None, "New credit notes must be created with status 100"),
    (credit_note_body(currency=None), None, "Currency is required."),
    (
        credit_note_body(currency="CHF"),
        None,
        "Only credit notes in EUR can be written here: there is no exchange rate.",
    ),
    (credit_note_body(creditNoteDate=None), None, "creditNoteDate cannot be null"),
    (credit_note_body(deliveryDate=None), 460, "deliveryDate cannot be null"),
    (credit_note_body(taxRule=None), None, "taxRule cannot be null"),
    (
        credit_note_body(bookingCategory="UNDERACHIEVEMENT"),
        None,
        "refSrcInvoice cannot be null with the bookingCategory UNDERACHIEVEMENT",
    ),
    (credit_note_body(refSrcInvoice=ref("Invoice", 9)), 151, "No Model_Invoice with the id 9 was found"),
    ({**credit_note_body(), "creditNotePosSave": []}, None, "The given document must have at least one position"),
    (
        credit_note_body(bookingCategory=None),
        None,
        f"bookingCategory must be one of {', '.join(CATEGORIES)}",
    ),
]


@pytest.mark.parametrize(("body", "code", "message"), WRONG, ids=range(len(WRONG)))
async def test_what_makes_no_sense_leaves_nothing_behind(body: dict[str, Any], code: int | None, message: str) -> None:
    """The error says what is wrong, and neither note nor position is there."""
    async with firm() as client:
        assert refusal(await client.post(SAVE, json=body))[1:] == (code, message)
        assert (await client.get("CreditNote")).json() == (await client.get("CreditNotePos")).json() == {"objects": []}
