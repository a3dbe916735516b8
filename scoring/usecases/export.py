"""Exports snapshots to a dataset folder for training and monitoring."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec
import polars as pl

from features.contracts import LedgerError, validate_ledger
from features.ledger import LEDGER_VERSION, SCHEMAS
from features.spine import SPINE
from scoring.base.version import SERVICE_VERSION
from scoring.decisions.decision import Decision
from scoring.store.snapshots import Snapshot

REPAYMENTS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "as_of": pl.Date(),
        "instalment": pl.Int32(),
        "due_on": pl.Date(),
        "due_cents": pl.Int64(),
        "paid_on": pl.Date(),
        "observed_until": pl.Date(),
    }
)


DECISIONS = pl.Schema({"borrower": pl.Int64(), "as_of": pl.Date(), "decision_id": pl.String()})
"""The decision for each row of the spine, so that the lender can add loan outcomes."""
FIRMS = pl.Schema({"borrower": pl.Int64(), "firm": pl.Int64()})
"""Which borrowers of the dataset are one firm, so that a firm stays on one side of every split."""


class ExportError(Exception):
    """The dataset cannot be written; the message says why."""


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    schema: int = 2
    ledger: int = LEDGER_VERSION
    kind: str = "observed"
    end_on: date
    firms: int
    resources: tuple[str, ...]
    created_by: str
    description: str


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """Result of an export."""

    written: int
    left_out: dict[str, str]
    """Reason per skipped decision: training would refuse a dataset with such a ledger."""


def write_dataset(
    out: Path, seen: Sequence[tuple[Decision, Snapshot]], *, firms: Mapping[str, int] | None = None
) -> Exported:
    """Write one borrower per decision, so that ledgers of different decisions never mix.

    Repayments are empty: the lender knows them, not this service. Books that break the contract of ledgers, such as an
    invoice of the year 9999, are left out.

    Args:
        out: a folder that is new or empty.
        seen: decisions with their snapshots.
        firms: The number of the firm of each decision; a decision that is not named is of a firm of its own.

    Raises:
        ExportError: there is nothing to export, or the folder is none or not empty.
    """
    if not seen:
        raise ExportError("there are no snapshots to export")
    left_out = {decision.decision_id: problem for decision, snapshot in seen if (problem := _problem(snapshot))}
    seen = [(decision, snapshot) for decision, snapshot in seen if decision.decision_id not in left_out]
    if not seen:
        raise ExportError(f"no snapshot is usable: {'; '.join(sorted(set(left_out.values())))}")
    if out.exists() and not out.is_dir():
        raise ExportError(f"{out} is a file; name a new folder")
    if out.exists() and any(out.iterdir()):
        raise ExportError(f"{out} is not empty; name a new folder")
    (out / "ledger").mkdir(parents=True, exist_ok=True)
    for name, schema in SCHEMAS.items():
        parts = [
            getattr(snapshot.ledger, name).with_columns(pl.lit(number, dtype=pl.Int64).alias("borrower"))
            for number, (_, snapshot) in enumerate(seen)
        ]
        pl.concat([pl.DataFrame(schema=schema), *parts]).write_parquet(out / "ledger" / f"{name}.parquet")
    spine = pl.DataFrame(
        {
            "borrower": list(range(len(seen))),
            "as_of": [decision.as_of for decision, _ in seen],
            "is_reconstructed": [decision.circumstances.is_reconstructed for decision, _ in seen],
        },
        schema=SPINE,
    )
    spine.write_parquet(out / "spine.parquet")
    identifiers = pl.Series("decision_id", [decision.decision_id for decision, _ in seen], dtype=pl.String)
    spine.with_columns(identifiers).select(DECISIONS.names()).write_parquet(out / "decisions.parquet")
    numbers = [(firms or {}).get(decision.decision_id, -1 - number) for number, (decision, _) in enumerate(seen)]
    spine.select("borrower", pl.Series("firm", numbers, dtype=pl.Int64)).write_parquet(out / "firms.parquet")
    pl.DataFrame(schema=REPAYMENTS).write_parquet(out / "repayments.parquet")
    fetched = frozenset.intersection(*(snapshot.ledger.fetched for _, snapshot in seen))
    manifest = _Manifest(
        end_on=max(snapshot.fetched_on for _, snapshot in seen),
        firms=len(set(numbers)),
        resources=tuple(sorted(fetched)),
        created_by=f"scoring {SERVICE_VERSION}",
        description="Snapshots of decisions; one borrower per decision, no repayments",
    )
    (out / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    return Exported(written=len(seen), left_out=left_out)


def _problem(snapshot: Snapshot) -> str | None:
    try:
        validate_ledger(snapshot.ledger)
    except LedgerError as error:
        return f"frame '{error.frame}' breaks the rule '{error.rule}' in {error.row_count} rows"
    return None
