import json
import multiprocessing
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from sandbox.firms.simulation import simulate_firm
from sandbox.portfolio.folder import FIRMS_IN_A_PART, PortfolioError, observation_days, write_portfolio
from sandbox.portfolio.ledger_schemas import LEDGER, REPAYMENTS, SEGMENTS, SPINE

TODAY = date(2026, 11, 20)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_a_dataset_folder_is_whole(tmp_path: Path) -> None:
    """Manifest and every frame, each with its schema; every point has its loan, every firm its segments."""
    folder = tmp_path / "dataset"
    write_portfolio(folder, firms=12, seed=3, end_on=TODAY)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["schema"], manifest["ledger"], manifest["kind"]) == (2, 3, "simulated")
    assert (manifest["firms"], manifest["seed"]) == (12, 3)
    for name, schema in LEDGER.items():
        frame = pl.read_parquet(folder / "ledger" / f"{name}.parquet")
        assert frame.schema == schema
        assert frame["borrower"].is_sorted()
    spine = pl.read_parquet(folder / "spine.parquet")
    repayments = pl.read_parquet(folder / "repayments.parquet")
    assert (spine.schema, repayments.schema) == (SPINE, REPAYMENTS)
    segments = pl.read_parquet(folder / "segments.parquet")
    assert (segments.schema, segments["borrower"].to_list()) == (SEGMENTS, list(range(12)))
    first = spine.group_by("borrower").agg(pl.col("as_of").min()).join(segments, on="borrower")
    assert (first["founded_on"] < first["as_of"]).all()
    assert repayments.select("borrower", "as_of").unique().height == spine.height
    assert repayments.height == 12 * spine.height
    assert spine["as_of"].max() <= date(2025, 11, 20)
    assert not (tmp_path / "dataset.partial").exists()


def test_the_number_of_processes_does_not_matter(tmp_path: Path) -> None:
    """One process and two write the same bytes, and tell the same progress.

    That is firms part by part, then frame by frame while they are joined, each up to its total.
    """
    firms, frames = FIRMS_IN_A_PART + 3, len(LEDGER) + 3
    for jobs in (1, 2):
        told: list[tuple[str, int, int]] = []

        def tell(what: str, done: int, total: int, told: list[tuple[str, int, int]] = told) -> None:
            told.append((what, done, total))

        write_portfolio(tmp_path / str(jobs), firms=firms, seed=3, end_on=TODAY, jobs=jobs, progress=tell)
        assert told[:2] == [("simulating firms", FIRMS_IN_A_PART, firms), ("simulating firms", firms, firms)]
        assert told[2:] == [("joining frames", done + 1, frames) for done in range(frames)]
    assert _bytes(tmp_path / "1") == _bytes(tmp_path / "2")


def test_a_firm_does_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    """The first firms of a larger portfolio are those of a smaller one."""
    write_portfolio(tmp_path / "few", firms=4, seed=3, end_on=TODAY)
    write_portfolio(tmp_path / "more", firms=7, seed=3, end_on=TODAY)
    for name in ("ledger/transactions.parquet", "repayments.parquet"):
        more = pl.read_parquet(tmp_path / "more" / name).filter(pl.col("borrower") < 4)
        assert pl.read_parquet(tmp_path / "few" / name).equals(more)


class _StoppedError(Exception):
    pass


@pytest.mark.parametrize(
    ("at", "firms", "jobs"),
    [
        ("simulating firms", 1, 1),
        ("simulating firms", FIRMS_IN_A_PART + 1, 2),  # another process is at work
        ("joining frames", 1, 1),
        ("joining frames", 1, 2),
    ],
)
def test_nothing_half_written_remains(tmp_path: Path, at: str, firms: int, jobs: int) -> None:
    """Whatever ends it: no folder, no parts, and no process that goes on."""

    def stop(what: str, _done: int, _total: int) -> None:
        if what == at:
            raise _StoppedError

    with pytest.raises(_StoppedError):
        write_portfolio(tmp_path / "x", firms=firms, seed=3, end_on=TODAY, jobs=jobs, progress=stop)
    assert list(tmp_path.iterdir()) == []
    assert multiprocessing.active_children() == []


def test_a_killed_process_is_told(tmp_path: Path) -> None:
    """Who runs out of memory gets a sentence, and nothing half-written."""

    def kill(_what: str, _done: int, _total: int) -> None:
        for process in multiprocessing.active_children():
            process.kill()

    with pytest.raises(PortfolioError, match=r"ended from outside.*fewer jobs"):
        write_portfolio(tmp_path / "x", firms=20 * FIRMS_IN_A_PART, seed=3, end_on=TODAY, jobs=2, progress=kill)
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_into_the_same_folder_is_refused(tmp_path: Path) -> None:
    """The first goes on as if nothing had been."""
    refused = []

    def run_again(_what: str, _done: int, _total: int) -> None:
        with pytest.raises(PortfolioError, match="is being written by another run") as caught:
            write_portfolio(tmp_path / "x", firms=1, seed=4, end_on=TODAY)
        refused.append(caught)

    write_portfolio(tmp_path / "x", firms=1, seed=3, end_on=TODAY, progress=run_again)
    write_portfolio(tmp_path / "alone", firms=1, seed=3, end_on=TODAY)
    assert refused
    assert _bytes(tmp_path / "x") == _bytes(tmp_path / "alone")


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    """None of it gets into the dataset."""
    parts = tmp_path / "x.partial" / "parts"
    parts.mkdir(parents=True)
    for left in (parts / "spine-00009.parquet", tmp_path / "x.partial" / "manifest.json"):
        left.write_bytes(b"half")
    write_portfolio(tmp_path / "x", firms=1, seed=3, end_on=TODAY)
    write_portfolio(tmp_path / "alone", firms=1, seed=3, end_on=TODAY)
    assert _bytes(tmp_path / "x") == _bytes(tmp_path / "alone")
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["alone", "x"]


def test_an_existing_folder_is_refused(tmp_path: Path) -> None:
    """Nothing is overwritten, and the message names the folder."""
    with pytest.raises(PortfolioError, match="exists; choose another"):
        write_portfolio(tmp_path, firms=1, seed=1, end_on=TODAY)


@pytest.mark.parametrize(("firms", "jobs"), [(0, 1), (1, 0)])
def test_nothing_to_simulate_is_refused(tmp_path: Path, firms: int, jobs: int) -> None:
    """No firms and no processes are mistakes."""
    with pytest.raises(PortfolioError, match="must be 1 or more"):
        write_portfolio(tmp_path / "x", firms=firms, seed=1, end_on=TODAY, jobs=jobs)


@pytest.mark.parametrize("number", range(15))
def test_firms_are_observed_while_they_live(number: int) -> None:
    """With four months of books before, a year of performance after, and no day after the end of the firm."""
    _, history = simulate_firm(9, number, TODAY)
    days = observation_days(history, number)
    assert days == sorted(set(days))
    assert all(day >= history.opened_on + 120 for day in days)
    assert all(day <= date(2025, 11, 20).toordinal() for day in days)
    assert all(history.died_on is None or day < history.died_on for day in days)
