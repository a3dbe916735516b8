"""Two independent readings of docs/design.md: served books through client and ledger, and a firm's own history."""

from dataclasses import replace
from datetime import date

import httpx
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.ledger import SCHEMAS, Ledger, Resource
from sandbox.books import Books
from sandbox.dataset import ledger_frames
from sandbox.firm import simulate_firm
from sandbox.history import History
from sandbox.personas import PERSONAS, Persona
from sandbox.render import books_of
from sandbox.server import create_app
from sandbox.wholesaler import WHOLESALER
from scoring.sevdesk.client import SevdeskClient
from scoring.sevdesk.ledger import build_ledger
from scoring.sevdesk.token import Token

TODAY = date(2026, 11, 20)
PARTY = {"invoices": "customer", "bills": "supplier", "credit_notes": "customer", "transactions": "counterparty"}
BY_CONTACT = ("invoices", "bills", "credit_notes")
SMALL_WHOLESALER = replace(
    WHOLESALER, traits=replace(WHOLESALER.traits, invoices_per_month=60, sales=21_600, customers=150, suppliers=12)
)
READABLE = [*(persona for persona in PERSONAS if not persona.is_revoked), SMALL_WHOLESALER]
TOKEN = "0123456789abcdef0123456789abcdef"


async def _read(books: Books, iban: str | None = None) -> Ledger:
    app = create_app([books], today=lambda: TODAY)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as http:
        client = SevdeskClient(http, "http://sandbox/api/v1", Token(books.token))
        fetched = await client.fetch(frozenset(Resource), fetched_on=TODAY)
    return build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 32, payout_iban=iban)[0]


def _assert_equal(ledger: Ledger, history: History) -> None:
    pairs: dict[str, set[tuple[int | None, int | None]]] = {name: set() for name in PARTY}
    for name, frame in ledger_frames(history).items():
        assert ledger.frames()[name].schema == SCHEMAS[name]
        party = PARTY.get(name)
        order = [column for column in SCHEMAS[name].names() if column != party]
        built, simulated = ledger.frames()[name].sort(order), frame.sort(order)
        assert_frame_equal(built.select(order), simulated.select(order))
        if party is not None:
            pairs[name] = set(zip(built[party], simulated[party], strict=True))
    _assert_renaming(set().union(*(pairs[name] for name in BY_CONTACT)))
    _assert_renaming(pairs["transactions"])


def _assert_renaming(pairs: set[tuple[int | None, int | None]]) -> None:
    """Each party has one hash and each hash one party; nobody is nobody on both sides."""
    assert len({mine for mine, _ in pairs}) == len({theirs for _, theirs in pairs}) == len(pairs)
    assert all((mine is None) == (theirs is None) for mine, theirs in pairs)


@pytest.mark.parametrize("persona", READABLE, ids=lambda persona: persona.firm)
async def test_a_persona_read_over_http_is_its_history(persona: Persona) -> None:
    """The ledger of a persona's served books equals the ledger of its history, frame by frame, up to names."""
    history = persona.history(TODAY)
    _assert_equal(await _read(persona.books(TODAY)), history)


@pytest.mark.parametrize("number", range(12))
async def test_a_firm_of_the_portfolio_read_over_http_is_its_history(number: int) -> None:
    """What training reads of a simulated firm is what the service would read of its books."""
    _, history = simulate_firm(7, number, TODAY)
    books = books_of(history, firm=f"firm-{number}", name="Firm", token=TOKEN)
    _assert_equal(await _read(books), history)


def test_both_declare_the_same_frames() -> None:
    """The simulator's schemas are those of the ledger."""
    simulated = ledger_frames(PERSONAS[0].history(TODAY))
    assert {name: frame.schema for name, frame in simulated.items()} == SCHEMAS
    assert isinstance(simulated["invoices"], pl.DataFrame)
