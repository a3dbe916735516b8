"""Writes a portfolio of simulated firms as a dataset folder: ledgers, observation points, and how loans went."""

import fcntl
import json
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl

from sandbox.bookkeeping.history import History
from sandbox.firms.simulation import firm_seed, simulate_firm
from sandbox.life.calendar import months_before
from sandbox.portfolio.founding import founded_on
from sandbox.portfolio.ledger import Row, Rows, frame_of, ledger_rows
from sandbox.portfolio.ledger_schemas import LEDGER, REPAYMENTS, RESOURCES, SEGMENTS, SPINE
from sandbox.portfolio.loan import repayments

FIRMS_IN_A_PART = 50
"""Firms per part, independent of the number of processes, so that the bytes stay the same."""
OBSERVATIONS = 12
"""Observation points a firm can have, a quarter apart."""
PERFORMANCE_MONTHS = 12
HISTORY_DAYS = 120
"""A firm is not observed before its books are that old."""

FRAMES: Mapping[str, pl.Schema] = MappingProxyType(
    {**LEDGER, "spine": SPINE, "repayments": REPAYMENTS, "segments": SEGMENTS}
)
"""The frames of a dataset folder."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much of it there is."""


class PortfolioError(ValueError):
    """A portfolio that cannot be written as asked; the message says why and what to do."""


def observation_days(history: History, number: int) -> list[int]:
    """The days on which a firm is looked at, oldest first.

    They are a quarter apart, on a day of the quarter that differs between firms; the last leaves the performance window
    before the end. Only days on which the firm lives, has some history and issued an invoice within half a year, and
    on which the books were already kept here.
    """
    end_on = date.fromordinal(history.end_on)
    shift = number * 37 % 85
    issued = np.array(sorted(i.issued for i in history.invoices if i.kind == "RE" and not i.is_draft), dtype=np.int64)
    days = []
    for quarter in range(OBSERVATIONS):
        day = months_before(end_on, PERFORMANCE_MONTHS + 3 * quarter).toordinal() - shift
        is_alive = history.died_on is None or day < history.died_on
        has_sales = np.searchsorted(issued, day, side="right") > np.searchsorted(issued, day - 183)
        is_there = day >= max(history.opened_on + HISTORY_DAYS, history.kept_since)
        if is_alive and has_sales and is_there:
            days.append(day)
    return days[::-1]


def portfolio_rows(
    seed: int,
    numbers: Iterable[int],
    end_on: date,
    *,
    quality: float | None = None,
    changes: Mapping[str, Any] = MappingProxyType({}),
) -> Rows:
    """The rows of some firms of a portfolio, by frame: ledger, spine, repayments and segments; days are ordinals.

    Args:
        seed: of the portfolio.
        numbers: of the firms.
        end_on: last day of all books.
        quality: see ``sandbox.firms.simulation.simulate_firm``.
        changes: likewise.
    """
    rows: dict[str, list[Row]] = {name: [] for name in FRAMES}
    for number in numbers:
        traits, history = simulate_firm(seed, number, end_on, quality=quality, changes=changes)
        # Streams of their own, so that loans do not change the books, nor what else is told of a firm the loans.
        _, _, lending, telling = (np.random.Generator(np.random.PCG64(s)) for s in firm_seed(seed, number).spawn(4))
        for name, ledger in ledger_rows(history, number).items():
            rows[name] += ledger
        for day in observation_days(history, number):
            rows["spine"].append((number, day, False))
            rows["repayments"] += repayments(traits, history, day, lending, borrower=number)
        founded = founded_on(traits, history, telling)
        rows["segments"].append((number, traits.legal_form, founded, traits.sector))
    return rows


def _write_part(part: int, seed: int, firms: int, end_on: date, folder: Path) -> int:
    numbers = range(part * FIRMS_IN_A_PART, min(firms, (part + 1) * FIRMS_IN_A_PART))
    rows = portfolio_rows(seed, numbers, end_on)
    for name, schema in FRAMES.items():
        frame_of(rows[name], schema).write_parquet(folder / f"{name}-{part:05d}.parquet")
    return len(numbers)


def write_portfolio(
    folder: Path,
    *,
    firms: int,
    seed: int,
    end_on: date,
    jobs: int = 1,
    progress: Progress = lambda _what, _done, _total: None,
) -> None:
    """Simulate firms and write them as a dataset folder, completely or not at all.

    The bytes do not depend on the number of processes. Call it from the main thread.

    Args:
        folder: where to; it must not exist.
        firms: how many.
        seed: of the portfolio. Firm number i is the same in every portfolio of that seed and ``end_on``.
        end_on: last day of all books.
        jobs: processes.
        progress: called whenever some firms are simulated or a frame is joined.

    Raises:
        PortfolioError: the folder exists or is being written, there is nothing to simulate, or a process was ended
            from outside.
    """
    _refuse_existing(folder)
    if firms < 1 or jobs < 1:
        raise PortfolioError(f"{firms} firms with {jobs} jobs: both must be 1 or more.")
    partial = folder.with_name(folder.name + ".partial")
    with _held(partial, folder):
        try:
            _refuse_existing(folder)  # another run may have ended meanwhile
            parts = partial / "parts"
            parts.mkdir()
            done = 0
            with closing(_written_parts(parts, firms=firms, seed=seed, end_on=end_on, jobs=jobs)) as written:
                for more in written:
                    done += more
                    progress("simulating firms", done, firms)
            _join(partial, parts, progress)
            shutil.rmtree(parts)
            _write_manifest(partial, firms=firms, seed=seed, end_on=end_on)
            partial.rename(folder)
        except BaseException:
            with _uninterrupted():
                shutil.rmtree(partial, ignore_errors=True)
            raise


def _refuse_existing(folder: Path) -> None:
    if folder.exists():
        raise PortfolioError(f"{folder} exists; choose another folder or delete it first.")


@contextmanager
def _held(partial: Path, folder: Path) -> Iterator[None]:
    """Have an empty folder for this run alone: the lock on it ends with the process, however that ends."""
    partial.mkdir(parents=True, exist_ok=True)
    held = os.open(partial, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PortfolioError(f"{folder} is being written by another run; choose another folder.") from None
        # Between the two calls another run may have ended, which renames or removes the folder.
        if not partial.exists() or not os.path.samestat(os.fstat(held), partial.stat()):
            raise PortfolioError(f"Another run has just written to {folder}; try again.")
        for left in partial.iterdir():  # of a run that was killed
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()
        yield
    finally:
        os.close(held)


def _written_parts(parts: Path, *, firms: int, seed: int, end_on: date, jobs: int) -> Generator[int]:
    """Simulate and write all parts; yields how many firms each one has."""
    indices = range(-(-firms // FIRMS_IN_A_PART))
    if jobs == 1:
        for index in indices:
            yield _write_part(index, seed, firms, end_on, parts)
        return
    # Polars does not survive a fork.
    context = multiprocessing.get_context("spawn")
    others = multiprocessing.active_children()
    with ProcessPoolExecutor(max_workers=jobs, mp_context=context) as pool:
        try:
            # A terminal sends Ctrl-C to all processes: those that are started here ignore it, and are stopped below.
            with _uninterrupted():
                written = [pool.submit(_write_part, index, seed, firms, end_on, parts) for index in indices]
            for part in written:
                yield part.result()
        except BaseException as error:
            # Their results are not needed; without this, the exit would wait for them.
            for process in multiprocessing.active_children():
                if process not in others:
                    process.kill()
            if isinstance(error, BrokenProcessPool):
                raise PortfolioError("a process was ended from outside, for lack of memory? Try fewer jobs.") from None
            raise


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C does nothing meanwhile, also, for good, in processes that are started meanwhile."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _join(partial: Path, parts: Path, progress: Progress) -> None:
    """Make one file of the parts of each frame."""
    (partial / "ledger").mkdir()
    for done, name in enumerate(FRAMES, start=1):
        target = partial / ("ledger" if name in LEDGER else "") / f"{name}.parquet"
        pl.scan_parquet(sorted(parts.glob(f"{name}-*.parquet"))).sink_parquet(target, maintain_order=True)
        progress("joining frames", done, len(FRAMES))


def _write_manifest(partial: Path, *, firms: int, seed: int, end_on: date) -> None:
    manifest = {
        "schema": 2,
        "ledger": 3,
        "kind": "simulated",
        "end_on": end_on.isoformat(),
        "firms": firms,
        "resources": list(RESOURCES),
        "seed": seed,
        "created_by": "python -m sandbox simulate",
        "description": "Simulated firms: their books, customers and loan repayments are made up by a simulation.",
    }
    (partial / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
