"""What the sandbox answers to a reading client, quirk by quirk."""

import json
from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest
from unit.sandbox_server.building import (
    TODAY,
    TOKEN,
    account,
    books_of,
    client_of,
    contact,
    credit_note,
    invoice,
    listed,
    log_entry,
    ref,
    serve,
    sevdesk_object,
    transaction,
    voucher,
)

from sandbox.objects.books import RESOURCES
from sandbox.server.app import create_app

CANCELLED = invoice(101, status="1000", paidAmount=0, payDate=None)
CANCELLATION = invoice(
    102,
    status="1000",
    invoiceType="SR",
    origin=ref("Invoice", 101),
    sumGross="-119",
    invoiceDate="2026-09-02T20:17:21+02:00",
)
DRAFT = invoice(103, status="100", invoiceNumber=None, contact=None, invoiceDate="2026-09-20T00:00:00+02:00")
OLD_PARTIAL = invoice(104, paidAmount=50.5, invoiceDate="2024-01-10T00:00:00+01:00")
BILL = voucher(201, status="750", paidAmount=87.49)
NOTE = credit_note(301, status="1000", payDate="2026-08-26T00:00:00+02:00", creditNoteDate="2026-09-29T15:00:00+02:00")
WRITTEN_OFF = invoice(105, status="1000", paidAmount=119, payDate="2026-09-15T00:00:00+02:00", headText="<p>Danke</p>")

ROWS = (
    CANCELLED,
    CANCELLATION,
    DRAFT,
    OLD_PARTIAL,
    WRITTEN_OFF,
    BILL,
    NOTE,
    contact(7),
    contact(9, name=None, surename="Erika", familyname="Muster"),
    account(5),
    account(6, type="offline", name="Ausgebuchte Rechnungen", balance=None),
    transaction(401, "34.51", "2026-08-31T23:30:00+02:00"),
    transaction(402, "-1425.69", "2026-09-01T00:30:00+02:00", targetTransaction=ref("CheckAccountTransaction", 403)),
    transaction(404, "-1", "2026-08-28T12:00:00+02:00", deletedAt="2026-09-29T15:44:58+02:00"),
    transaction(405, "119", checkAccount=ref("CheckAccount", 6), status="400"),
    log_entry(501, 405, WRITTEN_OFF, 119),
    log_entry(502, 402, BILL, -87.49),
    sevdesk_object("InvoicePos", 601, invoice=ref("Invoice", 105), quantity=True, price="1"),
    sevdesk_object("InvoicePos", 602, invoice=ref("Invoice", 105), quantity="2.5", price="10"),
    sevdesk_object("InvoicePos", 603, invoice=ref("Invoice", 104), quantity="1", price="10"),
    sevdesk_object("VoucherPos", 604, voucher=ref("Voucher", 201), sumGross="95"),
    sevdesk_object("CreditNotePos", 605, creditNote=ref("CreditNote", 301)),
    sevdesk_object("StaticCountry", 1, code="de", name="Deutschland"),
    sevdesk_object("SevClient", 1, name="Muster GmbH"),
)


@pytest.fixture
async def sevdesk() -> AsyncIterator[httpx.AsyncClient]:
    """Client of a firm with one example of each quirk."""
    async with serve(*ROWS) as client:
        yield client


async def test_objects_are_served_with_exactly_the_keys_and_types_of_the_books(sevdesk: httpx.AsyncClient) -> None:
    """Null scalars stay null, absent references absent, amounts text, paidAmount a number, ``quantity`` even true."""
    for resource in RESOURCES:
        expected = {row["id"]: row for row in ROWS if row["objectName"] == resource and row.get("deletedAt") is None}
        answer = await sevdesk.get(f"{resource}?depth=1")
        assert {item["id"]: item for item in answer.json()["objects"]} == expected
        assert answer.headers["content-type"] == "application/json"
    assert '"quantity":true' in (await sevdesk.get("InvoicePos")).text
    assert '"paidAmount":50.5' in (await sevdesk.get("Invoice/104")).text
    assert "origin" not in (await sevdesk.get("Invoice/104")).json()["objects"][0]


async def test_an_object_read_by_id_comes_as_a_list_of_one(sevdesk: httpx.AsyncClient) -> None:
    """The envelope is the same as of a list, without ``total`` even where it is asked for."""
    for row in ROWS:
        answer = await sevdesk.get(f"{row['objectName']}/{row['id']}?countAll=true")
        assert answer.json() == {"objects": [row]}


async def test_references_stay_references_unless_embedded(sevdesk: httpx.AsyncClient) -> None:
    """``embed`` puts the whole object in the place of the reference, along a path; unknown names change nothing."""
    plain = (await sevdesk.get("Invoice/102?embed=nonsense,contact.nonsense")).json()["objects"][0]
    embedded = (await sevdesk.get("Invoice/102?embed=contact,origin,origin.contact")).json()["objects"][0]
    assert plain == {**CANCELLATION, "contact": contact(7)}
    assert embedded == {**CANCELLATION, "contact": contact(7), "origin": {**CANCELLED, "contact": contact(7)}}
    listed_one = (await sevdesk.get("Invoice?embed=contact&status=200")).json()["objects"]
    assert listed_one == [{**OLD_PARTIAL, "contact": contact(7)}]


async def test_total_is_sent_only_when_asked_for_and_as_text(sevdesk: httpx.AsyncClient) -> None:
    """``countAll=true`` adds the number of all that the filters leave, whatever the page."""
    assert "total" not in (await sevdesk.get("Invoice")).json()
    assert "total" not in (await sevdesk.get("Invoice?countAll=false")).json()
    assert (await sevdesk.get("Invoice?countAll=true&limit=1")).json()["total"] == "5"
    assert (await sevdesk.get("Invoice?countAll=true&status=1000&offset=99")).json() == {"objects": [], "total": "3"}


async def test_newest_documents_come_first(sevdesk: httpx.AsyncClient) -> None:
    """Lists look as the recorded ones do: by document date, descending, with soft-deleted lines left out."""
    assert await listed(sevdesk, "Invoice") == ["103", "102", "101", "105", "104"]
    assert await listed(sevdesk, "CheckAccountTransaction") == ["405", "402", "401"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("orderByInvoiceNumber=ASC", ["101", "102", "104", "105", "103"]),
        ("orderBy[0][field]=invoiceDate&orderBy[0][arrangement]=asc", ["104", "101", "105", "102", "103"]),
        ("orderBy[0][field]=id&orderBy[0][arrangement]=asc", ["103", "102", "101", "105", "104"]),
        ("orderByDueDate=true", ["104", "101", "105", "102", "103"]),
    ],
)
async def test_another_order_can_be_asked_for(sevdesk: httpx.AsyncClient, query: str, expected: list[str]) -> None:
    """Known order flags work, the field ``id`` does not."""
    assert await listed(sevdesk, f"Invoice?{query}") == expected


async def test_a_cancelled_invoice_looks_paid_but_for_its_amount(sevdesk: httpx.AsyncClient) -> None:
    """Status 1000 with nothing paid; only the cancellation names its original."""
    cancelled, cancellation = (await sevdesk.get("Invoice/101")).json(), (await sevdesk.get("Invoice/102")).json()
    assert (cancelled["objects"][0]["status"], cancelled["objects"][0]["paidAmount"]) == ("1000", 0)
    assert cancellation["objects"][0]["origin"] == {"id": "101", "objectName": "Invoice"}


async def test_partial_payment_is_told_by_the_amount_for_old_invoices(sevdesk: httpx.AsyncClient) -> None:
    """An invoice of status 200 with money in is partially paid; the answer is a real boolean."""
    assert (await sevdesk.get("Invoice/104/getIsPartiallyPaid")).json() == {"objects": True}
    assert (await sevdesk.get("Invoice/101/getIsPartiallyPaid")).json() == {"objects": False}
    assert await listed(sevdesk, "Invoice?partiallyPaid=true") == ["104"]


async def test_a_write_off_is_told_by_the_account_of_its_transaction(sevdesk: httpx.AsyncClient) -> None:
    """From the document over the log and the transaction one arrives at an offline account."""
    log = (await sevdesk.get("Invoice/105/getCheckAccountTransactionLogs")).json()["objects"]
    line = (await sevdesk.get(f"CheckAccountTransaction/{log[0]['checkAccountTransaction']['id']}")).json()["objects"][
        0
    ]
    booked_on = (await sevdesk.get(f"CheckAccount/{line['checkAccount']['id']}")).json()["objects"][0]
    assert [entry["id"] for entry in log] == ["501"]
    assert booked_on["type"] == "offline"


async def test_a_deleted_transaction_is_read_by_id_only(sevdesk: httpx.AsyncClient) -> None:
    """The list leaves it out, the object says when it was deleted."""
    assert "404" not in await listed(sevdesk, "CheckAccountTransaction")
    found = (await sevdesk.get("CheckAccountTransaction/404")).json()["objects"][0]
    assert found["deletedAt"] == "2026-09-29T15:44:58+02:00"


async def test_the_log_ignores_a_filter_by_document(sevdesk: httpx.AsyncClient) -> None:
    """Only the filter by transaction works."""
    by_line = "checkAccountTransaction[id]=402&checkAccountTransaction[objectName]=CheckAccountTransaction"
    assert await listed(sevdesk, f"CheckAccountTransactionLog?{by_line}") == ["502"]
    by_document = "object[id]=105&object[objectName]=Invoice"
    assert await listed(sevdesk, f"CheckAccountTransactionLog?{by_document}") == ["501", "502"]


async def test_positions_are_found_through_their_document(sevdesk: httpx.AsyncClient) -> None:
    """By action and by filter with both halves; with one half the filter is ignored."""
    assert await listed(sevdesk, "Invoice/105/getPositions") == ["601", "602"]
    assert await listed(sevdesk, "Invoice/105/getPositions?limit=1&offset=1") == ["602"]
    assert await listed(sevdesk, "Voucher/201/getPositions") == ["604"]
    assert await listed(sevdesk, "CreditNote/301/getPositions") == ["605"]
    assert await listed(sevdesk, "InvoicePos?invoice[id]=104&invoice[objectName]=Invoice") == ["603"]
    assert await listed(sevdesk, "InvoicePos?invoice[id]=104") == ["601", "602", "603"]


@pytest.mark.parametrize(
    ("day", "balance"),
    [
        ("2026-08-30", "0"),
        ("2026-08-31", "34.51"),
        ("2026-09-01", "-1391.18"),
        ("2026-10-01", "-1391.18"),
    ],
)
async def test_the_balance_is_a_bare_text_cut_by_berlin_days(
    sevdesk: httpx.AsyncClient, day: str, balance: str
) -> None:
    """Half past eleven at night counts for the day, half past midnight for the next; deleted lines never count."""
    assert (await sevdesk.get(f"CheckAccount/5/getBalanceAtDate?date={day}")).json() == {"objects": balance}


async def test_the_stored_balance_is_stale(sevdesk: httpx.AsyncClient) -> None:
    """``CheckAccount.balance`` says 0 where the transactions say otherwise."""
    assert (await sevdesk.get("CheckAccount/5")).json()["objects"][0]["balance"] == "0"
    assert (await sevdesk.get("CheckAccount/6/getBalanceAtDate?date=2026-10-01")).json() == {"objects": "119"}


@pytest.mark.parametrize("query", ["", "?date=", "?date=01.10.2026", "?date=2026-02-30", "?date=1790000000"])
async def test_a_balance_needs_a_day(sevdesk: httpx.AsyncClient, query: str) -> None:
    """A missing day, another format and a day that does not exist are refused."""
    answer = await sevdesk.get(f"CheckAccount/5/getBalanceAtDate{query}")
    assert (answer.status_code, answer.json()["objects"]) == (400, None)
    assert "date" in answer.json()["error"]["message"]


async def test_the_system_version_comes_as_an_object(sevdesk: httpx.AsyncClient) -> None:
    """Not as a list."""
    assert (await sevdesk.get("Tools/bookkeepingSystemVersion")).json() == {"objects": {"version": "2.0"}}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("CheckAccountTransaction/1", 404, 151),
        ("Invoice/1", 404, 151),
        ("Invoice/1/getPositions", 404, 151),
        ("Contact/1", 400, None),
        ("Contact/9999999999999999999", 400, None),
        ("CheckAccount/1/getBalanceAtDate?date=2026-10-01", 400, None),
    ],
)
async def test_what_does_not_exist_is_404_or_400(
    sevdesk: httpx.AsyncClient, path: str, status: int, code: int | None
) -> None:
    """Both occur; the message names model and id."""
    answer = await sevdesk.get(path)
    error = answer.json()["error"]
    resource, object_id = path.split("/")[:2]
    assert (answer.status_code, error["code"], error["responseCode"]) == (status, code, status)
    assert error["message"] == f"No Model_{resource} with the id {object_id} was found"
    assert answer.json()["objects"] is None


async def test_the_error_envelope_has_the_recorded_keys(sevdesk: httpx.AsyncClient) -> None:
    """``data`` is an empty list, ``errorCode`` 0, the UUID another each time."""
    first = (await sevdesk.get("CheckAccountTransaction/1")).json()["error"]
    second = (await sevdesk.get("CheckAccountTransaction/1")).json()["error"]
    assert list(first) == ["exceptionUUID", "message", "errorCode", "code", "data", "responseCode"]
    assert (first["data"], first["errorCode"]) == ([], 0)
    assert first["exceptionUUID"] != second["exceptionUUID"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "Nonsense"),
        ("GET", ""),
        ("GET", "Invoice/101/cancel"),
        ("GET", "Invoice/abc"),
        ("GET", "Voucher/201/getIsPartiallyPaid"),
        ("GET", "Contact/7/getPositions"),
        ("GET", "Tools/nonsense"),
        ("GET", "a/b/c/d"),
        ("POST", "Invoice"),
        ("PUT", "Invoice/101/book"),
        ("PUT", "Invoice/101"),
        ("PATCH", "Invoice/101"),
        ("DELETE", "Tools/bookkeepingSystemVersion"),
        ("DELETE", "Invoice"),
    ],
)
async def test_unknown_actions_are_an_internal_error(sevdesk: httpx.AsyncClient, method: str, path: str) -> None:
    """sevdesk answers 500 with a text of its own to a path or method that it does not know."""
    answer = await sevdesk.request(method, path)
    assert (answer.status_code, answer.json()["error"]["message"]) == (500, "wrong HTTP Type")


@pytest.mark.parametrize(
    "header",
    [None, "", "f" * 32, f"Bearer {TOKEN}", f"Token={TOKEN}", TOKEN.upper(), TOKEN[:-1], "ÿ".encode("latin-1")],
)
@pytest.mark.parametrize("path", ["Invoice", "Nonsense", "Tools/bookkeepingSystemVersion"])
async def test_anything_but_the_bare_token_is_refused(header: str | bytes | None, path: str) -> None:
    """The body has a shape of its own, and no path can be told from another."""
    async with client_of(create_app([books_of(*ROWS)], today=lambda: TODAY), token=None) as client:
        answer = await client.get(path, headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, answer.json()) == (401, {"status": 401, "message": "Authentication required"})


async def test_a_token_in_the_query_is_not_looked_at() -> None:
    """The real API switched it off."""
    async with client_of(create_app([books_of(*ROWS)], today=lambda: TODAY), token=None) as client:
        assert (await client.get(f"Invoice?token={TOKEN}")).status_code == 401


async def test_a_token_opens_its_own_firm_only_and_a_revoked_one_none() -> None:
    """Two firms with the same ids do not see each other."""
    books = [
        books_of(invoice(1, sumGross="1"), firm="a", token="a" * 32),
        books_of(invoice(1, sumGross="2"), firm="b", token="b" * 32),
        books_of(invoice(1, sumGross="3"), firm="c", token="c" * 32, is_revoked=True),
    ]
    app = create_app(books, today=lambda: TODAY)
    seen = {}
    for name in "abc":
        async with client_of(app, token=name * 32) as client:
            answer = await client.get("Invoice/1")
            seen[name] = answer.json()["objects"][0]["sumGross"] if answer.is_success else answer.status_code
    assert seen == {"a": "1", "b": "2", "c": 401}


async def test_an_empty_account_lists_nothing() -> None:
    """Every list is there, with a total of zero."""
    async with serve() as client:
        for resource in RESOURCES:
            assert (await client.get(f"{resource}?countAll=true")).json() == {"objects": [], "total": "0"}


async def test_offsets_of_berlin_change_with_daylight_saving() -> None:
    """A filter at local midnight finds the document on both sides of the change, and not the one of the day before."""
    async with serve(
        invoice(1, invoiceDate="2026-10-24T00:00:00+02:00"),
        invoice(2, invoiceDate="2026-10-26T00:00:00+01:00"),
        today=lambda: date(2026, 11, 1),
    ) as client:
        assert await listed(client, "Invoice?startDate=1792969200") == ["2"]  # 26 October, 00:00 in Berlin
        assert await listed(client, "Invoice?endDate=1792792800") == ["1"]  # 24 October, 00:00 in Berlin
        assert await listed(client, "Invoice?day=1792825200") == ["1"]


async def test_the_answer_is_json_text_as_any_parser_reads_it(sevdesk: httpx.AsyncClient) -> None:
    """Umlauts, line breaks and HTML in texts survive."""
    name = "Müller & Söhne <b>GmbH</b>\nBerlin 💶"
    async with serve(contact(1, name=name)) as client:
        assert json.loads((await client.get("Contact")).content)["objects"][0]["name"] == name
    assert (await sevdesk.get("Invoice/105")).json()["objects"][0]["headText"] == "<p>Danke</p>"
