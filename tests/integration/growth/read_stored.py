"""Reads what was stored before, with a changed copy of the source, and prints what came of it; see the test."""

import json
import sys
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

import features
from features.contracts import validate_ledger
from features.derive import CATALOGUE, derive
from features.ledger import LEDGER_VERSION, SCHEMAS
from features.spine import spine_of
from models.dataset import DatasetError, read_dataset, training_rows
from models.outcomes import Definition
from scoring.store import snapshots

NEW = "customers_order_count_12m"


def look_at(record: Path) -> dict[str, Any]:
    """What becomes of a stored snapshot, against the row that its decision recorded."""
    decision = json.loads(record.read_bytes())
    content = record.with_name(record.name.replace("decision", "snapshot")).with_suffix(".bin").read_bytes()
    snapshot = snapshots.decode(content, sha256=decision["snapshot_sha256"])
    ledger, frames = snapshot.ledger, snapshot.ledger.frames()
    validate_ledger(ledger)
    rows = derive(ledger, spine_of(date.fromisoformat(decision["as_of"])), [*decision["row"], NEW])
    written = snapshots.encode(snapshot)
    again = snapshots.decode(written, sha256=sha256(written).hexdigest()).ledger.frames()
    return {
        "differs": [name for name, value in decision["row"].items() if rows.row()[name] != value],
        "new": [rows.row()[NEW], rows.missing()[NEW]],
        "fetched": "orders" in ledger.fetched,
        "orders": frames["orders"].height,
        "added": [frames["invoices"][name].unique().to_list() for name in ("is_urgent", "channel")],
        "schemas": {name: frame.schema for name, frame in frames.items()} == SCHEMAS,
        "again": all(frame.equals(again[name]) for name, frame in frames.items()),
    }


def train_on(folder: Path, before: Path) -> dict[str, Any]:
    """Whether a dataset folder gives the rows that it gave before, and what is said of the new feature."""
    expected, dataset = pl.read_parquet(before), read_dataset(folder)
    names = [name for name in expected.columns if name in CATALOGUE]
    is_equal = training_rows(dataset, names, Definition.crr_178()).equals(expected)
    try:
        training_rows(dataset, [NEW], Definition.crr_178())
    except DatasetError as error:
        return {"is_equal": is_equal, "refused": str(error)}
    return {"is_equal": is_equal, "refused": None}


def main() -> None:
    """Print it as JSON."""
    golden, folder, before = map(Path, sys.argv[1:])
    seen = {
        "source": features.__file__,
        "version": LEDGER_VERSION,
        "snapshots": {record.stem: look_at(record) for record in golden.glob("decision_*.json")},
        "dataset": train_on(folder, before),
    }
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
