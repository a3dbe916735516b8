"""A small dataset folder in which late-paying customers make a firm default."""

from datetime import date, timedelta
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from features.ledger import LEDGER_VERSION, SCHEMAS, Resource, appended
from features.ledger_versions import version_of
from features.spine import SPINE
from models.outcomes import REPAYMENTS

DAYS = [date(2021, 12, 31), date(2022, 6, 30), date(2022, 12, 31), date(2023, 6, 30)]
END = date(2024, 12, 31)


def write_small_dataset(
    folder: Path,
    *,
    borrowers: int = 900,
    resources: frozenset[Resource] = frozenset(Resource),
    ledger: int = LEDGER_VERSION,
    kind: str = "simulated",
) -> Path:
    """Write the folder: thirty invoices per borrower, looked at on four days, a loan on each."""
    random = np.random.default_rng(11)
    weakness = random.normal(size=borrowers)
    invoices, payments, loans = [], [], []
    for borrower in range(1, borrowers + 1):
        weak = weakness[borrower - 1]
        for month in range(30):
            issued = date(2021, 1, 5) + timedelta(days=30 * month)
            number, cents = borrower * 1000 + month, int(random.integers(50_000, 300_000))
            due = issued + timedelta(days=14)
            customer = borrower * 10 + month % 3
            invoices.append((borrower, number, customer, issued, due, cents, cents * 119 // 100))
            paid = due + timedelta(days=max(-10, round(5 + 12 * weak + 8 * random.normal())))
            payments.append((borrower, number, cents * 119 // 100, paid))
        for as_of in DAYS:
            is_bad = random.random() < 1 / (1 + np.exp(1.1 - 1.1 * weak))
            due = as_of + timedelta(days=60)
            loans.append((borrower, as_of, 1, due, 100_000, None if is_bad else due, END))
    frames = {name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}
    invoices_of_all = pl.DataFrame(
        invoices,
        schema=["borrower", "document_id", "customer", "issued_on", "due_on", "net_cents", "gross_cents"],
        orient="row",
    ).with_columns(
        document=pl.lit("invoice"),
        is_due_assumed=pl.lit(value=False),
        discount_days=None,
        recorded_on=pl.col("issued_on"),
        is_duplicate=pl.lit(value=False),
        retention_cents=0,
    )
    frames["invoices"] = appended(pl.DataFrame(schema=SCHEMAS["invoices"]), invoices_of_all)
    closed = pl.DataFrame(
        payments, schema=["borrower", "document_id", "amount_cents", "happened_on"], orient="row"
    ).with_columns(
        document=pl.lit("invoice"),
        transaction_id=None,
        source=pl.lit("document"),
        means=pl.lit("stated"),
        is_day_known=pl.lit(value=True),
        recorded_on=pl.col("happened_on"),
    )
    for name in ("payments", "closings"):
        frames[name] = closed.select(pl.col(column).cast(dtype) for column, dtype in SCHEMAS[name].items())
    (folder / "ledger").mkdir(parents=True)
    version = version_of(ledger)
    for name, schema in version.frames.items():
        frames[name].select(schema.names()).write_parquet(folder / "ledger" / f"{name}.parquet")
    points = [(borrower, as_of, False) for borrower in range(1, borrowers + 1) for as_of in DAYS]
    pl.DataFrame(points, schema=SPINE, orient="row").write_parquet(folder / "spine.parquet")
    pl.DataFrame(loans, schema=REPAYMENTS, orient="row").write_parquet(folder / "repayments.parquet")
    manifest = {
        # Schema 1 is from before a folder named the version of its ledger, which was the first.
        **({"schema": 1} if ledger == 1 else {"schema": 2, "ledger": ledger}),
        "kind": kind,
        "end_on": END,
        "firms": borrowers,
        "resources": sorted(resources & version.resources),
        "created_by": "a test",
        "description": "Firms that differ in how late they are paid.",
        "seed": 11,
    }
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return folder
