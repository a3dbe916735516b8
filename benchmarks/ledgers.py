"""Ledgers to derive features from: firms of the local sevdesk, repeated as one firm or as many."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from benchmarks import books
from features.ledger import SCHEMAS, Ledger, Resource
from features.spine import SPINE
from scoring.base.secrets import Secret
from scoring.sources.http import HttpClient
from scoring.sources.sevdesk.ledger.ledger import build_ledger
from scoring.sources.sevdesk.reading.client import SevdeskClient

FIRMS = ("healthy-agency", "failing-builder", "sole-trader")
INVOICES = 1_000
_NUMBERS = ("document_id", "invoice_id", "transaction_id", "position_id")
_PARTIES = ("customer", "supplier", "counterparty", "counterparty_account")


def ledger_of(firm: str, invoices: int | None) -> Ledger:
    """The ledger of one firm of the local sevdesk, brought to so many invoices."""
    with tempfile.TemporaryDirectory() as folder:
        directory = books.export(firm, Path(folder))
        if invoices is not None:
            books.resize(directory, invoices)
        return asyncio.run(_fetched(directory))


async def _fetched(directory: Path) -> Ledger:
    async with HttpClient(books.sevdesk(directory)) as http:
        client = SevdeskClient(http, "http://sandbox/api/v1", Secret(books.token_of(directory)))
        fetched = await client.fetch(frozenset(Resource), fetched_on=books.today())
    ledger, _ = build_ledger(fetched, fetched_on=books.today(), hash_key=b"0" * 32, payout_iban=None)
    return ledger


def many(ledgers: Sequence[Ledger], borrowers: range) -> tuple[Ledger, pl.DataFrame]:
    """The ledger of borrowers with these numbers, each with the facts of one of the firms, and their spine: today.

    Sorted by borrower, as training data are stored.
    """
    numbers = [[number for number in borrowers if number % len(ledgers) == firm] for firm in range(len(ledgers))]
    pairs = [
        (pl.DataFrame({"borrower": some}, schema={"borrower": pl.Int64}), ledger)
        for some, ledger in zip(numbers, ledgers, strict=True)
        if some
    ]
    frames = {
        name: pl.concat(
            [
                some.join(ledger.frames()[name].drop("borrower"), how="cross").select(schema.names())
                for some, ledger in pairs
            ],
            rechunk=True,
        ).sort("borrower")
        for name, schema in SCHEMAS.items()
    }
    return Ledger(**frames, fetched=ledgers[0].fetched), spine_of(borrowers)


def spine_of(borrowers: range) -> pl.DataFrame:
    """Each of these borrowers today."""
    columns = {"borrower": borrowers, "as_of": [books.today()] * len(borrowers)}
    return pl.DataFrame({**columns, "is_reconstructed": [False] * len(borrowers)}, schema=SPINE)


def grown(ledger: Ledger, invoices: int) -> Ledger:
    """The ledger of a firm with that many invoices: copies of its documents, lines and parties on the same accounts.

    As far as the invoices divide; the last copy is whole.
    """
    copies = -(-invoices // (ledger.invoices["document"] == "invoice").sum())
    return replace(ledger, **{name: _repeated(frame, copies) for name, frame in ledger.frames().items()})


def with_lines(ledger: Ledger, lines: int) -> Ledger:
    """The ledger with so many bank lines: copies of the first ones are added."""
    transactions = ledger.transactions
    copies = _repeated(transactions, -(-lines // transactions.height)).head(lines)
    return replace(ledger, transactions=copies)


def _repeated(frame: pl.DataFrame, copies: int) -> pl.DataFrame:
    numbers = [pl.col(name) for name in _NUMBERS if name in frame.columns]
    parties = [pl.col(name) for name in _PARTIES if name in frame.columns]
    if not numbers:
        return frame
    return pl.concat(
        [
            frame.with_columns(
                *(number + copy * books.GENERATION for number in numbers),
                # Keys are hashes: another bit pattern is another party.
                *(party.xor(copy) for party in parties),
            )
            for copy in range(copies)
        ],
        rechunk=True,
    )
