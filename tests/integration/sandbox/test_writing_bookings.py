"""Bookings: a line is booked on a document, whole or in part, by each type, and taken off again."""

from typing import Any, Literal

import httpx
import pytest
from integration.sandbox.writing import NOW, ROWS, bill, booking, firm, made, one, refusal, voucher_body
from unit.sandbox_server.building import account, credit_note, invoice, listed, ref, transaction, voucher

from sandbox.account.quirks import Quirks

BOOKED_ON = "2026-09-30T00:00:00+02:00"
LINE_ON = "2026-09-15T00:00:00+02:00"
LINE_IN = ref("CheckAccountTransaction", 404)
LOG = "CheckAccountTransactionLog"


async def entries(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """The log entries of a document."""
    found: list[dict[str, Any]] = (await client.get(f"{path}/getCheckAccountTransactionLogs")).json()["objects"]
    return found


async def test_a_line_pays_an_invoice() -> None:
    """1000, paid on the value date of the line and not of the click; line, log and answer say so."""
    async with firm() as client:
        log = await made(client, "PUT", "Invoice/101/bookAmount", booking(119))
        paid, line = await one(client, "Invoice/101"), await one(client, "CheckAccountTransaction/401")
        (entry,) = await entries(client, "Invoice/101")
        assert (paid["status"], paid["paidAmount"], paid["payDate"], paid["update"]) == ("1000", 119, LINE_ON, NOW)
        assert line["status"] == "400"
        assert (entry["object"], entry["checkAccountTransaction"]) == (
            ref("Invoice", 101),
            ref("CheckAccountTransaction", 401),
        )
        assert (entry["amountPaid"], entry["bookingDate"]) == (119, LINE_ON)
        assert (entry["fromStatus"], entry["toStatus"], "update" in entry) == ("100", "400", False)
        assert entry["id"] in await listed(client, LOG)
        assert (log["objectName"], log["invoice"], log["amountPayed"]) == ("InvoiceLog", ref("Invoice", 101), "119")
        assert (log["fromStatus"], log["toStatus"], log["bookingDate"]) == ("200", "1000", BOOKED_ON)


async def test_part_of_a_line_leaves_an_invoice_partly_paid() -> None:
    """750, no payDate; the rest of the same line pays the rest, and more than that is refused."""
    async with firm() as client:
        await made(client, "PUT", "Invoice/101/bookAmount", booking(87.49))
        partly = await one(client, "Invoice/101")
        assert (partly["status"], partly["paidAmount"], partly["payDate"]) == ("750", 87.49, None)
        assert (await client.get("Invoice/101/getIsPartiallyPaid")).json() == {"objects": True}
        assert refusal(await client.put("Invoice/101/bookAmount", json=booking(31.52)))[0] == 422
        log = await made(client, "PUT", "Invoice/101/bookAmount", booking(31.51))
        paid = await one(client, "Invoice/101")
        assert (log["fromStatus"], log["toStatus"]) == ("750", "1000")
        assert (paid["status"], paid["paidAmount"]) == ("1000", 119)
        assert [entry["amountPaid"] for entry in await entries(client, "Invoice/101")] == [31.51, 87.49]


@pytest.mark.parametrize(
    ("kind", "amount", "status", "paid", "entered"),
    [
        ("FULL_PAYMENT", -95, "1000", 95, "95"),
        ("FULL_PAYMENT", -90, "750", 90, "95"),
        ("N", -95, "1000", 95, "95"),
        ("N", -87.49, "750", 87.49, "95"),
        ("N", -94.99, "750", 94.99, "95"),
        ("CB", -93.1, "1000", 95, "93.1"),
        ("O", -1, "1000", 95, "1"),
        ("MTC", -94, "1000", 95, "94"),
        ("OF", -100, "1000", 95, "100"),
        ("CF", -90, "1000", 95, "90"),
        ("N", -100, "1000", 95, "95"),
        ("N", 10, "100", -10, "95"),
    ],
)
async def test_the_type_says_whether_less_or_more_is_enough(
    kind: str, amount: float, status: str, paid: float, entered: str
) -> None:
    """Discount, fees and other reasons close a document; more is capped; the wrong sign takes away."""
    rows = (account(5), voucher(201, sumNet="95", sumTax="0"), transaction(403, "-200"), transaction(404, "50"))
    # Differences of exchange rates (CF) went with system 2.0.
    async with firm(*rows, version="1.0" if kind == "CF" else "2.0") as client:
        line = ref("CheckAccountTransaction", 403 if amount < 0 else 404)
        await made(client, "PUT", "Voucher/201/bookAmount", bill(amount, type=kind, checkAccountTransaction=line))
        document = await one(client, "Voucher/201")
        (entry,) = await entries(client, "Voucher/201")
    assert (document["status"], document["paidAmount"]) == (status, paid)
    assert document.get("sumGrossAccounting", "95") == entered
    assert entry["amountPaid"] == amount


@pytest.mark.parametrize("kind", ["offline", "register"])
async def test_an_account_without_a_bank_gets_its_line_by_booking(kind: str) -> None:
    """A write-off: the line is made, booked, and is on that account only."""
    rows = [account(6, type=kind) if row["id"] == "6" else row for row in ROWS]
    async with firm(*rows) as client:
        await made(client, "PUT", "Invoice/101/bookAmount", booking(119, line=None, account=6))
        paid = await one(client, "Invoice/101")
        (entry,) = await entries(client, "Invoice/101")
        line = await one(client, f"CheckAccountTransaction/{entry['checkAccountTransaction']['id']}")
        assert (paid["status"], paid["paidAmount"], paid["payDate"]) == ("1000", 119, BOOKED_ON)
        assert (line["status"], line["amount"], line["valueDate"]) == ("400", "119", BOOKED_ON)
        assert line["checkAccount"] == ref("CheckAccount", 6)
        assert (await client.get("CheckAccount/6/getBalanceAtDate?date=2026-09-30")).json() == {"objects": "119"}
        assert (await client.get("CheckAccount/6/getBalanceAtDate?date=2026-09-29")).json() == {"objects": "0"}


async def test_a_credit_note_is_paid_by_money_that_goes_out() -> None:
    """A negative amount; it has no paidAmount."""
    async with firm(account(5), credit_note(301), transaction(403, "-119")) as client:
        log = await made(client, "PUT", "CreditNote/301/bookAmount", booking(-19, line=403))
        partly = await one(client, "CreditNote/301")
        await made(client, "PUT", "CreditNote/301/bookAmount", booking(-100, line=403))
        paid = await one(client, "CreditNote/301")
    assert (log["creditNote"], log["amountPayed"], log["objectName"]) == (ref("CreditNote", 301), "19", "CreditNoteLog")
    assert (partly["status"], partly["payDate"], paid["status"], paid["payDate"]) == ("750", None, "1000", LINE_ON)
    assert "paidAmount" not in paid


@pytest.mark.parametrize("switch", [True, False])
async def test_reopening_takes_all_bookings_off(switch: bool) -> None:  # noqa: FBT001
    """Open, nothing paid, lines free again; log entries vanish, unless that is switched off."""
    async with firm(quirks=Quirks(log_forgets_reset=switch)) as client:
        await made(client, "PUT", "Invoice/101/bookAmount", booking(50, line=404))
        await made(client, "PUT", "Invoice/101/bookAmount", booking(60, kind="CB"))
        opened = await made(client, "PUT", "Invoice/101/resetToOpen")
        assert (opened["status"], opened["paidAmount"], opened["payDate"]) == ("200", 0, None)
        assert opened["sumGrossAccounting"] == "119"
        assert await one(client, "Invoice/101") == opened
        assert [(await one(client, f"CheckAccountTransaction/{line}"))["status"] for line in (401, 404)] == ["100"] * 2
        assert len(await entries(client, "Invoice/101")) == (0 if switch else 2)
        assert "501" in await listed(client, LOG)


async def test_a_line_that_pays_two_documents_stays_booked_by_the_other() -> None:
    """Only what nothing else refers to is free again."""
    async with firm(account(5), voucher(201), voucher(202), transaction(403, "-190")) as client:
        for number in (201, 202):
            await made(client, "PUT", f"Voucher/{number}/bookAmount", bill(-95))
        await made(client, "PUT", "Voucher/201/resetToOpen")
        assert (await one(client, "CheckAccountTransaction/403"))["status"] == "400"
        await made(client, "PUT", "Voucher/202/resetToOpen")
        assert (await one(client, "CheckAccountTransaction/403"))["status"] == "100"
        assert (await one(client, "Voucher/201"))["status"] == "100"


async def test_an_enshrined_line_keeps_its_document_paid() -> None:
    """Reopening is refused, and nothing changes."""
    async with firm() as client:
        await made(client, "PUT", "Invoice/101/bookAmount", booking(119))
        await made(client, "PUT", "CheckAccountTransaction/401/enshrine")
        before = await one(client, "Invoice/101")
        assert refusal(await client.put("Invoice/101/resetToOpen"))[0] == 422
        assert await one(client, "Invoice/101") == before
        assert refusal(await client.put("CheckAccountTransaction/403/enshrine"))[0] == 422


async def test_money_entered_by_hand_counts_with_what_is_booked() -> None:
    """A paidAmount without a log entry is not lost when the rest is booked."""
    rows = (account(5), invoice(101, paidAmount=69, status="750"), transaction(404, "50"))
    async with firm(*rows) as client:
        await made(client, "PUT", "Invoice/101/bookAmount", booking(50, line=404))
        assert (await one(client, "Invoice/101"))["paidAmount"] == 119


@pytest.mark.parametrize(
    ("resource", "date", "switch", "status"),
    [
        ("Invoice/101", 1790719200, "strict", 200),
        ("Invoice/101", "1790719201", "strict", 200),
        ("Invoice/101", "2026-09-30T12:00:00+02:00", "strict", 422),
        ("Invoice/101", "2026-09-30T12:00:00+02:00", "any", 200),
        ("Voucher/201", "2026-09-30T12:00:00+02:00", "strict", 200),
        ("Voucher/201", "30.09.2026", "strict", 200),
        ("Voucher/201", 1790719200, "strict", 422),
        ("Voucher/201", 1790719200, "any", 200),
        ("Voucher/201", None, "any", 422),
        ("Voucher/201", True, "any", 422),
    ],
)
async def test_the_date_has_another_form_for_each_resource(
    resource: str,
    date: object,
    switch: Literal["strict", "any"],
    status: int,
) -> None:
    """Unix seconds for an invoice, a text for a voucher; the switch takes both."""
    is_bill = resource.startswith("Voucher")
    body = booking(-95 if is_bill else 119, line=403 if is_bill else 401, date=date)
    async with firm(quirks=Quirks(booking_dates=switch)) as client:
        assert (await client.put(f"{resource}/bookAmount", json=body)).status_code == status


WRONG = [
    ("Invoice/102", booking(1), 422, 750, "Invoice is already paid"),
    ("Voucher/202", bill(-1), 422, 751, "Voucher is already paid"),
    ("Voucher/203", bill(-1), 422, None, "A draft can not be paid"),
    ("Invoice/999", booking(1), 404, 151, "No Model_Invoice with the id 999 was found"),
    ("Invoice/101", booking(119, line=None), 422, None, "checkAccountTransaction is required for online checkaccounts"),
    ("Invoice/101", booking(119, line=999), 404, 151, "No Model_CheckAccountTransaction with the id 999 was found"),
    ("Invoice/101", booking(119, account=99), 400, None, "No Model_CheckAccount with the id 99 was found"),
    ("Invoice/101", booking(119, account=6), 422, None, "The transaction is not on this checkaccount"),
    ("Invoice/101", booking(0), 422, None, "amount cannot be null"),
    ("Invoice/101", booking(0.004), 422, None, "amount cannot be null"),
    ("Invoice/101", booking(1, kind="XY"), 422, None, "type must be one of FULL_PAYMENT, N, CB, CF, O, OF, MTC"),
    ("Invoice/101", booking(1) | {"amount": "x"}, 422, None, "amount expected number. string given"),
    ("Invoice/101", booking(1) | {"amount": True}, 422, None, "amount expected number. boolean given"),
    ("Invoice/101", booking(1) | {"checkAccount": None}, 422, None, "checkAccount cannot be null"),
    ("Invoice/101", booking(1, date="soon"), 422, None, "date is no valid date."),
    ("Invoice/101", {}, 422, None, "amount cannot be null"),
]


@pytest.mark.parametrize(("path", "body", "status", "code", "message"), WRONG, ids=range(len(WRONG)))
async def test_a_booking_that_makes_no_sense_changes_nothing(
    path: str, body: dict[str, Any], status: int, code: int | None, message: str
) -> None:
    """Paid, a draft, not there, or without the line that a bank account needs: nothing changes."""
    rows = (*ROWS, voucher(202, status="1000", paidAmount=95), voucher(203, status="50"))
    lists = ("Invoice", "Voucher", "CheckAccountTransaction", LOG)
    async with firm(*rows) as client:
        before = [(await client.get(name)).content for name in lists]
        answer = await client.put(f"{path}/bookAmount", json=body)
        assert refusal(answer) == (status, code, message)
        assert [(await client.get(name)).content for name in lists] == before


async def test_amounts_must_have_the_sign_of_their_line_and_not_exceed_it() -> None:
    """Money that came in cannot go out, and no line pays more than it has."""
    async with firm() as client:
        for amount in (-1, 119.01, 200):
            assert refusal(await client.put("Invoice/101/bookAmount", json=booking(amount)))[0] == 422
        assert refusal(await client.put("Invoice/101/bookAmount", json=booking(1, line=402)))[0] == 422


async def test_a_paid_voucher_becomes_a_draft_at_once() -> None:
    """Its bookings are taken off on the way; an enshrined line keeps it paid."""
    async with firm() as client:
        await made(client, "PUT", "Voucher/201/bookAmount", bill(-95))
        draft = await made(client, "PUT", "Voucher/201/resetToDraft")
        assert (draft["status"], draft["paidAmount"], draft["payDate"]) == ("50", 0, None)
        assert (await one(client, "CheckAccountTransaction/403"))["status"] == "100"
        assert await entries(client, "Voucher/201") == []
    async with firm() as client:
        await made(client, "PUT", "Voucher/201/bookAmount", bill(-95))
        await made(client, "PUT", "CheckAccountTransaction/403/enshrine")
        assert refusal(await client.put("Voucher/201/resetToDraft"))[0] == 422
        assert (await one(client, "Voucher/201"))["status"] == "1000"


async def test_a_booking_that_left_its_document_open_is_taken_off_with_the_reset() -> None:
    """Money of the wrong sign is in ``paidAmount`` and in the log, but in no status."""
    async with firm() as client:
        await made(client, "PUT", "Voucher/201/bookAmount", bill(20, checkAccountTransaction=LINE_IN))
        booked = await one(client, "Voucher/201")
        assert (booked["status"], booked["paidAmount"]) == ("100", -20)
        draft = await made(client, "PUT", "Voucher/201/resetToDraft")
        assert (draft["status"], draft["paidAmount"]) == ("50", 0)
        assert (await one(client, "CheckAccountTransaction/404"))["status"] == "100"
        assert await entries(client, "Voucher/201") == []
        assert await made(client, "DELETE", "Voucher/201") == [None]


async def test_a_voucher_is_reopened_reset_changed_and_deleted() -> None:
    """Only a draft changes and goes: from paid to open, from open to draft."""
    async with firm() as client:
        await made(client, "PUT", "Voucher/201/bookAmount", bill(-95))
        assert refusal(await client.delete("Voucher/201"))[:2] == (409, 159)
        assert (await made(client, "PUT", "Voucher/201/resetToOpen"))["status"] == "100"
        late = await client.post("Voucher/Factory/saveVoucher", json=voucher_body(id=201))
        assert refusal(late) == (400, 90400, "Use resetToDraft first")
        assert (await made(client, "PUT", "Voucher/201/resetToDraft"))["status"] == "50"
        assert refusal(await client.put("Voucher/201/resetToOpen"))[0] == 422
        assert (await made(client, "DELETE", "Voucher/201")) == [None]
        assert (await client.get("Voucher/201")).status_code == 400
