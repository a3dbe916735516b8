"""The shared features of many firms at once: derive against pandas.

    python benchmarks/derive.py            1, 1,000 and 5,000 borrowers of 1,000 invoices each
    python benchmarks/derive.py --quick    1 and 50

Three firms of the local sevdesk, a healthy one, a failing one and a sole trader, each brought to 1,000 invoices, are
the borrowers in turn. Both get the same ledger in memory, ours as polars frames, pandas as its own; making the frames
is not counted. All values must be equal first. The peer (benchmarks/peer/features.py) takes the columns of all
borrowers at once and groups by borrower. It leaves out: causes of missing values, several days of observation, bounds
on memory.
"""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

# See scoring/__main__.py. The number of threads is the machine's, as it is for pandas.
os.environ.setdefault("POLARS_NO_PARTITION", "1")

import numpy as np
import pandas as pd
import polars as pl
import structlog

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import books
from benchmarks.ledgers import FIRMS, INVOICES, ledger_of, many
from benchmarks.peer import features as peer
from benchmarks.results import Section, Stopwatch, interleaved, number, run, spread, table
from features.derive import derive
from features.ledger import Ledger

REPETITIONS = {1: 50, 1_000: 3, 5_000: 1}


def in_pandas(ledger: Ledger) -> dict[str, pd.DataFrame]:
    """The same facts in frames of pandas: days as timestamps, documents as numbers, other kinds as categories."""
    return {
        name: pd.DataFrame({column: _column(frame[column]) for column in frame.columns})
        for name, frame in ledger.frames().items()
    }


def _column(values: pl.Series) -> Any:  # noqa: ANN401  whatever a column of pandas is made from
    if values.dtype == pl.Date:
        return values.to_numpy().astype("datetime64[s]")
    if values.name == "document":
        return values.to_physical().cast(pl.Int64).to_numpy()
    if isinstance(values.dtype, pl.Enum):
        return pd.Categorical.from_codes(
            values.to_physical().cast(pl.Int16).to_numpy(), values.dtype.categories.to_list()
        )
    return values.fill_null(0).to_numpy() if values.dtype.is_integer() else values.to_numpy()


def agree(ledger: Ledger, spine: pl.DataFrame, frames: dict[str, pd.DataFrame], by: str | None) -> None:
    """Make sure that all values of all borrowers are equal to the last declared decimal.

    Raises:
        AssertionError: One differs.
    """
    values, theirs = derive(ledger, spine, peer.SHARED).values, peer.derive(frames, books.today(), by)  # noqa: PD011
    for name, decimals in peer.PRECISION.items():
        expected = values.get_column(name).fill_null(np.nan).to_numpy()
        found = theirs[name].to_numpy()
        if not np.allclose(expected, found, rtol=0, atol=1.001 * 10.0**-decimals, equal_nan=True):
            raise AssertionError(f"pandas derives other values of {name} than ours")


def compare(ledgers: Sequence[Ledger], borrowers: int, repetitions: int) -> dict[str, Any]:
    """Both contestants on so many borrowers."""
    ledger, spine = many(ledgers, range(borrowers))
    frames, by = in_pandas(ledger), "borrower" if borrowers > 1 else None
    if borrowers <= 1_000:  # a larger one holds the same firms
        agree(ledger, spine, frames, by)
    runs = {
        "ours": _timed(partial(derive, ledger, spine, peer.SHARED)),
        "peer": _timed(partial(peer.derive, frames, books.today(), by)),
    }
    found = interleaved(runs, repetitions, f"{borrowers:,} borrowers", warm=borrowers <= 1_000)
    facts = sum(frame.height for frame in ledger.frames().values())
    return {"facts": facts, "repetitions": repetitions} | {who: spread(found[who]["derive"]) for who in runs}


def _timed(work: Callable[[], object]) -> Callable[[], dict[str, float]]:
    def once() -> dict[str, float]:
        watch = Stopwatch()
        work()
        watch.lap("derive")
        return watch.laps

    return once


def measure(is_quick: bool) -> Section:  # noqa: FBT001  the one setting
    """All numbers of borrowers, the smallest first."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sizes = {1: 5, 50: 1} if is_quick else REPETITIONS
    ledgers = [ledger_of(firm, INVOICES) for firm in FIRMS]
    figures = {str(borrowers): compare(ledgers, borrowers, times) for borrowers, times in sizes.items()}
    rows = []
    for borrowers, found in figures.items():
        mine, theirs = found["ours"], found["peer"]
        rows.append(
            [
                f"{int(borrowers):,}",
                f"{found['facts']:,}",
                *(number(mine[share]) for share in ("min", "p50", "p95")),
                *(number(theirs[share]) for share in ("min", "p50", "p95")),
                f"{theirs['p50'] / mine['p50']:.1f}",
                str(found["repetitions"]),
            ]
        )
    header = (
        *("borrowers", "facts", "derive ms, least", "median", "p95"),
        *("pandas ms, least", "median", "p95", "pandas to ours", "runs"),
    )
    text = f"""{len(peer.SHARED)} shared features of borrowers with {INVOICES:,} invoices each, on one day, from a
ledger in memory; all values were found equal first, up to 1,000 borrowers.

{table(header, rows)}

pandas leaves out the causes of missing values, several days of observation, and bounds on memory."""
    return Section(name="derive", title="Features of many borrowers", text=text, figures=figures)


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
