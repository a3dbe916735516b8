"""Vouchers in two steps: the file is uploaded, then the voucher names it."""

import hashlib
from typing import Any

import httpx
import pytest
from integration.sandbox.writing import NOW, fee, firm, made, one, refusal, voucher_body
from unit.sandbox_server.building import listed, ref

from sandbox.account.quirks import Quirks

SAVE = "Voucher/Factory/saveVoucher"
UPLOAD = "Voucher/Factory/uploadTempFile"
PAGE = b"%PDF-1.4 a bill"


async def upload(client: httpx.AsyncClient, name: str = "bill.pdf", content: bytes = PAGE) -> httpx.Response:
    """The answer to uploading a file."""
    return await client.post(UPLOAD, files={"file": (name, content, "application/pdf")})


async def test_a_file_and_then_its_voucher_can_be_read_back() -> None:
    """The document is there, the hash is that of the file, the sums are those of the positions."""
    async with firm() as client:
        first = await upload(client)
        file = first.json()["objects"]
        body = {**voucher_body(status=100, supplier=ref("Contact", 8)), "filename": file["filename"]}
        second = await client.post(SAVE, json=body)
        voucher = second.json()["objects"]["voucher"]
        stored = await one(client, f"Voucher/{voucher['id']}?embed=document")
        positions = await listed(client, f"VoucherPos?voucher[id]={voucher['id']}&voucher[objectName]=Voucher")
    assert (first.status_code, second.status_code) == (201, 201)
    assert file["contentHash"] == hashlib.sha256(PAGE).hexdigest() == stored["document"]["contentHash"]
    assert (stored["document"]["objectName"], stored["document"]["filename"]) == ("Document", file["filename"])
    assert (stored["status"], stored["sumGross"], stored["supplier"]) == ("100", "0.45", ref("Contact", 8))
    assert (stored["voucherDate"], stored["create"]) == ("2026-09-29T00:00:00+02:00", NOW)
    assert positions == [position["id"] for position in second.json()["objects"]["voucherPos"]]


async def test_answers_to_writes_look_as_the_switches_say() -> None:
    """As what is read does: numbers for texts, nulls for absent references, UTC."""
    switches = Quirks(text_numbers=False, unset_references="null", offsets="utc", paid_amount="text")
    async with firm(quirks=switches) as client:
        saved = await made(client, "POST", SAVE, voucher_body())
        voucher = saved["voucher"]
        assert (voucher["sumGross"], voucher["paidAmount"], voucher["supplier"]) == (0.45, "0", None)
        assert (voucher["voucherDate"], saved["voucherPos"][0]["sumNet"]) == ("2026-09-28T22:00:00+00:00", 0.35)
        assert saved["vatdrop"] == "not relevant"
        assert await one(client, f"Voucher/{voucher['id']}") == {
            name: value for name, value in voucher.items() if not name.startswith("property")
        }
        assert await made(client, "DELETE", f"Voucher/{voucher['id']}") == [None]


async def test_without_a_file_a_voucher_has_no_document() -> None:
    """The reference is absent."""
    async with firm() as client:
        voucher = (await made(client, "POST", SAVE, voucher_body()))["voucher"]
        assert "document" not in await one(client, f"Voucher/{voucher['id']}")
        assert voucher["id"] not in await listed(client, "Voucher?hasDocument=true")


async def test_two_files_of_the_same_content_have_two_names() -> None:
    """And the same hash."""
    async with firm() as client:
        files = [(await upload(client)).json()["objects"] for _ in range(2)]
    assert files[0]["contentHash"] == files[1]["contentHash"]
    assert files[0]["filename"] != files[1]["filename"]


@pytest.mark.parametrize(
    ("positions", "sums"),
    [
        ([fee(100, "a", taxRate=19)], ("100", "19", "119")),
        ([fee(100, "a", taxRate=19, net=False, sumGross=119, sumNet=None)], ("100", "19", "119")),
        ([fee(10, "a", taxRate=7), fee(5.55, "b", taxRate=0)], ("15.55", "0.7", "16.25")),
    ],
)
async def test_sums_follow_from_net_or_gross_positions(positions: list[Any], sums: tuple[str, ...]) -> None:
    """Each position says which of its sums was entered."""
    body = {**voucher_body(taxRule=ref("TaxRule", 9)), "voucherPosSave": positions}
    async with firm() as client:
        saved = (await made(client, "POST", SAVE, body))["voucher"]
    assert tuple(saved[name] for name in ("sumNet", "sumTax", "sumGross")) == sums


async def test_an_update_counts_only_the_positions_that_were_sent() -> None:
    """Those left out stay, and the sum forgets them: all must be sent with their ids."""
    async with firm() as client:
        saved = await made(client, "POST", SAVE, voucher_body())
        voucher, (first, second) = saved["voucher"]["id"], [position["id"] for position in saved["voucherPos"]]
        body = {"voucher": {"id": voucher, "status": 50}, "voucherPosSave": [fee(1, "fee", id=first)]}
        half = await made(client, "POST", SAVE, body)
        assert half["voucher"]["sumGross"] == "1"
        assert set(await listed(client, f"Voucher/{voucher}/getPositions")) == {first, second}
        body["voucherPosSave"].append(fee(2, "fee2", id=second))
        assert (await made(client, "POST", SAVE, body))["voucher"]["sumGross"] == "3"
        body = {**body, "voucherPosSave": [fee(1, "fee", id=first)], "voucherPosDelete": [ref("VoucherPos", second)]}
        await made(client, "POST", SAVE, body)
        assert await listed(client, f"Voucher/{voucher}/getPositions") == [first]


async def test_fields_of_a_draft_change_by_themselves() -> None:
    """Positions and sums stay; a released one must be reset first."""
    async with firm() as client:
        saved = (await made(client, "POST", SAVE, voucher_body(supplier=ref("Contact", 8))))["voucher"]
        path = f"Voucher/{saved['id']}"
        changed = await made(client, "PUT", path, {"description": "neu", "supplier": None, "currency": None})
        assert (changed["description"], "supplier" in changed, changed["sumGross"]) == ("neu", False, "0.45")
        assert await one(client, path) == changed
        assert refusal(await client.put(path, json={"creditDebit": "X"}))[2] == "creditDebit must be C or D"
        assert refusal(await client.put("Voucher/201", json={}))[:2] == (400, 90400)
        assert refusal(await client.put("Voucher/9", json={}))[0] == 400


async def test_the_first_system_has_accounting_types() -> None:
    """And tax types, in place of booking accounts and tax rules."""
    position = fee(1, "a", accountingType=ref("AccountingType", 26), accountDatev=None)
    body = {**voucher_body(taxType="default", taxRule=None), "voucherPosSave": [position]}
    async with firm(version="1.0") as client:
        saved = await made(client, "POST", SAVE, body)
    assert saved["voucherPos"][0]["accountingType"] == ref("AccountingType", 26)


WRONG = [
    ({}, "voucher expected array. NULL given"),
    (voucher_body(status=200), "status must be 50 or 100"),
    (voucher_body(status=None), "status must be 50 or 100"),
    (voucher_body(creditDebit="X"), "creditDebit must be C or D"),
    (voucher_body(voucherType="X"), "voucherType must be VOU or RV"),
    (voucher_body(currency="USD"), "Only vouchers in EUR can be written here: there is no exchange rate."),
    (voucher_body(status=100, voucherDate=None), "voucherDate cannot be null"),
    (voucher_body(taxRule=None), "taxRule cannot be null"),
    (voucher_body(supplier=ref("Contact", 99)), "No Model_Contact with the id 99 was found"),
    ({**voucher_body(), "filename": "gone.pdf"}, "The file was not found. Upload it first"),
    ({**voucher_body(), "voucherPosSave": None}, "The given document must have at least one position"),
    ({**voucher_body(), "voucherPosSave": [fee(1, "a", taxRate="x")]}, "taxRate expected number. string given"),
    ({**voucher_body(), "voucherPosSave": [fee(1, "a", sumNet=None)]}, "sumNet cannot be null"),
    ({**voucher_body(), "voucherPosSave": [fee(1, "a", accountDatev=None)]}, "accountDatev cannot be null"),
    ({**voucher_body(), "voucherPosSave": [fee(1, "a", id=5)]}, "voucherPosSave: no position with the id 5"),
    ({**voucher_body(), "voucherPosDelete": [{}]}, "voucherPosDelete: no position with the id "),
]


@pytest.mark.parametrize(("body", "message"), WRONG, ids=range(len(WRONG)))
async def test_what_makes_no_sense_leaves_nothing_behind(body: dict[str, Any], message: str) -> None:
    """The error says what is wrong, and neither voucher, position nor document is there."""
    async with firm() as client:
        answer = await client.post(SAVE, json=body)
        assert refusal(answer)[2] == message
        assert answer.status_code in {400, 422}
        assert (await listed(client, "Voucher"), await listed(client, "VoucherPos")) == (["201"], [])


@pytest.mark.parametrize(
    ("sent", "status", "message"),
    [
        ({"files": {"other": ("a.pdf", PAGE, "application/pdf")}}, 422, "file is required"),
        ({"files": {"file": ("a.pdf", b"", "application/pdf")}}, 422, "file is required"),
        ({"files": {"file": ("a.exe", PAGE, "application/pdf")}}, 422, "file must be a pdf, jpg or png"),
        ({"files": {"file": ("a", PAGE, "application/pdf")}}, 422, "file must be a pdf, jpg or png"),
        ({"json": {"file": "a.pdf"}}, 422, "file is required"),
        ({"data": {"file": "a.pdf"}}, 422, "file is required"),
        ({}, 422, "file is required"),
        (
            {"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
            400,
            "The request body cannot be read.",
        ),
    ],
    ids=range(8),
)
async def test_an_upload_without_a_usable_file_is_refused(sent: dict[str, Any], status: int, message: str) -> None:
    """The field is called ``file``, and holds a pdf or a picture that is not empty."""
    async with firm() as client:
        assert refusal(await client.post(UPLOAD, **sent)) == (status, None, message)
