"""Outcomes from books in a dataset folder: made, kept beside its spine, and joined to features for training."""

from pathlib import Path

import msgspec
import polars as pl

from features.ledger import Resource
from features.spine import SPINE
from models.candidates import candidate_features
from models.dataset import (
    BORROWERS_PER_CHUNK,
    KEY,
    Dataset,
    DatasetError,
    DefinitionError,
    Progress,
    ledger_of,
    read_firms,
    read_frame,
    rows_of,
)
from models.distress import DISTRESS, LEFT_OUT, counted_events, distress
from models.distress_definition import DistressDefinition, Event
from models.distress_marks import marks
from models.records import DistressRecord, to_json

OUTCOMES_FILE = "distress.parquet"
RECORD_FILE = "distress.json"
NEEDED = frozenset(
    {Resource.TRANSACTIONS, Resource.ACCOUNTS, Resource.BALANCES, Resource.VOUCHERS, Resource.RECOGNITION}
)
"""What events are read from."""
FIRMS_MARKED = 25
"""Firms by which is found which features read the words of an event."""


def read_distress_definition(path: Path | None) -> DistressDefinition:
    """A definition from a TOML file with the fields of ``DistressDefinition`` as keys; the usual one without a file.

    Raises:
        DefinitionError: a key is missing, unknown, or of the wrong kind.
        OSError: the file cannot be opened.
    """
    if path is None:
        return DistressDefinition.usual()
    try:
        return msgspec.toml.decode(path.read_bytes(), type=DistressDefinition)
    except (msgspec.DecodeError, ValueError) as error:
        raise DefinitionError(f"{path}: {error}") from error


def distress_of(
    dataset: Dataset, definition: DistressDefinition, progress: Progress | None = None
) -> tuple[pl.DataFrame, DistressRecord]:
    """Outcomes from the books of every firm, and what to record of them.

    Of several borrowers that are one firm, the books that were read last count alone: they tell the most.

    Raises:
        DatasetError: the dataset lacks what events are read from, or no firm has a point with an outcome.
    """
    if missing := sorted(NEEDED - frozenset(dataset.manifest.resources)):
        raise DatasetError(
            f"{dataset.folder} has no {', '.join(missing)}: distress is read from bank lines, levels and bills. Export "
            "books that were read with them"
        )
    borrowers = _newest(dataset)
    parts = [DISTRESS.to_frame()]
    for start in range(0, len(borrowers), BORROWERS_PER_CHUNK):
        chunk = borrowers[start : start + BORROWERS_PER_CHUNK]
        ledger = ledger_of(dataset, chunk[0], chunk[-1])
        found = distress(ledger, definition, read_on=dataset.manifest.end_on)
        parts.append(found.filter(pl.col("borrower").is_in(chunk)))
        if progress is not None:
            progress(start + len(chunk), len(borrowers))
    found = pl.concat(parts)
    known = found.filter(pl.col("outcome") != "indeterminate")
    if known.is_empty():
        raise DatasetError(
            f"{dataset.folder}: no firm's bank lines reach {definition.history_months} months before and "
            f"{definition.horizon_months} months after a day on which its books held them; shorten history_months or "
            "horizon_months in --definition, or wait"
        )
    ended = found.filter(pl.col("outcome") == "bad")
    return found, DistressRecord(
        schema=1,
        definition=definition,
        good=known.height - ended.height,
        bad=ended.height,
        left_out={reason: int((found["left_out"] == reason).sum()) for reason in LEFT_OUT.categories},
        events=counted_events(found),
        known_after_window=ended.filter(
            pl.col("known_on") > pl.col("as_of").dt.offset_by(f"{definition.horizon_months}mo")
        ).height,
        marked=_marked(dataset, known, definition),
    )


def _newest(dataset: Dataset) -> list[int]:
    """Borrowers whose books are looked at: of each firm the one that was looked at last."""
    spine = dataset.spine
    firms = read_firms(dataset)
    if firms is not None:
        last = spine.group_by("borrower").agg(pl.col("as_of").max()).join(firms, on="borrower")
        spine = last.sort("as_of", "borrower").group_by("firm", maintain_order=True).last()
    return spine["borrower"].unique().sort().to_list()


def _marked(dataset: Dataset, known: pl.DataFrame, definition: DistressDefinition) -> dict[str, tuple[Event, ...]]:
    borrowers = known["borrower"].unique().sort().head(FIRMS_MARKED)
    points = known.filter(pl.col("borrower").is_in(borrowers.implode()))
    fetched = frozenset(dataset.manifest.resources)
    names = [name for number in (1, 2) for name in candidate_features(catalogue=number, fetched=fetched)[0]]
    return marks(ledger_of(dataset, borrowers[0], borrowers[-1]), spine_of_points(points), names, definition.events)


def spine_of_points(points: pl.DataFrame) -> pl.DataFrame:
    """The spine of points in the past: all are reconstructed, from books that were read later."""
    return points.select(*KEY, is_reconstructed=pl.lit(value=True)).select(SPINE.names()).sort(KEY)


def write_distress(folder: Path, found: pl.DataFrame, record: DistressRecord) -> None:
    """Write both files, each whole or not at all; the record last, for it says that they are there."""
    (folder / RECORD_FILE).unlink(missing_ok=True)
    beside = folder / f".{OUTCOMES_FILE}.new"
    found.write_parquet(beside)
    beside.replace(folder / OUTCOMES_FILE)
    beside = folder / f".{RECORD_FILE}.new"
    beside.write_bytes(to_json(record))
    beside.replace(folder / RECORD_FILE)


def has_distress(folder: Path) -> bool:
    """Whether a dataset folder has outcomes from books."""
    return (folder / RECORD_FILE).exists()


def read_distress(folder: Path) -> tuple[pl.DataFrame, DistressRecord]:
    """The outcomes from books of a dataset folder, with their record.

    Raises:
        DatasetError: they are not there, or cannot be read.
    """
    if not has_distress(folder):
        raise DatasetError(
            f"{folder} has no outcomes from books: make them with python -m models outcomes {folder} --from-books"
        )
    try:
        record = msgspec.json.decode((folder / RECORD_FILE).read_bytes(), type=DistressRecord)
    except msgspec.DecodeError as error:
        raise DatasetError(f"{folder / RECORD_FILE}: {error}") from error
    return read_frame(folder / OUTCOMES_FILE, DISTRESS), record


def distress_rows(dataset: Dataset, names: tuple[str, ...], progress: Progress | None = None) -> pl.DataFrame:
    """Features at all points whose window is over, as ``training_rows`` has them for loans, with the outcome.

    Raises:
        DatasetError: there are no outcomes from books, or a feature reads what was never fetched.
    """
    found, _ = read_distress(dataset.folder)
    found = found.filter(pl.col("left_out").is_null() | (pl.col("left_out") != "not_over"))
    return rows_of(dataset, spine_of_points(found), names, progress, found.select(*KEY, "outcome"))
