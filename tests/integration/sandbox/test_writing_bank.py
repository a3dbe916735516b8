"""Bank lines and accounts: entered, changed, deleted; and what writes share: ids, standing lists, faults."""

from typing import Any

import httpx
import pytest
from integration.sandbox.writing import NOW, booking, firm, invoice_body, made, one, refusal, voucher_body
from unit.sandbox_server.building import listed, ref

from sandbox.server.faults import Fault, FaultError, Faults, check_fault

LINE = {"valueDate": "29.09.2026", "amount": -0.45, "checkAccount": ref("CheckAccount", 5)}
ONLY_ONLINE = (
    "You can only create transactions on online checkaccounts. "
    "Use document bookAmount to create transactions on other types."
)
NO_ACCOUNT = "No Model_CheckAccount with the id 9 was found"
NO_IMPORT = "importType must be one of CSV, MT940"


async def test_a_line_is_entered_and_counts_in_the_balance() -> None:
    """201, free, entered on its value date where no other day is given."""
    async with firm() as client:
        before = (await client.get("CheckAccount/5/getBalanceAtDate?date=2026-09-29")).json()["objects"]
        answer = await client.post("CheckAccountTransaction", json={**LINE, "payeePayerName": "Stripe"})
        line = answer.json()["objects"]
        later = await made(client, "POST", "CheckAccountTransaction", {**LINE, "entryDate": "30.09.2026"})
        after = (await client.get("CheckAccount/5/getBalanceAtDate?date=2026-09-29")).json()["objects"]
        assert (answer.status_code, line["status"], line["amount"], line["create"]) == (201, "100", "-0.45", NOW)
        assert line["valueDate"] == line["entryDate"] == "2026-09-29T00:00:00+02:00"
        assert later["entryDate"] == "2026-09-30T00:00:00+02:00"
        assert await one(client, f"CheckAccountTransaction/{line['id']}") == line
        assert (before, after) == ("193", "192.1")
        assert (await listed(client, "CheckAccountTransaction"))[:2] == [later["id"], line["id"]]


async def test_a_free_line_changes_and_goes() -> None:
    """Deleted, it is read by id only and no longer counts; a booked one does neither."""
    async with firm() as client:
        changed = await made(client, "PUT", "CheckAccountTransaction/404", {"amount": 60, "valueDate": None})
        assert (changed["amount"], changed["valueDate"]) == ("60", "2026-09-15T00:00:00+02:00")
        assert await made(client, "DELETE", "CheckAccountTransaction/404") == [None]
        assert (await one(client, "CheckAccountTransaction/404"))["deletedAt"] == NOW
        assert "404" not in await listed(client, "CheckAccountTransaction")
        assert (await client.get("CheckAccount/5/getBalanceAtDate?date=2026-09-29")).json() == {"objects": "143"}
        for method, line in (("DELETE", 404), ("DELETE", 402)):
            assert refusal(await client.request(method, f"CheckAccountTransaction/{line}"))[:2] == (409, 159)
        assert refusal(await client.put("CheckAccountTransaction/402", json={"amount": 1}))[0] == 422


async def test_accounts_are_opened_changed_and_closed() -> None:
    """For files and for clearing; one with lines is not deleted."""
    async with firm() as client:
        bank = await made(client, "POST", "CheckAccount/Factory/fileImportAccount", {"name": "B", "importType": "CSV"})
        clearing = await made(client, "POST", "CheckAccount/Factory/clearingAccount", {"name": "C"})
        assert (bank["type"], bank["importType"], bank["balance"], bank["accountingNumber"]) == (
            "online",
            "CSV",
            "0",
            "1200",
        )
        assert (clearing["type"], clearing["importType"], clearing["balance"]) == ("offline", None, None)
        await made(client, "POST", "CheckAccountTransaction", {**LINE, "checkAccount": ref("CheckAccount", bank["id"])})
        assert refusal(await client.delete(f"CheckAccount/{bank['id']}"))[:2] == (409, 159)
        assert (await made(client, "PUT", f"CheckAccount/{clearing['id']}", {"name": "D"}))["name"] == "D"
        assert await made(client, "DELETE", f"CheckAccount/{clearing['id']}") == [None]


WRONG = [
    ("CheckAccountTransaction", {**LINE, "checkAccount": ref("CheckAccount", 6)}, 422, ONLY_ONLINE),
    ("CheckAccountTransaction", {**LINE, "checkAccount": None}, 422, "checkAccount cannot be null"),
    ("CheckAccountTransaction", LINE | {"checkAccount": ref("CheckAccount", 9)}, 400, NO_ACCOUNT),
    ("CheckAccountTransaction", {**LINE, "amount": None}, 422, "amount cannot be null"),
    ("CheckAccountTransaction", {**LINE, "valueDate": None}, 422, "valueDate cannot be null"),
    ("CheckAccountTransaction", {**LINE, "valueDate": [1]}, 422, "valueDate is no valid date."),
    ("CheckAccount/Factory/fileImportAccount", {"name": "B", "importType": "XML"}, 422, NO_IMPORT),
    ("CheckAccount/Factory/clearingAccount", {}, 422, "name cannot be null"),
    ("CheckAccount/Factory/nothing", {}, 500, "wrong HTTP Type"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status", "message"), WRONG, ids=range(len(WRONG)))
async def test_what_makes_no_sense_adds_no_line(path: str, body: dict[str, Any], status: int, message: str) -> None:
    """Lines are for bank accounts, and need a day and an amount."""
    async with firm() as client:
        before = [(await client.get(name)).content for name in ("CheckAccount", "CheckAccountTransaction")]
        answer = await client.post(path, json=body)
        assert (answer.status_code, refusal(answer)[2]) == (status, message)
        assert [(await client.get(name)).content for name in ("CheckAccount", "CheckAccountTransaction")] == before


async def test_new_ids_are_new_even_after_a_deletion() -> None:
    """An id that was given away does not come back, and none of the books is taken."""
    async with firm() as client:
        ids = []
        for _ in range(3):
            ids.append((await made(client, "POST", "CheckAccountTransaction", LINE))["id"])
            saved = (await made(client, "POST", "Voucher/Factory/saveVoucher", voucher_body()))["voucher"]["id"]
            await made(client, "DELETE", f"Voucher/{saved}")
            ids.append(f"Voucher {saved}")
        assert len(set(ids)) == 6
        assert not {"401", "402", "403", "404", "Voucher 201"} & set(ids)


async def test_lists_that_an_account_has_from_the_start() -> None:
    """Payment methods, the user and the sequences are lists like others."""
    async with firm() as client:
        assert (await client.get("PaymentMethod?countAll=true")).json()["total"] == "6"
        (user,) = (await client.get("SevUser")).json()["objects"]
        assert (user["id"], user["sevClient"]) == ("1", ref("SevClient", 1))
        sequences = (await client.get("SevSequence")).json()["objects"]
        assert [(one["forObject"], one["type"], one["nextSequence"]) for one in sequences] == [
            ("Invoice", "RE", "1019"),
            ("Invoice", "MA", "1000"),
            ("CreditNote", "CN", "1000"),
        ]
        assert (await client.get("PaymentMethod/21921")).json()["objects"][0]["name"] == "Bargeld"
        assert (await client.get("SevSequence/Factory/getByType?objectType=Part&type=X")).status_code == 400
        assert (await client.get("SevSequence/Factory/getByType")).status_code == 400


SAVE = "Voucher/Factory/saveVoucher"


@pytest.mark.parametrize(
    ("fault", "status", "count"),
    [
        (Fault(resource="Voucher", status=500, times=1), 500, 1),
        (Fault(resource="Voucher", status=500, is_written=True, times=1), 500, 2),
        (Fault(resource="Voucher", status=429, retry_after=1, times=1), 429, 1),
        (Fault(resource="Voucher", status=503, body="html", is_written=True, times=1), 503, 2),
        (Fault(resource="Voucher", status=200, is_written=True, times=1), 200, 2),
        (Fault(resource="Voucher", body="truncated", times=1), 201, 2),
        (Fault(resource="Voucher", body="html", times=1), 201, 2),
        (Fault(resource="Invoice", status=500, times=1), 201, 2),
        (Fault(is_revoked=True, times=1), 401, 1),
    ],
    ids=range(9),
)
async def test_faults_meet_writes_before_or_after_they_are_done(fault: Fault, status: int, count: int) -> None:
    """An error says nothing about whether a voucher is there: it can be hidden, and an answer can be cut off."""
    async with firm(faults=Faults([fault])) as client:
        answer = await client.post(SAVE, json=voucher_body())
        assert answer.status_code == status
        assert len(await listed(client, "Voucher")) == count


async def test_a_refused_write_shows_its_own_error_under_a_fault() -> None:
    """What was never written cannot be hidden."""
    async with firm(faults=Faults([Fault(status=500, is_written=True)])) as client:
        assert refusal(await client.post(SAVE, json={}))[2] == "voucher expected array. NULL given"


def test_a_hidden_write_needs_a_status() -> None:
    """Otherwise there is no answer that hides it."""
    with pytest.raises(FaultError, match="is_written needs a status"):
        check_fault(Fault(is_written=True), {"muster"})


@pytest.mark.parametrize("plain", [False, True])
async def test_every_write_is_refused_without_a_token(plain: bool) -> None:  # noqa: FBT001
    """401 with the body of its own, before anything of the request is read."""
    async with firm() as client:
        client.headers.pop("Authorization")
        for method, path in (("POST", SAVE), ("PUT", "Invoice/101/bookAmount"), ("DELETE", "Contact/7")):
            content: dict[str, Any] = {"content": b"{"} if plain else {"json": booking(1)}
            answer: httpx.Response = await client.request(method, path, **content)
            assert answer.json() == {"status": 401, "message": "Authentication required"}


async def test_two_firms_do_not_see_each_others_writes() -> None:
    """Each client has its own running account."""
    async with firm() as one_firm, firm() as another:
        await made(one_firm, "POST", "Invoice/Factory/saveInvoice", invoice_body())
        assert len(await listed(one_firm, "Invoice")) == len(await listed(another, "Invoice")) + 1
