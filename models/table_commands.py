"""Training on a table, as a command: what may be asked, what is printed, and which files are written."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from models.dataset import DatasetError
from models.days import day_of
from models.export import can_name_a_column
from models.outcomes import MOST_MONTHS
from models.progress import fits_shown
from models.records import (
    CARD,
    COMPARISON,
    DIRECTIONS,
    ESTIMATOR,
    EXPERT,
    MANIFEST,
    REPORT,
    SCORECARD,
    TRAINING,
    VALIDATION,
    WITH_AND_WITHOUT,
    EstimatorKind,
)
from models.registry import OutputError
from models.table_text import VARIABLES_HEAD, split_text, variable_rows
from models.table_training import suggestion, table_rows, train_on
from models.tables import DecimalSign, TableQuestion
from models.variables import VariablesError
from models.wording import NOT_BINNED_HEAD, not_binned_rows, widening_text


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """Which columns of a table say what."""

    target: Annotated[
        str | None, Parameter(help="Of a table: the column that says who is bad; 1 or true, or see --bad.")
    ] = None
    bad: Annotated[str | None, Parameter(help="Of a table: the value of the target that is bad.")] = None
    directions: Annotated[
        Path | None, Parameter(help="Of a table: the file of its columns that you read and corrected, TOML.")
    ] = None
    time: Annotated[
        str | None, Parameter(help="Of a table: a column of days or months; the latest 30 % of the rows are kept.")
    ] = None
    group: Annotated[
        str | None, Parameter(help="Of a table: rows with the same value belong together, such as those of a customer.")
    ] = None
    weight: Annotated[str | None, Parameter(help="Of a table: how many rows a row stands for; 0 leaves it out.")] = None
    horizon: Annotated[
        int, Parameter(help="Of a table with --time: months until an outcome is known. Training ends so much earlier.")
    ] = 0
    missing: Annotated[
        tuple[str, ...],
        Parameter(help="Of a table: a text that means no value, beside NA, ? and the like. Repeatable."),
    ] = ()
    decimal: Annotated[
        DecimalSign | None, Parameter(help="Of a CSV table: what separates decimals, where the cells do not tell.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCommands:
    """Training on a table.

    Args:
        console: Where tables and progress go.
        clock: Returns the time for records, with time zone.
    """

    console: Console
    clock: Callable[[], datetime]

    def train(
        self, table: Path, options: TableOptions | None, out: Path, kind: EstimatorKind, pairs: int, refits: int
    ) -> None:
        """Train, or suggest what to say of the columns where nobody said it.

        Args:
            table: CSV or Parquet.
            options: Which columns say what.
            out: Candidate folder.
            kind: Which estimator.
            pairs: Of columns that act together at most; a scorecard has none.
            refits: How often it is fitted again, to widen the interval of a score.
        """
        if options is None or options.target is None:
            raise DatasetError("a table needs --target: the column that says who is bad")
        if not 0 <= options.horizon <= MOST_MONTHS or (options.horizon and options.time is None):
            raise DatasetError(f"--horizon takes months, 0 to {MOST_MONTHS}, and needs --time")
        check_candidate_folder(out)
        asked = TableQuestion(
            target=options.target,
            bad=options.bad,
            time=options.time,
            group=options.group,
            weight=options.weight,
            horizon_months=options.horizon,
            missing=options.missing,
            decimal=options.decimal,
        )
        if options.directions is None:
            self._suggest(table, asked, out)
            return
        check_outputs(table, out / SCORECARD, out / ESTIMATOR, out / TRAINING)
        text = _text_of(options.directions)
        file = options.directions.name
        with self.console.status("Reading the table"):
            rows = table_rows(table, asked, text, file, day_of(self.clock()))
        with fits_shown(self.console, f"Fitting the {kind}, then again to other samples", 1 + refits) as done:
            candidate = train_on(
                rows, asked, text, file, at=self.clock(), kind=kind, pairs=pairs, refits=refits, done=done
            )
        candidate.write(out)
        record = candidate.record
        kept = record.table
        if kept is None:
            raise DatasetError("a model of a table has a record of it")
        self._say(
            f"Trained on {record.train.rows} rows with {record.train.bads} bads; {record.out_of_time.rows} rows with "
            f"{record.out_of_time.bads} bads are kept for validation. {split_text(record, kept)}"
        )
        for name, reason in record.excluded.items():
            self._say(f"Left out: {name} ({reason})")
        self._say(f"{len(record.selected)} of {len(record.candidates)} columns selected: {', '.join(record.selected)}")
        if record.widening is not None:
            self._say(widening_text(record.widening))
        self._table("Columns", VARIABLES_HEAD, variable_rows(kept.variables))
        if record.not_binned:
            self._table("Without points", NOT_BINNED_HEAD, not_binned_rows(record.not_binned))
        if unfit := [name for name in record.selected if not can_name_a_column(name)]:
            self._say(
                f"To export, rename {', '.join(unfit)} in the table and train again: lower-case letters, digits and "
                "underscores name a column everywhere."
            )
        self._say(
            "A model of a table is for scoring elsewhere: the service cannot take it, for its columns are no features "
            "of the catalogue."
        )
        self._say(f"Wrote {out}. Next: python -m models validate {out} {table}")

    def _suggest(self, table: Path, asked: TableQuestion, out: Path) -> None:
        file = out / DIRECTIONS
        if file.exists():
            raise OutputError(f"{file} is there; train with --directions {file}, or delete it for a new suggestion")
        check_outputs(table, file)
        with self.console.status("Reading the table"):
            text = suggestion(table, asked, day_of(self.clock()))
        out.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        self._say(f"Wrote {file}: what the training part suggests for each column. Nothing is trained yet.")
        self._say(f"Next: read and correct it, then train again with --directions {file}")

    def _table(self, title: str, head: list[str], rows: list[list[str]]) -> None:
        table = Table(*head, title=title)
        for cells in rows:
            table.add_row(*cells)
        self.console.print(table)

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def check_candidate_folder(out: Path) -> None:
    """Check that a candidate may be written into a folder.

    Raises:
        OutputError: what was found of another candidate is there.
    """
    found = [
        file
        for file in (COMPARISON, WITH_AND_WITHOUT, VALIDATION, CARD, REPORT, MANIFEST, EXPERT)
        if (out / file).exists()
    ]
    if found:
        raise OutputError(f"{out} holds {', '.join(found)}; name another folder, or delete this one first")


def check_outputs(dataset: Path, *files: Path) -> None:
    """Check before the work that its results can be written.

    Raises:
        OutputError: they cannot, or would change the data.
    """
    for file in files:
        # A dataset is identified by the checksum of all its files.
        if file.resolve().is_relative_to(dataset.resolve()):
            raise OutputError(f"{file} would lie in the dataset folder {dataset} and change it; name a place outside")
        existing = next(path for path in (file, *file.absolute().parents) if path.exists())
        if existing == file and file.is_dir():
            raise OutputError(f"{file} cannot be written: it is a folder")
        if existing != file and not existing.is_dir():
            raise OutputError(f"{file} cannot be written: {existing} is no folder")
        if not os.access(existing, os.W_OK):
            raise OutputError(f"{file} cannot be written: no permission to write to {existing}")


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise VariablesError(f"{file}: not UTF-8; save it as UTF-8") from error
