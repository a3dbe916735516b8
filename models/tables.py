"""A table in a CSV or Parquet file to training rows: who was bad, when, of which group, and numbers for each column."""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np
import polars as pl

from models.dataset import DatasetError
from models.folds import fold_numbers
from models.outcomes import OUTCOME
from models.records import DatasetReference
from models.variables import TableColumn, Variable

NO_VALUE = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")
"""Texts that mean that there is no value, beside those that are named."""
BEFORE, AFTER = date(1970, 1, 1), date(1970, 1, 2)
"""The two parts of a table without a column of time, in place of days."""
HELD_OUT, PARTS = 3, 10
"""Of ten parts by chance three are held out, where there is no column of time."""
LEAST_MEAN_WEIGHT = 0.5
"""Lower weights are shares, and no numbers of rows: evidence is counted in rows."""
OWN = frozenset({"as_of", "borrower", "is_reconstructed", "log_odds", "outcome", "pd", "row_weight", "score"})
"""Columns that rows have beside the candidates, or get when scored; a candidate of such a name gets a ``_``."""


DecimalSign = Literal[",", "."]


class TableQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of a table."""

    target: str
    bad: str | None = None
    """The label that is bad; null: 1, or true."""
    time: str | None = None
    group: str | None = None
    weight: str | None = None
    horizon_months: int = 0
    """How long it takes until an outcome is known: so much before the later part, training ends."""
    missing: tuple[str, ...] = ()
    """Further texts that mean that there is no value."""
    decimal: DecimalSign | None = None
    """What separates decimals in a CSV file; null: as its cells tell."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that are no candidates, because they say something else."""
        return tuple(name for name in (self.target, self.time, self.group, self.weight) if name is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """A table that was read, with the answers to what was asked."""

    path: Path
    sha256: str
    columns: pl.DataFrame
    """The candidates as they are in the file: texts of a CSV file, values of a Parquet file."""
    rows: pl.DataFrame
    """``borrower`` (the group), ``as_of``, ``is_reconstructed``, ``outcome``, ``row_weight``; by row of ``columns``."""
    by_time: bool

    @property
    def reference(self) -> DatasetReference:
        """Which data it is, as records say it."""
        last: date = self.rows["as_of"].max()  # type: ignore[assignment]  # a column of dates
        return DatasetReference(
            sha256=self.sha256,
            kind="table",
            description=f"{self.path.name} with {self.rows.height} rows and {self.columns.width} candidate columns.",
            created_by="a table",
            firms=self.rows["borrower"].n_unique(),
            end_on=last,
            seed=None,
        )

    @property
    def folder(self) -> Path:
        """Where it is, for errors."""
        return self.path

    def coded(self, columns: Sequence[TableColumn]) -> pl.DataFrame:
        """The training rows, with one Float64 per column.

        Raises:
            DatasetError: a column is not there, or holds what is no number.
        """
        series = [numbers(self.columns, column.name, column.said, self.path.name) for column in columns]
        return self.rows.with_columns(series)


def read_table(path: Path, asked: TableQuestion, today: date) -> TableFile:
    """Read a table.

    Args:
        path: CSV with a head line, or Parquet.
        asked: Which columns say what.
        today: No outcome can be of a later day.

    Raises:
        DatasetError: it cannot be read, or not be trained on; the message says where and why.
    """
    frame = _read(path, (*NO_VALUE, *asked.missing), asked.decimal)
    for name in asked.columns:
        if name not in frame.columns:
            raise DatasetError(f"{path.name} has no column {name!r}; it has {', '.join(frame.columns[:20])}")
    if len(set(asked.columns)) < len(asked.columns):
        raise DatasetError("--target, --time, --group and --weight name one column each, and no column twice")
    candidates = [name for name in frame.columns if name not in asked.columns]
    if not candidates:
        raise DatasetError(f"{path.name} has no column beside {', '.join(asked.columns)}: nothing to learn from")
    if twice := [name for name in candidates if name in OWN and f"{name}_" in frame.columns]:
        raise DatasetError(f"{path.name} has columns {twice[0]!r} and '{twice[0]}_'; rename one")
    is_bad = _bads(frame[asked.target], asked, path.name)
    groups = _groups(frame, asked, path.name)
    weight = _weights(frame, asked, path.name)
    counts = is_bad.is_not_null() & (weight > 0.0)
    days = _days(frame[asked.time], path.name, today) if asked.time else _by_chance(is_bad, groups, counts, path.name)
    rows = pl.DataFrame(
        {
            "borrower": groups,
            "as_of": days,
            "is_reconstructed": pl.Series([False]).new_from_index(0, frame.height),
            "outcome": pl.select(
                pl.when(~pl.lit(counts))
                .then(pl.lit("indeterminate"))
                .when(pl.lit(is_bad))
                .then(pl.lit("bad"))
                .otherwise(pl.lit("good"))
                .cast(OUTCOME)
            ).to_series(),
            "row_weight": weight,
        }
    )
    return TableFile(
        path=path,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        columns=frame.select(pl.col(name).alias(f"{name}_" if name in OWN else name) for name in candidates),
        rows=rows,
        by_time=asked.time is not None,
    )


def is_numeric(column: pl.Series) -> bool:
    """Whether a column holds numbers; of texts, whether nine in ten are."""
    if column.dtype != pl.String:
        return column.dtype.is_numeric() or column.dtype == pl.Boolean
    known = column.drop_nulls()
    return 10 * int(_parsed(known).is_not_null().sum()) >= 9 * known.len() > 0


def numbers(frame: pl.DataFrame, name: str, said: Variable, file: str) -> pl.Series:
    """A column as numbers, null where it has no value; categories by their code.

    Raises:
        DatasetError: it is not there, or holds what is no number.
    """
    if name not in frame.columns:
        raise DatasetError(f"{file} has no column {name!r}, which the file of variables names")
    column = frame[name]
    texts = texts_of(column)
    absent = texts.is_in([str(value) for value in said.missing if isinstance(value, str)])
    if said.categories is not None:
        codes = {text: float(code) for code, group in enumerate(said.categories) for text in group}
        _check_spelling(codes, texts, name, file)
        return texts.replace_strict(codes, default=None, return_dtype=pl.Float64).set(absent, None).alias(name)
    if column.dtype.is_temporal():
        raise DatasetError(f"{file}: {name} holds days, not numbers; leave it out, or count the days from another one")
    parsed = _parsed(column) if column.dtype == pl.String else column.cast(pl.Float64, strict=False)
    parsed = parsed.fill_nan(None)
    wrong = column.is_not_null() & parsed.is_null() & ~absent
    if column.dtype.is_float():
        wrong = wrong & ~column.is_nan()
    if (first := wrong.arg_true()).len():
        row = first[0]
        raise DatasetError(
            f"{file}: {name} holds {texts[row]!r} in {_line(row)}, and is a column of numbers; correct it, say that it "
            f'means no value (--missing "{texts[row]}"), or list categories in the file of variables'
        )
    gone = [float(value) for value in said.missing if not isinstance(value, str)]
    values = parsed.set(absent, None)
    if gone:
        values = values.set(values.is_in(gone).fill_null(value=False), None)
    if said.decimals is not None:
        values = values.round(said.decimals)
    return values.alias(name)


def _check_spelling(named: Iterable[str], texts: pl.Series, name: str, file: str) -> None:
    """Refuse a category that no row has, where a text that no category names looks like it."""
    there = set(texts.drop_nulls().unique())
    for category in sorted(set(named) - there):
        if meant := get_close_matches(category, sorted(there.difference(named)), n=1, cutoff=0.75):
            raise DatasetError(
                f"the file of variables names the category {category!r} of {name}, which no row of {file} has; did you "
                f"mean {meant[0]!r}, which no group has?"
            )


def texts_of(column: pl.Series) -> pl.Series:
    """A column as texts, as categories are written: whole numbers without a decimal point."""
    if column.dtype == pl.String:
        return column
    if column.dtype.is_float():
        return column.map_elements(lambda value: f"{value:.17g}", return_dtype=pl.String)
    return column.cast(pl.String)


_TEXTS = frozenset({pl.String, pl.Categorical, pl.Enum})


def _read(path: Path, no_value: Sequence[str], decimal: DecimalSign | None) -> pl.DataFrame:
    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            frame = pl.read_parquet(path)
            if nested := [name for name, kind in frame.schema.items() if kind.is_nested() or kind == pl.Binary]:
                raise DatasetError(
                    f"{path}: column {nested[0]!r} holds {frame[nested[0]].dtype}; a table has one number, text or day "
                    "in a cell: take the column out, or make columns of it"
                )
            texts = [name for name, kind in frame.schema.items() if kind.base_type() in _TEXTS]
            frame = frame.with_columns(
                pl.col(name).cast(pl.String).str.strip_chars().replace(list(no_value), None) for name in texts
            )
        else:
            frame = _read_csv(path, no_value, decimal)
    except FileNotFoundError as error:
        raise DatasetError(f"{path} does not exist; name a CSV or Parquet file") from error
    except (pl.exceptions.PolarsError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{path} cannot be read as CSV in UTF-8 or as Parquet: {str(error).splitlines()[0]}"
        ) from error
    if frame.is_empty():
        raise DatasetError(f"{path} has no rows")
    return frame


def _read_csv(path: Path, no_value: Sequence[str], decimal: DecimalSign | None) -> pl.DataFrame:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
    separator = max(",;\t|", key=head.count)
    names = next(csv.reader([head], delimiter=separator), [])
    if twice := [name for name in names if names.count(name) > 1]:
        raise DatasetError(f"{path} has two columns {twice[0]!r}; rename one")
    if not all(name.strip() for name in names):
        raise DatasetError(f"{path}: column {[bool(name.strip()) for name in names].index(False) + 1} has no name")
    frame = pl.read_csv(path, separator=separator, infer_schema=False, null_values=list(no_value))
    stripped = frame.with_columns(pl.all().str.strip_chars().replace(list(no_value), None))
    return stripped.with_columns(_pointed(column, path, separator, decimal) for column in stripped)


_NUMBER: Final = r"^[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?$"
_GERMAN: Final = r"^[-+]?(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+)(?:,\d+)?$"
_ENGLISH: Final = r"^[-+]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?$"
_EITHER: Final = r"^[-+]?[1-9]\d{0,2}[.,]\d{3}$"
"""One sign, and three digits behind it: thousands, or decimals."""


def _pointed(column: pl.Series, path: Path, separator: str, decimal: DecimalSign | None) -> pl.Series:
    """Texts of a CSV file, numbers with a decimal point and without thousands; other texts as they are.

    Raises:
        DatasetError: the cells do not tell what separates decimals.
    """
    known = column.drop_nulls()
    signed = known.filter(known.str.contains(r"\d[.,]\d"))
    if signed.is_empty() or 10 * int(known.str.contains(_NUMBER).sum()) < 9 * known.len():
        return column
    is_plain = separator == "," and not signed.str.contains(",", literal=True).any()
    # Where commas separate cells, a point separates decimals. Whole numbers beside three digits behind each point are
    # thousands, perhaps: a program that writes three decimals writes them everywhere.
    if decimal is None and is_plain and (signed.len() == known.len() or not signed.str.contains(_EITHER).all()):
        return column
    sign = decimal or _decimal_sign(signed, column.name, path, separator)
    chosen, other, thousands = (_GERMAN, _ENGLISH, ".") if sign == "," else (_ENGLISH, _GERMAN, ",")
    is_chosen = column.str.contains(chosen)
    if (mixed := (column.str.contains(other) & ~is_chosen).fill_null(value=False).arg_true()).len():
        raise DatasetError(
            f"{path}: {column.name} holds {column[mixed[0]]!r} in {_line(mixed[0])}, where {sign!r} separates decimals "
            "in other rows; write all numbers of a column in one way"
        )
    plain = column.str.replace_all(thousands, "", literal=True).str.replace(",", ".", literal=True)
    return pl.select(pl.when(is_chosen).then(plain).otherwise(column).alias(column.name)).to_series()


def _decimal_sign(signed: pl.Series, name: str, path: Path, separator: str) -> DecimalSign:
    """What separates decimals in the cells of one column that have a point or a comma."""
    is_either = signed.str.contains(_EITHER)
    sure = signed.filter(~is_either)
    german, english = int(sure.str.contains(_GERMAN).sum()), int(sure.str.contains(_ENGLISH).sum())
    if german != english:
        return "," if german > english else "."
    commas = signed.str.contains(",", literal=True)
    if separator == ";" and commas.all():
        # Where a semicolon separates cells, a comma separates decimals.
        return ","
    if not is_either.any():
        return "."
    example = signed.filter(is_either)[0]
    raise DatasetError(
        f"{path}: {name} holds {example!r}: thousands or decimals? Say what separates decimals: --decimal , or "
        "--decimal ."
    )


def _parsed(column: pl.Series) -> pl.Series:
    """Texts as numbers; null where they are none."""
    return column.str.strip_chars().cast(pl.Float64, strict=False)


def _bads(column: pl.Series, asked: TableQuestion, file: str) -> pl.Series:
    """True, false, or null where the outcome is not known."""
    if column.dtype.is_float():
        column = column.fill_nan(None)
    texts = texts_of(column).str.strip_suffix(".0")
    labels = sorted(texts.drop_nulls().unique().to_list())
    name, shown = asked.target, ", ".join(labels[:5])
    if len(labels) > 2:
        raise DatasetError(
            f"{file}: the target {name} holds {len(labels)} values ({shown}); it takes two. Empty the cells of rows "
            "that are neither good nor bad"
        )
    if len(labels) < 2:
        what = f"{labels[0]!r} in every row" if labels else "no value"
        raise DatasetError(f"{file}: the target {name} holds {what}; without goods and bads there is nothing to learn")
    plain = {"1", "true", "True"} & set(labels)
    if asked.bad is not None and asked.bad not in labels:
        raise DatasetError(f"{file}: no row of the target {name} is {asked.bad!r} (--bad); it holds {shown}")
    if asked.bad is None and (len(plain) != 1 or not set(labels) <= {"0", "1", "-1", "true", "false", "True", "False"}):
        raise DatasetError(f"{file}: the target {name} holds {shown}; say which one is bad, such as --bad {labels[-1]}")
    return texts == (asked.bad if asked.bad is not None else plain.pop())


def _groups(frame: pl.DataFrame, asked: TableQuestion, file: str) -> pl.Series:
    if asked.group is None:
        return pl.Series(range(frame.height), dtype=pl.Int64)
    column = frame[asked.group]
    if (empty := column.is_null().arg_true()).len():
        raise DatasetError(f"{file}: the group {asked.group} is empty in {_line(empty[0])}; each row is of a group")
    # As texts, so that numbers are put in one order, whatever the kind of the file.
    return texts_of(column).rank("dense").cast(pl.Int64)


def _weights(frame: pl.DataFrame, asked: TableQuestion, file: str) -> pl.Series:
    if asked.weight is None:
        return pl.Series([1.0]).new_from_index(0, frame.height)
    weight = numbers(frame, asked.weight, Variable(), file)
    wrong = (weight.is_null() | (weight < 0.0) | weight.is_infinite()).fill_null(value=True)
    if (first := wrong.arg_true()).len():
        raise DatasetError(
            f"{file}: the weight {asked.weight} is {weight[first[0]]} in {_line(first[0])}; a weight says how many "
            "rows a row stands for: a number, 0 or more"
        )
    if not (weight > 0.0).any():
        raise DatasetError(f"{file}: the weight {asked.weight} is 0 in every row; rows to learn from weigh more")
    mean = float(weight.filter(weight > 0.0).mean())  # type: ignore[arg-type]  # there is one
    if mean < LEAST_MEAN_WEIGHT:
        raise DatasetError(
            f"{file}: the weights {asked.weight} are {mean:.3g} on average, so that all rows together stand for "
            f"{float(weight.sum()):.3g}; a weight says how many rows a row stands for: multiply all by {1.0 / mean:.3g}"
        )
    return weight


_DAY_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%Y%m%d")


def _days(column: pl.Series, file: str, today: date) -> pl.Series:
    """The days of a column of time."""
    if column.dtype.base_type() in {pl.Date, pl.Datetime}:
        # An instant is of the day at its own place.
        days = column.dt.date()
    else:
        texts = texts_of(column).str.strip_suffix(".0")
        # A month stands for its first day, a year for 1 January, an instant for its day.
        full = texts.str.replace(r"^(\d{4}-\d{2}-\d{2})[T ].*$", "$1").str.replace(r"^(\d{4})-?(\d{2})$", "$1-$2-01")
        full = full.str.replace(r"^(19\d\d|20\d\d)$", "$1-01-01")
        days = pl.select(pl.coalesce(pl.lit(full).str.to_date(form, strict=False) for form in _DAY_FORMATS)).to_series()
    if (wrong := days.is_null().arg_true()).len():
        raise DatasetError(
            f"{file}: the time {column.name} is {column[wrong[0]]!r} in {_line(wrong[0])}; write days as 2024-03-01 or "
            "01.03.2024, months as 2024-03 or 202403"
        )
    if (later := (days > today).arg_true()).len():
        raise DatasetError(
            f"{file}: the time {column.name} is {days[later[0]]} in {_line(later[0])}, a day to come; of such a row no "
            f"outcome is known ({later.len()} rows)"
        )
    return days


def _by_chance(is_bad: pl.Series, groups: pl.Series, counts: pl.Series, file: str) -> pl.Series:
    """Which rows are held out where there is no time: whole groups by chance, the same each time."""
    known = counts.to_numpy()
    # Without groups of several rows each row is by itself, and its place in the file says nothing.
    given = groups.to_numpy()[known] if groups.n_unique() < groups.len() else None
    folds = fold_numbers(is_bad.fill_null(value=False).to_numpy()[known], given, PARTS, seed=0)
    if folds is None or int(folds.max()) + 1 < PARTS:
        raise DatasetError(
            f"{file}: {int(is_bad.fill_null(value=False).to_numpy()[known].sum())} bads among {int(known.sum())} rows; "
            "a part to train on and a part to check on need more of each"
        )
    held = np.zeros(groups.len(), dtype=np.bool_)
    held[np.flatnonzero(known)[folds < HELD_OUT]] = True
    return pl.select(pl.when(pl.lit(pl.Series(held))).then(pl.lit(AFTER)).otherwise(pl.lit(BEFORE))).to_series()


def _line(row: int) -> str:
    return f"row {row + 1} (line {row + 2} of a CSV file)"
