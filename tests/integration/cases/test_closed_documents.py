"""Books in which documents must be read with care: what closed them, and what features say of it, over HTTP."""

import json
import os
import tarfile
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from unit.sevdesk.fakes import client, sevdesk

from features.derive import derive
from features.ledger import Ledger, Resource
from features.spine import spine_of
from sandbox.objects.books import Books
from sandbox.objects.folder import read_folder
from sandbox.server.app import create_app
from scoring.base.secrets import Secret
from scoring.decisions.decision import Coverage
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.words.fetched import INVOICES_TWICE, PAY_DAY_UNKNOWN

VARIABLE = "CASES_DIR"
FOLDER = os.environ.get(VARIABLE)
pytestmark = pytest.mark.skipif(not FOLDER, reason=f"{VARIABLE} names no folder of cases")
TODAY = date(2026, 11, 28)


@pytest.fixture(scope="module")
def firms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Books]:
    """The books by the first word of their folder."""
    folder = tmp_path_factory.mktemp("cases")
    with tarfile.open(Path(FOLDER or "") / "books" / "books.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return {books.firm.split("_")[0]: books for books in read_folder(folder)}


async def _served(books: Books) -> tuple[Ledger, Coverage]:
    app = create_app([books], today=lambda: TODAY)
    async with HttpClient(httpx.ASGITransport(app=app)) as http:
        reader = SevdeskClient(http, "http://sandbox/api/v1", Secret(books.token))
        fetched = await reader.fetch(frozenset(Resource), fetched_on=TODAY)
    return build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 16, payout_iban=None)


async def _single(name: str) -> tuple[Ledger, Coverage, date]:
    case: dict[str, Any] = json.loads((Path(FOLDER or "") / "books" / f"{name}.json").read_text(encoding="utf-8"))
    today = date.fromisoformat(case["today"])
    fetched = await client(sevdesk(case["sevdesk"])).fetch(frozenset(Resource), fetched_on=today)
    return *build_ledger(fetched, fetched_on=today, hash_key=b"k" * 16, payout_iban=None), today


def _values(ledger: Ledger, *names: str, on: date = TODAY) -> list[float | None]:
    row = derive(ledger, spine_of(on), list(names)).row()
    return [row[name] for name in names]


ON_TIME, LOSS = "receivables_on_time_share_12m_v2", "receivables_loss_share_12m_v2"
WITHOUT_INFLOW = "trust_paid_without_inflow_share_12m_v2"


@pytest.mark.parametrize(
    ("firm", "count", "values"),
    [
        ("base", {"bank": 156}, [1.0, 0.0, 0.0]),
        ("x60", {"bank": 156, "clearing": 96}, [0.3333, 0.6667, 0.6667]),
        ("x61", {"bank": 156, "clearing": 96}, [0.3333, 0.6667, 0.6667]),
        ("x90", {"bank": 156, "clearing": 24}, [0.6897, 0.3103, 0.3103]),
        ("x91", {"bank": 204, "short": 48}, [0.5, 0.2059, 0.0]),
        ("c03", {"bank": 166, "discount": 10}, [1.0, 0.0, 0.0]),
        ("e06", {"bank": 156, "short": 10}, [1.0, 0.6757, 0.0]),
    ],
)
async def test_what_closed_the_documents(
    firms: dict[str, Books], firm: str, count: dict[str, int], values: list[float]
) -> None:
    """By means; and paid on time, lost, and paid without an inflow, as shares."""
    ledger, coverage = await _served(firms[firm])
    assert dict(ledger.closings.group_by("means").len().rows()) == count
    assert coverage.notes == ()
    assert _values(ledger, ON_TIME, LOSS, WITHOUT_INFLOW) == values


async def test_nothing_is_open_between_discount_and_credit_note(firms: dict[str, Books]) -> None:
    """Paid five days early with a discount: closed on that day, whatever is credited later."""
    ledger, _ = await _served(firms["c03"])
    invoices = ledger.invoices.filter(pl.col("gross_cents") == 1_190_000)
    assert invoices.height == 10
    on_these = ledger.closings.join(
        invoices.select("document", "document_id", "due_on"), on=["document", "document_id"]
    )
    assert set(on_these.select((pl.col("happened_on") - pl.col("due_on")).dt.total_days())["happened_on"]) == {-5}
    closed = on_these.group_by("document_id").agg(pl.col("amount_cents").sum(), pl.col("recorded_on").max())
    assert closed["amount_cents"].to_list() == [1_190_000] * 10
    assert closed["recorded_on"].to_list() == [date(2026, 8, 10)] * 10


async def test_a_draft_is_seen_from_the_day_it_was_sent(firms: dict[str, Books]) -> None:
    """Ten drafts of last year were sent yesterday."""
    ledger, _ = await _served(firms["c10"])
    late = ledger.invoices.filter(pl.col("sent_on") > pl.col("recorded_on"))
    assert late["sent_on"].to_list() == [date(2026, 11, 27)] * 10
    assert late["issued_on"].to_list() == [date(2025, 10, 20)] * 10


async def test_one_invoice_ten_times(firms: dict[str, Books]) -> None:
    """It counts once, with a note."""
    ledger, coverage = await _served(firms["c30"])
    assert ledger.invoices["is_duplicate"].sum() == 9
    assert coverage.notes == (INVOICES_TWICE,)


async def test_bills_with_a_deadline_before_their_date(firms: dict[str, Books]) -> None:
    """They were due at once, and paid with the supplier's discount."""
    ledger, _ = await _served(firms["c33"])
    assert _values(ledger, "payables_own_delay_days_12m_v2") == [1.8]
    assert dict(ledger.closings.filter(pl.col("document") == "voucher").group_by("means").len().rows()) == {
        "bank": 82,
        "discount": 10,
    }


@pytest.mark.parametrize("firm", ["c23a", "c23c"])
async def test_what_was_set_aside(firms: dict[str, Books], firm: str) -> None:
    """Frame and coverage say the same."""
    ledger, coverage = await _served(firms[firm])
    assert coverage.set_aside_count == len(coverage.set_aside) == ledger.set_aside.height > 0
    assert coverage.set_aside_cents == ledger.set_aside["gross_cents"].abs().sum()
    named = [(one.kind, one.id, one.field, one.reason) for one in coverage.set_aside]
    assert sorted(named) == sorted(ledger.set_aside.select("kind", "document_id", "field", "reason").rows())


async def test_bills_that_are_paid_on_no_day() -> None:
    """Delay is unknown, and a note says so."""
    ledger, coverage, today = await _single("bills_paid_without_paydate")
    assert not ledger.closings["is_day_known"].any()
    assert coverage.notes == (PAY_DAY_UNKNOWN,)
    assert _values(ledger, "payables_own_delay_days_12m_v2", on=today) == [None]


async def test_a_credit_note_that_names_only_its_customer() -> None:
    """Nothing of this customer can be lent against."""
    ledger, _, today = await _single("open_creditnote")
    assert _values(ledger, "receivables_eligible_cents_v2", on=today) == [0]
