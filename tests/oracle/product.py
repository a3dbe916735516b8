"""The product at its outermost surface: books over HTTP, ledger, row of features; and what the oracle takes from it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import polars as pl
from oracle.facts import Closing, Recognised

from features.derive import CATALOGUE, derive
from features.ledger import Ledger, Resource
from features.spine import spine_of
from sandbox.objects.books import Books
from sandbox.server.app import create_app
from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.transport.connection import RequestLimits

NAMES = tuple(CATALOGUE)
DOCUMENT = Path(__file__).parents[2] / "docs" / "features.md"
OF_CLEARING = ("provider", "set_off", "clearing")


def read(books: Books, today: date) -> Ledger:
    """The ledger of served books."""
    return asyncio.run(_read(books, today))


async def _read(books: Books, today: date) -> Ledger:
    app = create_app([books], today=lambda: today)
    async with HttpClient(httpx.ASGITransport(app=app)) as http:
        client = SevdeskClient(
            http, "http://sandbox/api/v1", Secret(books.token), limits=RequestLimits(log_requests=10_000)
        )
        fetched = await client.fetch(frozenset(Resource), fetched_on=today)
    ledger, _ = build_ledger(fetched, fetched_on=today, hash_key=b"k" * 32, payout_iban=None)
    return ledger


def rows(ledger: Ledger, days: Sequence[date]) -> Sequence[Mapping[str, float | str]]:
    """Each feature's value, or the cause of its absence, on days; all but the first are reconstructed."""
    spine = pl.concat(spine_of(day, is_reconstructed=day != days[0]) for day in days)
    derived = derive(ledger, spine, NAMES)
    on_day = {day: number for number, day in enumerate(derived.values["as_of"])}
    values, causes = derived.values.to_dicts(), derived.causes.to_dicts()
    return [
        {name: causes[number][name] if values[number][name] is None else values[number][name] for name in NAMES}
        for number in (on_day[day] for day in days)
    ]


def recognised(ledger: Ledger) -> Recognised:
    """What the oracle does not compute, by sevdesk's ids."""
    lines = {str(line["transaction_id"]): line for line in ledger.transactions.to_dicts()}
    accounts = {str(account["account_id"]): account for account in ledger.accounts.to_dicts()}
    sales = {(one["document"], str(one["document_id"])): one for one in ledger.invoices.to_dicts()}
    cleared: dict[tuple[str, str], list[Closing]] = {}
    for one in ledger.closings.to_dicts():
        if one["means"] in OF_CLEARING:
            cleared.setdefault((one["document"], str(one["document_id"])), []).append(
                Closing(
                    one["means"],
                    one["amount_cents"],
                    one["happened_on"],
                    one["recorded_on"],
                    None if one["transaction_id"] is None else str(one["transaction_id"]),
                    is_day_known=one["is_day_known"],
                )
            )
    return Recognised(
        nature=_column(lines, "nature"),
        category=_column(lines, "category"),
        certainty=_column(lines, "certainty"),
        transfer=_column(lines, "transfer"),
        fed=_column(lines, "is_fed"),
        copies=_column(lines, "is_duplicate"),
        bank_account={key: str(account["bank_account_id"]) for key, account in accounts.items()},
        level=[
            (str(one["bank_account_id"]), one["level_cents"], one["state"], one["happened_on"], one["recorded_on"])
            for one in ledger.levels.to_dicts()
        ],
        sold=_column(sales, "sold_on"),
        retained={
            key: (one["retention_cents"], one["retained_since"], one["retained_until"]) for key, one in sales.items()
        },
        cleared=cleared,
        blank=_column(sales, "is_blank"),
        named=frozenset(
            str(one["document_id"])
            for one in ledger.positions.to_dicts()
            if one["document"] == "invoice" and one["item"] is not None
        ),
    )


def _column(rows: Mapping[Any, Mapping[str, Any]], name: str) -> dict[Any, Any]:
    return {key: one[name] for key, one in rows.items()}


def decimals() -> Mapping[str, int]:
    """The decimals of each feature that docs/features.md states."""
    found = {}
    for text in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = text.strip("|").split(" | ")
        if text.startswith("| [`"):
            found[cells[0].split("`")[1]] = int(cells[3])
    return found
