"""The firm with 200,000 invoices, made smaller: all its branches are served as one ordinary firm would be."""

import asyncio
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import msgspec
import pytest
from branches import SMALL_WHOLESALER, all_branches
from litestar.testing import TestClient
from typing_extensions import override

from sandbox.account.account import Account
from sandbox.account.filters import DOCUMENT_DATES
from sandbox.account.final_invoices import over_whole_orders
from sandbox.account.listing import Plain
from sandbox.account.ordering import newest_first
from sandbox.account.query import Query
from sandbox.account.quirks import Quirks
from sandbox.bookkeeping.history import History
from sandbox.firms.persona import Persona
from sandbox.firms.personas import PERSONAS
from sandbox.firms.wholesaler import WHOLESALER, Wholesaler
from sandbox.objects.books import RESOURCES, Books, LazyObjects
from sandbox.objects.folder import read_folder, write_folder
from sandbox.objects.values import Object, reference_of
from sandbox.server.app import _page, create_app
from sandbox.server.faults import Fault

TODAY = date(2026, 11, 20)
JUNE, JANUARY = "1717192800", "1735686000"  # 1 June 2024 and 1 January 2025, midnight in Berlin
TIMES = ("create", "update", "enshrined", "sendDate", "deletedAt")
DATES = {"Invoice": "invoiceDate", "CreditNote": "creditNoteDate"}
FROM_IDENTIFIERS = frozenset(
    {
        *(*TIMES, *DATES.values(), "deliveryDateUntil", "document", "payeePayerAcctNo", "bankAccount"),
        *("address", "addressStreet", "addressZip", "addressCity"),
    }
)


def _of(books: Books, resource: str) -> list[Object]:
    return list(books.objects[resource])


def _renamed(firm: str) -> dict[str, Any]:
    """The small wholesaler under another name."""
    return {field.name: getattr(SMALL_WHOLESALER, field.name) for field in fields(SMALL_WHOLESALER)} | {"firm": firm}


@pytest.fixture(scope="module")
def served() -> Books:
    """Its objects are made when they are asked for."""
    return SMALL_WHOLESALER.books(TODAY)


@pytest.fixture(scope="module")
def plain(served: Books) -> Books:
    """The same objects, there as such."""
    return replace(served, objects={resource: list(objects) for resource, objects in served.objects.items()})


@pytest.fixture(scope="module")
def alone() -> tuple[Books, Books]:
    """One branch alone, and the same as an ordinary firm."""
    firm = replace(SMALL_WHOLESALER, branches=1)
    return firm.books(TODAY), firm.rendered(firm.history(TODAY))


@pytest.fixture(scope="module")
def whole() -> Books:
    """All branches as an ordinary firm, which has every document of every branch in its history."""
    history = all_branches(SMALL_WHOLESALER.history(TODAY), SMALL_WHOLESALER.branches)
    return SMALL_WHOLESALER.rendered(history)


@pytest.mark.parametrize("resource", RESOURCES)
def test_one_branch_alone_is_an_ordinary_firm(resource: str, alone: tuple[Books, Books]) -> None:
    """Byte for byte and in the order of the list: keys, types, nulls, numbers, everything."""
    objects, ordinary = alone[0].objects[resource], newest_first(resource, list(alone[1].objects[resource]))
    assert list(objects) == ordinary != []
    if isinstance(objects, LazyObjects):
        assert objects.encoded(range(len(objects))) == [msgspec.json.encode(item) for item in ordinary]


@pytest.mark.parametrize("resource", RESOURCES)
def test_all_branches_are_one_ordinary_firm(resource: str, served: Books, whole: Books) -> None:
    """The same objects in the order of the list.

    Times of day, addresses and account numbers, documents' files and delivery dates follow from identifiers there, and
    from those of the one branch here.
    """

    def compared(item: Object) -> Object:
        return {field: value for field, value in item.items() if field not in FROM_IDENTIFIERS} | {
            field: str(item[field])[:10] for field in (*TIMES, DATES.get(resource, "create")) if item.get(field)
        }

    ordinary = newest_first(resource, list(whole.objects[resource]))
    objects = list(served.objects[resource])
    if resource in {"Contact", *DATES}:  # by branch, or by time of day
        assert objects == newest_first(resource, objects)
        places = {item["id"]: place for place, item in enumerate(objects)}
        ordinary.sort(key=lambda item: places[item["id"]])
    assert [compared(item) for item in objects] == [compared(item) for item in ordinary] != []


def test_business_partners_are_told_apart(served: Books) -> None:
    """One name and one account number each, the same in contacts, documents and bank lines."""
    contacts = {
        item["id"]: item["name"] or f"{item['surename']} {item['familyname']}" for item in _of(served, "Contact")
    }
    assert len(set(contacts.values())) == len(contacts)
    assert all(
        item["addressName"] == contacts[item["contact"]["id"]] for item in _of(served, "Invoice") if item["addressName"]
    )
    numbers = [item["customerNumber"] for item in _of(served, "Contact") if item["customerNumber"]]
    assert len(set(numbers)) == len(numbers) > 0
    accounts: dict[str, set[str | None]] = {}
    for line in _of(served, "CheckAccountTransaction"):
        accounts.setdefault(line["payeePayerName"], set()).add(line["payeePayerAcctNo"])
    assert {len(found) for found in accounts.values()} == {1}
    named = [iban for (iban,) in accounts.values() if iban]
    assert len(set(named)) == len(named) > SMALL_WHOLESALER.branches
    assert all(int(iban[4:] + "1314" + iban[2:4]) % 97 == 1 for iban in named)


def test_columns_and_references_are_those_of_ordinary_objects(served: Books, plain: Books) -> None:
    """Of fields that differ between branches, that do not, and that no object has."""
    for resource, objects in served.objects.items():
        if not isinstance(objects, LazyObjects):
            continue
        ordinary = Plain(list(plain.objects[resource]))
        assert objects[len(objects) // 2] == ordinary[len(ordinary) // 2]
        for field in ("id", "objectName", "sevClient", "contact", "origin", "nothing"):
            assert objects.column(field) == ordinary.column(field)
            references = {reference for value in ordinary.column(field)[::7] if (reference := reference_of(value))}
            for kind, object_id in (*references, ("Invoice", "1"), ("SevClient", "x")):
                assert objects.referring(field, kind, object_id) == ordinary.referring(field, kind, object_id)
                assert objects.referring(field, None, object_id) == ordinary.referring(field, None, object_id)


@pytest.mark.parametrize(
    ("resource", "query"),
    [
        ("Invoice", ""),
        ("Invoice", "offset=999"),
        ("Invoice", "showAll=true"),
        ("Invoice", "invoiceType=MA"),
        ("Invoice", f"startDate={JUNE}"),
        ("Invoice", f"startDate={JUNE}&endDate={JANUARY}"),
        ("Invoice", f"endDate={JANUARY}&status[]=200&status[]=750"),
        ("Invoice", f"day={JUNE}"),
        ("Invoice", "delinquent=true"),
        ("Invoice", "notdelinquent=true&showMa=true"),
        ("Invoice", "partiallyPaid=true"),
        ("Invoice", "onlyDunned=true&showAll=true"),
        ("Invoice", "onlyDunned=true&status=200"),
        ("Invoice", "status=100"),
        ("Invoice", f"updateAfter={JANUARY}"),
        ("Invoice", "headerOrNumber=RE-12"),
        ("Invoice", "invoiceNumber=RE-1007"),
        ("Invoice", "invoiceNumber=nothing"),
        ("Invoice", "contact[id]=1028000003&contact[objectName]=Contact"),
        ("Invoice", "contact[id]=1028000003&contact[objectName]=Invoice"),
        ("Invoice", "orderBy[0][field]=sumGross&orderBy[0][arrangement]=desc"),
        ("Invoice", "orderBy[0][field]=invoiceDate"),
        ("Invoice", "orderBy[0][field]=origin"),
        ("Invoice", "orderByDueDate=true"),
        ("Invoice", "embed=contact,origin.contact&invoiceType=SR"),
        ("CreditNote", "startAmount=100&onlyEnshrined=true"),
        ("Voucher", f"startPayDate={JANUARY}&noRv=true"),
        ("Voucher", "delinquent=true"),
        ("Voucher", "hasDocument=true&supplierName=e"),
        ("Voucher", "year=2025&month=3"),
        ("CheckAccountTransaction", f"startDate={JUNE}"),
        ("CheckAccountTransaction", "isBooked=true&onlyDebit=true"),
        ("CheckAccountTransaction", "checkAccount[id]=7190001&checkAccount[objectName]=CheckAccount"),
        ("CheckAccountTransaction", "paymtPurpose=miete"),
        (
            "CheckAccountTransactionLog",
            "checkAccountTransaction[id]=3690000013&checkAccountTransaction[objectName]=CheckAccountTransaction",
        ),
        ("InvoicePos", "invoice[id]=1020000031&invoice[objectName]=Invoice"),
    ],
)
def test_lists_are_those_of_ordinary_objects(resource: str, query: str, served: Books, plain: Books) -> None:
    """Whatever a list is asked for, branches are selected and ordered as one object after another is."""
    asked = Query(f"{query}&limit=1000&countAll=true".encode())
    pages = []
    for books in (served, plain):
        account = Account(books, Quirks())
        positions = account.listing(resource).select(asked, TODAY)
        pages.append(_page(account, resource, positions, asked, Fault()))
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(order="none"),
        Quirks(order="oldest_first"),
        Quirks(text_numbers=False, unset_references="null", offsets="utc"),
        Quirks(half_reference_filters=True),
        Quirks(hides_special_invoices=False),
        Quirks(final_invoices="whole"),
    ],
)
def test_quirks_do_the_same_to_all_branches(quirks: Quirks, served: Books, plain: Books) -> None:
    """The switches of the sandbox hold for the big firm, too."""
    asked = Query(b"limit=1000&contact[id]=1028000003")
    pages = []
    for books in (served, plain):
        account = Account(books, quirks)
        pages.append(_page(account, "Invoice", account.listing("Invoice").select(asked, TODAY), asked, Fault()))
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "startDate=1717192800",
        "status=200",
        "orderBy[0][field]=sumGross",
        "contact[id]=1028000003&contact[objectName]=Contact",
    ],
)
def test_what_changes_changes_branches_as_it_changes_objects(query: str, served: Books, plain: Books) -> None:
    """Objects that are put, put again, moved to another date and removed show in every list alike."""
    asked, seen = Query(f"{query}&limit=1000&countAll=true".encode()), []
    for books in (served, plain):
        account = Account(books, Quirks())
        first, second, third = (account.object("Invoice", f"102000{number:04d}") for number in (1, 31, 61))
        account.put("Invoice", {**first, "id": "9000000000", "contact": {"id": "1028000003", "objectName": "Contact"}})
        account.put("Invoice", {**second, "status": "200", "sumGross": "0.01"})
        account.put("Invoice", {**second, "invoiceDate": "2026-01-01T00:00:00+01:00"})
        account.remove("Invoice", third["id"])
        account.remove("Invoice", "9000000001")
        listing = account.listing("Invoice")
        positions = listing.select(asked, TODAY)
        seen.append(
            (
                _page(account, "Invoice", positions, asked, Fault()),
                len(listing),
                [listing.position(item["id"]) for item in (first, second, third)],
                list(listing.column("id")),
                [item["id"] for item in listing],
            )
        )
    assert seen[0] == seen[1]
    assert seen[0][2][2] is None


def test_no_object_is_made_for_final_invoices_that_are_not_there(served: Books) -> None:
    """The big firm has none: its invoices are served as they are."""
    invoices = served.objects["Invoice"]
    assert over_whole_orders(invoices) is invoices


def test_single_objects_are_found_by_their_id(served: Books, plain: Books) -> None:
    """Each stands where its list has it; other texts are nobody's id, however long."""
    for resource in ("Invoice", "CheckAccountTransaction"):
        objects, ordinary = served.objects[resource], Plain(newest_first(resource, list(plain.objects[resource])))
        assert isinstance(objects, LazyObjects)
        there = ordinary[0]["id"], ordinary[len(ordinary) - 1]["id"]
        for wanted in (*there, "1", "x", f"0{there[0]}", f"{there[0]}\n", str(2**63), "9" * 5_000):
            assert objects.position(wanted) == ordinary.position(wanted)


def test_balances_are_the_sum_of_lines(served: Books, plain: Books) -> None:
    """On every tenth day, before and after the books, and as the account itself says."""
    accounts = [Account(books, Quirks()) for books in (served, plain)]
    for item in plain.objects["CheckAccount"]:
        for days in range(-10, 1_300, 10):
            day = TODAY - timedelta(days=days)
            one, other = (account.balance_at(item["id"], day) for account in accounts)
            assert one == other
    main = plain.objects["CheckAccount"][-1]
    assert accounts[0].balance_at(main["id"], TODAY) == main["balance"]


def test_an_exported_firm_reads_back_as_it_was(tmp_path: Path, served: Books, plain: Books) -> None:
    """Whole, and in the same bytes as the ordinary renderer's objects would have."""
    write_folder([served], tmp_path / "lazy")
    write_folder([plain], tmp_path / "plain")
    (read,) = read_folder(tmp_path / "lazy")
    assert (read.firm, read.token) == (SMALL_WHOLESALER.firm, SMALL_WHOLESALER.token)
    for resource in RESOURCES:
        assert read.objects[resource] == list(served.objects[resource])
        name = f"{SMALL_WHOLESALER.firm}/{resource}.json"
        if resource not in DOCUMENT_DATES:  # else only the order within a day differs
            assert (tmp_path / "lazy" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()


def test_the_same_seed_gives_the_same_bytes() -> None:
    """And another seed, or another last day, other ones."""

    def some(firm: Wholesaler, end_on: date) -> list[bytes]:
        return [
            objects.encoded(range(min(50, len(objects))))
            for objects in firm.books(end_on).objects.values()
            if isinstance(objects, LazyObjects)
        ]

    assert some(SMALL_WHOLESALER, TODAY) == some(SMALL_WHOLESALER, TODAY)
    assert some(SMALL_WHOLESALER, TODAY) != some(replace(SMALL_WHOLESALER, seed=6), TODAY)
    assert some(SMALL_WHOLESALER, TODAY) != some(SMALL_WHOLESALER, TODAY - timedelta(days=1))


def test_every_situation_occurs() -> None:
    """Open, overdue, partly paid, cancelled, dunned, written off, credited, overpaid, paid less a discount."""
    history = WHOLESALER.history(TODAY)
    real = [invoice for invoice in history.invoices if invoice.kind == "RE" and not invoice.is_draft]
    still_open = [invoice for invoice in real if not invoice.is_closed and not invoice.is_cancelled]
    overdue = [invoice for invoice in still_open if invoice.issued + (invoice.term or 0) < history.end_on]
    assert 0 < len(overdue) < len(still_open)
    assert any(invoice.booked for invoice in still_open)
    assert any(invoice.is_cancelled for invoice in real)
    assert any(invoice.written_off for invoice in real)
    assert any(invoice.credited for invoice in real)
    assert any(invoice.booked > invoice.gross for invoice in real)
    assert any(invoice.is_closed and 0.97 < invoice.booked / invoice.gross < 0.99 for invoice in real)
    assert {invoice.level for invoice in history.invoices if invoice.kind == "MA"} == {1, 2, 3}


@pytest.mark.parametrize("end_on", [date(2026, 2, 28), TODAY, date(2027, 6, 15)])
def test_it_is_as_large_as_it_says_and_solvent_whatever_the_day(end_on: date) -> None:
    """Somewhat more than 200,000 invoices to about 3,000 customers, and money on the bank account."""
    history = WHOLESALER.history(end_on)
    real = [invoice for invoice in history.invoices if invoice.kind == "RE" and not invoice.is_draft]
    assert 200_000 <= WHOLESALER.branches * len(real) < 215_000
    assert 3_000 <= WHOLESALER.branches * len({invoice.customer for invoice in real}) < 6_000
    assert history.died_on is None
    assert (history.accounts[0].balance or 0) > 0


def test_nothing_is_simulated_before_it_is_asked_for() -> None:
    """A sandbox that also serves the big firm starts, and serves its version and other firms, without simulating it."""

    class Never(Wholesaler):
        @override
        def history(self, end_on: date) -> History:
            raise AssertionError(f"simulated until {end_on}")

    never = Never(**_renamed("never"))
    other = next(persona for persona in PERSONAS if persona.firm == "young-startup")
    app = create_app([never.later_books(TODAY), other.books(TODAY)], today=lambda: TODAY)
    with TestClient(app) as client:
        assert client.get("/sandbox/health").json() == {"status": "ok", "firms": 2}
        assert client.get("/api/v1/Invoice", headers={"Authorization": other.token}).status_code == 200
        version = client.get("/api/v1/Tools/bookkeepingSystemVersion", headers={"Authorization": never.token})
        assert version.json() == {"objects": {"version": "2.0"}}


async def test_others_are_answered_while_a_firm_is_simulated() -> None:
    """Its first two requests wait for one simulation, which does not hold up the event loop."""
    begun, others_answered = Event(), Event()
    simulated: list[date] = []

    class Slow(Wholesaler):
        @override
        def history(self, end_on: date) -> History:
            simulated.append(end_on)
            begun.set()
            assert others_answered.wait(timeout=60)
            return SMALL_WHOLESALER.history(end_on)

    slow = Slow(**_renamed("slow"))
    other = next(persona for persona in PERSONAS if persona.firm == "young-startup")
    app = create_app([slow.later_books(TODAY), other.books(TODAY)], today=lambda: TODAY)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox/api/v1") as client:

        async def ask(firm: Persona, path: str) -> int:
            return (await client.get(path, headers={"Authorization": firm.token})).status_code

        first = [asyncio.create_task(ask(slow, path)) for path in ("Invoice", "CheckAccount")]
        try:
            assert await asyncio.to_thread(begun.wait, timeout=60)
            assert await ask(other, "Invoice") == 200
            assert not any(task.done() for task in first)
        finally:
            others_answered.set()
        assert await asyncio.gather(*first) == [200, 200]
    assert simulated == [TODAY]
