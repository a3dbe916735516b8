"""Snapshots to a dataset folder: what was seen of many borrowers, for training and monitoring."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec
import polars as pl

from features.ledger import SCHEMAS
from features.spine import SPINE
from scoring.decisions.decision import Decision
from scoring.store.snapshots import Snapshot
from scoring.version import SERVICE_VERSION

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


class ExportError(Exception):
    """The dataset cannot be written; the message says why."""


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    schema: int = 1
    kind: str = "observed"
    end_on: date
    firms: int
    resources: tuple[str, ...]
    created_by: str
    description: str


def write_dataset(out: Path, seen: Sequence[tuple[Decision, Snapshot]]) -> int:
    """Write one borrower per decision: what was seen at one moment is one ledger, and two never mix.

    Repayments are empty: the lender knows them, not this service.

    Args:
        out: a folder that is new or empty.
        seen: decisions with their snapshots.

    Returns:
        How many borrowers were written.

    Raises:
        ExportError: there is nothing to export, or the folder is not empty.
    """
    if not seen:
        raise ExportError("there are no snapshots to export")
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
    pl.DataFrame(schema=REPAYMENTS).write_parquet(out / "repayments.parquet")
    fetched = frozenset.intersection(*(snapshot.ledger.fetched for _, snapshot in seen))
    manifest = _Manifest(
        end_on=max(snapshot.fetched_on for _, snapshot in seen),
        firms=len(seen),
        resources=tuple(sorted(fetched)),
        created_by=f"scoring {SERVICE_VERSION}",
        description="Snapshots of decisions; one borrower per decision, no repayments",
    )
    (out / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    return len(seen)
