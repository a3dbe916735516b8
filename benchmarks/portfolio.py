"""The whole catalogue of a large portfolio, part by part, from Parquet files in a pool of processes.

    python benchmarks/portfolio.py FOLDER                       20,000 borrowers in parts of 50, two workers
    python benchmarks/portfolio.py FOLDER --borrowers 500       fewer

Three firms of the local sevdesk, each brought to 1,000 invoices, are the borrowers in turn. FOLDER gets one folder a
part, with one file for each kind of fact, and its values; writing the facts is not counted, reading them and writing
the values is. Then every value is compared, to the last bit, with that of its firm derived alone from memory.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

# A worker is one thread, as in the service; see scoring/__main__.py. Processes that are started inherit it.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("POLARS_NO_PARTITION", "1")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import polars as pl

from benchmarks import memory
from benchmarks.catalogue import names
from benchmarks.ledgers import FIRMS, INVOICES, ledger_of, many, spine_of
from benchmarks.results import machine
from features.derive import derive
from features.ledger import SCHEMAS, Ledger, Resource

VALUES = "values.parquet"


def write(folder: Path, ledgers: list[Ledger], borrowers: range) -> int:
    """Write the facts of a part; how many they are."""
    ledger, _ = many(ledgers, borrowers)
    part = folder / f"part-{borrowers.start:06}"
    part.mkdir(parents=True)
    for name, frame in ledger.frames().items():
        frame.write_parquet(part / f"{name}.parquet", compression="lz4")
    return sum(frame.height for frame in ledger.frames().values())


def derive_part(folder: Path, borrowers: range) -> tuple[int, int, float]:
    """Read the facts of a part and write its values; the worker, its peak of memory in bytes, and processor seconds."""
    started = time.process_time()
    part = folder / f"part-{borrowers.start:06}"
    frames = {name: pl.read_parquet(part / f"{name}.parquet", memory_map=False) for name in SCHEMAS}
    ledger = Ledger(**frames, fetched=frozenset(Resource))
    derive(ledger, spine_of(borrowers), names()).values.write_parquet(part / VALUES)
    return os.getpid(), memory.peak(), time.process_time() - started


def agree(folder: Path, ledgers: list[Ledger]) -> None:
    """Make sure that every borrower has the bits of its firm alone.

    Raises:
        AssertionError: One has others.
    """
    bits = [pl.col(name).reinterpret(signed=False) for name in names()]
    alone = pl.concat([derive(ledger, spine_of(range(1)), names()).values for ledger in ledgers])
    expected = alone.select(bits).with_row_index("firm").cast({"firm": pl.Int64})
    found = pl.read_parquet(folder / "part-*" / VALUES)
    found = found.select((pl.col("borrower") % len(ledgers)).alias("firm"), *bits).unique()
    if not found.sort("firm").equals(expected.filter(pl.col("firm").is_in(found["firm"].implode()))):
        raise AssertionError("a borrower has other values in a part than alone")


def main() -> int:
    """Write, derive, compare, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder to write; it must not exist")
    parser.add_argument("--borrowers", type=int, default=20_000)
    parser.add_argument("--part", type=int, default=50, help="borrowers of a part")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    ledgers = [ledger_of(firm, INVOICES) for firm in FIRMS]
    every = range(asked.borrowers)
    parts = [every[first : first + asked.part] for first in range(0, asked.borrowers, asked.part)]
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
        facts = sum(pool.map(partial(write, asked.folder, ledgers), parts))
    # Other processes: those that wrote have held more than a part.
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
        started = time.perf_counter()
        found = list(pool.map(partial(derive_part, asked.folder), parts))
        seconds = time.perf_counter() - started
    agree(asked.folder, ledgers)
    size = sum(file.stat().st_size for file in asked.folder.rglob("*.parquet"))
    print(
        f"{asked.borrowers:,} borrowers, {facts:,} facts, {size / 1e6:,.0f} MB of Parquet in {len(parts):,} parts with "
        f"{asked.workers} workers: {seconds:.0f} s, {sum(part[2] for part in found):.1f} s of processors, at most "
        f"{max(part[1] for part in found) / 2**20:,.0f} MiB in a worker; all values have the bits of their firm alone. "
        f"{machine()}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
