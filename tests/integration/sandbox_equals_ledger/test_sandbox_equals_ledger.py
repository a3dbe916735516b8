"""Two independent readings of docs/design.md: served books through client and ledger, and a firm's own history."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache

import httpx
import polars as pl
import pytest
from branches import SMALL_WHOLESALER, all_branches
from polars.testing import assert_frame_equal

from features.derive import CATALOGUE, derive
from features.ledger import CATEGORY, SCHEMAS, Ledger, Resource
from features.ledger_versions import version_of
from features.spine import spine_of
from sandbox.account.quirks import Quirks, positions, with_switches
from sandbox.bookkeeping.history import History
from sandbox.firms.persona import Persona
from sandbox.firms.personas import PERSONAS
from sandbox.firms.simulation import simulate_firm
from sandbox.objects.books import Books
from sandbox.portfolio.ledger import ledger_frames
from sandbox.rendering.render import books_of
from sandbox.server.app import create_app
from scoring.base.secrets import Secret
from scoring.decisions.decision import Coverage
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.clearing import NO_PAYOUT
from scoring.sources.sevdesk.ledger.ledger import FOREIGN_CURRENCY, build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits

TODAY = date(2026, 11, 20)
PARTY = {"invoices": "customer", "bills": "supplier", "credit_notes": "customer", "transactions": "counterparty"}
BY_CONTACT = ("invoices", "bills", "credit_notes")
VERSION_1 = version_of(1).frames
KEYS = {
    "invoices": ("document", "document_id"),
    "bills": ("document_id",),
    "accounts": ("account_id",),
    "transactions": ("transaction_id",),
    "levels": ("bank_account_id", "recorded_on"),
    "closings": tuple(SCHEMAS["closings"].names()),
}
RECOGNISED = {
    "documents": {
        "invoices": (
            *("sent_on", "is_duplicate", "duplicate_until", "sold_on"),
            *("retention_cents", "retained_since", "retained_until"),
        ),
        "bills": ("is_duplicate", "duplicate_until"),
    },
    "closings": {"closings": tuple(SCHEMAS["closings"].names())},
    "accounts": {
        "accounts": ("bank_account_id", "feed", "covered_until"),
        "levels": tuple(SCHEMAS["levels"].names()),
        "transactions": ("bank_account_id", "is_fed", "is_duplicate"),
    },
    "transfers": {"transactions": ("transfer",)},
    "categories": {"transactions": ("category", "certainty")},
    "funders": {"transactions": ("funder",)},
    "marks": {
        "invoices": ("number", "locked_on", "edited_on", "is_blank", "is_recurring"),
        "bills": ("edited_on", "is_blank", "has_scan"),
        "transactions": ("booking",),
    },
}
"""What versions 2 and 3 say: frame to columns, by what it is about. Each side names its rules as it likes."""
TRADE = (
    *("customer_receipt", "supplier", "refund_paid", "other", "utilities", "communication", "insurance", "vehicle"),
    *("advertising", "software", "professional_fees", "chamber_dues", "travel", "shipping"),
)
"""Categories that nothing tells apart. The simulator knows each line; the service tells a power company by its name."""
READABLE = [persona for persona in PERSONAS if not persona.is_revoked]
RARE = ((7, 97), (7, 115), (3, 166), (3, 176), (11, 390))
"""Seed and number of firms that sell claims and import their lines; that import a card's settlement twice; that have an
account with money and no line; that moved here after their account was connected anew (two)."""
TOKEN = "0123456789abcdef0123456789abcdef"


Frames = dict[str, pl.DataFrame]

_BOTH: dict[str, tuple[Ledger, Frames]] = {}
"""Of firms that several tests look at: what is read of their books, and what was simulated."""


async def _both(name: str, simulated: Callable[[], tuple[Books, History]]) -> tuple[Ledger, Frames]:
    if name not in _BOTH:
        books, history = simulated()
        _BOTH[name] = await _read(books), ledger_frames(history)
    return _BOTH[name]


async def _both_of(persona: Persona) -> tuple[Ledger, Frames]:
    def simulated() -> tuple[Books, History]:
        history = persona.history(TODAY)
        return persona.rendered(history), history

    return await _both(persona.firm, simulated)


async def _both_of_drawn(seed: int, number: int) -> tuple[Ledger, Frames]:
    def simulated() -> tuple[Books, History]:
        _, history = simulate_firm(seed, number, TODAY)
        return books_of(history, firm=f"firm-{number}", name="Firm", token=TOKEN), history

    return await _both(f"firm-{seed}-{number}", simulated)


async def _read(books: Books, quirks: Quirks | None = None) -> Ledger:
    return (await _read_all(books, quirks))[0]


async def _read_all(books: Books, quirks: Quirks | None = None) -> tuple[Ledger, Coverage]:
    app = create_app([books], today=lambda: TODAY, quirks=quirks)
    async with HttpClient(httpx.ASGITransport(app=app)) as http:
        client = SevdeskClient(
            http, "http://sandbox/api/v1", Secret(books.token), limits=RequestLimits(log_requests=10_000)
        )
        fetched = await client.fetch(frozenset(Resource), fetched_on=TODAY)
    return build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 32, payout_iban=None)


def _assert_equal(ledger: Ledger, simulation: Frames) -> None:
    pairs: dict[str, set[tuple[int | None, int | None]]] = {name: set() for name in PARTY}
    for name, schema in VERSION_1.items():
        frame, party = simulation[name], PARTY.get(name)
        assert ledger.frames()[name].schema == SCHEMAS[name]
        order = [column for column in schema.names() if column != party]
        built, simulated = ledger.frames()[name].sort(order), frame.sort(order)
        assert_frame_equal(built.select(order), simulated.select(order))
        if party is not None:
            pairs[name] = set(zip(built[party], simulated[party], strict=True))
    _assert_renaming(set().union(*(pairs[name] for name in BY_CONTACT)))
    _assert_renaming(pairs["transactions"])


def _assert_recognised(ledger: Ledger, simulation: Frames, about: str) -> None:
    for name, columns in RECOGNISED[about].items():
        chosen = list(dict.fromkeys((*KEYS[name], *columns)))
        built, simulated = (_known(frames[name].select(chosen)) for frames in (ledger.frames(), simulation))
        assert_frame_equal(built.sort(chosen), simulated.sort(chosen))
    if about == "transfers":
        numbers = [frame["counterparty_account"] for frame in (ledger.transactions, simulation["transactions"])]
        order = [frame["transaction_id"].arg_sort() for frame in (ledger.transactions, simulation["transactions"])]
        _assert_renaming(set(zip(numbers[0][order[0]], numbers[1][order[1]], strict=True)))


def _known(frame: pl.DataFrame) -> pl.DataFrame:
    """Trade as one category, and certainty only where it counts: a garnishment declines a loan if it is certain."""
    if "category" not in frame.columns:
        return frame
    named = pl.col("category").cast(pl.String)
    category = pl.when(named.is_in(TRADE)).then(pl.lit("trade")).otherwise(named).alias("category")
    certainty = pl.when(pl.col("category") == "garnishment").then("certainty")
    return frame.with_columns(category, certainty.alias("certainty"))


def _assert_renaming(pairs: set[tuple[int | None, int | None]]) -> None:
    """Each party has one hash and each hash one party; nobody is nobody on both sides."""
    assert len({mine for mine, _ in pairs}) == len({theirs for _, theirs in pairs}) == len(pairs)
    assert all((mine is None) == (theirs is None) for mine, theirs in pairs)


@pytest.mark.parametrize("persona", READABLE, ids=lambda persona: persona.firm)
async def test_a_persona_read_over_http_is_its_history(persona: Persona) -> None:
    """The ledger of a persona's served books equals the ledger of its history, frame by frame, up to names."""
    _assert_equal(*await _both_of(persona))


@pytest.mark.parametrize("about", RECOGNISED)
@pytest.mark.parametrize("persona", READABLE, ids=lambda persona: persona.firm)
async def test_what_is_recognised_of_a_persona_is_what_was_simulated(persona: Persona, about: str) -> None:
    """Duplicates, feeds, levels, transfers, categories and closings are those that the simulation knows."""
    _assert_recognised(*await _both_of(persona), about)


async def test_the_wholesaler_read_over_http_is_the_history_of_all_its_branches() -> None:
    """Though only one of them is simulated and rendered."""
    history = all_branches(SMALL_WHOLESALER.history(TODAY), SMALL_WHOLESALER.branches)
    _assert_equal(await _read(SMALL_WHOLESALER.books(TODAY)), ledger_frames(history))


@pytest.mark.parametrize("firm", ["foreign-currency", "awkward-books", "system-1"])
async def test_the_product_notes_foreign_currency_where_there_is_some(firm: str) -> None:
    """The coverage of firms with invoices in francs or dollars says so; that of others does not."""
    (persona,) = (persona for persona in PERSONAS if persona.firm == firm)
    _, coverage = await _read_all(persona.books(TODAY))
    assert (FOREIGN_CURRENCY in coverage.notes) is (firm != "system-1")


@pytest.mark.parametrize("firm", ["borderline-retailer", "failing-builder", "young-startup", "awkward-books"])
async def test_the_log_read_document_by_document_is_the_same(firm: str) -> None:
    """Without the list of the payment log and with enough requests, the ledger loses nothing."""
    (persona,) = (one for one in PERSONAS if one.firm == firm)
    _, simulation = await _both_of(persona)
    _assert_equal(await _read(persona.books(TODAY), Quirks(payment_log="404")), simulation)


OF_LISTS = (
    "text_numbers", "paid_amount", "unset_references", "balance", "total", "pages", "unknown_filters",
    "hides_special_invoices", "hides_deleted_lines", "offsets", "nameless_drafts", "html_texts", "payment_log",
    "document_logs",
)  # fmt: skip
"""Switches that show where books are read, but those with which sevdesk states other sums."""


@cache
def _plain() -> tuple[Books, Ledger]:
    """A firm with a bit of everything, and its ledger without any switch."""
    (persona,) = (one for one in PERSONAS if one.firm == "awkward-books")
    books = persona.books(TODAY)
    return books, asyncio.run(_read(books))


@pytest.mark.parametrize(
    "switches",
    [
        *[{name: position} for name in OF_LISTS for position in positions(name)[1:]],
        {"order": "oldest_first"},
        {"total": "none", "pages": "short"},
        {"total": "none", "pages": "uneven", "offsets": "utc", "order": "oldest_first", "payment_log": "405"},
        {"total": "number", "text_numbers": "false", "unset_references": "null", "paid_amount": "text"},
    ],
    ids=lambda switches: " ".join(f"{name}={position}" for name, position in switches.items()),
)
def test_a_quirk_changes_no_fact(switches: dict[str, str]) -> None:
    """However sevdesk behaves where it surprises or is not known, the ledger is the same."""
    books, plain = _plain()
    switched = asyncio.run(_read(books, with_switches(Quirks(), switches)))
    for name, frame in plain.frames().items():
        assert_frame_equal(switched.frames()[name], frame)


@pytest.mark.parametrize("number", range(12))
async def test_a_firm_of_the_portfolio_read_over_http_is_its_history(number: int) -> None:
    """What training reads of a simulated firm is what the service would read of its books."""
    _assert_equal(*await _both_of_drawn(7, number))


@pytest.mark.parametrize("about", RECOGNISED)
@pytest.mark.parametrize(("seed", "number"), [*((7, number) for number in range(12, 24)), *RARE])
async def test_what_is_recognised_of_a_firm_of_the_portfolio_is_what_was_simulated(
    seed: int, number: int, about: str
) -> None:
    """The same for firms whose traits are drawn."""
    _assert_recognised(*await _both_of_drawn(seed, number), about)


@pytest.mark.parametrize("firm", ["healthy-agency", "awkward-books"])
async def test_no_feature_tells_the_categories_of_trade_apart(firm: str) -> None:
    """Or what is learned of simulated firms would be another thing than what is read of real ones."""
    (persona,) = (one for one in PERSONAS if one.firm == firm)
    ledger, _ = await _both_of(persona)
    spine = spine_of(TODAY)
    is_trade = pl.col("category").is_in(TRADE)
    plain = ledger.transactions.with_columns(
        pl.when(is_trade).then(pl.lit("other", dtype=CATEGORY)).otherwise("category").alias("category")
    )
    assert not plain.equals(ledger.transactions)
    values = derive(replace(ledger, transactions=plain), spine, list(CATALOGUE)).values
    assert_frame_equal(values, derive(ledger, spine, list(CATALOGUE)).values)
    assert NO_PAYOUT.isdisjoint(TRADE)


def test_both_declare_the_same_frames() -> None:
    """The simulator's schemas are those of the ledger."""
    simulated = ledger_frames(PERSONAS[0].history(TODAY))
    assert {name: frame.schema for name, frame in simulated.items()} == SCHEMAS
    assert isinstance(simulated["invoices"], pl.DataFrame)
