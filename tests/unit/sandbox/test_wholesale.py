"""The firm with 200,000 invoices, made smaller: its columns serve what its history, rendered one by one, would."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event

import httpx
import msgspec
import polars as pl
import pytest
from litestar.testing import TestClient
from typing_extensions import override

from sandbox.account.account import Account
from sandbox.account.filters import DOCUMENT_DATES
from sandbox.account.final_invoices import over_whole_orders
from sandbox.account.listing import Plain
from sandbox.account.ordering import newest_first
from sandbox.account.query import Query
from sandbox.account.quirks import Quirks
from sandbox.firms.persona import Persona
from sandbox.firms.personas import PERSONAS
from sandbox.firms.wholesaler import WHOLESALER, Wholesaler
from sandbox.objects.books import RESOURCES, Books, LazyObjects
from sandbox.objects.folder import read_folder, write_folder
from sandbox.rendering.render import books_of
from sandbox.server.app import _page, create_app
from sandbox.server.faults import Fault
from sandbox.wholesale.books import TradeBooks
from sandbox.wholesale.money import LEAST

TODAY = date(2026, 11, 20)
SMALL = replace(
    WHOLESALER, traits=replace(WHOLESALER.traits, invoices_per_month=60, sales=21_600, customers=150, suppliers=12)
)
JUNE, JANUARY = "1717192800", "1735686000"  # 1 June 2024 and 1 January 2025, midnight in Berlin


@pytest.fixture(scope="module")
def lazy() -> Books:
    """Served from columns."""
    return SMALL.books(TODAY)


@pytest.fixture(scope="module")
def plain() -> Books:
    """The same history, rendered as that of every other firm."""
    return books_of(SMALL.history(TODAY), firm=SMALL.firm, name=SMALL.name, token=SMALL.token)


@pytest.fixture(scope="module")
def drawn() -> TradeBooks:
    """What the books hold, in columns."""
    return SMALL.drawn(TODAY)


@pytest.mark.parametrize("resource", RESOURCES)
def test_objects_are_those_of_the_ordinary_renderer(resource: str, lazy: Books, plain: Books) -> None:
    """Byte for byte and in the order of the list: keys, types, nulls, numbers, everything."""
    ordinary = newest_first(resource, list(plain.objects[resource]))
    objects = lazy.objects[resource]
    assert len(objects) == len(ordinary) > 0
    assert list(objects) == ordinary
    if isinstance(objects, LazyObjects):
        assert objects.encoded(range(len(objects))) == [msgspec.json.encode(item) for item in ordinary]
        assert objects[len(objects) // 2] == ordinary[len(ordinary) // 2]
        for field in ("id", "objectName", "sevClient", "origin", "nothing"):
            assert objects.column(field) == [item.get(field) for item in ordinary]
        client = ordinary[0]["sevClient"]["id"]
        assert list(objects.referring("sevClient", "SevClient", client)) == list(range(len(objects)))
        assert list(objects.referring("nothing", None, client)) == []


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
def test_lists_are_those_of_ordinary_objects(resource: str, query: str, lazy: Books, plain: Books) -> None:
    """Whatever a list is asked for, columns select and order as one object after another does."""
    asked = Query(f"{query}&limit=1000&countAll=true".encode())
    pages = []
    for books in (lazy, plain):
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
def test_quirks_do_the_same_to_columns(quirks: Quirks, lazy: Books, plain: Books) -> None:
    """The switches of the sandbox hold for the big firm, too."""
    asked = Query(b"limit=1000&contact[id]=1028000003")
    pages = []
    for books in (lazy, plain):
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
def test_what_changes_changes_columns_as_it_changes_objects(query: str, lazy: Books, plain: Books) -> None:
    """Objects that are put, put again, moved to another date and removed show in every list alike."""
    asked, seen = Query(f"{query}&limit=1000&countAll=true".encode()), []
    for books in (lazy, plain):
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


def test_no_object_is_made_for_final_invoices_that_are_not_there(lazy: Books) -> None:
    """The big firm has none: its columns are served as they are."""
    invoices = lazy.objects["Invoice"]
    assert over_whole_orders(invoices) is invoices


def test_single_objects_are_found_by_their_id(lazy: Books, plain: Books) -> None:
    """Each stands where its list has it; other texts are nobody's id, however long."""
    for resource in ("Invoice", "CheckAccountTransaction"):
        objects, ordinary = lazy.objects[resource], Plain(newest_first(resource, list(plain.objects[resource])))
        assert isinstance(objects, LazyObjects)
        there = ordinary[0]["id"], ordinary[len(ordinary) - 1]["id"]
        for wanted in (*there, "1", "x", f"0{there[0]}", f"{there[0]}\n", str(2**63), "9" * 5_000):
            assert objects.position(wanted) == ordinary.position(wanted)


def test_balances_are_the_sum_of_lines(lazy: Books, plain: Books) -> None:
    """On every tenth day, before and after the books, and as the account itself says."""
    accounts = [Account(books, Quirks()) for books in (lazy, plain)]
    for item in plain.objects["CheckAccount"]:
        for days in range(-10, 1_300, 10):
            day = TODAY - timedelta(days=days)
            one, other = (account.balance_at(item["id"], day) for account in accounts)
            assert one == other
    main = plain.objects["CheckAccount"][-1]
    assert accounts[0].balance_at(main["id"], TODAY) == main["balance"]


def test_an_exported_firm_reads_back_as_it_was(tmp_path: Path, lazy: Books, plain: Books) -> None:
    """Whole, and in the same bytes as the ordinary renderer's objects would have."""
    write_folder([lazy], tmp_path / "lazy")
    write_folder([plain], tmp_path / "plain")
    (read,) = read_folder(tmp_path / "lazy")
    assert (read.firm, read.token) == (SMALL.firm, SMALL.token)
    for resource in RESOURCES:
        assert read.objects[resource] == list(lazy.objects[resource])
        name = f"{SMALL.firm}/{resource}.json"
        if resource not in DOCUMENT_DATES:  # else only the order within a day differs
            assert (tmp_path / "lazy" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()


def test_the_same_seed_gives_the_same_bytes() -> None:
    """And another seed, or another last day, other ones."""

    def some(firm: Wholesaler, end_on: date) -> list[bytes]:
        return [
            objects.encoded(range(50))
            for objects in firm.books(end_on).objects.values()
            if isinstance(objects, LazyObjects)
        ]

    assert some(SMALL, TODAY) == some(SMALL, TODAY)
    assert some(SMALL, TODAY) != some(replace(SMALL, seed=6), TODAY)
    assert some(SMALL, TODAY) != some(SMALL, TODAY - timedelta(days=1))


def test_every_situation_occurs(drawn: TradeBooks) -> None:
    """Open, overdue, partly paid, cancelled, dunned, written off, credited, overpaid, paid less a discount."""
    real = drawn.invoices.filter(pl.col("kind") == "RE", ~pl.col("is_draft"))
    is_open = ~pl.col("is_closed") & ~pl.col("is_cancelled")
    overdue = pl.col("issued") + (drawn.traits.term or 0) < drawn.end_on
    assert real.height == 2_400
    for condition in (
        is_open & ~overdue,
        is_open & overdue,
        is_open & (pl.col("booked") > 0),
        pl.col("is_cancelled"),
        pl.col("written_off") > 0,
        pl.col("credited") > 0,
        pl.col("booked") > pl.col("gross"),
        pl.col("is_closed") & (pl.col("booked") == pl.col("gross") - pl.col("gross") * 2 // 100),
    ):
        assert real.filter(condition).height > 0
    kinds = dict(drawn.invoices.group_by("kind").len().iter_rows())
    assert kinds["SR"] == real.filter("is_cancelled").height
    assert set(drawn.invoices.filter(pl.col("kind") == "MA")["level"]) == {1, 2, 3}


def test_money_fits_together(drawn: TradeBooks) -> None:
    """Bookings are lines, what is booked on documents is what was booked, and the bank account never runs dry."""
    lines = drawn.lines.filter(~pl.col("is_deleted"))
    booked = drawn.bookings.join(lines, left_on="line", right_on="id", how="inner", suffix="_of_line")
    assert booked.height == drawn.bookings.height
    assert (booked["amount"] == booked["amount_of_line"]).all()
    of_invoices = drawn.bookings.filter(pl.col("kind") == "Invoice")["amount"].sum()
    assert of_invoices == drawn.invoices["booked"].sum() + drawn.invoices["written_off"].sum()
    of_bills = drawn.bookings.filter(pl.col("kind") == "Voucher")["amount"].sum()
    assert -of_bills == drawn.vouchers["booked"].sum()
    cancellations = drawn.invoices.filter(pl.col("kind") == "SR")
    cancelled = drawn.invoices.filter("is_cancelled")
    assert cancellations["gross"].sum() == -cancelled["gross"].sum()
    daily = lines.filter(pl.col("account") == 0).group_by("day").agg(pl.col("amount").sum()).sort("day")
    assert min(daily["amount"].cum_sum()) >= LEAST
    assert lines.select((pl.col("recorded") >= pl.col("day")).all()).item()


def test_nothing_is_drawn_before_it_is_asked_for() -> None:
    """A sandbox that also serves the big firm starts, and serves its version and other firms, without drawing it."""

    class Never(Wholesaler):
        @override
        def drawn(self, end_on: date) -> TradeBooks:
            raise AssertionError(f"drawn until {end_on}")

    never = Never(firm="never", name="Never", description="", key=SMALL.key, seed=SMALL.seed, traits=SMALL.traits)
    other = next(persona for persona in PERSONAS if persona.firm == "young-startup")
    app = create_app([never.later_books(TODAY), other.books(TODAY)], today=lambda: TODAY)
    with TestClient(app) as client:
        assert client.get("/sandbox/health").json() == {"status": "ok", "firms": 2}
        assert client.get("/api/v1/Invoice", headers={"Authorization": other.token}).status_code == 200
        version = client.get("/api/v1/Tools/bookkeepingSystemVersion", headers={"Authorization": never.token})
        assert version.json() == {"objects": {"version": "2.0"}}


async def test_others_are_answered_while_a_firm_is_drawn() -> None:
    """Its first two requests wait for one drawing, which does not hold up the event loop."""
    begun, others_answered = Event(), Event()
    drawings: list[date] = []

    class Slow(Wholesaler):
        @override
        def drawn(self, end_on: date) -> TradeBooks:
            drawings.append(end_on)
            begun.set()
            assert others_answered.wait(timeout=60)
            return SMALL.drawn(end_on)

    slow = Slow(firm="slow", name="Slow", description="", key=SMALL.key, seed=SMALL.seed, traits=SMALL.traits)
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
    assert drawings == [TODAY]
