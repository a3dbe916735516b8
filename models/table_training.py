"""From a table in a file to a candidate: what is suggested for its columns, and training as people confirmed it."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.boosting import MOST_BINS
from models.clusters import clusters
from models.records import EstimatorKind, TableRecord, VariableEvidence
from models.scorecard import array_of
from models.suggest import information, suggest, with_merged
from models.tables import TableFile, TableQuestion, read_table
from models.train import FEWEST_BADS_OF_A_TABLE, Candidate, bads_of, split, train
from models.variables import TableColumn, VariablesError, read_variables


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRows:
    """A table as training and validation need it."""

    source: TableFile
    rows: pl.DataFrame
    """Training rows: one Float64 per candidate beside the outcome."""
    columns: tuple[TableColumn, ...]
    """The candidates, in the order of the table."""
    excluded: Mapping[str, str]
    """Columns that are no candidates, with the reason."""

    @property
    def catalogue(self) -> dict[str, TableColumn]:
        """The candidates by name."""
        return {column.name: column for column in self.columns}


def suggestion(path: Path, asked: TableQuestion, today: date) -> str:
    """The file of variables that is suggested for a table.

    Raises:
        DatasetError: the table cannot be read, or has too few bads.
    """
    table = read_table(path, asked, today)
    return suggest(table, _training(table, asked), asked.target)


def table_rows(path: Path, asked: TableQuestion, text: str, file: str, today: date) -> TableRows:
    """Read a table as a file of variables says.

    Args:
        path: CSV or Parquet.
        asked: Which columns say what.
        text: Contents of the file of variables.
        file: Its name, for errors.
        today: No outcome can be of a later day.

    Raises:
        DatasetError: the table cannot be read or trained on.
        VariablesError: the file of variables does not fit it.
    """
    table = read_table(path, asked, today)
    said = read_variables(text, file).variables
    if spoken := [name for name in said if name in asked.columns]:
        raise VariablesError(f"{file}: {spoken[0]} is the target, time, group or weight, and no candidate; delete it")
    if unknown := [name for name in said if name not in table.columns.columns]:
        raise VariablesError(f"{file}: {path.name} has no column {unknown[0]!r}; delete it, or correct its name")
    excluded = {
        name: said[name].leave_out if name in said else f"not in {file}"
        for name in table.columns.columns
        if name not in said or said[name].leave_out
    }
    named = [name for name in table.columns.columns if name not in excluded]
    if not named:
        raise VariablesError(f"{file} leaves out every column: nothing to learn from")
    columns = [TableColumn(name=name, said=said[name]) for name in named]
    rows = table.coded(columns)
    inside = rows[_training(table, asked)]
    is_bad = bads_of(inside)
    try:
        columns = [with_merged(one, array_of(inside, [one.name])[:, 0], is_bad) for one in columns]
    except ValueError as error:
        raise VariablesError(f"{file}: {error}") from error
    return TableRows(source=table, rows=rows, columns=tuple(columns), excluded=excluded)


def rows_of_record(record: TableRecord, path: Path, today: date) -> TableRows:
    """The table of a candidate, as it was trained on.

    Raises:
        DatasetError: the table cannot be read.
        VariablesError: it is another table.
    """
    asked = TableQuestion(
        target=record.target,
        bad=record.bad,
        time=record.time,
        group=record.group,
        weight=record.weight,
        horizon_months=record.horizon_months,
        missing=record.missing,
        decimal=record.decimal,
    )
    return table_rows(path, asked, record.directions, record.directions_file, today)


def train_on(  # noqa: PLR0913  each goes into the record
    table: TableRows,
    asked: TableQuestion,
    text: str,
    file: str,
    *,
    at: datetime,
    kind: EstimatorKind,
    pairs: int = 0,
    refits: int = 0,
    done: Callable[[], None] = lambda: None,
) -> Candidate:
    """Train on a table.

    Args:
        table: As ``table_rows`` gives it.
        asked: Which columns say what.
        text: Contents of the file of variables, for the record.
        file: Its name.
        at: Time of the training, with time zone; it reaches the record only.
        kind: Which estimator.
        pairs: Of columns that act together at most; a scorecard has none.
        refits: How often it is fitted again, to widen the interval of a score; 0 does not.
        done: Is called when the model is fitted, and after each of the refits.

    Raises:
        DatasetError: too few bads, or one day only.
        VariablesError: boosting with more bins by hand than it can have.
    """
    for column in table.columns:
        if kind != "scorecard" and column.cuts is not None and len(column.cuts) >= MOST_BINS:
            raise VariablesError(
                f"{file}: [variables.{column.name}] asks for {len(column.cuts) + 1} bins; boosting has {MOST_BINS} at "
                "most: name fewer edges or groups of categories, or train a scorecard"
            )
    record = TableRecord(
        file=table.source.path.name,
        directions_file=file,
        directions=text,
        variables=(),
        **msgspec.structs.asdict(asked),
    )
    candidate = train(
        table.source,
        table.rows,
        table.columns,
        definition=None,
        excluded=table.excluded,
        at=at,
        kind=kind,
        pairs=pairs,
        refits=refits,
        asked=record,
        done=done,
    )
    known = msgspec.structs.replace(record, variables=_variables(table, asked, candidate))
    return dataclasses.replace(candidate, record=msgspec.structs.replace(candidate.record, table=known))


def _variables(table: TableRows, asked: TableQuestion, candidate: Candidate) -> tuple[VariableEvidence, ...]:
    rows = table.rows[_training(table.source, asked)]
    is_bad = bads_of(rows)
    values = array_of(rows, [column.name for column in table.columns])
    bins = {feature.name: len(feature.points) for feature in candidate.table.features}
    found = []
    for place, column, inside in zip(clusters(values), table.columns, values.T, strict=True):
        binning, value = information(column, inside, is_bad)
        found.append(
            VariableEvidence(
                name=column.name,
                direction=column.said.direction,
                is_category=column.said.categories is not None,
                missing_share=float(np.isnan(inside).mean()),
                bins=bins.get(column.name, len(binning.woe)),
                information_value=round(value, 6),
                cluster=place.cluster,
                nearest=None if place.nearest is None else table.columns[place.nearest].name,
                correlation=place.correlation,
                is_selected=column.name in bins,
            )
        )
    return tuple(found)


def _training(table: TableFile, asked: TableQuestion) -> NDArray[np.intp]:
    """Places of the rows to train on."""
    _, until, _ = split(table.rows, horizon_months=asked.horizon_months, fewest=FEWEST_BADS_OF_A_TABLE)
    chosen = (pl.col("outcome") != "indeterminate") & (pl.col("as_of") <= until)
    return np.flatnonzero(table.rows.select(chosen=chosen)["chosen"].to_numpy())
