"""Books in which accounts and lines must be read with care: what the ledger says of them, served over HTTP."""

import json
import os
import tarfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from unit.sevdesk.fakes import client, sevdesk

from features.ledger import Ledger, Resource
from sandbox.objects.books import Books
from sandbox.objects.folder import read_folder
from sandbox.server.app import create_app
from scoring.base.secrets import Secret
from scoring.decisions.decision import Coverage
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.words.fetched import ACCOUNT_RECONNECTED, LINES_TWICE

VARIABLE = "CASES_DIR"
FOLDER = os.environ.get(VARIABLE)
pytestmark = pytest.mark.skipif(not FOLDER, reason=f"{VARIABLE} names no folder of cases")
TODAY = date(2026, 11, 28)
IBAN = "DE09430609670001008001"


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
    return build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 16, payout_iban=IBAN)


async def _single(name: str) -> tuple[Ledger, Coverage]:
    case: dict[str, Any] = json.loads((Path(FOLDER or "") / "books" / f"{name}.json").read_text(encoding="utf-8"))
    inner, today = sevdesk(case["sevdesk"]), date.fromisoformat(case["today"])

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("getBalanceAtDate"):
            return httpx.Response(200, json={"objects": case["levels"][request.url.path.split("/")[-2]]})
        answer: httpx.Response = inner(request)
        return answer

    fetched = await client(handle).fetch(frozenset(Resource), fetched_on=today)
    return build_ledger(fetched, fetched_on=today, hash_key=b"k" * 16, payout_iban=None)


@pytest.mark.parametrize(
    ("firm", "transfers"),
    [
        ("base", {"none": 156}),
        ("c17", {"none": 156, "account": 24}),
        ("c17b", {"none": 156, "link": 24}),
        ("x61", {"none": 156, "account": 48}),
    ],
)
async def test_transfers_between_own_accounts(firms: dict[str, Books], firm: str, transfers: dict[str, int]) -> None:
    """Without a link, by the own account's number: the same lines, and the same levels."""
    ledger, coverage = await _served(firms[firm])
    assert Counter(ledger.transactions["transfer"]) == transfers
    assert ledger.transactions["is_fed"].all()
    assert set(ledger.levels["state"]) == {"verified"}
    assert (coverage.notes, coverage.bank_data_until) == ((), TODAY)
    assert (coverage.payout_fed_days or 0) >= 700


async def test_unlinked_transfers_leave_the_same_levels_as_linked_ones(firms: dict[str, Books]) -> None:
    """What shows that a line is a transfer changes neither levels nor which lines count."""
    (unlinked, _), (linked, _) = await _served(firms["c17"]), await _served(firms["c17b"])
    assert unlinked.levels.equals(linked.levels)
    columns = ["transaction_id", "bank_account_id", "is_fed", "is_duplicate"]
    is_transfer = pl.col("transfer") != "none"
    assert unlinked.transactions.select(*columns, is_transfer).equals(linked.transactions.select(*columns, is_transfer))


async def test_bank_lines_that_were_imported_again(firms: dict[str, Books]) -> None:
    """Eight lines are there twice, and the later ones do not count; the level is without them."""
    ledger, coverage = await _served(firms["c14"])
    copies = ledger.transactions.filter("is_duplicate")
    assert copies["transaction_id"].to_list() == list(range(1469, 1477))
    assert coverage.notes == (LINES_TWICE,)
    assert not ledger.transactions["is_fed"].any()
    plain, _ = await _served(firms["base"])
    assert ledger.levels["level_cents"].to_list() == plain.levels["level_cents"].to_list()


@pytest.mark.parametrize(("firm", "account"), [("x80", 3), ("x60", 2)])
async def test_an_account_without_a_line(firms: dict[str, Books], firm: str, account: int) -> None:
    """An empty till has nothing to confirm."""
    ledger, coverage = await _served(firms[firm])
    assert dict(ledger.levels.select("bank_account_id", "state").rows()) == {1: "verified", account: "unused"}
    assert coverage.bank_data_until == TODAY


async def test_two_cents_of_long_ago(firms: dict[str, Books]) -> None:
    """Lines dated two years back and recorded today were not delivered by the bank."""
    ledger, _ = await _served(firms["y2"])
    assert ledger.transactions.filter(~ledger.transactions["is_fed"])["amount_cents"].to_list() == [1, -1]


async def test_an_account_that_was_connected_again() -> None:
    """Its level counts once, and is that of the same account connected once."""
    ledger, coverage = await _single("reconnected_no_overlap")
    once, _ = await _single("one_account_ref")
    columns = ["level_cents", "state", "happened_on"]
    assert ledger.levels.select(columns).rows() == once.levels.select(columns).rows()
    assert coverage.notes == (ACCOUNT_RECONNECTED,)


async def test_a_feed_that_stopped_fifty_days_ago() -> None:
    """Its level is not verified from a week later on, and the data end where it stopped."""
    ledger, coverage = await _single("stale_feed_50_days")
    assert ledger.levels["state"].to_list() == ["verified", "stale"]
    assert ledger.levels["recorded_on"][1] == date(2026, 10, 9)
    assert coverage.bank_data_until == date(2026, 10, 1)


async def test_a_transfer_to_the_own_savings_account() -> None:
    """Both sides name the other's number."""
    ledger, _ = await _single("own_iban_transfer")
    assert dict(ledger.transactions.select("transaction_id", "transfer").tail(8).rows()) == {
        **dict.fromkeys(range(1000, 1006), "none"),
        **dict.fromkeys((1, 2), "account"),
    }
