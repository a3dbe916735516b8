"""Without bank data a model learns from the facts that it is served with: those that documents tell of themselves."""

from datetime import date, timedelta

import httpx
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.derive import CATALOGUE, derive, is_fetched
from features.ledger import BANK_DATA, CLOSINGS, Ledger, Resource
from features.spine import SPINE, spine_of
from models.without_bank_data import as_documents_tell
from sandbox.bookkeeping.history import History
from sandbox.firms.personas import PERSONAS
from sandbox.firms.simulation import simulate_firm
from sandbox.objects.books import Books
from sandbox.portfolio.ledger import ledger_frames
from sandbox.portfolio.ledger_schemas import RESOURCES
from sandbox.rendering.render import books_of
from sandbox.server.app import create_app
from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits

TODAY = date(2026, 11, 20)
WITH = frozenset(map(Resource, RESOURCES))
WITHOUT = WITH - BANK_DATA
NAMES = [name for name, feature in CATALOGUE.items() if feature.catalogue == 2 and is_fetched(feature, WITHOUT)]
FIRMS = (
    *("awkward-books", "healthy-agency", "sole-trader", "small-business", "failing-builder", "file-import"),
    *("migrated-books", "sold-receivables", "retained-sums", "credited-receivables", "early-payers", "card-payments"),
    *("foreign-currency", "invented-sales"),
)
"""Credit notes before and after payment, set off, paid out and open; discounts, shortfalls, write-offs, part payments,
factoring, clearing accounts, payments entered by hand, other currencies."""


async def read(books: Books) -> Ledger:
    """What the service reads where the policy leaves bank data out."""
    app = create_app([books], today=lambda: TODAY)
    async with HttpClient(httpx.ASGITransport(app=app)) as http:
        client = SevdeskClient(
            http, "http://sandbox/api/v1", Secret(books.token), limits=RequestLimits(log_requests=10_000)
        )
        fetched = await client.fetch(WITHOUT, fetched_on=TODAY)
    return build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 32, payout_iban=None)[0]


def of_persona(firm: str) -> tuple[Books, History]:
    """The books of a persona, and its history."""
    (persona,) = (one for one in PERSONAS if one.firm == firm)
    history = persona.history(TODAY)
    return persona.rendered(history), history


def told(history: History) -> tuple[Ledger, pl.DataFrame]:
    """What training is told of a firm whose books were simulated with bank data."""
    return as_documents_tell(Ledger(**ledger_frames(history), fetched=WITH), spine_of(TODAY))


def closings(ledger: Ledger) -> pl.DataFrame:
    """What closed the documents, in one order."""
    return ledger.closings.drop("borrower").sort(CLOSINGS.names()[1:])


async def _assert_equal(books: Books, history: History) -> None:
    served, (learned, points) = await read(books), told(history)
    assert served.fetched & BANK_DATA == learned.fetched & BANK_DATA == frozenset()
    assert_frame_equal(closings(learned), closings(served))
    values = derive(learned, points, NAMES).values
    assert_frame_equal(values, derive(served, spine_of(TODAY), NAMES).values)


@pytest.mark.parametrize("firm", FIRMS)
async def test_what_is_learned_of_a_persona_is_what_is_served(firm: str) -> None:
    """What closed each document, and every feature that has a value without bank data."""
    await _assert_equal(*of_persona(firm))


@pytest.mark.parametrize("number", range(8))
async def test_what_is_learned_of_a_drawn_firm_is_what_is_served(number: int) -> None:
    """The same for firms of the portfolio that models are trained on."""
    _, history = simulate_firm(7, number, TODAY)
    books = books_of(history, firm=f"firm-{number}", name="Firm", token="0123456789abcdef0123456789abcdef")
    await _assert_equal(books, history)


def test_a_day_knows_nothing_of_later_payments() -> None:
    """On each day the documents tell what they told then, whichever days stand beside it in the spine."""
    _, history = of_persona("sole-trader")
    ledger = Ledger(**ledger_frames(history), fetched=WITH)
    days = [TODAY - timedelta(days=days) for days in (500, 90, 31, 0)]
    points = pl.concat([spine_of(day) for day in days])
    together = derive(*as_documents_tell(ledger, points), NAMES).values.select(NAMES)
    for number, day in enumerate(days):
        cut = {
            name: frame.filter(pl.col("recorded_on") <= day) if "recorded_on" in frame.columns else frame
            for name, frame in ledger.frames().items()
        }
        alone = derive(*as_documents_tell(Ledger(**cut, fetched=WITH), spine_of(day)), NAMES).values.select(NAMES)
        assert_frame_equal(together[number], alone)


def test_no_bank_line_reaches_a_value() -> None:
    """Lines, levels and accounts may be anything: nothing changes."""
    _, history = of_persona("two-accounts")
    frames = ledger_frames(history)
    bare = frames | {
        name: frames[name].clear() for name in ("accounts", "balances", "transactions", "levels", "closings")
    }
    values = [
        derive(*as_documents_tell(Ledger(**some, fetched=WITH), spine_of(TODAY)), NAMES).values
        for some in (frames, bare)
    ]
    assert_frame_equal(*values)
    assert values[0].columns == [*SPINE.names(), *NAMES]
    assert Resource.PAYMENT_LOG not in WITHOUT
