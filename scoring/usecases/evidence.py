"""What is behind a value, by what a person can look up: kind of document, identifier at the source, day, amount."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import polars as pl

from features.derive import EvidenceIds
from features.ledger import Ledger
from scoring.decisions.decision import Document, DocumentKind, Evidence

_ISSUED = ("document_id", "issued_on", "gross_cents")
_BOOKED = ("transaction_id", "happened_on", "amount_cents")
_OF_SALES = {
    DocumentKind.INVOICE: pl.col("document") == "invoice",
    DocumentKind.VOUCHER: pl.col("document") == "voucher",
}
_FRAMES: Mapping[DocumentKind, Callable[[Ledger], tuple[pl.DataFrame, ...]]] = {
    DocumentKind.INVOICE: lambda ledger: (_sales(ledger, DocumentKind.INVOICE),),
    DocumentKind.VOUCHER: lambda ledger: (_sales(ledger, DocumentKind.VOUCHER), ledger.bills.select(_ISSUED)),
    DocumentKind.CREDIT_NOTE: lambda ledger: (ledger.credit_notes.select(_ISSUED),),
    DocumentKind.TRANSACTION: lambda ledger: (ledger.transactions.select(_BOOKED),),
}
"""Where the documents of a kind are: identifier, day and amount."""


def evidence_of(found: Mapping[str, EvidenceIds], ledger: Ledger, source_ids: Sequence[str]) -> dict[str, Evidence]:
    """The documents behind the value of each feature.

    Args:
        found: Their identifiers in the ledger.
        ledger: Has their days and amounts.
        source_ids: See ``BuiltBooks.source_ids``.
    """
    known = {kind: _known(kind, found, ledger) for kind in DocumentKind}
    return {
        feature: Evidence(
            documents=tuple(
                Document(
                    kind=kind, id=source_ids[identifier] if source_ids else identifier, day=day, amount_cents=cents
                )
                for kind in DocumentKind
                for identifier in _ids(behind, kind)
                for day, cents in (known[kind].get(identifier, (None, None)),)
            ),
            total=behind.total,
        )
        for feature, behind in found.items()
    }


def _known(
    kind: DocumentKind, found: Mapping[str, EvidenceIds], ledger: Ledger
) -> dict[int, tuple[date | None, int | None]]:
    """Day and amount of those documents of a kind that are behind any value."""
    wanted = {identifier for behind in found.values() for identifier in _ids(behind, kind)}
    if not wanted:
        return {}
    parts = [frame.filter(pl.col(frame.columns[0]).is_in(list(wanted))) for frame in _FRAMES[kind](ledger)]
    return {identifier: (day, cents) for part in parts for identifier, day, cents in part.iter_rows()}


def _ids(behind: EvidenceIds, kind: DocumentKind) -> tuple[int, ...]:
    ids: tuple[int, ...] = getattr(behind, f"{kind.value}s")
    return ids


def _sales(ledger: Ledger, kind: DocumentKind) -> pl.DataFrame:
    return ledger.invoices.filter(_OF_SALES[kind]).select(_ISSUED)
