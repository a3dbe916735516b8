"""What sevdesk's description and its users say is refused, in both bookkeeping systems."""

from typing import Any

import httpx
import pytest
from integration.sandbox.writing import (
    ROWS,
    bill,
    credit_note_body,
    fee,
    firm,
    invoice_body,
    made,
    one,
    position,
    refusal,
    voucher_body,
)
from unit.sandbox_server.building import contact, invoice, ref, sevdesk_object, voucher

INVOICE, NOTE, VOUCHER = (
    "Invoice/Factory/saveInvoice",
    "CreditNote/Factory/saveCreditNote",
    "Voucher/Factory/saveVoucher",
)
NO_CUSTOM = "taxType custom and taxSet are not supported in sevdesk-Update 2.0"
BEFORE = "The invoiceDate (2026-10-01) must be before the deliveryDate (2026-09-30)."


def rule(number: int) -> dict[str, Any]:
    """A reference to a tax rule."""
    return ref("TaxRule", number)


def taxed(body: dict[str, Any], rate: float) -> dict[str, Any]:
    """The body with one position at a tax rate."""
    kind = next(name for name in ("voucher", "creditNote", "invoice") if name in body)
    make = fee(100, "a", taxRate=rate) if kind == "voucher" else position(1, 100, "a", taxRate=rate)
    return {**body, f"{kind}PosSave": [make]}


def on_account(body: dict[str, Any], account: int) -> dict[str, Any]:
    """A voucher's body with one position on a booking account."""
    return {**body, "voucherPosSave": [fee(100, "a", accountDatev=ref("AccountDatev", account))]}


def _rate(rate: str, number: int, allowed: str) -> str:
    return f"taxRate {rate} is not allowed with taxRule {number}, allowed are: {allowed}"


REFUSED = [
    # The day before is too early; times of a day do not count.
    (INVOICE, invoice_body(deliveryDate="30.09.2026"), BEFORE),
    (INVOICE, invoice_body(deliveryDate="2026-09-30T23:59:59+02:00"), BEFORE),
    (INVOICE, invoice_body(reminderCharge=0.01), "reminderCharge must not be greater than 0"),
    (INVOICE, invoice_body(invoiceType="MA", reminderCharge="5"), "reminderCharge must not be greater than 0"),
    # Tax types and rates.
    (INVOICE, invoice_body(taxType="custom"), NO_CUSTOM),
    (INVOICE, invoice_body(taxType="custom", taxRule=None), NO_CUSTOM),
    (INVOICE, invoice_body(taxSet=ref("TaxSet", 5)), NO_CUSTOM),
    (INVOICE, invoice_body(taxType="other", taxRule=None), "Could not find taxType"),
    (NOTE, credit_note_body(taxType="custom"), NO_CUSTOM),
    (VOUCHER, voucher_body(taxType="custom"), NO_CUSTOM),
    (INVOICE, taxed(invoice_body(), 16), _rate("16", 1, "0, 7, 19")),
    (INVOICE, taxed(invoice_body(), 5), _rate("5", 1, "0, 7, 19")),
    (INVOICE, taxed(invoice_body(), 18.99), _rate("18.99", 1, "0, 7, 19")),
    (INVOICE, taxed(invoice_body(taxRule=rule(17)), 19), _rate("19", 17, "0")),
    (INVOICE, taxed(invoice_body(taxRule=None, taxType="noteu"), 19), _rate("19", 17, "0")),
    (NOTE, taxed(credit_note_body(), 16), _rate("16", 1, "0, 7, 19")),
    (VOUCHER, taxed(voucher_body(taxRule=rule(9)), 16), _rate("16", 9, "0, 7, 19")),
    (VOUCHER, taxed(voucher_body(taxRule=rule(10)), 19), _rate("19", 10, "0")),
    (INVOICE, invoice_body(smallSettlement=True), "A document of a small business must not contain any vat"),
    # What a tax rule cannot be used for.
    (INVOICE, invoice_body(invoiceType="AR", taxRule=rule(3)), "taxRule 3 cannot be used for an invoice of type AR"),
    (INVOICE, invoice_body(invoiceType="TR", taxRule=rule(4)), "taxRule 4 cannot be used for an invoice of type TR"),
    (INVOICE, invoice_body(invoiceType="ER", taxRule=rule(21)), "taxRule 21 cannot be used for an invoice of type ER"),
    (
        INVOICE,
        taxed(invoice_body(taxRule=rule(18), propertyIsEInvoice=True), 21),
        "taxRule 18 cannot be used for an e-invoice",
    ),
    (INVOICE, invoice_body(taxRule=rule(9)), "taxRule 9 cannot be used for an invoice of type RE"),
    (VOUCHER, voucher_body(taxRule=rule(1)), "taxRule 1 cannot be used for a voucher with creditDebit C"),
    (VOUCHER, voucher_body(creditDebit="D"), "taxRule 14 cannot be used for a voucher with creditDebit D"),
    (
        VOUCHER,
        voucher_body(creditDebit="D", taxRule=rule(18)),
        "taxRule 18 cannot be used for a voucher with creditDebit D",
    ),
    (
        VOUCHER,
        on_account(voucher_body(taxRule=rule(14)), 4288),
        "taxRule 14 is not allowed on accountDatev 4288, allowed are: 10",
    ),
    (
        VOUCHER,
        on_account(voucher_body(creditDebit="D", taxRule=rule(1)), 4285),
        "taxRule 1 is not allowed on accountDatev 4285, allowed are: 9, 10, 14",
    ),
    (
        VOUCHER,
        {**voucher_body(), "voucherPosSave": [fee(1, "a"), fee(0, "b", net=False, sumGross=1)]},
        "All positions must be either net or gross",
    ),
    (
        NOTE,
        credit_note_body(bookingCategory="ACCOUNTING_TYPE"),
        "bookingCategory must be one of PROVISION, ROYALTY_ASSIGNED, ROYALTY_UNASSIGNED, UNDERACHIEVEMENT",
    ),
]


@pytest.mark.parametrize(("path", "body", "message"), REFUSED, ids=range(len(REFUSED)))
async def test_system_2_refuses(path: str, body: dict[str, Any], message: str) -> None:
    """422 in the usual envelope; nothing of the document is there."""
    kind = path.partition("/")[0]
    async with firm() as client:
        before = [(await client.get(f"{name}?showAll=true")).content for name in (kind, f"{kind}Pos")]
        answer = await client.post(path, json=body)
        assert refusal(answer) == (422, None, message)
        assert answer.json()["objects"] is None
        assert [(await client.get(f"{name}?showAll=true")).content for name in (kind, f"{kind}Pos")] == before


TAKEN = [
    (INVOICE, invoice_body(deliveryDate="01.10.2026")),
    (INVOICE, invoice_body(deliveryDate="02.10.2026")),
    (INVOICE, invoice_body(deliveryDate=None)),
    (INVOICE, invoice_body(invoiceDate="2026-10-01T18:00:00+02:00", deliveryDate="01.10.2026")),
    (INVOICE, invoice_body(invoiceType="MA", reminderCharge="0")),
    (INVOICE, taxed(invoice_body(taxRule=rule(3)), 19)),
    (INVOICE, taxed(invoice_body(taxRule=rule(19)), 21)),
    (INVOICE, taxed(invoice_body(taxRule=rule(16)), 16)),
    (INVOICE, taxed(invoice_body(taxRule=rule(11), smallSettlement=True), 0)),
    (INVOICE, invoice_body(invoiceType="AR")),
    (INVOICE, taxed(invoice_body(invoiceType="TR", taxRule=rule(11)), 0)),
    (INVOICE, taxed(invoice_body(invoiceType="ER", taxRule=rule(4)), 0)),
    (NOTE, taxed(credit_note_body(), 7)),
    (VOUCHER, on_account(voucher_body(creditDebit="D", taxRule=rule(1)), 4000)),
    (VOUCHER, on_account(voucher_body(taxRule=rule(12)), 999)),
]


@pytest.mark.parametrize(("path", "body"), TAKEN, ids=range(len(TAKEN)))
async def test_system_2_takes_what_just_passes(path: str, body: dict[str, Any]) -> None:
    """The neighbours of what is refused: delivery on the same day, rates of the rule, rates of a rule nobody knows."""
    async with firm() as client:
        assert (await client.post(path, json=body)).status_code == 201


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (INVOICE, taxed(invoice_body(taxType="custom", taxSet=ref("TaxSet", 5), taxRule=None), 16)),
        (INVOICE, invoice_body(taxType="eu", invoiceType="AR", taxRule=None)),
        (NOTE, credit_note_body(taxType="default", taxRule=None, bookingCategory="ACCOUNTING_TYPE")),
    ],
)
async def test_system_1_takes_what_went_with_2(path: str, body: dict[str, Any]) -> None:
    """Own tax rates, advance invoices abroad, credit notes by accounting type."""
    async with firm(version="1.0") as client:
        assert (await client.post(path, json=body)).status_code == 201


async def test_system_1_has_reminder_charges() -> None:
    """They are stored; the rule about delivery is that of both systems."""
    async with firm(version="1.0") as client:
        body = invoice_body(invoiceType="MA", reminderCharge=2.5, taxType="default", taxRule=None)
        saved = (await made(client, "POST", INVOICE, body))["invoice"]
        assert (await one(client, f"Invoice/{saved['id']}"))["reminderCharge"] == "2.5"
        early = invoice_body(deliveryDate="30.09.2026", taxType="default", taxRule=None)
        assert refusal(await client.post(INVOICE, json=early)) == (422, None, BEFORE)


@pytest.mark.parametrize(
    ("path", "body", "found"),
    [
        (INVOICE, invoice_body(taxType="default", taxRule=None), "1"),
        (INVOICE, invoice_body(taxType="eu", taxRule=None), "3"),
        (INVOICE, taxed(invoice_body(taxType="ss", taxRule=None), 0), "11"),
        (VOUCHER, voucher_body(taxType="default", taxRule=None), "9"),
        (VOUCHER, voucher_body(taxType="ss", taxRule=None), "10"),
    ],
)
async def test_system_2_enters_the_rule_of_an_old_tax_type(path: str, body: dict[str, Any], found: str) -> None:
    """The type itself is null then."""
    async with firm() as client:
        saved = await made(client, "POST", path, body)
    document = saved.get("invoice") or saved["voucher"]
    assert (document["taxRule"], document["taxType"]) == (ref("TaxRule", found), None)


async def test_a_changed_draft_is_held_to_its_tax_rule_too() -> None:
    """``PUT`` of another rule than the positions' rates allow."""
    async with firm() as client:
        note = (await made(client, "POST", NOTE, credit_note_body()))["creditNote"]["id"]
        bought = taxed(voucher_body(taxRule=rule(9)), 19)
        draft = (await made(client, "POST", VOUCHER, bought))["voucher"]["id"]
        answers = [
            await client.put(f"CreditNote/{note}", json={"taxRule": rule(17)}),
            await client.put(f"Voucher/{draft}", json={"taxRule": rule(10)}),
        ]
        assert [refusal(answer)[2] for answer in answers] == [_rate("19", 17, "0"), _rate("19", 10, "0")]
        assert refusal(await client.put(f"Voucher/{draft}", json={"taxType": "custom"}))[2] == NO_CUSTOM


async def test_a_final_invoice_is_not_older_than_its_parts() -> None:
    """Of the same order; the same day passes."""
    order = ref("Invoice", 101)
    part = invoice(150, invoiceType="AR", invoiceDate="2026-10-02T00:00:00+02:00", origin=order)
    final: dict[str, Any] = {"invoiceType": "ER", "origin": order, "deliveryDate": None}
    async with firm(*ROWS, part) as client:
        answer = await client.post(INVOICE, json=invoice_body(**final))
        message = "The invoiceDate (2026-10-01) must not be before that of a part (2026-10-02)."
        assert refusal(answer) == (422, None, message)
        same_day = invoice_body(**final, invoiceDate="02.10.2026")
        assert (await client.post(INVOICE, json=same_day)).status_code == 201


async def test_a_reminder_is_created_without_a_charge() -> None:
    """In system 2.0; the reminder itself has none."""
    async with firm() as client:
        path = "Invoice/Factory/createInvoiceReminder"
        refused = await client.post(path, json={"invoice": ref("Invoice", 101), "reminderCharge": 5})
        assert refusal(refused) == (422, None, "reminderCharge must not be greater than 0")
        reminder = await made(client, "POST", path, {"invoice": ref("Invoice", 101)})
        assert reminder["reminderCharge"] == "0"


UNTIL = "2026-10-15T00:00:00+02:00"


@pytest.mark.parametrize(
    ("of_invoice", "of_note", "message"),
    [
        (None, None, None),
        (UNTIL, "15.10.2026", None),
        (UNTIL, "16.10.2026", None),
        (UNTIL, "14.10.2026", "deliveryDateUntil (2026-10-14) must not be before that of the invoice (2026-10-15)"),
        (UNTIL, None, "deliveryDateUntil cannot be null, as that of the invoice"),
        (None, "15.10.2026", "deliveryDateUntil must be null, as that of the invoice"),
    ],
)
async def test_a_credit_note_covers_the_delivery_of_its_invoice(
    of_invoice: str | None, of_note: str | None, message: str | None
) -> None:
    """Both have an end of the delivery, or neither."""
    rows = (contact(7), invoice(101, deliveryDateUntil=of_invoice))
    source = {"bookingCategory": "UNDERACHIEVEMENT", "refSrcInvoice": ref("Invoice", 101)}
    async with firm(*rows) as client:
        answer = await client.post(NOTE, json=credit_note_body(**source, deliveryDateUntil=of_note))
    assert (refusal(answer)[2] if answer.is_error else None) == message


@pytest.mark.parametrize("kind", ["AR", "TR"])
async def test_a_part_of_an_order_has_no_credit_note(kind: str) -> None:
    """Neither written nor made by cancelling the paid invoice."""
    part = invoice(101, invoiceType=kind, status="1000", paidAmount=119)
    source = {"bookingCategory": "UNDERACHIEVEMENT", "refSrcInvoice": ref("Invoice", 101)}
    message = f"A credit note for an invoice of type {kind} is not possible"
    async with firm(contact(7), part) as client:
        written = await client.post(NOTE, json=credit_note_body(**source))
        cancelled = await client.post("Invoice/101/cancelInvoice")
    assert refusal(written) == refusal(cancelled) == (422, None, message)


async def test_system_2_has_fewer_reasons_to_pay_another_amount() -> None:
    """No exchange rates, and no discount on a voucher that has a negative position."""
    negative = sevdesk_object("VoucherPos", 1, voucher=ref("Voucher", 201), sumGross="-5")
    rows = [row for row in ROWS if row["objectName"] != "Voucher"]
    async with firm(*rows, voucher(201), negative) as client:
        answers = [await client.put("Voucher/201/bookAmount", json=bill(-90, type=kind)) for kind in ("CF", "CB")]
        assert [refusal(answer) for answer in answers] == [
            (422, None, "The type CF is not supported in sevdesk-Update 2.0"),
            (422, None, "The type CB is not possible for a voucher with negative positions"),
        ]
        assert (await one(client, "Voucher/201"))["status"] == "100"
        await made(client, "PUT", "Voucher/201/bookAmount", bill(-90, type="O"))


async def test_accounts_have_numbers_of_their_own() -> None:
    """When they are made and when they change; an account keeps its own."""
    async with firm() as client:
        path = "CheckAccount/Factory/clearingAccount"
        first = await made(client, "POST", path, {"name": "A", "accountingNumber": "1400"})
        again = await client.post(path, json={"name": "B", "accountingNumber": 1400})
        second = await made(client, "POST", path, {"name": "B"})
        changed = await client.put(f"CheckAccount/{second['id']}", json={"accountingNumber": "1400"})
        message = "The accountingNumber 1400 is already in use"
        assert refusal(again) == refusal(changed) == (422, None, message)
        await made(client, "PUT", f"CheckAccount/{first['id']}", {"accountingNumber": "1400", "name": "C"})


async def test_a_parent_is_an_organisation() -> None:
    """A person has none below it."""
    person = contact(9, name=None, surename="Mia", familyname="Roth")
    body = {"name": "Neu GmbH", "category": ref("Category", 3)}
    async with firm(*ROWS, person) as client:
        answer = await client.post("Contact", json=body | {"parent": ref("Contact", 9)})
        assert refusal(answer) == (422, None, "parent must be an organisation")
        await made(client, "POST", "Contact", body | {"parent": ref("Contact", 7)})


@pytest.mark.parametrize(
    ("path", "version", "status"),
    [
        ("Invoice", "default", 200),
        ("Invoice", "1.0", 200),
        ("Invoice", "2.0", 200),
        ("Contact", "1.9", 200),
        ("Contact", "2.0", 400),
        ("Invoice", "9.9", 400),
        ("Invoice", "", 400),
        ("Invoice/101", "1.10", 400),
        ("Nothing", "9.9", 400),
        ("Tools/bookkeepingSystemVersion", "default", 200),
        ("Tools/bookkeepingSystemVersion", "1.0", 400),
    ],
)
async def test_versions_of_a_resource(path: str, version: str, status: int) -> None:
    """An unknown one is refused with those that there are, which is none for the tools."""
    async with firm() as client:
        answer = await client.get(path, headers={"X-Version": version})
    assert answer.status_code == status
    if status == 400:
        error = answer.json()["error"]
        assert error["message"].startswith("Unknown X-Version. Valid values are:")
        known = error["data"]["valid values"]
        assert (known == []) is path.startswith("Tools")
        assert version not in known


async def test_an_unknown_version_writes_nothing() -> None:
    """It is refused before anything is done; a refused token comes first."""
    async with firm() as client:
        answer = await client.post(INVOICE, json=invoice_body(), headers={"X-Version": "9.9"})
        assert answer.status_code == 400
        assert len((await client.get("Invoice?status=100")).json()["objects"]) == 0
        nobody: httpx.Response = await client.get("Invoice", headers={"Authorization": "x", "X-Version": "9.9"})
        assert nobody.status_code == 401
