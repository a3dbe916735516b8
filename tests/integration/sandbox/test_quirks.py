"""Quirks: each switch in both positions, as a client sees it."""

from typing import Any

import httpx
import msgspec
import pytest
from unit.sandbox_server.building import account, contact, invoice, listed, log_entry, ref, serve, transaction, voucher

from sandbox.account.quirks import QUIRKS, QuirkError, Quirks, positions, with_switches

DRAFT = invoice(3, invoiceNumber=None, status="100", headText="<b>Guten Tag</b>")
ROWS = (
    DRAFT,
    invoice(1, invoiceDate="2026-09-02T00:00:00+02:00", sumGross="5.5", paidAmount=5.5),
    invoice(2, invoiceType="MA", origin=ref("Invoice", 1)),
    voucher(11),
    contact(7, name=None, surename="Mia", familyname="Roth"),
    transaction(31, "12.5"),
    transaction(32, "7", deletedAt="2026-09-03T10:00:00+02:00"),
    account(5),
    log_entry(21, 31, voucher(11), -95),
)


async def ask(path: str, **switches: Any) -> httpx.Response:  # noqa: ANN401  positions of switches
    """The answer of a sandbox with the switches in these positions."""
    async with serve(*ROWS, quirks=with_switches(Quirks(), switches)) as client:
        return await client.get(path)


async def first(path: str, **switches: Any) -> dict[str, Any]:  # noqa: ANN401  as above
    """The first object of a list."""
    found: dict[str, Any] = (await ask(path, **switches)).json()["objects"][0]
    return found


async def test_numbers_are_texts_or_numbers() -> None:
    """By default sums and ids are texts, paid amounts numbers; both can be switched."""
    usual, other = await first("Invoice/1"), await first("Invoice/1", text_numbers=False, paid_amount="text")
    assert (usual["id"], usual["sumGross"], usual["paidAmount"]) == ("1", "5.5", 5.5)
    assert (other["id"], other["sumGross"], other["paidAmount"]) == (1, 5.5, "5.5")


async def test_texts_that_are_no_numbers_stay_texts() -> None:
    """A zip code, a document number and a customer number of digits alone; ids in references are ids."""
    digits = invoice(1, invoiceNumber="0017", addressZip="01067", customerInternalNote="42", header="2026")
    async with serve(digits, contact(7, customerNumber="1017"), quirks=Quirks(text_numbers=False)) as client:
        shown = (await client.get("Invoice")).json()["objects"][0]
        customer = (await client.get("Contact")).json()["objects"][0]
    texts = ("invoiceNumber", "addressZip", "customerInternalNote", "header")
    assert [shown[name] for name in texts] == ["0017", "01067", "42", "2026"]
    assert (shown["contact"], shown["status"], shown["sumGross"]) == ({"id": 7, "objectName": "Contact"}, 200, 119)
    assert (customer["id"], customer["customerNumber"]) == (7, "1017")


async def test_embedded_objects_are_as_their_own_lists_have_them() -> None:
    """Switches hold for what ``embed`` puts in, and for what it is put into."""
    switches = {"text_numbers": False, "unset_references": "null", "stale_balances": False}
    line = await first("CheckAccountTransaction/31?embed=checkAccount", **switches)
    assert line == {
        **await first("CheckAccountTransaction/31", **switches),
        "checkAccount": await first("CheckAccount/5", **switches),
    }
    assert (line["id"], line["amount"], line["targetTransaction"]) == (31, 12.5, None)
    assert (line["checkAccount"]["id"], line["checkAccount"]["balance"]) == (5, 12.5)


async def test_unset_references_are_absent_or_null() -> None:
    """A reference that is not set has no key, or null."""
    assert "paymentMethod" not in await first("Invoice/1")
    assert (await first("Invoice/1", unset_references="null"))["paymentMethod"] is None


async def test_a_single_object_is_in_a_list_or_bare() -> None:
    """By id comes a list of one, or the object itself."""
    assert isinstance((await ask("Invoice/1")).json()["objects"], list)
    assert (await ask("Invoice/1", single_in_list="false")).json()["objects"]["id"] == "1"


async def test_a_balance_is_a_text_or_a_number() -> None:
    """The level of an account, without an envelope of its own."""
    path = "CheckAccount/5/getBalanceAtDate?date=2026-09-30"
    assert (await ask(path)).json()["objects"] == "12.5"
    assert (await ask(path, balance="number")).json()["objects"] == 12.5


async def test_a_total_is_a_text_or_a_number() -> None:
    """With countAll only."""
    assert (await ask("Voucher?countAll=true")).json()["total"] == "1"
    assert (await ask("Voucher?countAll=true", total="number")).json()["total"] == 1
    assert "total" not in (await ask("Voucher", total="number")).json()
    assert "total" not in (await ask("Voucher?countAll=true", total="none")).json()


@pytest.mark.parametrize(("pages", "lengths"), [("asked", [120, 119]), ("short", [100, 100]), ("uneven", [100, 37])])
async def test_a_page_is_as_long_as_asked_for_or_shorter(pages: str, lengths: list[int]) -> None:
    """The next page begins where the offset says, however long the one before was."""
    rows = [invoice(number) for number in range(1, 241)]
    async with serve(*rows, quirks=with_switches(Quirks(), {"pages": pages})) as client:
        whole = await listed(client, "Invoice?limit=1000&offset=0") if pages == "asked" else None
        found = [await listed(client, f"Invoice?limit=120&offset={offset}") for offset in (0, 121)]
    assert [len(one) for one in found] == lengths
    assert whole is None or found[1][0] == whole[121]


@pytest.mark.parametrize("limit", ["0", "1001", "abc", "-1", "1.5"])
async def test_a_limit_outside_is_refused_or_capped(limit: str) -> None:
    """400 by default, else the nearest that is allowed."""
    assert (await ask(f"Invoice?limit={limit}")).status_code == 400
    assert (await ask(f"Invoice?limit={limit}", limit_outside="capped")).status_code == 200


async def test_unknown_filters_are_ignored_or_refused() -> None:
    """A misspelt filter changes nothing, or answers 400; known ones always pass."""
    assert len((await ask("Voucher?creditDebitt=D")).json()["objects"]) == 1
    assert (await ask("Voucher?creditDebitt=D", unknown_filters="refused")).status_code == 400
    path = "Invoice?limit=5&startDate=1&status[]=200&contact[id]=7&contact[objectName]=Contact&orderByDueDate=true"
    assert (await ask(path, unknown_filters="refused")).status_code == 200


async def test_half_a_reference_filter_is_ignored_or_enough() -> None:
    """An id without the kind of object."""
    path = "CheckAccountTransaction?checkAccount[id]=6"
    assert len((await ask(path)).json()["objects"]) == 1
    assert (await ask(path, half_reference_filters=True)).json()["objects"] == []


@pytest.mark.parametrize(
    ("path", "switch", "hidden", "shown"),
    [
        ("Contact", "hides_persons", [], ["7"]),
        ("Invoice?invoiceNumber=RE-2", "hides_special_invoices", [], ["2"]),
        ("CheckAccountTransaction", "hides_deleted_lines", ["31"], ["31", "32"]),
    ],
)
async def test_what_is_hidden_can_be_shown(path: str, switch: str, hidden: list[str], shown: list[str]) -> None:
    """Persons, reminders and deleted bank lines are not in a plain list, or they are."""
    async with serve(*ROWS) as client:
        assert sorted(await listed(client, path)) == hidden
    async with serve(*ROWS, quirks=with_switches(Quirks(), {switch: "false"})) as client:
        assert sorted(await listed(client, path)) == shown


@pytest.mark.parametrize(("absent", "statuses"), [("mixed", [404, 400]), ("404", [404, 404]), ("400", [400, 400])])
async def test_what_is_absent_is_404_or_400(absent: str, statuses: list[int]) -> None:
    """An invoice and a contact that do not exist."""
    assert [(await ask(path, absent=absent)).status_code for path in ("Invoice/99", "Contact/99")] == statuses


async def test_server_errors_have_the_envelope_or_are_plain_text() -> None:
    """An unknown action answers 500, in JSON or as a line of text."""
    assert (await ask("Invoice/1/cancel")).json()["error"]["message"] == "wrong HTTP Type"
    plain = await ask("Invoice/1/cancel", plain_server_errors=True)
    assert (plain.status_code, plain.text) == (500, "wrong HTTP Type")
    assert plain.headers["content-type"].startswith("text/plain")


async def test_timestamps_have_berlins_offset_or_none() -> None:
    """Midnight in Berlin is the evening before in UTC: whoever converts first, loses a day."""
    assert (await first("Invoice/1"))["invoiceDate"] == "2026-09-02T00:00:00+02:00"
    assert (await first("Invoice/1", offsets="utc"))["invoiceDate"] == "2026-09-01T22:00:00+00:00"


async def test_a_stated_balance_is_stale_or_right() -> None:
    """The balance of an account without a feed."""
    assert (await first("CheckAccount"))["balance"] == "0"
    assert (await first("CheckAccount", stale_balances=False))["balance"] == "12.5"


async def test_drafts_have_no_number_or_one() -> None:
    """A draft gets its number when it is sent."""
    assert (await first("Invoice/3"))["invoiceNumber"] is None
    assert (await first("Invoice/3", nameless_drafts=False))["invoiceNumber"] == "ENTWURF-3"


async def test_texts_hold_html_or_not() -> None:
    """Tags within a text."""
    assert (await first("Invoice/3"))["headText"] == "<b>Guten Tag</b>"
    assert (await first("Invoice/3", html_texts=False))["headText"] == "Guten Tag"


async def test_foreign_sums_are_euro_or_of_the_document() -> None:
    """An invoice over 1,000 francs; one in euro is the same either way."""
    sums = {"sumNet": "1060", "sumGross": "1060", "sumNetForeignCurrency": "1000", "sumGrossForeignCurrency": "1000"}
    rows = (invoice(4, currency="CHF", **sums), invoice(5))
    for position, shown in (("euro", "1060"), ("document", "1000")):
        async with serve(*rows, quirks=with_switches(Quirks(), {"foreign_sums": position})) as client:
            abroad = (await client.get("Invoice/4")).json()["objects"][0]
            at_home = (await client.get("Invoice/5")).json()["objects"][0]
        assert (abroad["sumNet"], abroad["sumGross"], abroad["sumGrossForeignCurrency"]) == (shown, shown, "1000")
        assert (at_home["sumNet"], at_home["sumGross"]) == ("100", "119")


async def test_a_final_invoice_is_over_the_rest_or_the_whole() -> None:
    """Of an order over 300 net of which 200 were invoiced before; parts of another order do not count."""
    order, other = {"origin": ref("Order", 8)}, {"origin": ref("Order", 9)}
    rows = (
        invoice(5, invoiceType="AR", **order),
        invoice(6, invoiceType="TR", **order),
        invoice(7, invoiceType="TR", **other),
        invoice(8, invoiceType="ER", **order),
        invoice(9),
    )
    for position, final in (("rest", ("100", "119")), ("whole", ("300", "357"))):
        async with serve(*rows, quirks=with_switches(Quirks(), {"final_invoices": position})) as client:
            served = {item["id"]: item for item in (await client.get("Invoice")).json()["objects"]}
        assert (served["8"]["sumNet"], served["8"]["sumGross"]) == final
        assert {(served[i]["sumNet"], served[i]["sumGross"]) for i in "5679"} == {("100", "119")}


@pytest.mark.parametrize("status", ["403", "404", "405"])
async def test_the_payment_log_is_served_or_refused(status: str) -> None:
    """The undocumented list; the way over the document stays."""
    assert (await ask("CheckAccountTransactionLog")).status_code == 200
    assert (await ask("CheckAccountTransactionLog", payment_log=status)).status_code == int(status)
    logs = await ask("Voucher/11/getCheckAccountTransactionLogs", payment_log=status)
    assert [entry["id"] for entry in logs.json()["objects"]] == ["21"]


@pytest.mark.parametrize("status", ["403", "404", "405"])
async def test_the_log_of_a_document_is_served_or_refused(status: str) -> None:
    """The other undocumented way; the list stays."""
    path = "Voucher/11/getCheckAccountTransactionLogs"
    assert (await ask(path)).status_code == 200
    assert (await ask(path, document_logs=status)).status_code == int(status)
    assert (await ask("CheckAccountTransactionLog", document_logs=status)).status_code == 200


async def test_lists_come_newest_first_oldest_first_or_in_no_order() -> None:
    """Nobody promises an order: without one, two requests differ."""
    rows = [invoice(number, invoiceDate=f"2026-09-{number:02d}T00:00:00+02:00") for number in range(1, 21)]
    newest = [str(number) for number in range(20, 0, -1)]
    async with serve(*rows) as client:
        assert await listed(client, "Invoice") == newest
    async with serve(*rows, quirks=Quirks(order="oldest_first")) as client:
        assert await listed(client, "Invoice") == newest[::-1]
    async with serve(*rows, quirks=Quirks(order="none")) as client:
        one, other = await listed(client, "Invoice"), await listed(client, "Invoice")
    assert one != other
    assert sorted(one) == sorted(other) == sorted(newest)


def test_every_switch_is_described() -> None:
    """What it does by default, how that is known, and its positions."""
    assert list(QUIRKS) == list(Quirks.__struct_fields__)
    for name in QUIRKS:
        for position in positions(name):
            with_switches(Quirks(), {name: position})
        usual = msgspec.to_builtins(with_switches(Quirks(), {name: positions(name)[0]}))
        assert usual == msgspec.to_builtins(Quirks())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"orderr": "none"}, "There is no quirk 'orderr'; there are: text_numbers"),
        ({"order": "newest"}, "order has the positions newest_first, oldest_first, none, not 'newest'"),
        ({"single_in_list": "maybe"}, "single_in_list has the positions true, false, not 'maybe'"),
    ],
)
def test_a_wrong_switch_is_told(given: dict[str, str], message: str) -> None:
    """Which switches there are, and which positions."""
    with pytest.raises(QuirkError) as caught:
        with_switches(Quirks(), given)
    assert message in str(caught.value)
