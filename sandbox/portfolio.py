"""Writes a portfolio of simulated firms as a dataset folder: ledgers, observation points, and how loans went."""

import json
import multiprocessing
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from itertools import repeat
from pathlib import Path

import numpy as np
import polars as pl

from sandbox.calendar import months_before
from sandbox.dataset import Row, Rows, frame_of, ledger_rows
from sandbox.firm import firm_seed, simulate_firm
from sandbox.history import History
from sandbox.ledger_schemas import LEDGER, REPAYMENTS, RESOURCES, SPINE
from sandbox.loan import repayments

FIRMS_IN_A_PART = 50
"""Firms are simulated and written in parts of this size, whatever the number of processes: the bytes stay the same."""
OBSERVATIONS = 12
"""Observation points a firm can have, a quarter apart."""
PERFORMANCE_MONTHS = 12
HISTORY_DAYS = 120
"""A firm is not observed before its books are that old."""

_FRAMES: dict[str, pl.Schema] = {**LEDGER, "spine": SPINE, "repayments": REPAYMENTS}


class PortfolioError(ValueError):
    """A portfolio that cannot be written as asked; the message says why and what to do."""


def observation_days(history: History, number: int) -> list[int]:
    """The days on which a firm is looked at, oldest first.

    They are a quarter apart, on a day of the quarter that differs between firms; the last leaves the performance window
    before the end. Only days on which the firm lives, has some history and issued an invoice within half a year.
    """
    end_on = date.fromordinal(history.end_on)
    shift = number * 37 % 85
    issued = np.array(sorted(i.issued for i in history.invoices if i.kind == "RE" and not i.is_draft), dtype=np.int64)
    days = []
    for quarter in range(OBSERVATIONS):
        day = months_before(end_on, PERFORMANCE_MONTHS + 3 * quarter).toordinal() - shift
        is_alive = history.died_on is None or day < history.died_on
        has_sales = np.searchsorted(issued, day, side="right") > np.searchsorted(issued, day - 183)
        if is_alive and has_sales and day >= history.opened_on + HISTORY_DAYS:
            days.append(day)
    return days[::-1]


def _part_rows(seed: int, numbers: range, end_on: date) -> Rows:
    rows: dict[str, list[Row]] = {name: [] for name in _FRAMES}
    for number in numbers:
        traits, history = simulate_firm(seed, number, end_on)
        # A third stream of luck, so that loans do not change the books.
        rng = np.random.Generator(np.random.PCG64(firm_seed(seed, number).spawn(3)[2]))
        for name, ledger in ledger_rows(history, number).items():
            rows[name] += ledger
        for day in observation_days(history, number):
            rows["spine"].append((number, day, False))
            rows["repayments"] += repayments(traits, history, day, rng, borrower=number)
    return rows


def _write_part(part: int, seed: int, firms: int, end_on: date, folder: Path) -> int:
    numbers = range(part * FIRMS_IN_A_PART, min(firms, (part + 1) * FIRMS_IN_A_PART))
    rows = _part_rows(seed, numbers, end_on)
    for name, schema in _FRAMES.items():
        frame_of(rows[name], schema).write_parquet(folder / f"{name}-{part:05d}.parquet")
    return len(numbers)


def write_portfolio(
    folder: Path, *, firms: int, seed: int, end_on: date, jobs: int = 1, advance: Callable[[int], None] = lambda _: None
) -> None:
    """Simulate firms and write them as a dataset folder, whole or not at all.

    The same arguments give the same bytes whatever the number of processes.

    Args:
        folder: where to; it must not exist.
        firms: how many.
        seed: of the portfolio. Firm number i is the same in every portfolio of that seed and ``end_on``.
        end_on: last day of all books.
        jobs: processes.
        advance: called with the number of firms done since the last call.

    Raises:
        PortfolioError: the folder exists, or there is nothing to simulate.
    """
    if folder.exists():
        raise PortfolioError(f"{folder} exists; choose another folder or delete it first.")
    if firms < 1 or jobs < 1:
        raise PortfolioError(f"{firms} firms with {jobs} jobs: both must be 1 or more.")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    parts = partial / "parts"
    parts.mkdir(parents=True)
    (partial / "ledger").mkdir()
    indices = range(-(-firms // FIRMS_IN_A_PART))
    if jobs == 1:
        for part in indices:
            advance(_write_part(part, seed, firms, end_on, parts))
    else:
        # Polars does not survive a fork.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(max_workers=jobs, mp_context=context) as pool:
            arguments = (repeat(value) for value in (seed, firms, end_on, parts))
            for done in pool.map(_write_part, indices, *arguments):
                advance(done)
    for name in _FRAMES:
        target = partial / ("ledger" if name in LEDGER else "") / f"{name}.parquet"
        files = [parts / f"{name}-{part:05d}.parquet" for part in indices]
        pl.scan_parquet(files).sink_parquet(target, maintain_order=True)
    shutil.rmtree(parts)
    manifest = {
        "schema": 1,
        "kind": "simulated",
        "end_on": end_on.isoformat(),
        "firms": firms,
        "resources": list(RESOURCES),
        "seed": seed,
        "created_by": "python -m sandbox simulate",
        "description": "Simulated firms: their books, customers and loan repayments are made up by a simulation.",
    }
    (partial / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    partial.rename(folder)
