"""Invoices on their way: numbered, sent, printed, cancelled, reminded of, taken back, deleted."""

import base64

import pytest
from integration.sandbox.writing import NOW, booking, firm, invoice_body, made, one, position, refusal
from unit.sandbox_server.building import contact, invoice, listed, ref

from sandbox.account.quirks import Quirks

SAVE = "Invoice/Factory/saveInvoice"
SEND = {"sendType": "VPDF", "sendDraft": False}


async def test_a_draft_may_have_no_customer_and_can_then_not_be_sent() -> None:
    """Its contact is null, as its number is."""
    async with firm() as client:
        draft = (await made(client, "POST", SAVE, invoice_body(contact=None)))["invoice"]
        answer = await client.put(f"Invoice/{draft['id']}/sendBy", json=SEND)
        assert (draft["contact"], draft["invoiceNumber"]) == (None, None)
        assert refusal(answer) == (422, None, "contact cannot be null")
        assert (await one(client, f"Invoice/{draft['id']}"))["status"] == "100"


async def test_a_document_below_zero_is_not_sent() -> None:
    """Code 7100; it stays a draft without a number."""
    async with firm() as client:
        draft = await made(client, "POST", SAVE, {**invoice_body(), "invoicePosSave": [position(1, -10, "a")]})
        path = f"Invoice/{draft['invoice']['id']}"
        assert refusal(await client.put(f"{path}/sendBy", json=SEND))[:2] == (422, 7100)
        assert (await one(client, path))["invoiceNumber"] is None


@pytest.mark.parametrize(
    ("numbers", "following"),
    [
        (["RE-2026-0099", "RE-2026-0007", "RE-2025-0500"], ["RE-2026-0100", "RE-2026-0101"]),
        (["17"], ["18", "19"]),
        (["2026/009"], ["2026/010", "2026/011"]),
        (["Sonderrechnung"], ["RE-1000", "RE-1001"]),
        ([], ["RE-1000", "RE-1001"]),
    ],
)
async def test_numbers_go_on_in_the_form_of_the_newest(numbers: list[str], following: list[str]) -> None:
    """With its prefix and its leading zeros, after the highest of them; without any at 1000."""
    days = [f"2026-09-{20 - index:02d}T00:00:00+02:00" for index in range(len(numbers))]
    rows = [invoice(100 + index, invoiceNumber=number, invoiceDate=days[index]) for index, number in enumerate(numbers)]
    async with firm(contact(7), *rows) as client:
        for number in following:
            draft = (await made(client, "POST", SAVE, invoice_body()))["invoice"]["id"]
            assert (await made(client, "PUT", f"Invoice/{draft}/sendBy", SEND))["invoiceNumber"] == number


async def test_sending_gives_the_next_number_and_fixes_the_invoice() -> None:
    """Open, numbered after the books, enshrined and dated; the sequence moves on, and no more drafts' changes."""
    async with firm() as client:
        asked = "SevSequence/Factory/getByType?objectType=Invoice&type=RE"
        before = (await client.get(asked)).json()["objects"]
        first = (await made(client, "POST", SAVE, invoice_body()))["invoice"]["id"]
        second = (await made(client, "POST", SAVE, invoice_body()))["invoice"]["id"]
        between = (await client.get(asked)).json()["objects"]
        sent = await made(client, "PUT", f"Invoice/{second}/sendBy", SEND)
        again = await made(client, "PUT", f"Invoice/{first}/sendBy", SEND)
        late = await client.post(SAVE, json=invoice_body(id=first))
        assert (before["format"], before["nextSequence"], between) == ("RE-%NUMBER", "1019", before)
        assert (sent["invoiceNumber"], again["invoiceNumber"]) == ("RE-1019", "RE-1020")
        assert (sent["status"], sent["enshrined"], sent["sendDate"], sent["sendType"]) == ("200", NOW, NOW, "VPDF")
        assert await one(client, f"Invoice/{second}") == sent
        assert (await client.get(asked)).json()["objects"]["nextSequence"] == "1021"
        assert refusal(late) == (400, 90400, "Use resetToDraft first")


async def test_a_number_can_be_reserved_by_asking() -> None:
    """Measured is that it is not; switched, each question uses one up."""
    asked = "SevSequence/Factory/getByType?objectType=CreditNote&type=CN"
    for reserved, numbers in ((False, ["1000", "1000"]), (True, ["1000", "1001"])):
        async with firm(quirks=Quirks(reserved_numbers=reserved)) as client:
            assert [(await client.get(asked)).json()["objects"]["nextSequence"] for _ in range(2)] == numbers


async def test_sending_a_draft_for_internal_use_changes_nothing_else() -> None:
    """With ``sendDraft`` it stays a draft without a number."""
    async with firm() as client:
        draft = (await made(client, "POST", SAVE, invoice_body()))["invoice"]["id"]
        sent = await made(client, "PUT", f"Invoice/{draft}/sendBy", {"sendType": "VM", "sendDraft": True})
    assert (sent["status"], sent["invoiceNumber"], sent["sendType"]) == ("100", None, "VM")


@pytest.mark.parametrize(
    ("query", "switch", "status"),
    [
        ("", True, "200"),
        ("?preventSendBy=true", True, "100"),
        ("?preventSendBy=1", True, "100"),
        ("?preventSendBy=True", True, "100"),
        ("?preventSendBy=TRUE", True, "100"),
        ("?preventSendBy=false", True, "200"),
        ("", False, "100"),
    ],
)
async def test_printing_a_draft_sends_it_unless_prevented(query: str, switch: bool, status: str) -> None:  # noqa: FBT001
    """A GET that writes; the answer is a PDF in base64, named after the number."""
    async with firm(quirks=Quirks(pdf_sends_drafts=switch)) as client:
        draft = (await made(client, "POST", SAVE, invoice_body(header="Größe (1)")))["invoice"]["id"]
        answer = (await client.get(f"Invoice/{draft}/getPdf{query}")).json()["objects"]
        stored = await one(client, f"Invoice/{draft}")
    file = base64.b64decode(answer.pop("content"))
    assert file.startswith(b"%PDF-1.4") and file.endswith(b"%%EOF\n")  # noqa: PT018  both ends of one file
    assert "Größe \\(1\\)".encode("latin-1") in file
    assert answer == {
        "filename": "RE-1019.pdf" if status == "200" else ".pdf",
        "mimetype": "application/pdf",
        "base64Encoded": True,
    }
    assert stored["status"] == status


async def test_an_electronic_invoice_needs_an_address_and_a_number() -> None:
    """Without them printing answers 503 and sending 400 with code 830 and what is missing."""
    async with firm() as client:
        saved = await made(client, "POST", SAVE, invoice_body(propertyIsEInvoice=True, addressName="Muster GmbH"))
        path = f"Invoice/{saved['invoice']['id']}"
        assert saved["invoice"]["propertyIsEInvoice"] == "1"
        printed = await client.get(f"{path}/getPdf?preventSendBy=true")
        refused = await client.put(f"{path}/sendBy", json=SEND)
        assert refusal(printed) == (503, None, "Invoice number is required")
        assert refusal(refused)[:2] == (400, 830)
        missing = ["document_addressStreet", "document_addressZip", "document_addressCity"]
        assert refused.json()["error"]["data"] == {"missing information": missing}
        address = {"addressStreet": "Weg 1", "addressZip": "10115", "addressCity": "Berlin"}
        await made(client, "POST", SAVE, {"invoice": {"id": saved["invoice"]["id"], **address}})
        assert (await made(client, "PUT", f"{path}/sendBy", SEND))["status"] == "200"


async def test_cancelling_turns_an_invoice_round() -> None:
    """201: a paid SR with the next number and negative sums; the invoice is 1000 with nothing paid."""
    async with firm() as client:
        draft = (await made(client, "POST", SAVE, invoice_body()))["invoice"]["id"]
        await made(client, "PUT", f"Invoice/{draft}/sendBy", SEND)
        answer = await client.post(f"Invoice/{draft}/cancelInvoice")
        shown = answer.json()["objects"]
        stored, original = await one(client, f"Invoice/{shown['id']}"), await one(client, f"Invoice/{draft}")
        positions = (await client.get(f"Invoice/{shown['id']}/getPositions")).json()["objects"]
        again = await client.post(f"Invoice/{draft}/cancelInvoice")
        reopened = await client.put(f"Invoice/{draft}/resetToOpen")
        assert answer.status_code == 201
        assert (shown["contact"]["name"], shown["taxRule"]["code"]) == ("Kunde 7 GmbH", "USTPFL_UMS_EINN")
        assert (stored["contact"], stored["taxRule"]) == (ref("Contact", 7), ref("TaxRule", 1))
        assert (stored["invoiceType"], stored["status"], stored["paidAmount"]) == ("SR", "1000", 0)
        assert (stored["invoiceNumber"], stored["origin"]) == ("RE-1020", ref("Invoice", draft))
        assert (stored["sumNet"], stored["sumTax"], stored["sumGross"]) == ("-55", "-10.45", "-65.45")
        assert stored["header"] == "Stornorechnung Nr. RE-1020 zur Rechnung Nr. RE-1019"
        assert (original["status"], original["paidAmount"], original["payDate"]) == ("1000", 0, None)
        assert {(one["quantity"], one["sumGross"]) for one in positions} == {("-3", "-35.7"), ("-1", "-29.75")}
        assert refusal(again) == (422, 421, "invoice already canceled")
        assert refusal(reopened) == (422, 421, "invoice already canceled")


async def test_a_cancellation_is_under_the_tax_rule_of_its_invoice() -> None:
    """The answer describes the usual rule; another is not given its name."""
    async with firm() as client:
        untaxed = {"invoicePosSave": [position(1, 10, "a", taxRate=0)]}
        body = invoice_body(taxRule=ref("TaxRule", 11)) | untaxed
        draft = (await made(client, "POST", SAVE, body))["invoice"]["id"]
        await made(client, "PUT", f"Invoice/{draft}/sendBy", SEND)
        shown = (await client.post(f"Invoice/{draft}/cancelInvoice")).json()["objects"]
        assert shown["taxRule"] == ref("TaxRule", 11)


@pytest.mark.parametrize(("switch", "status"), [(True, 200), (False, 422)])
async def test_a_partly_paid_invoice_cannot_be_cancelled(switch: bool, status: int) -> None:  # noqa: FBT001
    """The error, code 390, rides in a 200; switched, in a 422. Nothing changes."""
    async with firm(quirks=Quirks(errors_in_success=switch)) as client:
        await made(client, "PUT", "Invoice/101/bookAmount", booking(50, line=404))
        before = (await client.get("Invoice")).content
        answer = await client.post("Invoice/101/cancelInvoice")
        assert refusal(answer)[:2] == (status, 390)
        assert answer.json()["objects"] is None
        assert (await client.get("Invoice")).content == before


async def test_cancelling_a_paid_invoice_makes_a_credit_note() -> None:
    """The invoice stays paid, and cannot be cancelled or reopened beside it."""
    async with firm() as client:
        note = await made(client, "POST", "Invoice/102/cancelInvoice")
        stored = await one(client, f"CreditNote/{note['id']}")
        assert (stored["bookingCategory"], stored["sumGross"]) == ("UNDERACHIEVEMENT", "119")
        assert (stored["refSrcInvoice"], stored["creditNoteNumber"]) == (ref("Invoice", 102), "GU-1000")
        assert (await one(client, "Invoice/102"))["paidAmount"] == 119
        for method, action in (("POST", "cancelInvoice"), ("PUT", "resetToOpen")):
            answer = await client.request(method, f"Invoice/102/{action}")
            assert refusal(answer) == (422, 170, "CreditNote exists")


async def test_reminders_count_up_and_name_their_invoice() -> None:
    """MA drafts of what is still open, of the next level; named in the body or in the query."""
    async with firm() as client:
        await made(client, "PUT", "Invoice/101/bookAmount", booking(50, line=404))
        path = "Invoice/Factory/createInvoiceReminder"
        first = await made(client, "POST", path, {"invoice": ref("Invoice", 101)})
        second = await made(client, "POST", f"{path}?invoice[id]=101&invoice[objectName]=Invoice")
        sent = await made(client, "PUT", f"Invoice/{second['id']}/sendBy", SEND)
        hidden = await listed(client, "Invoice")
        assert [(one["invoiceType"], one["dunningLevel"]) for one in (first, second)] == [("MA", "1"), ("MA", "2")]
        assert (first["status"], first["origin"], first["reminderDebit"]) == ("100", ref("Invoice", 101), "69")
        assert (first["reminderDeadline"], first["sumGross"]) == ("2026-10-08T00:00:00+02:00", "119")
        assert sent["invoiceNumber"] == "MA-1000"
        assert first["id"] not in hidden
        assert await listed(client, "Invoice?invoiceType=MA") == [second["id"], first["id"]]


async def test_enshrining_is_for_sent_invoices_and_once() -> None:
    """The answer is null."""
    async with firm() as client:
        answer = await client.put("Invoice/101/enshrine")
        assert (answer.status_code, answer.json()) == (200, {"objects": None})
        assert (await one(client, "Invoice/101"))["enshrined"] == NOW
        assert refusal(await client.put("Invoice/101/enshrine"))[0] == 422
        draft = (await made(client, "POST", SAVE, invoice_body()))["invoice"]["id"]
        assert refusal(await client.put(f"Invoice/{draft}/enshrine"))[0] == 422


async def test_an_open_invoice_goes_back_to_a_draft_and_keeps_its_number() -> None:
    """Then it changes, and is sent under the same number; a paid one must be reopened first."""
    async with firm() as client:
        draft = await made(client, "PUT", "Invoice/101/resetToDraft")
        await made(client, "POST", SAVE, {**invoice_body(id="101"), "invoicePosSave": [position(1, 10, "a")]})
        sent = await made(client, "PUT", "Invoice/101/sendBy", SEND)
        paid = await client.put("Invoice/102/resetToDraft")
        assert (draft["status"], draft["invoiceNumber"]) == ("100", "RE-1017")
        assert (sent["status"], sent["invoiceNumber"], sent["sumGross"]) == ("200", "RE-1017", "11.9")
        assert refusal(paid)[0] == 422


@pytest.mark.parametrize(("switch", "status"), [(True, 200), (False, 422)])
async def test_whether_a_sent_invoice_becomes_a_draft_again_can_be_switched(switch: bool, status: int) -> None:  # noqa: FBT001
    """Sending enshrines, and nobody has seen what resetting says to that; an enshrined voucher stays."""
    async with firm(quirks=Quirks(resets_enshrined=switch)) as client:
        draft = (await made(client, "POST", SAVE, invoice_body()))["invoice"]["id"]
        await made(client, "PUT", f"Invoice/{draft}/sendBy", SEND)
        assert (await client.put(f"Invoice/{draft}/resetToDraft")).status_code == status
        assert (await client.put("Voucher/201/enshrine")).status_code == 200
        assert refusal(await client.put("Voucher/201/resetToDraft"))[2] == "Voucher is enshrined"


async def test_only_drafts_are_deleted_with_their_positions() -> None:
    """The answer is a list of null; a sent one answers 409, code 159."""
    async with firm() as client:
        saved = await made(client, "POST", SAVE, invoice_body())
        path = f"Invoice/{saved['invoice']['id']}"
        refused = await client.delete("Invoice/101")
        deleted = await client.delete(path)
        assert (deleted.status_code, deleted.json()) == (200, {"objects": [None]})
        assert (await client.get(path)).status_code == 404
        assert await listed(client, "InvoicePos") == []
        assert refusal(refused) == (409, 159, "Invoice can only be deleted in status 100 but is status 200")
        assert (await client.delete("Invoice/999")).status_code == 404
