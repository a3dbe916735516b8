"""What sevdesk's objects mean: each file in ``meaning`` shows them as sevdesk sends them, and the rows of the ledger.

Hashes of parties are left out, as are accounts and their levels, which ``test_cash`` has. ``ledger`` has the rows of
version 1, ``recognised`` what version 2 added of documents: the closings, and values that most documents do not have.
Marks, which version 3 added, are in ``test_marks``.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from unit.sevdesk.fakes import client, sevdesk

from features.ledger import Ledger, Resource
from features.ledger_versions import VERSIONS
from scoring.sources.sevdesk.ledger.ledger import build_ledger

TODAY = date(2026, 11, 20)
FILES = sorted((Path(__file__).parent / "meaning").glob("*.json"))
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
ACCOUNTS = {"accounts", "balances"}
OUTSIDE = {"borrower", "customer", "supplier", "counterparty"}
PLAIN = (None, False, 0)


def rows(ledger: Ledger) -> dict[str, list[dict[str, Any]]]:
    """The frames of version 1 that have rows, days as text."""
    first = VERSIONS[1].frames
    frames = {name: getattr(ledger, name).select(first[name].names()) for name in first.keys() - ACCOUNTS}
    return {name: _plain(frame) for name, frame in frames.items() if frame.height}


def recognised(ledger: Ledger) -> dict[str, list[dict[str, Any]]]:
    """What version 2 added of documents: the closings, and of the documents what is not as in most books."""
    found = {"closings": _plain(ledger.closings)}
    for name in ("invoices", "bills"):
        added = VERSIONS[2].frames[name].names()[len(VERSIONS[1].frames[name].names()) :]
        documents = _plain(getattr(ledger, name).select("document_id", *added))
        told = [{column: value for column, value in row.items() if value not in PLAIN} for row in documents]
        found[name] = [row for row in told if len(row) > 1]
    return {name: listed for name, listed in found.items() if listed}


def _plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {column: value.isoformat() if isinstance(value, date) else value for column, value in row.items()}
        for row in frame.drop(OUTSIDE, strict=False).iter_rows(named=True)
    ]


@pytest.mark.parametrize("name", CASES)
async def test_the_ledger_says_what_sevdesk_means(name: str) -> None:
    """The sentence under ``means`` is what the file shows."""
    case = CASES[name]
    assert set(case) == {"means", "sevdesk", "ledger", "recognised", "notes"}
    fetched = await client(sevdesk(case["sevdesk"])).fetch(frozenset(Resource), fetched_on=TODAY)
    ledger, coverage = build_ledger(fetched, fetched_on=TODAY, hash_key=b"k" * 16, payout_iban=None)
    assert rows(ledger) == case["ledger"]
    assert recognised(ledger) == case["recognised"]
    assert list(coverage.notes) == case["notes"]


def test_there_are_cases() -> None:
    """A folder that was moved would pass without a word."""
    assert len(CASES) >= 49
